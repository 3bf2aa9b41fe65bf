"""Route: give a lead its owner.

Takes: classified (or owned, when somebody declined, missed, claimed or reassigned it, or is gone).
Gives: routed, always with an owner and an accountable person; rejected or in_review when a route
rule says so. Accountable here: sales operations. Fails: nobody in the pool can take it, then what
the pool says (somebody off shift, waiting in the pool, the pools behind it) or the book's fallback
owner, with the reason; never nobody.

Read :mod:`~router.stages.route.plan` (what the rules want), then
:mod:`~router.stages.route.owner` (who that is), :mod:`~router.stages.route.choose` (which of a
pool) and :mod:`~router.stages.route.rotation` (whose turn it is).
"""
