"""READ ME FIRST: what the benchmark measures, as one table. Each row is a key that a run fills.

A rate counts per second; a time is in milliseconds. The raw limit beside a row is measured in the
same run, on the same servers, with as little of our own code as possible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from bench.figures import Spread, Target, number, spread


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that is measured."""

    label: str
    #: Key of the raw limit it is compared with; empty for none.
    against: str = ""
    target: Target | None = None


def _rate(limit: float) -> Target:
    return Target(limit, at_least=True)


def _time(limit: float) -> Target:
    return Target(limit, at_least=False)


#: Rules of a book.
SIZES = (10, 100, 1_000, 10_000)

RAW: dict[str, Row] = {
    "pg_insert_1": Row("PostgreSQL: insert + commit, 1 connection, /s"),
    "pg_insert_8": Row("PostgreSQL: insert + commit, 8 connections, /s"),
    "pg_copy_100": Row("PostgreSQL: COPY + commit of 100 rows, rows/s"),
    "pg_same_rows": Row("PostgreSQL: the rows of a lead, 2 connections, leads/s"),
    "celery_threads_4": Row("Celery: tasks that do nothing, 4 threads, /s"),
    "celery_prefork_2": Row("Celery: tasks that do nothing, 2 processes, /s"),
    "celery_wake": Row("Celery: send a hint to its task's start, p50, ms"),
    "http_1": Row("HTTP: empty ASGI answer, 1 connection, /s"),
    "http_1_p50": Row("HTTP: empty ASGI answer, 1 connection, p50, ms"),
    "http_64": Row("HTTP: empty ASGI answer, 64 connections, /s"),
    "http_64_p99": Row("HTTP: empty ASGI answer, 64 connections, p99, ms"),
}

OURS: dict[str, Row] = {
    "acks_1": Row("acks/s, 1 connection, workers idle", "pg_insert_1"),
    "acks_1_p50": Row("  p50, ms", "http_1_p50"),
    "acks_1_p99": Row("  p99, ms"),
    "acks_64": Row("acks/s, 64 connections, workers idle", "http_64", _rate(5000)),
    "acks_64_p50": Row("  p50, ms"),
    "acks_64_p99": Row("  p99, ms", "http_64_p99", _time(30)),
    "busy_1": Row("acks/s, 1 connection, workers busy", "pg_insert_1"),
    "busy_1_p50": Row("  p50, ms", "http_1_p50"),
    "busy_1_p99": Row("  p99, ms"),
    "busy_64": Row("acks/s, 64 connections, workers busy", "http_64"),
    "busy_64_p50": Row("  p50, ms"),
    "busy_64_p99": Row("  p99, ms", "http_64_p99"),
    "busy_64_drained": Row("  leads/s decided meanwhile"),
    "drain": Row("leads/s through all stages, 2 worker processes", "pg_same_rows", _rate(3000)),
    "owner_p50": Row("POST to owner at 50 leads/s, p50, ms", "celery_wake", _time(20)),
    "owner_p99": Row("POST to owner at 50 leads/s, p99, ms", "", _time(100)),
    "owner_ack_p50": Row("  of which POST to 200, p50, ms"),
    "wait_1": Row("?wait=owner, 1 connection, /s", "pg_insert_1"),
    "wait_1_p50": Row("?wait=owner, 1 connection, p50, ms", "http_1_p50"),
    "wait_1_p99": Row("?wait=owner, 1 connection, p99, ms"),
    "backtest": Row("backtest: stored leads/s, starter book", "", _rate(3334)),
    "backtest_many": Row("  two books of 500 rules, /s", "", _rate(3334)),
}

_OTHERS = {"naive": "our plain evaluator", "zen": "zen-engine", "rule_engine": "rule-engine"}


def _growing(key: str, what: str, target: Target | None = None) -> dict[str, Row]:
    """Return a row for each size of a book; the target is that of the largest."""
    return {
        f"rules_{key}_{rules}": Row(
            f"{what}, {rules:,} rules, µs", "", target if rules == max(SIZES) else None
        )
        for rules in SIZES
    }


#: One thread, one lead after another.
RULES: dict[str, Row] = {
    **_growing("first", "rules: first match, mixed kinds", _time(10)),
    **_growing("near", "rules: near misses before it"),
    "rules_table_1000": Row("rules: a look into a table of 1,000 rows, µs"),
    "rules_table_100000": Row("rules: a look into a table of 100,000 rows, µs", "", _time(15)),
    "rules_cold": Row("rules: read and check 10,000 rules, s of CPU", "", _time(5)),
    "rules_kept": Row("rules: load 10,000 rules from their copy, s of CPU", "", _time(0.5)),
    **_growing("plain", "plain rules: first match"),
    **{
        f"rules_{key}_{rules}": Row(f"  {name}, {rules:,} rules, µs", f"rules_plain_{rules}")
        for rules in SIZES
        for key, name in _OTHERS.items()
    },
}


