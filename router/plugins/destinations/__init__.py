"""Destinations: what leaves the house. ``address`` and ``connect`` guard every plug-in here."""
