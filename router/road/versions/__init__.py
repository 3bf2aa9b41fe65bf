"""Versions of the rule book as people handle them: looked at, published, tried beside, undone."""
