"""lead-router: every lead reaches a named person who can act, once, or somebody hears of it.

Start with :mod:`router.pipeline` (the road as one table), then :mod:`router.road` (the one runner).
"""
