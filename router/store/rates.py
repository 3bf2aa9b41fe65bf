"""What became of the leads that a canary decided, and of those it is compared with."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, LiteralString

from router.lead.events import EventKind
from router.rulebook.canary import Tally, Terms
from router.store.beside import Use
from router.store.tx import Tx

#: Newest leads of each side by which a canary is judged.
_COHORT: Final = 2_000
#: Leads that are looked through at most for those of the other side.
_SEARCHED: Final = 10_000
#: How far before a pilot its forms, campaigns and teams are looked at: it may have all of them now.
_BEFORE: Final = timedelta(days=14)

_KINDS: Final = {
    "routed": EventKind.LEAD_ROUTED.value,
    "rejected": EventKind.LEAD_REJECTED.value,
    "review": EventKind.REVIEW_OPENED.value,
    "reassigned": EventKind.LEAD_REASSIGNED.value,
    "parked": EventKind.LEAD_PARKED.value,
}
_COUNTED: Final[LiteralString] = """
    SELECT count(*), count(*) FILTER (WHERE review), count(*) FILTER (WHERE fallback),
        count(*) FILTER (WHERE no_pool), count(*) FILTER (WHERE reassign),
        count(*) FILTER (WHERE reject), count(*) FILTER (WHERE parked)
"""
_BECAME: Final[LiteralString] = """
    CROSS JOIN LATERAL (
        SELECT count(*) AS events,
            bool_or(kind = %(review)s) AS review,
            bool_or(CASE WHEN kind = %(routed)s THEN data->>'code' = 'fallback' END) AS fallback,
            bool_or(CASE WHEN kind = %(routed)s THEN data->>'code' = 'no_pool' END) AS no_pool,
            bool_or(CASE WHEN kind = %(reassigned)s
                THEN data->>'reason' IN ('declined', 'breached') END) AS reassign,
            bool_or(kind = %(rejected)s) AS reject,
            bool_or(kind = %(parked)s) AS parked
        FROM event WHERE event.lead_id = cohort.lead_id
            AND kind IN (%(routed)s, %(rejected)s, %(review)s, %(reassigned)s, %(parked)s)
    ) AS became WHERE became.events > 0
"""
_CANARY: Final[LiteralString] = (
    _COUNTED
    + """
    FROM (
        SELECT lead_id FROM canary_lead
        WHERE book = %(book)s AND digest = %(digest)s AND at >= %(since)s
        ORDER BY at DESC LIMIT %(most)s
    ) AS cohort
"""
    + _BECAME
)
_NEWEST: Final[LiteralString] = """
    FROM (
        SELECT lead_id FROM (
            SELECT id AS lead_id, digest, book, pool, body FROM lead
            WHERE received_at >= %(since)s
            ORDER BY received_at DESC, id DESC LIMIT %(searched)s
        ) AS newest WHERE book = %(book)s AND
"""
_ACTIVE: Final[LiteralString] = (
    _COUNTED + _NEWEST + " digest = %(digest)s LIMIT %(most)s) AS cohort " + _BECAME
)
_ALIKE: Final[LiteralString] = (
    _COUNTED
    + _NEWEST
    + """ digest <> %(digest)s AND (
            lower(body->'attribution'->>'form_id') = ANY(%(forms)s)
            OR lower(body->'attribution'->>'form_kind') = ANY(%(forms)s)
            OR lower(body->'attribution'->>'utm_campaign') = ANY(%(campaigns)s)
            OR pool = ANY(%(teams)s) OR body->>'rule' = ANY(%(rules)s)
        ) LIMIT %(most)s
    ) AS cohort
"""
    + _BECAME
)


def became_of_canary(tx: Tx, serve: str, use: Use) -> Tally:
    """Return what became of a canary's newest leads since it began.

    Args:
        tx: Open transaction.
        serve: Which book of this installation.
        use: The canary.
    """
    return _tally(tx, _CANARY, serve, use.digest, since=use.began)


def became_of_active(tx: Tx, serve: str, digest: str, since: datetime) -> Tally:
    """Return what became of a version's newest leads that came in since a moment.

    Args:
        tx: Open transaction.
        serve: Which book of this installation.
        digest: The active version.
        since: When the canary began.
    """
    return _tally(tx, _ACTIVE, serve, digest, since=since)


def became_of_alike(
    tx: Tx, serve: str, use: Use, terms: Terms, rules: Collection[str] = ()
) -> Tally:
    """Return what became of leads like those of a pilot that other versions decided.

    They count from two weeks before the pilot began, since it may take every one of them now.

    Args:
        tx: Open transaction.
        serve: Which book of this installation.
        use: The pilot.
        terms: Of the pilot; they name forms, campaigns or teams.
        rules: Ids of rules that give leads to the teams, also when nobody there can take them.
    """
    named = {
        "forms": [each.strip().lower() for each in terms.forms],
        "campaigns": [each.strip().lower() for each in terms.campaigns],
        "teams": list(terms.teams),
        "rules": list(rules),
    }
    return _tally(tx, _ALIKE, serve, use.digest, since=use.began - _BEFORE, named=named)


def _tally(  # noqa: PLR0913 - what the queries name
    tx: Tx,
    query: LiteralString,
    serve: str,
    digest: str,
    *,
    since: datetime,
    named: dict[str, list[str]] | None = None,
) -> Tally:
    values: dict[str, object] = {
        "book": serve,
        "digest": digest,
        "since": since,
        "most": _COHORT,
        "searched": _SEARCHED,
        **_KINDS,
        **(named or {}),
    }
    row = tx.row(query, values)
    return Tally(*(int(each) for each in row)) if row else Tally()
