"""The checks of ``doctor``. Each looks at one thing and says what it found.

Slow to import: commands import it when they run.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

import redis
from pydantic import SecretStr

from router.app import App, build_app
from router.cli.book_checks import check_book
from router.cli.findings import Finding, Level
from router.cli.reach import reached
from router.errors import LeadRouterError
from router.now import now, unshifted
from router.plugins.destinations.address import addresses_of, ask_system, parse_target
from router.road.heartbeat import SILENT_S
from router.road.people.leavers import leavers
from router.road.ticker.tick import SKEW
from router.rulebook.allowance import without_effect
from router.settings import Settings, secret_variable
from router.store import actions, processes, waiting
from router.store.allowances import allowances_at
from router.store.held import waiting_in
from router.store.revision import needed_revision, stored_revision
from router.store.tx import Tx, transaction
from router.web.door import refuse_open_api
from router.wording import counted

_BROKER_S = 2.0
_LOOK_UP_S = 3.0
#: Leavers that are named.
_SHOWN = 5
#: Leads that wait so long in a pool are worth a word.
_LONG = timedelta(days=1)
#: Difference of our time from the database's that is worth a word.
_NOTICED = timedelta(seconds=2)
_DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
_NEEDED = {
    "web": "`lead-router web` takes deliveries in",
    "worker-road": "`lead-router worker --queues road` works on leads",
    "worker-deliver": "`lead-router worker --queues deliver` sends to destinations",
    "ticker": "`lead-router ticker` fires clock steps",
}


def examine(told: Settings) -> list[Finding]:
    """Run every check; one that cannot run is a finding itself.

    Args:
        told: This process's settings.
    """
    try:
        app = build_app(reached(), pool_size=2)
    except LeadRouterError as error:
        return [Finding(Level.FAIL, "addresses", str(error)), *_destinations(told)]
    try:
        return list(_all(app))
    finally:
        app.close()


def setting_rows(told: Settings) -> list[tuple[str, str, str]]:
    """Return name, value and origin of every setting; of secrets only whether they are set.

    Args:
        told: This process's settings.
    """
    rows = []
    for name in type(told).model_fields:
        value = getattr(told, name)
        if isinstance(value, SecretStr):
            shown = "set"
        elif value is None:
            shown = "not set"
        elif name == "destinations":
            shown = ", ".join(value) or "none"
        else:
            shown = str(value)
        origin = "environment" if name in told.model_fields_set else "default"
        rows.append((f"LEAD_ROUTER_{name.upper()}", shown, origin))
    return rows


def _all(app: App) -> Iterator[Finding]:
    yield from _broker(app.settings)
    try:
        with transaction(app.engine) as tx:
            version = processes.server_settings(tx)["server_version"]
    except LeadRouterError as error:
        yield Finding(Level.FAIL, "database", str(error))
        yield from _destinations(app.settings)
        return
    yield Finding(Level.OK, "database", f"PostgreSQL {version} answers.")
    for check in (
        _durability,
        _migrations,
        _skew,
        check_book,
        _doors,
        _heartbeats,
        _depths,
        _leavers,
        _pools,
        _switch,
    ):
        yield from _careful(check, app)
    yield from _destinations(app.settings)


def _careful(check: Callable[[App, Tx], Iterator[Finding]], app: App) -> Iterator[Finding]:
    """Run one check in a transaction of its own, so that one that fails spoils no other."""
    about = check.__name__.removeprefix("_").removeprefix("check_")
    try:
        with transaction(app.engine) as tx:
            yield from list(check(app, tx))
    except LeadRouterError as error:
        yield Finding(Level.FAIL, about, str(error))


def _broker(told: Settings) -> Iterator[Finding]:
    if told.redis_url is None:
        return
    client = redis.Redis.from_url(
        told.redis_url.get_secret_value(),
        socket_timeout=_BROKER_S,
        socket_connect_timeout=_BROKER_S,
    )
    try:
        client.ping()
        yield Finding(Level.OK, "broker", "It answers.")
        policy = str(client.config_get("maxmemory-policy").get("maxmemory-policy", "unknown"))
    except redis.ResponseError:
        yield Finding(Level.WARN, "broker", "It does not tell its maxmemory-policy; see yourself.")
    except (redis.RedisError, OSError) as error:
        yield Finding(
            Level.FAIL,
            "broker",
            f"It cannot be reached ({type(error).__name__}): start it. Until then the ticker does"
            " the work alone, and nothing is lost.",
        )
    else:
        if policy.startswith("allkeys"):
            yield Finding(
                Level.WARN,
                "broker",
                f"It may evict hints: set maxmemory-policy, now {policy}, to noeviction.",
            )
    finally:
        client.close()


def _durability(_app: App, tx: Tx) -> Iterator[Finding]:
    found = processes.server_settings(tx)
    off = [name for name in _DURABLE if found.get(name) == "off"]
    if off:
        yield Finding(
            Level.FAIL,
            "durability",
            f"{', '.join(off)} is off: what was acknowledged can be lost in a crash. Switch it on.",
        )
    else:
        yield Finding(Level.OK, "durability", f"{', '.join(_DURABLE)} are on.")


def _migrations(_app: App, tx: Tx) -> Iterator[Finding]:
    found, wanted = stored_revision(tx), needed_revision()
    if found == wanted:
        yield Finding(Level.OK, "migrations", f"The tables are at revision {found}.")
    else:
        yield Finding(
            Level.FAIL,
            "migrations",
            f"The tables are at revision {found or 'nothing'}, this program needs {wanted}: run"
            " `lead-router migrate`.",
        )


def _skew(_app: App, tx: Tx) -> Iterator[Finding]:
    skew = abs(unshifted() - processes.database_now(tx))
    text = f"Our time and the database's differ by {skew.total_seconds():.1f} s"
    if skew > SKEW:
        yield Finding(Level.FAIL, "time", f"{text}: the ladder holds. Correct the machine's time.")
    elif skew > _NOTICED:
        yield Finding(Level.WARN, "time", f"{text}. Synchronise both machines.")
    else:
        yield Finding(Level.OK, "time", f"{text}.")


def _doors(app: App, _tx: Tx) -> Iterator[Finding]:
    refuse_open_api(app)
    yield Finding(Level.OK, "doors", f"{app.settings.host} may be bound.")


def _heartbeats(app: App, tx: Tx) -> Iterator[Finding]:
    alive: dict[str, int] = {}
    for _id, kind, _seen in processes.seen_since(tx, unshifted() - timedelta(seconds=SILENT_S)):
        alive[kind] = alive.get(kind, 0) + 1
    for kind, purpose in _NEEDED.items():
        needless = kind == "worker-deliver" and not app.settings.destinations
        if alive.get(kind):
            yield Finding(Level.OK, kind, f"{alive[kind]} alive.")
        else:
            level = Level.WARN if needless else Level.FAIL
            yield Finding(level, kind, f"None was heard of for {SILENT_S:.0f} s: {purpose}.")


def _depths(_app: App, tx: Tx) -> Iterator[Finding]:
    counts = waiting.depths(tx, now())
    parked = {name: count for name, count in counts.items() if name.endswith("_parked") and count}
    shown = ", ".join(f"{name} {count}" for name, count in counts.items())
    yield Finding(Level.OK, "waiting", f"{shown}.")
    if parked:
        listed = ", ".join(f"{name} {count}" for name, count in parked.items())
        yield Finding(Level.WARN, "parked", f"{listed}: look at them, correct, and replay.")
    if counts["clock_steps_overdue"]:
        yield Finding(Level.WARN, "clocks", "Steps are overdue: does a ticker run?")


def _leavers(app: App, tx: Tx) -> Iterator[Finding]:
    found = leavers(app, tx)
    if not found:
        yield Finding(Level.OK, "leavers", "Nobody who left has open leads.")
        return
    named = ", ".join(f"{each.person} ({each.leads})" for each in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    yield Finding(
        Level.WARN,
        "leavers",
        f"Gone, but with open leads: {named}{more}. `lead-router people leavers` says what moves"
        " them.",
    )


def _pools(app: App, tx: Tx) -> Iterator[Finding]:
    """Tell of leads that nobody of their pool could take for a day, and of idle allowances."""
    at, serve = now(), app.settings.book
    found = waiting_in(tx, serve)
    old = {pool: each for pool, each in found.items() if at - each.since > _LONG}
    for pool, each in old.items():
        yield Finding(
            Level.WARN,
            "pools",
            f"{each.leads} waiting in the pool {pool}, the first since {each.since:%Y-%m-%d}:"
            f" `lead-router pools show {pool}` says why nobody takes them.",
        )
    for idle, why in without_effect(app.shelf.active(), allowances_at(tx, serve, at, ahead=True)):
        yield Finding(
            Level.WARN,
            "pools",
            f"The allowance {idle.id} has no effect: {why}. `lead-router allowances end` ends it.",
        )
    if not old:
        many = sum(each.leads for each in found.values())
        waits = counted(many, "lead waits", "leads wait")
        said = f"{waits} for somebody of their pool." if many else "No lead waits."
        yield Finding(Level.OK, "pools", said)


def _switch(_app: App, tx: Tx) -> Iterator[Finding]:
    if actions.is_held(tx):
        yield Finding(
            Level.WARN,
            "outbound",
            "Everything that would leave is held: `lead-router outbound start` lets it go.",
        )
    else:
        yield Finding(Level.OK, "outbound", "Open.")


def _destinations(told: Settings) -> Iterator[Finding]:
    if not told.destinations:
        yield Finding(
            Level.WARN,
            "destinations",
            "LEAD_ROUTER_DESTINATIONS names none: owners are told nowhere but in the task list.",
        )
    for name, destination in told.destinations.items():
        about = f"destination {name}"
        if destination.secret and not told.secrets(destination.secret):
            variable = secret_variable(destination.secret)
            yield Finding(Level.FAIL, about, f"{variable} is not set here, so nothing is signed.")
        try:
            target = parse_target(destination.url)
            addresses_of(
                target,
                resolver=ask_system,
                allow_private=destination.allow_private,
                timeout_s=_LOOK_UP_S,
            )
        except LeadRouterError as error:
            yield Finding(Level.FAIL, about, str(error))
        else:
            yield Finding(Level.OK, about, f"{target.host} may be called.")
