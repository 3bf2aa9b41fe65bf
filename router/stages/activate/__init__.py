"""Activate: the owner gets the handoff packet, and the clocks start.

Takes: a routed lead with its owner.
Gives: activated, with an offered handoff, its messages, and the clocks of its SLA policy.
Owner: the lead's accountable person; the receiving role's standard is that of ``handoffs.yaml``.
Fails: only when the book lacks the owner's queue, calendar or policy; a gap in the packet is
shown and counted, never a reason to wait.
"""
