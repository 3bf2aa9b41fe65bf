"""Classify: the guards of the rule book first, then a classifier behind a gate.

Takes: a cleaned lead, the rule book, and what a classifier suggests.
Gives: classified, rejected by a guard, or a question to a person with the three best answers.
Owner: the reviewer of ``intents.yaml``.
Fails: never on what a classifier says; what the gate cannot accept goes to a person.
"""
