"""What the database and the receivers must agree on, once everything has come to rest."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, LiteralString
from uuid import UUID

from router.app import App
from router.lead.events import canonical, chain
from router.lead.ids import LeadId
from router.lead.model import Lead
from router.lead.states import OWNED, LeadState
from router.store.leads import lock_leads
from router.store.tx import Tx, transaction
from tests.journey.crm import Crm

_UNREST: Final[Mapping[str, LiteralString]] = {
    "deliveries waiting": "SELECT count(*) FROM delivery WHERE state = 'received'",
    "leads due": "SELECT count(*) FROM lead WHERE due_at IS NOT NULL",
    "actions waiting": "SELECT count(*) FROM action WHERE state IN ('pending', 'sending')",
    "tickets": "SELECT count(*) FROM ticket",
}


@contextmanager
def one_moment(app: App) -> Iterator[Tx]:
    """Open a transaction whose queries all see the same moment, whatever is written meanwhile."""
    with transaction(app.engine) as tx:
        tx.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield tx


def unrest(app: App) -> dict[str, int]:
    """Return what still waits for somebody; empty once everything has come to rest."""
    with one_moment(app) as tx:
        counts = {what: tx.rows(query)[0][0] for what, query in _UNREST.items()}
    return {what: count for what, count in counts.items() if count}


def leads_by_delivery(app: App, ids: Collection[UUID]) -> dict[UUID, list[Lead]]:
    """Return the leads of each delivery."""
    with transaction(app.engine) as tx:
        rows = tx.rows("SELECT id FROM lead WHERE delivery_id = ANY(%s)", (list(ids),))
        leads = lock_leads(tx, [row[0] for row in rows], skip_locked=False).values()
    found: dict[UUID, list[Lead]] = {each: [] for each in ids}
    for lead in leads:
        found[lead.delivery_id].append(lead)
    return found


def ended(app: App, ids: Collection[UUID]) -> list[Lead]:
    """Return the leads that own what these deliveries brought: each one, or what it joined.

    Fails when a delivery has no lead, or one that does not end with an owner.
    """
    byname = leads_by_delivery(app, ids)
    missing = [each for each, leads in byname.items() if not leads]
    assert not missing, f"{len(missing)} deliveries without a lead: {missing[:5]}"
    leads = [lead for each in byname.values() for lead in each]
    joined = [lead.merged_into for lead in leads if lead.merged_into is not None]
    final = [lead for lead in leads if lead.state is not LeadState.MERGED]
    with transaction(app.engine) as tx:
        final += lock_leads(tx, sorted({LeadId(each) for each in joined})).values()
    astray = [(lead.id, lead.state, lead.last_error) for lead in final if lead.state not in OWNED]
    assert not astray, f"{len(astray)} leads did not arrive: {astray[:5]}"
    assert all(lead.owner and lead.owner.id and lead.owner.accountable for lead in final)
    return final


def check_chains(app: App) -> int:
    """Check that the events of every lead are numbered without a gap and tied; return how many."""
    with one_moment(app) as tx:
        ends = tx.rows("SELECT id, version, head FROM lead")
        rows = tx.rows("SELECT lead_id, seq, kind, data, personal, hash FROM event ORDER BY 1, 2")
    at: dict[UUID, tuple[int, bytes]] = defaultdict(lambda: (0, b""))
    for lead_id, seq, kind, data, personal, written in rows:
        last, head = at[lead_id]
        assert seq == last + 1, f"lead {lead_id} misses event {last + 1}"
        head = chain(head, kind, canonical(data), canonical(personal))
        assert head == bytes(written), f"event {seq} of lead {lead_id} is not tied"
        at[lead_id] = seq, head
    assert dict(at) == {row[0]: (row[1], bytes(row[2])) for row in ends}
    return len(rows)


def check_people(app: App) -> int:
    """Check that each address is one person, who has one open lead; return how many people."""
    with one_moment(app) as tx:
        twice = tx.rows(
            "SELECT body->'person'->>'email', count(DISTINCT contact_id) FROM lead"
            " GROUP BY 1 HAVING count(DISTINCT contact_id) <> 1"
        )
        rivals = tx.rows(
            "SELECT contact_id FROM lead WHERE state <> 'merged' GROUP BY 1 HAVING count(*) > 1"
        )
        rows = tx.rows("SELECT count(*) FROM contact")
    assert not twice, f"{len(twice)} addresses without exactly one person"
    assert not rivals, f"{len(rivals)} people with two open leads: {rivals[:5]}"
    return int(rows[0][0])


def check_receiver(app: App, crm: Crm, about: Iterable[UUID]) -> Mapping[str, int]:
    """Check at the receiver, by key, that each message of these leads arrived as it should.

    None is missing, none came with two bodies, no step of a lead came under two keys, each is
    signed, and each lead was offered exactly once per handoff.

    Returns:
        How many messages were expected, and how many calls repeated one that was taken before.
    """
    wanted = set(about)
    with transaction(app.engine) as tx:
        rows = tx.rows(
            "SELECT key, lead_id, kind, seq, state, last_error FROM action WHERE destination = %s",
            (crm.name,),
        )
    mine = [row for row in rows if row[1] in wanted]
    unsent = [(row[0], row[4], row[5]) for row in mine if row[4] not in {"sent", "withdrawn"}]
    assert not unsent, f"{len(unsent)} messages not sent: {unsent[:5]}"
    taken = {call.key for call in crm.taken}
    missing = [row[0] for row in mine if row[4] == "sent" and row[0] not in taken]
    assert not missing, f"{len(missing)} messages never arrived: {missing[:5]}"
    twofold = {key: sorted(bodies) for key, bodies in crm.bodies().items() if len(bodies) > 1}
    assert not twofold, f"keys with two bodies: {list(twofold.items())[:2]}"
    assert all(call.genuine for call in crm.calls)
    with transaction(app.engine) as tx:
        receipts = tx.rows(
            "SELECT data->>'key', count(*) FROM event WHERE kind = 'action.sent'"
            " GROUP BY 1 HAVING count(*) > 1"
        )
    assert not receipts, f"messages with two receipts: {receipts[:5]}"
    steps: dict[tuple[UUID, str, int], set[str]] = defaultdict(set)
    for key, lead_id, kind, seq, _state, _error in mine:
        steps[lead_id, kind, seq].add(key)
    doubled = {step: keys for step, keys in steps.items() if len(keys) > 1}
    assert not doubled, f"steps with two keys: {list(doubled.items())[:5]}"
    offers: dict[tuple[UUID, str], set[str]] = defaultdict(set)
    for call in crm.taken:
        if call.kind == "handoff.offered":
            offers[call.lead_id, str(call.message["data"].get("handoff_id"))].add(call.key)
    assert all(len(keys) == 1 for keys in offers.values())
    unoffered = wanted - {lead_id for lead_id, _ in offers}
    assert not unoffered, f"{len(unoffered)} leads were offered to nobody"
    return {"messages": len(mine), "repeated": len(crm.taken) - len(taken)}


def deadlocks(app: App) -> int:
    """Return how many deadlocks this database has had since its statistics began."""
    with transaction(app.engine) as tx:
        row = tx.row("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return int(row[0]) if row else 0
