"""Leads in rows: writing them in bulk, and reading them back under their lock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString, cast
from uuid import UUID

import orjson

from router.lead.ids import ContactId, DeliveryId, LeadId
from router.lead.model import (
    AccountMatch,
    Alternative,
    Attribution,
    Classification,
    Lead,
    Owner,
    Person,
    Touchpoint,
)
from router.lead.states import LeadState, OwnerKind
from router.store.binary import Json
from router.store.tx import Tx

#: A lead of high priority is claimed as if it had come this much earlier; so old ones still win.
URGENCY_BONUS = timedelta(minutes=10)
#: A lead of an import is claimed as if it had come this much later: live ones go first, and yet it
#: is never passed over for longer.
LANE_MALUS = timedelta(hours=1)

COLUMNS: Final[LiteralString] = (
    "id, book, source, item_key, delivery_id, state, resume_at, reason, received_at, rank_at,"
    " due_at, contact_id, owner_kind, owner_id, accountable_id, pool, passed, sla, priority,"
    " digest, merged_into, handoff_id, outcome, attempts, last_error, version, head, body"
)
_COPY: Final[LiteralString] = "COPY lead (" + COLUMNS + ") FROM STDIN"
_UPDATE: Final[LiteralString] = """
    UPDATE lead SET state = %s, resume_at = %s, reason = %s, rank_at = %s, due_at = %s,
        contact_id = %s, owner_kind = %s, owner_id = %s, accountable_id = %s, pool = %s,
        passed = %s, sla = %s, priority = %s, digest = %s, merged_into = %s, handoff_id = %s,
        outcome = %s, attempts = %s, last_error = %s, version = %s, head = %s, body = %s
    WHERE id = %s AND version = %s
