"""Clean: normalize and validate what was typed, and match it against the people we know.

Takes: a captured lead, and what is known under its identity keys.
Gives: cleaned (a new or a returning person), or merged into the open lead of the same person.
Owner: revenue operations answer for the tables beside this file.
Fails: never on what a person typed; a value that cannot be used is kept and listed as missing.
"""
