"""Bulk imports: a file of leads is stored at once, and let onto the road at a pace of its own.

Each row becomes a delivery of the named source that no stage takes. The tickers let the rows in,
portion by portion; from then on they go the same road as every lead, behind those that came live.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid4

import structlog

from router.app import App
from router.errors import Rejected
from router.lead.delivery import REFUSED_KEEPS, Delivery, NewDelivery
from router.lead.ids import DeliveryId, timed_id
from router.lead.states import DeliveryState, ImportState
from router.now import now as read_now
from router.road.imports.lanes import check_pace, standing
from router.rulebook.model import RuleBook, Source
from router.rulebook.worktime import work_time
from router.stages.capture.items import Item
from router.stages.capture.rows import Format, Row, read_row, read_rows, row_key
from router.store import import_rows, imports
from router.store.import_rows import RefusedRow
from router.store.imports import Import
from router.store.tx import transaction

log = structlog.get_logger()

#: Longest name of an import.
_NAME = 100
#: Columns that nothing reads, of which a report tells at most so many.
_COLUMNS = 20
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Wish:
    """How a file shall be imported."""

    name: str
    source: str
    per_hour: int
    by: str
    #: Id of the person who answers for the rows that wait; empty for the book's fallback owner.
    accountable: str = ""
    #: SLA policy of its leads; empty for what the rules say.
    sla: str = ""
    #: Calendar in whose hours rows are let in; empty for at any time.
    calendar: str = ""
    #: When the first row is let in; None for at once.
    start: datetime | None = None
    #: Only say what would happen.
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What was imported, or what would be."""

    #: None when nothing was stored: for a dry run, or because every row was known or refused.
    import_id: UUID | None
    name: str
    source: str
    dry_run: bool
    #: Rows of the file.
    rows: int
    #: Rows that wait now to be let in.
    stored: int
    #: Rows that an import of this name had brought before.
    known: int
    #: Rows that stand in the file more than once.
    repeated: int
    refused: tuple[RefusedRow, ...]
    #: Columns that the mapping does not read, and how many rows have them; they become answers.
    unread: dict[str, int]
    #: Values that the source calls necessary, and how many rows lack them.
    lacking: dict[str, int]
    per_hour: int
    accountable: str
    sla: str
    calendar: str
    first_at: datetime
    ends_about: datetime


@dataclass(slots=True)
class _Found:
    """What was found in a file."""

    rows: int = 0
    good: dict[bytes, tuple[int, NewDelivery]] = field(default_factory=dict)
    refused: list[tuple[RefusedRow, NewDelivery]] = field(default_factory=list)
    repeated: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    lacking: Counter[str] = field(default_factory=Counter)

    def note(self, item: Item, source: Source) -> None:
        """Count what a row has too much and too little."""
        self.unread.update(item.unmapped)
        self.lacking.update(name for name in source.required if not item.values.get(name))


def bring(app: App, data: bytes, form: Format, wish: Wish) -> Report:
    """Import a file: all of it, or nothing if this process dies before it returns.

    A row that an import of the same name brought before is not stored again, so a file may be
    imported twice. A row that is no lead is kept as refused, and keeps no other one back.

    Args:
        app: Of this process.
        data: The file.
        form: How it is written.
        wish: How it shall be imported.

    Raises:
        Rejected: The file or the wish cannot be used.
        Misconfigured: The source's mapping cannot be used.
        Transient: The database could not do it now; nothing was stored.
    """
    book, now = app.shelf.active(), read_now()
    wish = _checked(wish, book)
    source = book.sources[wish.source]
    import_id: UUID = uuid4()
    made = _Maker(app.settings.book, source, import_id, now)
    found = _read(read_rows(data, form), made, wish.name)
    serve, keys = app.settings.book, found.good.keys()
    with transaction(app.engine) as tx:
        if wish.dry_run:
            fresh = keys - import_rows.known_keys(tx, serve, source.id, keys, now)
        else:
            named = [(key, each.id) for key, (_, each) in found.good.items()]
            fresh = import_rows.keep_keys(tx, serve, source.id, named, now=now)
        lane = _lane(made, wish, found, len(fresh))
        if fresh and not wish.dry_run:
            imports.insert_import(tx, lane)
            waiting = [
                (line, each, DeliveryState.WAITING)
                for key, (line, each) in found.good.items()
                if key in fresh
            ]
            refused = [(why.line, each, DeliveryState.REFUSED) for why, each in found.refused]
            import_rows.insert_rows(tx, import_id, (*waiting, *refused))
    report = _report(wish, lane, found, book, now)
    if report.import_id is not None:
        log.info("import_stored", import_id=str(import_id), rows=lane.rows, refused=lane.refused)
    return report


