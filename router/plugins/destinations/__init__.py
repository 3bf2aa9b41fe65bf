"""Destinations: what leaves the house. One file per plug-in; ``address`` and ``connect`` guard all."""
