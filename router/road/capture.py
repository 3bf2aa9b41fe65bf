"""Capture as the runner does it: the one stage that takes deliveries and gives leads."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import structlog

from router.app import App
from router.lead.decision import Decision
from router.lead.delivery import Delivery
from router.lead.ids import DeliveryId, LeadId
from router.lead.model import Lead, change
from router.lead.states import DeliveryState, LeadState
from router.road.beside import Beside, Look
from router.road.record import Batch, record
from router.rulebook.model import RuleBook
from router.stages.capture.decide import Parsed, conclude, prepare
from router.stages.clean.prepare import refresh
from router.store.deliveries import count_attempt, mark
from router.store.leads import leads_by_item, lock_leads
from router.store.people import lock_names
from router.store.tx import Tx

log = structlog.get_logger()

#: Leads that one transaction makes at most, unless a single delivery holds more: each takes about
#: three of the locks that PostgreSQL has room for.
_LEADS_AT_ONCE = 500
#: Merges that are followed to the lead that is worked on.
_MERGES = 8


def capture(app: App, tx: Tx, batch: Batch, items: Sequence[Delivery], beside: Beside) -> bool:
    """Turn deliveries into leads, in memory, and write what became of each delivery.

    Two deliveries of the same inquiry make one lead, whoever captures them: the names that
    senders gave are locked, in one order, before they are looked up.

    Args:
        app: Where the active rule book is found; new leads start with it.
        tx: Open transaction that holds the deliveries' locks.
        batch: Receives the leads.
        items: Deliveries, in the order they came in. Those beyond what one batch may hold, and
            those about a lead that somebody else holds, are left for the next one.
        beside: Gives a canary its share of the new leads.

    Returns:
        Whether the batch may go on to the next stage in this transaction: not when it holds leads
        that were there before, since nobody may wait for identity locks with a lead in hand.
    """
    look = beside.look(batch.noted)
    book = look.active
    parsed = _parse(app, tx, book, items)
    names = sorted({(each.source.id, key) for each in parsed for key in each.keys})
    lock_names(tx, (("item", f"{app.settings.book}:{source}:{key}") for source, key in names))
    stored, held = leads_by_item(tx, app.settings.book, names) if names else ({}, set())
    known: dict[str, dict[str, Lead]] = defaultdict(dict)
    for (source, key), lead in stored.items():
        open_lead = _merged_into(tx, lead)
        if open_lead is None:
            held.add((source, key))
        else:
            known[source][key] = open_lead
    was_there = {lead.id for leads in known.values() for lead in leads.values()}
    outcome: list[tuple[DeliveryId, DeliveryState, str]] = []
    for each in parsed:
        if held and any((each.source.id, key) in held for key in each.keys):
            continue
        leads = known[each.source.id]
        try:
            captured = conclude(each, book, leads, batch.now)
            for decision in captured.decisions:
                if decision.lead.id in was_there or decision.lead.id in batch.works:
                    _go_on(batch, decision, app.settings.default_region)
                else:
                    _begin(batch, each, decision, look)
        except Exception as error:  # noqa: BLE001 - a poison delivery must cost only itself
            _charge(app, tx, each.delivery, error)
        else:
            outcome.append((each.delivery.id, captured.state, captured.reason))
            # A later delivery of this batch may be about the same inquiry.
            for decision in captured.decisions:
                _learn(known, leads, batch.works[decision.lead.id].lead, was_there)
    mark(tx, outcome)
    return not stored


def _parse(app: App, tx: Tx, book: RuleBook, items: Sequence[Delivery]) -> list[Parsed]:
    """Read deliveries, until they hold as many leads as one transaction should."""
    parsed: list[Parsed] = []
    inquiries = 0
    for delivery in items:
        try:
            each = _read(delivery, book)
        except Exception as error:  # noqa: BLE001 - a poison delivery must cost only itself
            _charge(app, tx, delivery, error)
            continue
        inquiries += len(each.items)
        if parsed and inquiries > _LEADS_AT_ONCE:
            break
        parsed.append(each)
    return parsed


def _read(delivery: Delivery, book: RuleBook) -> Parsed:
    source = book.sources.get(delivery.source)
    if source is None:
        raise LookupError(
            f"The active rule book has no source {delivery.source!r} any more."
            " Put it back and replay the delivery."
        )
    return prepare(delivery, source)


def _merged_into(tx: Tx, lead: Lead) -> Lead | None:
    """Follow merges to the lead that a later page belongs to; None while somebody holds it."""
    for _ in range(_MERGES):
        if lead.state is not LeadState.MERGED or lead.merged_into is None:
            break
        found = lock_leads(tx, [lead.merged_into], skip_locked=True).get(lead.merged_into)
        if found is None:
            return None
        lead = found
    return lead


def _learn(
    known: dict[str, dict[str, Lead]], leads: dict[str, Lead], lead: Lead, was_there: set[LeadId]
) -> None:
    """Let later deliveries of the batch find a lead as it stands, under every key it goes by."""
    if lead.id not in was_there:
        leads[lead.item_key] = lead
        return
    for of_source in known.values():
        for key, old in of_source.items():
            if old.id == lead.id:
                of_source[key] = lead


def _go_on(batch: Batch, decision: Decision, region: str) -> None:
    """Add a later page to a lead that was there before."""
    # What it brings is typed by a person like everything else.
    fresh = refresh(decision.lead, region)
    work = batch.take(decision.lead)
    work.guest = True
    record(batch, work, replace(decision, lead=fresh))


def _begin(batch: Batch, parsed: Parsed, decision: Decision, look: Look) -> None:
    """Put a new lead on the road."""
    lead, attempts = look.capture(decision.lead), parsed.delivery.attempts
    if attempts:
        # A delivery that failed before stays under suspicion: its leads go alone, too.
        lead = change(lead, attempts=attempts)
    record(batch, batch.take(lead, fresh=True), replace(decision, lead=lead))


def _charge(app: App, tx: Tx, delivery: Delivery, error: Exception) -> None:
    log.warning(
        "capture_failed_on_delivery",
        delivery_id=str(delivery.id),
        error=type(error).__name__,
        exc_info=error,
    )
    text = f"{type(error).__name__}: {error}"[:500]
    count_attempt(tx, [delivery.id], text, app.settings.max_attempts)
