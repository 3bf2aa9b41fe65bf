"""A book tried out: its examples, cases and invariants, what they cover, and what they notice.

:func:`router.rulebook.trial.run.run_trials` is the way in. Coverage says which rules and
comparisons no test looks at; mutation edits the rules one at a time and says which edits no test
notices. Pure: nothing here reads a clock, a file or a table of the database.
"""
