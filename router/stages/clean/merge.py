"""A second inquiry joins the open lead of the same person: added to it, never over it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from router.lead.decision import OWNER_AWAY, Act, Decision, Reroute
from router.lead.events import Event, EventKind
from router.lead.model import Lead, Person, Touchpoint, change
from router.lead.states import OWNED, LeadState, OwnerKind
from router.stages.clean.text import fold

#: Fields that stand or fall together, by the one that says whether they are usable.
_GROUPS = {
    "email_canonical": (
        "email",
        "email_canonical",
        "email_domain",
        "email_free",
        "email_disposable",
    ),
    "phone_e164": ("phone", "phone_e164"),
    "name": ("name", "first_name", "last_name"),
    "company": ("company", "company_key"),
}
_GROUPED = frozenset(name for group in _GROUPS.values() for name in group)
#: What a filled field is called in ``missing``.
_CALLED = {"email_canonical": "email", "phone_e164": "phone"}


@dataclass(frozen=True, slots=True)
class Filled:
    """A person with gaps filled from another inquiry."""

    person: Person
    #: Names of what was filled.
    names: tuple[str, ...]
    #: Unusable typed values that made room, so that nothing a person typed is lost.
    replaced: Mapping[str, str]


def fill_gaps(target: Person, source: Person) -> Filled:
    """Fill what the target lacks from the source; a usable value is never replaced.

    >>> fill_gaps(Person(name="Ann"), Person(name="A. Smith", city="Leeds")).person.city
    'Leeds'

    Args:
        target: The person as the open lead knows them.
        source: The same person as the new inquiry says.
    """
    # Any: keyword arguments by field name, each of the type that its field has in the source.
    changes: dict[str, Any] = {}
    names: list[str] = []
    replaced: dict[str, str] = {}
    for name in (field.name for field in fields(Person)):
        group = _GROUPS.get(name)
        if group is None and name in _GROUPED:
            continue
        value = getattr(source, name)
        if getattr(target, name) not in ("", None) or value in ("", None):
            continue
        changes |= {part: getattr(source, part) for part in group or (name,)}
        names.append(_CALLED.get(name, name))
        if group and group[0] != name and getattr(target, group[0]):
            replaced[f"{group[0]} (as first typed)"] = getattr(target, group[0])
    return Filled(replace(target, **changes) if changes else target, tuple(names), replaced)


def is_somebody_else(one: Person, other: Person) -> bool:
    """Return whether two people who share a phone are told apart by name and e-mail.

    A switchboard number must not tie colleagues together; a missing name or e-mail tells nothing.

    >>> is_somebody_else(
    ...     Person(name="Ann Smith", email_canonical="ann@example.com"),
    ...     Person(name="Bo Lind", email_canonical="bo@example.com"),
    ... )
    True
    """
    if not one.email_canonical or not other.email_canonical:
        return False
    if one.email_canonical == other.email_canonical:
        return False
    words, others = set(fold(one.name).split()), set(fold(other.name).split())
    return bool(words) and bool(others) and not words & others


def append_to(
    target: Lead, lead: Lead, matched_by: tuple[str, ...], gone: Mapping[str, str]
) -> Decision:
    """Add an inquiry to an open lead; tell its owner once; start or move no clock.

    When its owner is not there and has not accepted it, it goes to somebody else of its pool:
    else nobody would notice that the person asks once more. What was accepted stays, and who takes
    the owner's place is named.

    Args:
        target: The open lead of the same person.
        lead: The new inquiry, with its normalized values.
        matched_by: Kinds of the keys that led here, e.g. ``("email",)``.
        gone: Owners of open leads who are away or have left, and who takes their place.
    """
    filled = fill_gaps(target.person, lead.person)
    # Whoever fills in a form waits for an answer, also when a bulk import knew them first.
    lane = target.lane if lead.lane else ""
    answers = {**lead.answers, **filled.replaced, **target.answers}
    gained = {*filled.names, *(("message",) if lead.message and not target.message else ())}
    grown = change(
        target,
        person=filled.person,
        answers=answers,
        message=target.message or lead.message,
        service_line=target.service_line or lead.service_line,
        tags=(*target.tags, *(tag for tag in lead.tags if tag not in target.tags)),
        touchpoints=_joined(target, lead),
        lane=lane,
        lane_sla=target.lane_sla if lane else "",
        missing=tuple(name for name in target.missing if name.partition(" (")[0] not in gained),
    )
    event = Event(
        EventKind.LEAD_APPENDED,
        data={
            "from": str(lead.id),
            "source": lead.source,
            "matched_by": matched_by,
            "filled": tuple(sorted(gained)),
        },
        personal={"message": lead.message, "replaced": dict(filled.replaced)},
        actor="clean",
    )
    notice = (_notice(grown, lead, gone),) if target.owner and target.state in OWNED else ()
    return Decision(grown, events=(event,), effects=notice, reroute=_elsewhere(target, gone))


def _elsewhere(target: Lead, gone: Mapping[str, str]) -> Reroute | None:
    """Return the wish for another owner when the present one is gone and has not accepted it."""
    owner = target.owner
    if owner is None or owner.kind is not OwnerKind.PERSON or owner.id not in gone:
        return None
    if target.state is not LeadState.ACTIVATED or not owner.pool:
        return None
    note = "the person asked again while the owner was away"
    return Reroute(OWNER_AWAY, "clean", note=note, never=(owner.id,))


def _joined(target: Lead, lead: Lead) -> tuple[Touchpoint, ...]:
    own = lead.touchpoints or (
        Touchpoint(
            at=lead.received_at,
            source=lead.source,
            form_name=lead.attribution.form_name,
            message=lead.message,
            delivery_id=str(lead.delivery_id),
        ),
    )
    return (*target.touchpoints, *(point for point in own if point not in target.touchpoints))


def _notice(target: Lead, lead: Lead, gone: Mapping[str, str]) -> Act:
    person = target.person
    owner = target.owner.id if target.owner else ""
    return Act(
        kind="lead.appended",
        body={
            "lead": str(target.id),
            "owner": owner,
            "owner_away": owner in gone,
            "stand_in": gone.get(owner, ""),
            "accountable": target.owner.accountable if target.owner else "",
            "who": person.name or person.email or person.phone,
            "email": person.email,
            "phone": person.phone_e164 or person.phone,
            "company": person.company,
            "message": lead.message,
            "source": lead.source,
            "form": lead.attribution.form_name,
            "received_at": lead.received_at.isoformat(),
        },
    )
