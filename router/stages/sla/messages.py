"""What is said when time runs out: to whom, about whom, why, and what happens next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from router.lead.clock import Clock
from router.lead.decision import ClockKind
from router.lead.model import Lead, Owner
from router.lead.states import OwnerKind
from router.rulebook.cover import Covered, stand_in
from router.rulebook.model import PersonCard, RuleBook, StepKind
from router.rulebook.roster import Found, address, calendar, card_of, person
from router.rulebook.worktime import WorkTime, work_time

#: What each clock waits for, as the end of a sentence.
_AWAITED = MappingProxyType(
    {ClockKind.ACCEPTANCE: "accepted", ClockKind.FIRST_TOUCH: "spoken to by a person"}
)
_NEXT = MappingProxyType(
    {
        StepKind.WARN: "the owner will be reminded",
        StepKind.ESCALATE: "the owner's manager will be told",
        StepKind.REASSIGN: "it will be reassigned to somebody else",
        StepKind.FALLBACK: "it will be reassigned to {fallback}",
        StepKind.REPEAT: "{accountable} will be told again, each working day",
    }
)


@dataclass(frozen=True, slots=True)
class Next:
    """The step that follows if nobody acts."""

    kind: StepKind
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """Who hears a message, and who was looked for before."""

    card: PersonCard
    #: Ids of those who are no longer on the roster, in the order in which they were tried.
    left: tuple[str, ...] = ()
    #: Ids of those who are not there now, likewise.
    away: tuple[str, ...] = ()


def listener(book: RuleBook, owner: Owner, away: Mapping[str, Covered]) -> Told:
    """Return who hears that time runs out: the owner, or who is accountable for a shared list.

    The cover of somebody who is away hears it; without one they do themselves.

    Args:
        book: The rule book.
        owner: The lead's owner.
        away: Who is away, by person.
    """
    wanted = (owner.id,) if owner.kind is OwnerKind.PERSON else ()
    found = person(book, *dict.fromkeys((*wanted, owner.accountable)))
    cover, asked = stand_in(book, found.card.id, away)
    if not cover:
        return Told(found.card, found.left)
    return Told(book.people[cover], found.left, asked)


def answerable(book: RuleBook, owner: Owner, away: Mapping[str, Covered]) -> Told:
    """Return who is told again each working day: the accountable person, or who is there for them.

    Args:
        book: The rule book.
        owner: The lead's owner.
        away: Who is away, by person.
    """
    return _there(book, person(book, owner.accountable), away)


def superior(book: RuleBook, owner: Owner, away: Mapping[str, Covered]) -> Told:
    """Return who hears of a breach: the manager of the owner or of the accountable person.

    Without a manager, or when that one has left too, it is the fallback owner. For a manager who
    is away their cover hears it, or else the next one up who is there; never the owner, whose
    breach it is.

    Args:
        book: The rule book.
        owner: The lead's owner.
        away: Who is away, by person.
    """
    answers = person(book, owner.accountable)
    if answers.left:
        return _there(book, answers, away)
    return _there(book, person(book, answers.card.manager), away, but=owner.id)


def _there(book: RuleBook, wanted: Found, away: Mapping[str, Covered], but: str = "") -> Told:
    """Look for somebody who is there: the one who is wanted, their cover, and so on upwards.

    With nobody there at all it is the one who is wanted: a message must have a receiver.
    """
    asked: list[str] = []
    card, seen = wanted.card, set[str]()
    while card.id not in seen:
        seen.add(card.id)
        found, before = stand_in(book, card.id, away)
        asked.extend(each for each in before if each not in asked)
        if found and (found != but or not asked):
            return Told(book.people[found], wanted.left, tuple(asked))
        card = person(book, card.manager).card
    return Told(wanted.card, wanted.left)


def hours_of(book: RuleBook, card: PersonCard) -> WorkTime:
    """Return a person's working time.

    Args:
        book: The rule book.
        card: A person of its roster.

    Raises:
        Misconfigured: The book lacks the person's calendar.
    """
    return work_time(calendar(book, card.calendar))


def notice(  # noqa: PLR0913 - one sentence each: to whom, of what, and what then
    lead: Lead,
    owner: Owner,
    clock: Clock,
    book: RuleBook,
    *,
    told: Told,
    then: Next,
    now: datetime,
) -> dict[str, object]:
    """Write a message about a clock, as plain JSON values.

    Args:
        lead: The lead.
        owner: Its owner, who did not act.
        clock: The clock that runs out.
        book: The rule book.
        told: Who hears it.
        then: What happens next, and when.
        now: The time.
    """
    zone = hours_of(book, told.card).zone
    named = card_of(book, owner)
    late = now >= clock.respond_by
    due = f"it {'was' if late else 'is'} due {_on_the_wall(clock.respond_by, zone)}"
    follows = _NEXT[then.kind].format(
        fallback=person(book).card.name, accountable=person(book, owner.accountable).card.name
    )
    return {
        "lead_id": str(lead.id),
        "clock": clock.kind,
        "to": address(told.card),
        "left_roster": told.left,
        "away": told.away,
        "owner": named,
        "why": f"This lead of {named['name']} is not yet {_AWAITED[clock.kind]}; {due}."
        + _in_place_of(book, told),
        "next": (
            f"Now {follows}."
            if then.at <= now
            else f"If nobody acts by {_on_the_wall(then.at, zone)}, {follows}."
        ),
        "next_step": then.kind,
        "next_at": then.at.isoformat(),
        "respond_by": clock.respond_by.isoformat(),
        "late": late,
        "about": _about(lead),
    }


def said(owner: Owner, clock: Clock, told: Told, then: Next) -> dict[str, object]:
    """Write what the event log keeps of a message: ids only.

    Args:
        owner: The lead's owner, who did not act.
        clock: The clock that runs out.
        told: Who hears it.
        then: What happens next, and when.
    """
    return {
        "clock": clock.kind,
        "owner": owner.id,
        "accountable": owner.accountable,
        "told": told.card.id,
        "left_roster": told.left,
        "away": told.away,
        "respond_by": clock.respond_by.isoformat(),
        "next_step": then.kind,
        "next_at": then.at.isoformat(),
    }


def _in_place_of(book: RuleBook, told: Told) -> str:
    """Say why somebody hears what is meant for somebody else; nothing when it is meant for them."""
    if not told.away:
        return ""
    names = [book.people[each].name if each in book.people else each for each in told.away]
    listed = ", ".join(names[:-1]) + (" and " if names[1:] else "") + names[-1]
    return f" {listed} {'are' if names[1:] else 'is'} not there, so you hear of it."


def _about(lead: Lead) -> Mapping[str, str]:
    found = lead.classification
    return {
        "name": lead.person.name,
        "company": lead.person.company,
        "form": lead.attribution.form_name,
        "summary": found.summary if found is not None else lead.message[:280],
        "received_at": lead.received_at.isoformat(),
    }


def _on_the_wall(at: datetime, zone: ZoneInfo) -> str:
    """Write a moment as the receiver's own clock shows it."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"
