"""From what people type to what is meant: ids by their first characters, moments, who speaks.

Slow to import: commands import it when they run.
"""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from router.app import App
from router.cli.reach import user_name
from router.errors import NotFound, Rejected
from router.store.reading import leads_by_prefix
from router.store.tx import transaction

_SPAN = re.compile(r"(?P<number>[0-9]{1,5})(?P<unit>[mhd])")
_SPANS = {"m": "minutes", "h": "hours", "d": "days"}
#: Characters of an id that lists show: enough to be unique, and to be typed again.
SHOWN = 18


def find_lead(app: App, typed: str) -> UUID:
    """Return the lead whose id begins with what was typed.

    Args:
        app: Of this process.
        typed: An id or its first characters.

    Raises:
        NotFound: None begins so, or several do.
    """
    with transaction(app.engine) as tx:
        found = leads_by_prefix(tx, typed)
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFound(f"Several leads begin with {typed!r}. Type more of the id.")
    raise NotFound(f"There is no lead {typed!r}. `lead-router leads` lists the latest.")


def whole_id(typed: str, what: str) -> UUID:
    """Return a whole id.

    >>> whole_id("019cadfd-8900-8bea-854d-dadfd9b2251e", "review").version
    8

    Args:
        typed: As it was typed.
        what: Named in the error.

    Raises:
        NotFound: It is no id.
    """
    try:
        return UUID(typed)
    except ValueError as error:
        raise NotFound(f"{typed!r} is no id of a {what}: copy the whole id.") from error


def speaker(by: str) -> str:
    """Return how the event log names whoever typed a command.

    >>> speaker("george-amari")
    'george-amari'

    Args:
        by: A person's id; empty for the user of this machine.
    """
    return by or f"cli:{user_name()}"


def moment(typed: str, zone: ZoneInfo) -> datetime:
    """Read a moment; one without a zone is meant as the clock on the person's wall shows it.

    >>> moment("2026-01-05", ZoneInfo("Europe/Berlin")).isoformat()
    '2026-01-05T00:00:00+01:00'

    Args:
        typed: ISO 8601: a date, or a date and a time.
        zone: Of the person it is about.

    Raises:
        Rejected: It is no moment.
    """
    try:
        found = datetime.fromisoformat(typed)
    except ValueError as error:
        raise Rejected(
            f"{typed!r} is no moment. Type it as 2026-01-05 or 2026-01-05T14:00.", code="no_moment"
        ) from error
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def ago(typed: str, now: datetime) -> datetime:
    """Read a moment of the past: ``30m``, ``2h`` or ``3d`` ago, or a date and time in UTC.

    >>> now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    >>> ago("2h", now).isoformat(), ago("2026-01-04T17:30", now).isoformat()
    ('2026-01-05T07:00:00+00:00', '2026-01-04T17:30:00+00:00')

    Args:
        typed: As it was typed.
        now: The time, aware.

    Raises:
        Rejected: It is no moment.
    """
    span = _SPAN.fullmatch(typed.strip())
    if span is None:
        return moment(typed.strip(), ZoneInfo("UTC"))
    return now - timedelta(**{_SPANS[span["unit"]]: int(span["number"])})


def shown(at: datetime | None) -> str:
    """Write a moment for a table, in UTC; a dash for none.

    >>> from datetime import UTC
    >>> shown(datetime(2026, 1, 5, 9, tzinfo=UTC)), shown(None)
    ('2026-01-05 09:00Z', '-')
    """
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%MZ}" if at is not None else "-"
