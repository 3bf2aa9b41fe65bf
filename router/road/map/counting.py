"""Counting what passed along the map, from the live event log."""

from datetime import timedelta

from router.app import App
from router.now import now as read_now
from router.road.map.chart import Counted, Passed
from router.store.passed import passed_since
from router.store.tx import transaction


def count(app: App, days: int) -> Counted:
    """Count what happened to the leads that were received in the last days.

    Args:
        app: Of this process.
        days: How many.

    Raises:
        Transient: The database cannot be reached.
    """
    now = read_now()
    since = now - timedelta(days=days)
    with transaction(app.engine) as tx:
        rows = passed_since(tx, app.settings.book, since)
    passed = tuple(
        Passed(kind, actor, rule, (way, name), code, leads)
        for kind, actor, rule, way, name, code, leads, _ in rows
    )
    return Counted(since, now, max((row[-1] for row in rows), default=None), passed)
