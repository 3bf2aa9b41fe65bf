"""Desk: what people and CRMs report back about a lead.

Takes: an owned lead (or one beside the road, to replay it), who speaks, and what they say.
Gives: accepted, contacted, closed, back on the road, or the wish for another owner.
Owner: whoever speaks; each word is kept with its author.
Fails: a word that does not fit any more is refused, naming who has the lead now.
"""
