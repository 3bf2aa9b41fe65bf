"""The stages: each decides about one lead at a time, from values, and returns a decision.

A stage is a package with ``decide.py`` (pure: no input, output, clock or chance) and ``load.py``
(the queries for what it needs). Stages never import one another; :mod:`router.road` runs them.
"""