class _Maker:
    """Makes deliveries of rows."""

    def __init__(self, serve: str, source: Source, import_id: UUID, now: datetime) -> None:
        self.source, self.serve, self.import_id, self.now = source, serve, import_id, now

    def new(self, row: Row, key: bytes, why: str = "") -> NewDelivery:
        """Return the delivery that is stored for a row."""
        return NewDelivery(
            id=DeliveryId(timed_id(self.now, self.import_id, row.line)),
            book=self.serve,
            source=self.source.id,
            dedupe_key=key,
            body=row.body[:REFUSED_KEEPS] if why else row.body,
            headers=b"{}",
            content_type=_JSON,
            received_at=self.now,
            refused_reason=why,
        )

    def read(self, row: Row, made: NewDelivery) -> tuple[Item | None, str]:
        """Read a row by the source's mapping, as capture will."""
        raw = Delivery(
            id=made.id,
            book=made.book,
            source=made.source,
            body=row.body,
            content_type=_JSON,
            headers=made.headers,
            received_at=made.received_at,
            lane=str(self.import_id),
        )
        return read_row(raw, self.source)


def _read(rows: Iterable[Row], made: _Maker, name: str) -> _Found:
    """Judge every row of a file."""
    found = _Found()
    for row in rows:
        found.rows += 1
        problem, item = row.problem, None
        key = b"" if problem else row_key(name, row.body)
        each = made.new(row, key)
        if not problem:
            item, problem = made.read(row, each)
        if item is None:
            found.refused.append((RefusedRow(row.line, problem), made.new(row, key, problem)))
        elif key in found.good:
            found.repeated += 1
        else:
            found.good[key] = (row.line, each)
            found.note(item, made.source)
    return found


def _checked(wish: Wish, book: RuleBook) -> Wish:
    """Refuse a wish that cannot be fulfilled; fill in who is accountable."""
    name = " ".join(wish.name.split())
    if not name or len(name) > _NAME:
        raise Rejected(f"Name the import, in at most {_NAME} characters.", code="bad_name")
    check_pace(wish.per_hour)
    accountable = wish.accountable or book.fallback_owner
    for what, given, known in (
        ("source", wish.source, book.sources),
        ("person", accountable, book.people),
        ("SLA policy", wish.sla, book.slas),
        ("calendar", wish.calendar, book.calendars),
    ):
        if given not in known and (given or what == "source"):
            raise Rejected(
                f"The active rule book has no {what} {given[:_NAME]!r}. It has:"
                f" {', '.join(sorted(known))}.",
                code="unknown_name",
            )
    if book.people[accountable].left:
        raise Rejected(
            f"{accountable} has left and answers for nothing. Name somebody who is there.",
            code="unknown_name",
        )
    return replace(wish, name=name, accountable=accountable)


def _lane(made: _Maker, wish: Wish, found: _Found, fresh: int) -> Import:
    return Import(
        id=made.import_id,
        book=made.serve,
        name=wish.name,
        source=wish.source,
        state=ImportState.RUNNING,
        rows=fresh,
        let_in=0,
        withdrawn=0,
        refused=len(found.refused),
        known=len(found.good) - fresh,
        per_hour=wish.per_hour,
        calendar=wish.calendar,
        sla=wish.sla,
        next_at=max(wish.start or made.now, made.now),
        accountable=wish.accountable,
        by=wish.by,
        created_at=made.now,
        ended_at=None,
    )


def _report(wish: Wish, lane: Import, found: _Found, book: RuleBook, now: datetime) -> Report:
    first = lane.next_at or now
    hours = book.calendars.get(lane.calendar)
    if hours is not None and not work_time(hours).is_open(first):
        first = work_time(hours).next_opening(first)
    return Report(
        import_id=lane.id if lane.rows and not wish.dry_run else None,
        name=lane.name,
        source=lane.source,
        dry_run=wish.dry_run,
        rows=found.rows,
        stored=lane.rows,
        known=lane.known,
        repeated=found.repeated,
        refused=tuple(refused for refused, _ in found.refused),
        unread=dict(found.unread.most_common(_COLUMNS)),
        lacking=dict(found.lacking.most_common()),
        per_hour=lane.per_hour,
        accountable=lane.accountable,
        sla=lane.sla,
        calendar=lane.calendar,
        first_at=first,
        ends_about=standing(lane, book, now).ends_about or first,
    )
