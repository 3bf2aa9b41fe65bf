"""Plug-ins: what comes in, what judges, what goes out. Their contracts are in :mod:`kinds`."""
