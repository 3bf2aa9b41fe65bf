"""What can be said of a book before any lead has met it: mistakes, and what a change changes.

:func:`router.rulebook.analysis.analyse.analyse` lists findings (their kinds stand in
:mod:`router.rulebook.analysis.codes`), and
:func:`router.rulebook.analysis.compare.compare` tells which leads change hands between two books.
What is said is so: a lead that is shown was confirmed by the reference evaluator, a rule that is
called unreachable is never reached, and what could not be decided is called undecided.
"""
