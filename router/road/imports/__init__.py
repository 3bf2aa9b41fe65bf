"""Imports: a file of leads stored at once, let in at a pace of its own, and taken back."""
