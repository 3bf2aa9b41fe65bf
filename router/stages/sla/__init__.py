"""SLA: what happens when an owner does not act in time.

Takes: an owned lead and one of its clocks, whose next step is due.
Gives: the due steps of the ladder: a warning, an escalation, another owner, the fallback owner,
and then a message to the accountable person each working day.
Owner: the lead's accountable person; ladders are those of ``sla.yaml``.
Fails: never for people who left, whose place is taken; only when the book lacks a calendar.
"""
