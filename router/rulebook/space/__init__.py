"""Which leads a condition takes: regions of facts, and a lead that lies in one.

A *box* gives some facts the values they may have; every other fact may have any value, or none.
A *region* is a list of boxes. :func:`router.rulebook.space.region.region_of` turns a condition
into regions, :mod:`router.rulebook.space.box` cuts and joins boxes, and
:func:`router.rulebook.space.witness.witness` finds a lead. What is said to be empty is empty;
what cannot be decided raises :class:`router.rulebook.space.box.TooMuch`.
"""
