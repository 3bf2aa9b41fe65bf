"""Route: give a lead its owner.

Takes: classified (or owned, when somebody declined, missed it or reassigned it).
Gives: routed, always with an owner and an accountable person; rejected or in_review when a route
rule says so. Accountable here: sales operations. Fails: nobody in the pool means the book's
fallback owner, with the reason; never nobody.
"""
