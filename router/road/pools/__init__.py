"""Pools: how they stand, what a manager says about them, and how what waits there gets out."""