def _with_the_lock() -> dict[str, Row]:
    """Return rows for leads a second under the lock, and for their share of those without it."""
    least = {
        f"picks_{processes}_{batch}": f"{processes} processes, {batch} a transaction, picks/s"
        for batch in (1, 20)
        for processes in (1, 4, 8)
    }
    found = {}
    for key, label in {"road": "one pool, all stages, 4 processes, leads/s", **least}.items():
        found[key] = Row(label)
        found[f"{key}_kept"] = Row("  of the same without the lock, %", "", _rate(60))
    return found


#: Many processes, one pool.
POOL: dict[str, Row] = {
    **_with_the_lock(),
    **{f"pick_{size}": Row(f"a pick alone, {size} members, µs") for size in (2, 6, 12, 50)},
}

#: How picks are made, by the name of their values; more than one line of the table could say.
WAYS = {
    "locked": "by turns, under the lock (ours)",
    "unlocked": "  the same without the lock",
    "smooth": "smooth weighted, under a lock",
    "random": "weighted random",
    "redis": "list in Redis, read and moved",
    "pointer": "pointer, read then written",
    "newest": "after the newest lead",
    "capped": "caps, under the lock (ours)",
    "load": "caps, read then counted",
}
#: What is said of each way.
MEASURES = {
    "rate": "leads/s",
    "spread": "spread",
    "twice": "twice, %",
    "drought": "drought",
    "worst": "worst",
    "over": "over",
    "deadlocks": "deadlock",
}
_COMPARED = {
    f"way_{way}_{measure}": Row(f"{label.strip()}: {measure}")
    for way, label in WAYS.items()
    for measure in MEASURES
}

ROWS: dict[str, Row] = {**RAW, **OURS, **RULES, **POOL, **_COMPARED}

_LABEL, _WIDTH = 55, 100
_PARTS = {
    "raw limits of this machine": RAW,
    "lead-router": OURS,
    "the rule book alone (x: beside lead-router)": RULES,
    "picks from one pool": POOL,
}


def summed(runs: Sequence[Mapping[str, float]]) -> dict[str, Spread]:
    """Put the runs together, in the order of the table; keys that no run filled are absent.

    >>> summed([{"drain": 900.0}, {"drain": 1100.0}])["drain"].median
    1000.0
    """
    found: dict[str, Spread] = {}
    for key in ROWS:
        values = [run[key] for run in runs if key in run]
        if values:
            found[key] = spread(values)
    return found


def ratio(key: str, spreads: Mapping[str, Spread]) -> float | None:
    """Return a row's median as a multiple of its raw limit's; None where there is none."""
    against = ROWS[key].against
    if against not in spreads or not spreads[against].median:
        return None
    return spreads[key].median / spreads[against].median


def verdict(key: str, spreads: Mapping[str, Spread]) -> str:
    """Say whether a row's median keeps its target; empty for a row without one."""
    target = ROWS[key].target
    if target is None:
        return ""
    return "met" if target.met(spreads[key].median) else "MISSED"


def lines(spreads: Mapping[str, Spread]) -> list[str]:
    """Lay the table out, at most 100 columns wide."""
    printed: list[str] = []
    for title, rows in _PARTS.items():
        keys = [key for key in rows if key in spreads]
        if keys:
            head = f"{title:<{_LABEL}}{'median':>8}  {'least-most':>14}{'x raw':>6}  target"
            printed += [head, "-" * _WIDTH, *(_line(key, spreads) for key in keys), ""]
    return printed


def _line(key: str, spreads: Mapping[str, Spread]) -> str:
    row, found = ROWS[key], spreads[key]
    if isnan(found.median):
        return f"{row.label:<{_LABEL}}{'-':>8}  {'not installed':>14}"
    multiple = ratio(key, spreads)
    shown = number(multiple) if multiple is not None else ""
    around = f"{number(found.least)}-{number(found.most)}"
    target = f"{row.target} {verdict(key, spreads)}" if row.target else ""
    label = row.label if len(row.label) <= _LABEL else row.label[: _LABEL - 1] + "…"
    text = f"{label:<{_LABEL}}{number(found.median):>8}  {around:>14}{shown:>6}  {target}"
    return text.rstrip()
