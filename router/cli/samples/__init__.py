"""Sample deliveries, shaped as form tools send them; the people in them are made up.

Each file names a source of the starter book and holds a body: ``json``, or ``form`` for an HTML
form. ``{{token}}`` becomes letters of the moment and ``{{digits}}`` digits, so that two of a kind
are two people.
"""
