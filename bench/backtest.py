"""How many leads of the past a second another version of the rule book is tried on."""

from datetime import timedelta
from typing import LiteralString

import psycopg
from psycopg.rows import TupleRow

from bench.books import make_book
from bench.drain import preload
from bench.leads import Inquiries
from bench.site import ROOT, BrokenError, Site
from router.app import App, build_app
from router.now import now, ticks
from router.pipeline import StageName
from router.road.drain import Road
from router.road.versions.backtest import Report, backtest, last_days
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files, load_book

#: Leads that really take the road; the others have their rows under ids of their own.
_REAL = 2_000
_DAYS = 30
#: Rules of the made-up book, and rows of its table.
_RULES, _ROWS = 500, 2_000
_COPY_LEADS: LiteralString = """
    INSERT INTO lead (id, book, source, item_key, delivery_id, state, reason, received_at, rank_at,
        owner_kind, owner_id, accountable_id, pool, sla, priority, digest, version, head, body)
    SELECT md5(id::text || n)::uuid, book, source, item_key || '-' || n, delivery_id, state, reason,
        received_at - n * interval '10 minutes', rank_at, owner_kind, owner_id, accountable_id,
        pool, sla, priority, digest, version, head, body
    FROM lead CROSS JOIN generate_series(1, %s) AS n
"""
_COPY_EVENTS: LiteralString = """
    INSERT INTO event (lead_id, seq, kind, at, actor, data, personal, hash)
    SELECT md5(lead_id::text || n)::uuid, seq, kind, at, actor, data,
        replace(personal::text, '@', n || '@')::json, hash
    FROM event CROSS JOIN generate_series(1, %s) AS n
"""


def backtested(site: Site, leads: int) -> dict[str, float]:
    """Measure a backtest of the starter book, and one of a made-up book with many rules.

    Args:
        site: Where.
        leads: How many leads of the past there are.

    Raises:
        BrokenError: Leads are missing from the report.
    """
    with site.place() as place, place.connect() as watch:
        app = build_app(place.settings())
        try:
            _fill(app, watch, leads)
            starter = load_book(ROOT / "rules")
            changed = book_from_files({**starter.files, "book.yaml": _other_sla(starter)})
            pairs = {"backtest": (starter, changed), "backtest_many": _made_up()}
            return {name: leads / _seconds(app, *pair, leads) for name, pair in pairs.items()}
        finally:
            app.close()


def _fill(app: App, watch: psycopg.Connection[TupleRow], leads: int) -> None:
    """Let some leads take the road, and copy their rows until there are enough."""
    preload(app, Inquiries("past"), _REAL)
    road = Road(app)
    while road.drain(StageName.CAPTURE):
        continue
    times = -(-leads // _REAL) - 1
    watch.execute(_COPY_EVENTS, (times,))
    watch.execute(_COPY_LEADS, (times,))
    watch.execute("VACUUM ANALYZE lead, event")


def _other_sla(book: RuleBook) -> str:
    others = [name for name in book.slas if name != book.default_sla]
    text = book.files["book.yaml"]
    return text.replace(f"default_sla: {book.default_sla}", f"default_sla: {others[0]}")


def _made_up() -> tuple[RuleBook, RuleBook]:
    old, new = (book_from_files(make_book(_RULES, _ROWS, seed)) for seed in (1, 2))
    return old, new


def _seconds(app: App, old: RuleBook, new: RuleBook, leads: int) -> float:
    window = last_days(_DAYS, now() + timedelta(seconds=1), app.settings.book, most=leads)
    started = ticks()
    report: Report = backtest(app, old, new, window)
    seconds = ticks() - started
    if report.found.leads != leads:
        raise BrokenError(f"Of {leads} leads the backtest saw {report.found.leads}.")
    return seconds
