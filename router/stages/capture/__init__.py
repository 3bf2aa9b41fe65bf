"""Capture: what a delivery means.

Takes: a delivery (raw bytes, as they came) and the leads already known under its item keys.
Gives: new leads in ``captured``, updates of known ones, or the reason why it holds no inquiry.
Owner: the owner of the form, named as ``steward`` in the source's file.
Fails: never on what a body holds; what cannot be read is refused with a text for the sender.
"""
