"""The bell: hints that there is work. Never the work itself; losing one costs at most a second.

Takes: names of queues. Gives: Celery messages, coalesced, without any lead's data.
Fails: silently towards the caller; a dead broker is logged once, and the ticker does the work.
"""
