"""Simulate: a month of leads against a changed roster or rule book, before anybody meets it.

:mod:`~router.road.simulate.arrivals` makes leads up from a book, :mod:`~router.road.simulate.past`
takes those of the past from the database; :mod:`~router.road.simulate.run` lets them arrive and
people answer them, :mod:`~router.road.simulate.measure` says what came of it, and
:mod:`~router.road.simulate.plot` draws it. Only ``past`` reads anything; nothing here asks the
clock or chance beyond the :class:`random.Random` that it is handed.
"""
