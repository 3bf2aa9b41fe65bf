"""Classifiers: what an inquiry is about, as a proposal that only the gate may accept."""
