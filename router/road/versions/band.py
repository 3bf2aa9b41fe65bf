"""How a canary does beside the active version, and its end when it strays from its band."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import structlog

from router.app import App
from router.road.drain import Road
from router.road.versions.news import announce
from router.rulebook.canary import Stray, Tally, Terms, strays, terms_from
from router.rulebook.model import RuleBook
from router.store import books
from router.store.beside import Use, given, in_use
from router.store.book_log import BookAct, Entry, note_act
from router.store.books import Alias
from router.store.rates import became_of_active, became_of_alike, became_of_canary
from router.store.tx import Tx, transaction

log = structlog.get_logger()

#: How far back the active version's leads are looked at while it has too few beside the canary.
_BEFORE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Showing:
    """How a canary does, beside the leads it is compared with."""

    use: Use
    terms: Terms
    #: Leads it was given since it began.
    given: int
    canary: Tally
    other: Tally
    #: Leads it must have decided before it is judged.
    least: int
    #: Rate to how far above the other side's it may lie, as a share of leads.
    allowed: dict[str, float]
    strays: tuple[Stray, ...]


def showing(app: App) -> Showing | None:
    """Return how the canary does; None when there is none.

    Args:
        app: Of this process.

    Raises:
        Misconfigured: Nothing was published yet.
        Transient: The database cannot be reached.
    """
    active = app.shelf.active()
    with transaction(app.engine) as tx:
        use = in_use(tx, app.settings.book, Alias.CANARY)
        return _showing(tx, app.settings.book, use, active) if use is not None else None


def judge(road: Road, tx: Tx, now: datetime) -> None:
    """End a canary that has strayed from its band, and tell the book's owner. A periodic job.

    Args:
        road: The runner of this process.
        tx: Open transaction.
        now: Moment of the judgement.
    """
    app, serve = road.app, road.app.settings.book
    settle(tx, serve, now)
    use = in_use(tx, serve, Alias.CANARY)
    if use is None:
        return
    active = app.shelf.active()
    found = _showing(tx, serve, use, active)
    if not found.strays:
        return
    books.lock_book(tx, serve)
    if in_use(tx, serve, Alias.CANARY) != use:
        # Somebody was faster; what was judged is not what is tried now.
        return
    books.drop_alias(tx, serve=serve, alias=Alias.CANARY)
    entry = Entry(
        book=serve,
        act=BookAct.RETURN,
        digest=use.digest,
        at=now,
        by="ticker",
        note="; ".join(each.words() for each in found.strays),
        data={
            "terms": found.terms.as_json(),
            "began": use.began.isoformat(),
            "given": found.given,
            "canary": asdict(found.canary),
            "active": asdict(found.other),
            "strays": [asdict(each) for each in found.strays],
        },
    )
    log.warning(
        "canary_returned",
        digest=use.digest,
        active=active.digest,
        given=found.given,
        rates=[each.rate for each in found.strays],
    )
    app.bell.ring_destinations(announce(app, tx, entry, active))


def settle(tx: Tx, serve: str, now: datetime) -> None:
    """End a shadow or a canary that has become the active version: nothing is left to try.

    Args:
        tx: Open transaction.
        serve: Which book of this installation.
        now: When.
    """
    found = books.aliases(tx, serve)
    tried = ((Alias.SHADOW, BookAct.SHADOW), (Alias.CANARY, BookAct.CANARY))
    for alias, act in tried:
        use = in_use(tx, serve, alias)
        if use is None or use.digest != found.active:
            continue
        books.drop_alias(tx, serve=serve, alias=alias)
        note_act(
            tx,
            Entry(
                book=serve,
                act=act,
                digest=use.digest,
                at=now,
                by=use.by,
                note="is the active version now",
                data={"on": False, "began": use.began.isoformat()},
            ),
        )


def _showing(tx: Tx, serve: str, use: Use, active: RuleBook) -> Showing:
    band, terms = active.policy.band, terms_from(use.terms)
    canary = became_of_canary(tx, serve, use)
    other = became_of_active(tx, serve, active.digest, use.began)
    if terms.forms or terms.campaigns or terms.teams:
        routes = (rule for rules in active.rules.values() for rule in rules)
        rules = [rule.id for rule in routes if rule.then.pool in terms.teams]
        alike = became_of_alike(tx, serve, use, terms, rules)
        other = alike if alike.decided >= band.least else other
    elif other.decided < band.least:
        other = became_of_active(tx, serve, active.digest, use.began - _BEFORE)
    return Showing(
        use=use,
        terms=terms,
        given=given(tx, serve, use),
        canary=canary,
        other=other,
        least=band.least,
        allowed={name: value for name, value in asdict(band).items() if name != "least"},
        strays=strays(band, canary, other),
    )
