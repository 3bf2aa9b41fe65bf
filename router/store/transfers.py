"""Open leads by their owner, for whoever takes them over; and who owns any."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

from router.lead.ids import LeadId
from router.lead.states import LeadState
from router.store.tx import Tx

#: As the index of open leads says it, or that would not be used.
_OPEN: Final[LiteralString] = "l.state IN ('routed', 'activated', 'accepted', 'contacted')"
_OF_PERSON: Final[LiteralString] = (
    "SELECT l.id FROM lead l WHERE l.book = %(book)s AND l.owner_id = %(person)s"
    " AND l.owner_kind = 'person' AND " + _OPEN + " AND l.id > %(after)s"
    " AND (%(states)s::text[] = '{}' OR l.state = ANY(%(states)s))"
    " AND (%(pool)s = '' OR l.pool = %(pool)s)"
    " AND (%(rule)s = '' OR l.body->>'rule' = %(rule)s)"
    " AND (%(countries)s::text[] = '{}' OR l.body->'person'->>'country' = ANY(%(countries)s))"
    " AND (%(postcodes)s::text[] = '{}' OR EXISTS (SELECT 1 FROM unnest(%(postcodes)s::text[]) AS"
    " prefix WHERE starts_with(replace(l.body->'person'->>'postcode', ' ', ''), prefix)))"
    " AND (%(since)s::timestamptz IS NULL OR l.received_at >= %(since)s)"
    " AND (%(until)s::timestamptz IS NULL OR l.received_at < %(until)s)"
    " ORDER BY l.id LIMIT %(limit)s"
)
#: Leads beside the road are few, and each kind of them has an index.
_BESIDE: Final[LiteralString] = """
    SELECT state, count(*) FROM (
        SELECT state FROM lead WHERE state = 'parked' AND book = %(book)s
            AND owner_kind = 'person' AND owner_id = %(person)s
        UNION ALL
        SELECT l.state FROM review_item r JOIN lead l ON l.id = r.lead_id
        WHERE r.state = 'open' AND r.blocking AND l.state = 'in_review' AND l.book = %(book)s
            AND l.owner_kind = 'person' AND l.owner_id = %(person)s
    ) AS beside GROUP BY state
"""


@dataclass(frozen=True, slots=True)
class Which:
    """Which open leads of a person are wanted; empty values ask for all."""

    person: str
    #: Some of routed, activated, accepted and contacted.
    states: tuple[LeadState, ...] = ()
    #: The pool that the person was picked from.
    pool: str = ""
    #: Codes of the countries that the people who asked are in.
    countries: tuple[str, ...] = ()
    #: Beginnings of their postcodes; blanks and case do not count.
    postcodes: tuple[str, ...] = ()
    #: Id of the rule that gave them to the person.
    rule: str = ""
    #: Received at or after this moment.
    since: datetime | None = None
    #: Received before this moment.
    until: datetime | None = None


def open_leads(tx: Tx, book: str, which: Which, *, after: UUID, limit: int) -> list[LeadId]:
    """Return open leads that a person owns, in the order of their ids.

    Args:
        tx: Open transaction. Locks nothing.
        book: Which book's leads.
        which: Whose, and which of them.
        after: Id of the last lead of the page before; of zeros for the first page.
        limit: Most to return.
    """
    values = {
        "book": book,
        "person": which.person,
        "states": [each.value for each in which.states],
        "pool": which.pool,
        "rule": which.rule,
        "countries": [each.upper() for each in which.countries],
        "postcodes": ["".join(each.split()).upper() for each in which.postcodes],
        "since": which.since,
        "until": which.until,
        "after": after,
        "limit": limit,
    }
    return [LeadId(row[0]) for row in tx.rows(_OF_PERSON, values)]


def beside_the_road(tx: Tx, book: str, person: str) -> dict[str, int]:
    """Count a person's leads that wait for an answer or an operator, by state.

    Args:
        tx: Open transaction. Locks nothing.
        book: Which book's leads.
        person: Their owner.
    """
    rows = tx.rows(_BESIDE, {"book": book, "person": person})
    return {row[0]: int(row[1]) for row in rows}


def owners_of_open(tx: Tx, book: str) -> dict[str, int]:
    """Count the open leads that each person owns.

    Args:
        tx: Open transaction. Locks nothing.
        book: Which book's leads.
    """
    rows = tx.rows(
        "SELECT l.owner_id, count(*) FROM lead l WHERE l.book = %s AND l.owner_kind = 'person'"
        " AND " + _OPEN + " GROUP BY l.owner_id",
        (book,),
    )
    return {row[0]: int(row[1]) for row in rows}


def accountable_for_open(tx: Tx, book: str) -> dict[str, int]:
    """Count the open leads of queues, sequences and pools by the person who is accountable.

    Args:
        tx: Open transaction. Locks nothing.
        book: Which book's leads.
    """
    rows = tx.rows(
        "SELECT l.accountable_id, count(*) FROM lead l WHERE l.book = %s"
        " AND l.owner_kind <> 'person' AND " + _OPEN + " GROUP BY l.accountable_id",
        (book,),
    )
    return {row[0]: int(row[1]) for row in rows}
