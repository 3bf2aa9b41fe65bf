"""What happens next if nobody acts. Pure: each clock's own step is decided ahead of its time."""

from collections.abc import Iterable, Iterator

from router.errors import Misconfigured
from router.lead.clock import Clock
from router.lead.decision import Decision
from router.lead.events import EventKind
from router.lead.model import Lead
from router.lead.states import LeadState
from router.pipeline import NEXT_STAGE
from router.road.explain.told import Next, Question
from router.rulebook.model import RuleBook
from router.stages.sla.decide import decide

_AWAITED = {"acceptance": "it is accepted", "first_touch": "somebody speaks to it"}


def next_steps(
    lead: Lead, clocks: Iterable[Clock], questions: Iterable[Question], book: RuleBook | None
) -> tuple[Next, ...]:
    """Tell what happens to a lead next, the soonest first.

    Args:
        lead: As it stands.
        clocks: Its clocks.
        questions: Questions about it.
        book: The version it was routed with; None when it cannot be read.
    """
    names = {card.id: card.name for card in book.people.values()} if book is not None else {}
    found = [*_road(lead), *_asked(lead, questions, names)]
    running = [clock for clock in clocks if clock.running and clock.next_at is not None]
    if book is not None:
        due = sorted(running, key=lambda each: each.next_at or each.respond_by)
        found.extend(_step(lead, clock, book, names) for clock in due)
    return tuple(found)


def _road(lead: Lead) -> Iterator[Next]:
    match lead.state:
        case LeadState.PARKED:
            yield Next(f"an operator looks, then: lead-router replay lead {lead.id}", None)
        case LeadState.REJECTED:
            yield Next(f"nothing; to restore it: lead-router replay lead {lead.id}", None)
        case LeadState.MERGED:
            yield Next(f"nothing here; look at lead {lead.merged_into}", None)
        case LeadState.CLOSED:
            yield Next(f"nothing; it was closed as {lead.outcome}", None)
    stage = NEXT_STAGE.get(lead.state)
    if stage is not None and lead.due_at is not None:
        yield Next(f"the road goes on with {stage}", lead.due_at)


def _asked(lead: Lead, questions: Iterable[Question], names: dict[str, str]) -> Iterator[Next]:
    for asked in questions:
        if asked.state != "open":
            continue
        who = names.get(asked.reviewer, asked.reviewer)
        waits = "; the lead waits" if lead.state is LeadState.IN_REVIEW else ""
        yield Next(f"{who} answers the review {asked.id} ({asked.reason}){waits}", asked.due_at)


def _step(lead: Lead, clock: Clock, book: RuleBook, names: dict[str, str]) -> Next:
    at = clock.next_at or clock.respond_by
    try:
        decision = decide(lead, clock, book, at)
    except Misconfigured as error:
        return Next(f"unless {_AWAITED[clock.kind]}: {error}", at)
    said = "; ".join(_said(decision, book, names)) or "it is looked at again"
    return Next(f"unless {_AWAITED[clock.kind]}: {said}", at)


def _said(decision: Decision, book: RuleBook, names: dict[str, str]) -> Iterator[str]:
    for event in decision.events:
        told = names.get(str(event.data.get("told")), str(event.data.get("told")))
        if event.kind is EventKind.SLA_WARNED:
            yield f"{told} is reminded"
        elif event.kind is EventKind.SLA_ESCALATED:
            yield f"{told} is told that it is late"
        elif event.kind is EventKind.SLA_BREACHED:
            yield "the promise is broken"
    if decision.reroute is None:
        return
    last = names.get(book.fallback_owner, book.fallback_owner)
    yield f"it goes to {last}" if decision.reroute.fallback else "it goes to somebody else"
