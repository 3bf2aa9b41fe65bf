"""READ ME SECOND: the one runner. Claim, load, decide, record, park and ring exist only here.

``drain`` runs a stage and those fused to it over whatever is due; ``deliver`` carries actions
outside; ``act`` is one person's word about one lead, ``pages`` one about many. What stands on them
has folders: ``ticker`` watches clocks, tickets and bells; ``people``, ``pools``, ``accounts``,
``imports`` and ``versions`` are what is said of each; ``explain``, ``map`` and ``simulate`` tell.
Takes: hints. Gives: committed transactions. Fails: a transaction that cannot be written leaves
everything as it was; a lead that fails alone is tried again, then parked and shown.
"""