"""
_BY_ID: Final[LiteralString] = "SELECT " + COLUMNS + " FROM lead WHERE id = ANY(%s)"
_PERSON = frozenset(field.name for field in fields(Person))
_ORIGIN = frozenset(field.name for field in fields(Attribution))
_TOUCHPOINT = frozenset(field.name for field in fields(Touchpoint))
_CLASSIFICATION = frozenset(field.name for field in fields(Classification))
_ACCOUNT = frozenset(field.name for field in fields(AccountMatch))
_ALTERNATIVE = frozenset(field.name for field in fields(Alternative))


def insert_leads(tx: Tx, leads: Iterable[Lead]) -> None:
    """Write new leads in one COPY."""
    tx.copy(_COPY, (_row(lead) for lead in leads))


def update_leads(tx: Tx, changed: Sequence[tuple[Lead, int]]) -> None:
    """Write changed leads; the caller holds their row locks.

    Args:
        tx: Open transaction.
        changed: Each lead as it is now, and the version it had when it was read.
    """
    values = []
    for lead, before in changed:
        row = _row(lead)
        values.append((*row[5:8], *row[9:], lead.id, before))
    tx.many(_UPDATE, values)


def claim_due(tx: Tx, state: str, now: datetime, limit: int) -> list[Lead]:
    """Lock and read leads that are due in these states: most urgent and oldest first.

    Leads that failed before are left to :func:`claim_failed`, so that one that kills its worker
    costs no neighbour twice.
    """
    query: LiteralString = (
        "SELECT " + COLUMNS + " FROM lead WHERE state = %s AND due_at <= %s AND attempts = 0"
        " ORDER BY rank_at LIMIT %s FOR UPDATE SKIP LOCKED"
    )
    return [lead_of(row) for row in tx.rows(query, (state, now, limit))]


def claim_failed(tx: Tx, state: str, now: datetime) -> list[Lead]:
    """Lock and read one due lead that failed before; it runs alone."""
    query: LiteralString = (
        "SELECT " + COLUMNS + " FROM lead WHERE state = %s AND due_at <= %s AND attempts > 0"
        " ORDER BY rank_at LIMIT 1 FOR UPDATE SKIP LOCKED"
    )
    return [lead_of(row) for row in tx.rows(query, (state, now))]


def lock_leads(tx: Tx, ids: Iterable[UUID], *, skip_locked: bool = False) -> dict[LeadId, Lead]:
    """Lock leads in the order of their ids and read them.

    Args:
        tx: Open transaction.
        ids: Unknown ones are absent from the result.
        skip_locked: Leave out leads that somebody else holds, instead of waiting.
    """
    tail: LiteralString = " ORDER BY id FOR UPDATE" + (" SKIP LOCKED" if skip_locked else "")
    found = (lead_of(row) for row in tx.rows(_BY_ID + tail, (sorted(set(ids)),)))
    return {lead.id: lead for lead in found}


def read_lead(tx: Tx, lead_id: UUID) -> Lead | None:
    """Read one lead without a lock; None if there is none."""
    row = tx.row(_BY_ID, ([lead_id],))
    return lead_of(row) if row else None


def leads_by_item(
    tx: Tx, book: str, keys: Sequence[tuple[str, str]]
) -> tuple[dict[tuple[str, str], Lead], set[tuple[str, str]]]:
    """Lock and read the leads that senders called by these names.

    Args:
        tx: Open transaction that holds the item locks.
        book: Which book's leads.
        keys: Pairs of source and item key.

    Returns:
        The leads that could be locked, and the names of those that somebody else holds now.
    """
    which: LiteralString = (
        " FROM lead WHERE book = %s AND (source, item_key) IN"
        " (SELECT * FROM unnest(%s::text[], %s::text[]))"
    )
    values = (book, [key[0] for key in keys], [key[1] for key in keys])
    known = {(row[0], row[1]) for row in tx.rows("SELECT source, item_key" + which, values)}
    if not known:
        return {}, set()
    locked = tx.rows("SELECT " + COLUMNS + which + " ORDER BY id FOR UPDATE SKIP LOCKED", values)
    leads = {(lead.source, lead.item_key): lead for lead in map(lead_of, locked)}
    return leads, known - leads.keys()


def _row(lead: Lead) -> tuple[object, ...]:
    owner = lead.owner
    bonus = URGENCY_BONUS if lead.priority == "high" else timedelta(0)
    if lead.lane:
        bonus -= LANE_MALUS
    return (
        lead.id,
        lead.book,
        lead.source,
        lead.item_key,
        lead.delivery_id,
        lead.state.value,
        lead.resume_at.value if lead.resume_at else None,
        lead.reason,
        lead.received_at,
        lead.received_at - bonus,
        lead.due_at,
        lead.contact_id,
        owner.kind.value if owner else None,
        owner.id if owner else None,
        owner.accountable if owner else None,
        owner.pool if owner else "",
        list(lead.passed),
        lead.sla,
        lead.priority,
        lead.digest,
        lead.merged_into,
        lead.handoff_id,
        lead.outcome,
        lead.attempts,
        lead.last_error,
        lead.version,
        lead.head,
        _body(lead),
    )


def _body(lead: Lead) -> Json:
    document = orjson.dumps(
        {
            "person": lead.person,
            "attribution": lead.attribution,
            "message": lead.message,
            "service_line": lead.service_line,
            "tags": lead.tags,
            "answers": lead.answers,
            "missing": lead.missing,
            "touchpoints": lead.touchpoints,
            "classification": lead.classification,
            "returning": lead.returning,
            "account": lead.account,
            "lane": lead.lane,
            "answer_from": lead.answer_from,
            "lane_sla": lead.lane_sla,
            "rule": lead.rule,
            "why": lead.why,
            "approved": lead.approved,
        }
    )
    return Json(document)


def lead_of(row: Sequence[Any]) -> Lead:
    """Read a lead back from a row of :data:`COLUMNS`."""
    body = cast("Mapping[str, Any]", row[27])
    owner = (
        Owner(kind=OwnerKind(row[12]), id=row[13], accountable=row[14], pool=row[15])
        if row[12]
        else None
    )
    return Lead(
        id=LeadId(row[0]),
        book=row[1],
        source=row[2],
        item_key=row[3],
        delivery_id=DeliveryId(row[4]),
        state=LeadState(row[5]),
        resume_at=LeadState(row[6]) if row[6] else None,
        reason=row[7],
        received_at=row[8],
        due_at=row[10],
        contact_id=ContactId(row[11]) if row[11] else None,
        owner=owner,
        passed=tuple(row[16]),
        sla=row[17],
        priority=row[18],
        digest=row[19],
        merged_into=LeadId(row[20]) if row[20] else None,
        handoff_id=row[21],
        outcome=row[22],
        attempts=row[23],
        last_error=row[24],
        version=row[25],
        head=bytes(row[26]),
        **_body_fields(body),
    )


def _body_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Read what is in the body; names that this version does not know are passed over."""
    return {
        "person": Person(**_named(body["person"], _PERSON)),
        "attribution": _attribution(body["attribution"]),
        "message": body["message"],
        "service_line": body["service_line"],
        "tags": tuple(body["tags"]),
        "answers": body["answers"],
        "missing": tuple(body["missing"]),
        "touchpoints": tuple(_touchpoint(point) for point in body["touchpoints"]),
        "classification": _classification(body["classification"]),
        "returning": body["returning"],
        "account": _account(body.get("account")),
        "lane": body.get("lane", ""),
        "answer_from": _moment(body.get("answer_from")),
        "lane_sla": body.get("lane_sla", ""),
        "rule": body["rule"],
        "why": body["why"],
        "approved": tuple(body["approved"]),
    }


def _named(body: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name in names}


def _attribution(body: Mapping[str, Any]) -> Attribution:
    origin = _named(body, _ORIGIN)
    if origin.get("submitted_at"):
        origin["submitted_at"] = datetime.fromisoformat(origin["submitted_at"])
    return Attribution(**origin)


def _touchpoint(body: Mapping[str, Any]) -> Touchpoint:
    found = _named(body, _TOUCHPOINT)
    return Touchpoint(**{**found, "at": datetime.fromisoformat(found["at"])})


def _account(body: Mapping[str, Any] | None) -> AccountMatch | None:
    if body is None:
        return None
    found = _named(body, _ACCOUNT)
    active = found["active_at"]
    return AccountMatch(
        **{
            **found,
            "account_id": UUID(found["account_id"]),
            "active_at": _moment(active),
        }
    )


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _classification(body: Mapping[str, Any] | None) -> Classification | None:
    if body is None:
        return None
    found = _named(body, _CLASSIFICATION)
    return Classification(
        **{
            **found,
            "evidence": tuple(found["evidence"]),
            "alternatives": tuple(
                Alternative(**_named(each, _ALTERNATIVE)) for each in found["alternatives"]
            ),
            "risk_flags": tuple(found["risk_flags"]),
        }
    )
