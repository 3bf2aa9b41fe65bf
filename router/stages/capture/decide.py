"""Decide what a delivery means: new leads, updates of known ones, or nothing for us.

:func:`prepare` reads the body, so that the loader can look up the leads that are known under the
keys it found; :func:`conclude` decides. :func:`decide` is both in one, for callers that hold the
known leads already.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from router.errors import Rejected
from router.lead.decision import Act, Decision
from router.lead.delivery import Delivery
from router.lead.events import Event, EventKind
from router.lead.ids import DeliveryId, LeadId, timed_id
from router.lead.model import Attribution, Lead, Person, Touchpoint, change
from router.lead.states import OWNED, DeliveryState, LeadState
from router.rulebook.model import RuleBook, Source
from router.stages.capture.fields import (
    ATTRIBUTION,
    PERSON,
    add_answer,
    moment_of,
    tags_of,
    text_of,
    whole_of,
)
from router.stages.capture.items import Item, items_of, read_item
from router.stages.capture.parse import Json, parse_body
from router.stages.capture.paths import read_path

_ACTOR = "capture"
_SHOWN = 60
_PERSON_FIELDS = (*sorted(PERSON), "company_size")
_ORIGIN_FIELDS = (*ATTRIBUTION.values(), "submitted_at")

_T = TypeVar("_T", Person, Attribution)

#: What every new lead is a copy of: to copy one costs a third of what it costs to fill in the
#: defaults of its forty values one by one.
_BLANK = Lead(
    id=LeadId(UUID(int=0)),
    book="",
    source="",
    item_key="",
    delivery_id=DeliveryId(UUID(int=0)),
    state=LeadState.CAPTURED,
    received_at=datetime.min.replace(tzinfo=UTC),
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A delivery that was read but not yet judged."""

    delivery: Delivery
    source: Source
    items: tuple[Item, ...]
    #: Why it holds no inquiry; empty when it holds one.
    ignored: str = ""
    #: Why its body cannot be read at all; empty when it can.
    refused: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The item keys to look known leads up by, each once, in the order of the body."""
        if len(self.items) == 1:
            return (self.items[0].key,)
        return tuple(dict.fromkeys(item.key for item in self.items))


@dataclass(frozen=True, slots=True)
class Captured:
    """What became of a delivery."""

    #: One decision per lead that is new or that learned something.
    decisions: tuple[Decision, ...] = ()
    ignored: str = ""
    refused: str = ""

    @property
    def state(self) -> DeliveryState:
        """The state the delivery ends in."""
        if self.refused:
            return DeliveryState.REFUSED
        return DeliveryState.CAPTURED if self.decisions else DeliveryState.IGNORED

    @property
    def reason(self) -> str:
        """Why it gave no lead; empty when it did."""
        return self.refused or self.ignored


def decide(
    delivery: Delivery,
    source: Source,
    book: RuleBook,
    known: Mapping[str, Lead],
    now: datetime,
) -> Captured:
    """Say what a delivery means.

    Args:
        delivery: As it was stored.
        source: The source it came from, of ``book``.
        book: The published rule book that new leads start with.
        known: Leads of this source by item key; those under :attr:`Parsed.keys` must be there.
        now: When new leads are due.

    Raises:
        Misconfigured: A path of the source cannot be read.
    """
    return conclude(prepare(delivery, source), book, known, now)


def prepare(delivery: Delivery, source: Source) -> Parsed:
    """Read a delivery into its inquiries.

    Args:
        delivery: As it was stored.
        source: Says where the inquiries stand and what their fields mean.

    Returns:
        The inquiries with their keys, or the reason why there are none.

    Raises:
        Misconfigured: A path of the source cannot be read.
    """
    try:
        document = parse_body(delivery.body, delivery.content_type)
    except Rejected as error:
        return Parsed(delivery, source, (), refused=str(error))
    if isinstance(document, dict) and not _wanted(document, source):
        return Parsed(delivery, source, (), ignored=_not_mapped(document, source))
    items = []
    candidates = items_of(document, source)
    for position, candidate in enumerate(candidates):
        if not isinstance(candidate, dict):
            continue
        # A list at the top has no event type of its own: every element says what it is.
        if isinstance(document, list) and not _wanted(candidate, source):
            continue
        item = read_item(candidate, position, document, delivery, source)
        if item.answers or not item.values.keys() <= source.constants.keys():
            items.append(item)
    if not items:
        ignored = "the list of inquiries is empty" if not candidates else "no inquiry in the body"
        return Parsed(delivery, source, (), ignored=ignored)
    return Parsed(delivery, source, tuple(items))


def _wanted(place: Json, source: Source) -> bool:
    if not source.only_path:
        return True
    return text_of(read_path(place, source.only_path)) in source.only_values


def _not_mapped(document: Json, source: Source) -> str:
    found = text_of(read_path(document, source.only_path), _SHOWN) or "nothing"
    return f"not an inquiry: {source.only_path} is {found!r}"


def conclude(parsed: Parsed, book: RuleBook, known: Mapping[str, Lead], now: datetime) -> Captured:
    """Decide about every inquiry of a delivery: a key that is known updates, any other is new.

    Inquiries with the same key are one lead, also within one body.

    Args:
        parsed: From :func:`prepare`.
        book: The published rule book that new leads start with.
        known: Leads by the item keys of this source; for an inquiry that was merged, the lead that
            it became part of.
        now: When new leads are due.
    """
    if not parsed.items:
        return Captured(ignored=parsed.ignored, refused=parsed.refused)
    groups: dict[str, list[Item]] = {}
    for item in parsed.items:
        groups.setdefault(item.key, []).append(item)
    decisions = []
    grown: dict[LeadId, Lead] = {}
    for key, items in groups.items():
        lead = known.get(key)
        # Two inquiries may have been merged into one lead: the second must not forget the first.
        lead = grown.get(lead.id, lead) if lead is not None else None
        decision = _new(parsed, items, book, now) if lead is None else _update(parsed, items, lead)
        if decision is not None:
            decisions.append(decision)
            grown[decision.lead.id] = decision.lead
    return Captured(tuple(decisions), "" if decisions else "same inquiry again")


def _new(parsed: Parsed, items: list[Item], book: RuleBook, now: datetime) -> Decision:
    delivery, source = parsed.delivery, parsed.source
    item = _joined(items)
    values = item.values
    person, leftover = _person(values)
    message = values.get("message", "")
    origin = _attribution(values, delivery.received_at)
    delivery_id = str(delivery.id)
    lead = change(
        _BLANK,
        id=LeadId(timed_id(delivery.received_at, source.id, item.key)),
        book=delivery.book,
        source=source.id,
        item_key=item.key,
        delivery_id=delivery.id,
        received_at=delivery.received_at,
        person=person,
        attribution=origin,
        message=message,
        service_line=values.get("service_line", ""),
        tags=tags_of(values["tags"]) if "tags" in values else (),
        answers={**item.answers, **leftover} if leftover else item.answers,
        missing=tuple(name for name in source.required if not values.get(name)),
        lane=delivery.lane,
        lane_sla=delivery.lane_sla,
        touchpoints=(
            Touchpoint(
                at=origin.submitted_at or delivery.received_at,
                source=source.id,
                form_name=origin.form_name or origin.form_id,
                message=message,
                delivery_id=delivery_id,
            ),
        ),
        digest=book.digest,
        due_at=now,
    )
    event = Event(
        EventKind.LEAD_CAPTURED,
        data={
            **_about(parsed, items, delivery_id),
            "mapped": tuple(values),
            "unmapped": item.unmapped,
            "missing": lead.missing,
        },
        personal={"values": values, "answers": item.answers},
        actor=_ACTOR,
    )
    return Decision(lead, events=(event,))


def _joined(items: list[Item]) -> Item:
    """Lay several inquiries of one key over each other: the first value of a name counts."""
    first = items[0]
    if len(items) == 1:
        return first
    values: dict[str, str] = {}
    answers: dict[str, str] = {}
    for item in items:
        values = {**item.values, **values}
        for label, text in item.answers.items():
            add_answer(answers, label, text)
    unmapped = tuple(dict.fromkeys(name for item in items for name in item.unmapped))
    return Item(first.key, first.position, values, answers, unmapped)


def _about(parsed: Parsed, items: list[Item], delivery_id: str) -> dict[str, object]:
    first, lane = items[0].values, parsed.delivery.lane
    return {
        **({"import": lane} if lane else {}),
        "source": parsed.source.id,
        "delivery": delivery_id,
        "form": first.get("form.name") or first.get("form.id", ""),
        "positions": [item.position for item in items],
    }


def _person(values: Mapping[str, str]) -> tuple[Person, dict[str, str]]:
    """Return the person, and as answers what was typed but does not fit its field."""
    # Any: keyword arguments by field name; all of them are texts.
    given: dict[str, Any] = {name: text for name, text in values.items() if name in PERSON}
    if "name" not in given and ("first_name" in given or "last_name" in given):
        given["name"] = _full_name(given.get("first_name", ""), given.get("last_name", ""))
    size = values.get("company_size")
    if size is None:
        return Person(**given), {}
    number = whole_of(size)
    return Person(**given, company_size=number), {} if size == str(number) else {
        "company_size": size
    }


def _full_name(first: str, last: str) -> str:
    return f"{first} {last}".strip()


def _attribution(values: Mapping[str, str], received_at: datetime) -> Attribution:
    given = {field: values[name] for name, field in ATTRIBUTION.items() if name in values}
    said = values.get("submitted_at")
    return Attribution(**given, submitted_at=moment_of(said, received_at) if said else None)


def _update(parsed: Parsed, items: list[Item], lead: Lead) -> Decision | None:
    """Fill what the lead does not know yet, and tell its owner; None when nothing is new.

    What is filled is raw. The lead may be one of another source, into which the inquiry was merged.
    """
    item = _joined(items)
    values = item.values
    person, leftover = _person(_unheard(values, lead))
    filled: dict[str, str] = {}
    person_new = _fill(lead.person, person, _PERSON_FIELDS, filled)
    origin = _attribution(values, parsed.delivery.received_at)
    origin_new = _fill(lead.attribution, origin, _ORIGIN_FIELDS, filled)
    answers = dict(lead.answers)
    for label, text in {**item.answers, **leftover}.items():
        if label not in answers:
            add_answer(answers, label, text)
    learned = {label: text for label, text in answers.items() if label not in lead.answers}
    plain: dict[str, str] = {
        name: values[name]
        for name in ("message", "service_line", "tags")
        if values.get(name) and not getattr(lead, name)
    }
    filled |= plain
    if not filled and not learned:
        return None
    known = frozenset(filled)
    changed = change(
        lead,
        person=person_new,
        attribution=origin_new,
        answers=answers,
        message=lead.message or values.get("message", ""),
        service_line=lead.service_line or values.get("service_line", ""),
        tags=lead.tags or tags_of(values.get("tags", "")),
        missing=tuple(name for name in lead.missing if name not in known),
        touchpoints=_touchpoints(lead, plain.get("message", "")),
    )
    event = Event(
        EventKind.LEAD_UPDATED,
        data={
            **_about(parsed, items, str(parsed.delivery.id)),
            "filled": list(filled),
            "answers": len(learned),
        },
        personal={"values": filled, "answers": learned},
        actor=_ACTOR,
    )
    notice = (_notice(parsed, changed, filled, learned),) if lead.owner else ()
    return Decision(changed, events=(event,), effects=notice if lead.state in OWNED else ())


def _unheard(values: Mapping[str, str], lead: Lead) -> Mapping[str, str]:
    """Leave out what was said before and could not be used: it stands among the answers."""
    return {
        name: text
        for name, text in values.items()
        if name not in PERSON or " ".join(text.split()) != lead.answers.get(name)
    }


def _notice(
    parsed: Parsed, lead: Lead, filled: Mapping[str, str], learned: Mapping[str, str]
) -> Act:
    """Tell the owner what a later page of the form has brought, as it was typed."""
    person, owner = lead.person, lead.owner
    return Act(
        kind=EventKind.LEAD_UPDATED.value,
        body={
            "lead": str(lead.id),
            "owner": owner.id if owner else "",
            "accountable": owner.accountable if owner else "",
            "who": person.name or person.email or person.phone,
            "email": person.email,
            "phone": person.phone_e164 or person.phone,
            "company": person.company,
            "filled": dict(filled),
            "answers": dict(learned),
            "source": parsed.source.id,
            "form": lead.attribution.form_name,
            "received_at": parsed.delivery.received_at.isoformat(),
        },
    )


def _fill(old: _T, new: _T, names: Iterable[str], filled: dict[str, str]) -> _T:
    """Return ``old`` with its empty fields taken from ``new``; note them in ``filled``."""
    change: dict[str, Any] = {}
    for name in names:
        value = getattr(new, name)
        if value not in ("", None) and getattr(old, name) in ("", None):
            change[name] = value
            filled[name] = str(value)
    return replace(old, **change) if change else old


def _touchpoints(lead: Lead, message: str) -> tuple[Touchpoint, ...]:
    """Give the words of a later page to the touchpoint that had none: it is the same inquiry."""
    if not message or not lead.touchpoints or lead.touchpoints[-1].message:
        return lead.touchpoints
    return (*lead.touchpoints[:-1], replace(lead.touchpoints[-1], message=message))
