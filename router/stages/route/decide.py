"""Who gets it: what the rules say, and which person of the pool. Pure.

:func:`plan` thinks before any lock is taken; :func:`decide` needs the pool's seats, and is called
under the pool's lock.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from router.errors import Rejected
from router.lead.decision import AskPerson, Decision, Reroute
from router.lead.events import Event, EventKind
from router.lead.facts import Facts, facts_of
from router.lead.model import Lead, Owner, change
from router.lead.states import LeadState, OwnerKind
from router.rulebook.engine.evaluate import collect, evaluate
from router.rulebook.engine.operands import joined
from router.rulebook.model import Effect, Phase, Rule, RuleBook, Verdict
from router.rulebook.outcome import review_code
from router.rulebook.record import record
from router.stages.route.rotation import Considered, Pick, Seat, pick

#: Why a person of the lead's own version cannot own it: the active version has no such person.
LEFT = "left the roster"
#: How a lead came to its owner, as a stable code: by what a rule said; because nothing but the
#: fallback took it; because nobody in the pool could; because the person who was named could not.
RULED, FALLBACK, NO_POOL, UNAVAILABLE = "ruled", "fallback", "no_pool", "unavailable"


@dataclass(frozen=True, slots=True)
class Plan:
    """What the rules want for a lead, before anybody is picked."""

    #: ``person``, ``pool``, ``queue``, ``sequence``, ``reject``, ``review`` or ``fallback``.
    kind: str
    #: Id of the target, or the code of a refusal or review.
    target: str
    rule: Rule | None
    #: Set when this is a reroute.
    reroute: Reroute | None
    sla: str
    priority: str
    tags: tuple[str, ...]
    #: Ids of the enrich rules that matched.
    enriched: tuple[str, ...]
    facts: Facts
    #: What the last part of the book that was asked said, and which part that was.
    verdict: Verdict
    phase: Phase


@dataclass(frozen=True, slots=True)
class Choice:
    """The owner that was found, and how."""

    owner: Owner
    why: str
    considered: tuple[Considered, ...] = ()
    #: The pool's seats after the pick; empty when no pool was asked.
    seats: tuple[Seat, ...] = ()
    #: Set when it is not the owner that was wanted.
    code: str = ""


def plan(lead: Lead, book: RuleBook, reroute: Reroute | None) -> Plan:
    """Ask the rules who should get a lead.

    A guard with a target wins over every route; a lead that no route takes goes where the
    fallback phase says. A reroute keeps the pool it was picked from, unless it is to be decided
    afresh.

    Args:
        lead: Classified, or owned when it is rerouted.
        book: The version the lead started with.
        reroute: Why another owner is needed; None for the first.
    """
    facts = facts_of(lead)
    extra = collect(book, Phase.ENRICH, facts)
    effects = [verdict.effect for verdict in extra]
    rule, effect, verdict, phase = _target(book, facts, lead.approved)
    kind, target = effect.target
    if reroute is not None and not reroute.afresh:
        kind, target = _rerouted(lead, reroute, kind, target)
    return Plan(
        kind=kind or "fallback",
        target=target,
        rule=rule,
        reroute=reroute,
        sla=_first("sla", effects, effect.sla or lead.sla or book.default_sla),
        priority=_first("priority", effects, effect.priority or lead.priority),
        tags=joined(lead.tags, effect.tags, *(each.tags for each in effects)),
        enriched=tuple(verdict.rule.id for verdict in extra if verdict.rule),
        facts=facts,
        verdict=verdict,
        phase=phase,
    )


def decide(  # noqa: PLR0913 - every input of the decision by name
    lead: Lead,
    planned: Plan,
    book: RuleBook,
    *,
    seats: Mapping[str, tuple[Seat, ...]],
    away: Mapping[str, str],
    review_by: datetime,
    now: datetime,
) -> tuple[Decision, Choice | None]:
    """Give the lead its owner, or send it where the rules say instead.

    Args:
        lead: As given to :func:`plan`.
        planned: What the rules want.
        book: The same version, with the people of today (:func:`router.rulebook.roster.live`): who
            is not on its roster left, and is given nothing.
        seats: Seats of each pool, as they stand under the pool's lock.
        away: Why people are unavailable, by person.
        review_by: When a review that a rule asks for is due.
        now: Moment of the decision.

    Returns:
        The decision, and how the owner was chosen (None when there is none to choose).

    Raises:
        Rejected: Somebody asked for a person who left.
    """
    if planned.kind == "reject":
        return _reject(lead, planned, book), None
    if planned.kind == "review":
        return _review(lead, planned, book, review_by), None
    choice = _choose(lead, planned, book, seats, away)
    why = _sentence(planned, choice)
    routed = change(
        lead,
        state=LeadState.ROUTED,
        owner=choice.owner,
        sla=planned.sla,
        priority=planned.priority,
        tags=planned.tags,
        rule=planned.rule.id if planned.rule else "",
        why=why,
        reason="",
        resume_at=None,
        due_at=now,
    )
    return Decision(routed, events=(_event(lead, planned, choice, book, why),)), choice


def _target(
    book: RuleBook, facts: Facts, approved: tuple[str, ...]
) -> tuple[Rule | None, Effect, Verdict, Phase]:
    """Ask one part of the book after the other; also return what the last one said."""
    verdict, phase = Verdict(None, Effect()), Phase.FALLBACK
    for phase in (Phase.GUARDS, Phase.ROUTES, Phase.FALLBACK):
        verdict = asked_beyond(book, phase, facts, approved)
        rule, effect = verdict.rule, verdict.effect
        if verdict.review_rule is not None and phase is not Phase.GUARDS:
            rule = verdict.review_rule
            effect = Effect(review=review_code(rule))
        settled = effect.review in approved if effect.review else False
        guard_only = phase is Phase.GUARDS and not _names_owner(effect)
        if rule is not None and not settled and not guard_only:
            return rule, effect, verdict, phase
    return None, Effect(), Verdict(None, Effect(), None, verdict.position), phase


def asked_beyond(book: RuleBook, phase: Phase, facts: Facts, approved: Collection[str]) -> Verdict:
    """Ask a phase, beyond every refusal from which a person has brought the lead back.

    Args:
        book: The version the lead started with.
        phase: Which part of it.
        facts: What is known.
        approved: Codes that a person has let pass.

    Returns:
        What the rest of the phase says; the rules of those refusals stand before its position.
    """
    verdict = evaluate(book, phase, facts)
    while verdict.rule is not None and verdict.effect.reject in approved:
        verdict = evaluate(book, phase, facts, start=verdict.position + 1)
    return verdict


def _names_owner(effect: Effect) -> bool:
    return effect.target[0] in {"person", "pool", "queue", "sequence"}


def _rerouted(lead: Lead, reroute: Reroute, kind: str, target: str) -> tuple[str, str]:
    if reroute.to:
        return "person", reroute.to
    if reroute.fallback:
        return "fallback", ""
    if lead.owner is not None and lead.owner.pool:
        return "pool", lead.owner.pool
    if kind in {"reject", "review"} or (lead.owner and (kind, target) == _same(lead.owner)):
        return "fallback", ""
    return kind, target


def _same(owner: Owner) -> tuple[str, str]:
    return owner.kind.value, owner.id


def _first(name: str, effects: list[Effect], otherwise: str) -> str:
    return next((value for each in effects if (value := getattr(each, name))), otherwise)


def _choose(
    lead: Lead,
    planned: Plan,
    book: RuleBook,
    seats: Mapping[str, tuple[Seat, ...]],
    away: Mapping[str, str],
) -> Choice:
    kind, target = planned.kind, planned.target
    if kind in {"queue", "sequence"}:
        return _shared(book, away, kind, target)
    if kind == "person":
        return _named(lead, planned, book, away)
    if kind == "pool":
        chosen = pick(seats.get(target, ()), lead.passed)
        if chosen.person is not None:
            return _picked(target, chosen, chosen.person)
        fallback = _fallback(book, away, f"nobody in pool {target} can take it")
        return replace(fallback, considered=chosen.considered, code=NO_POOL)
    return replace(_fallback(book, away, "the fallback owner takes it"), code=FALLBACK)


def _shared(book: RuleBook, away: Mapping[str, str], kind: str, target: str) -> Choice:
    accountable = (book.queues if kind == "queue" else book.sequences)[target].accountable
    why = f"to {kind} {target}"
    if accountable not in book.people:
        why = f"{why}; {accountable} {LEFT}"
        accountable = _fallback(book, away, why).owner.id
        why = f"{why}: {accountable} is accountable"
    return Choice(Owner(OwnerKind(kind), target, accountable), why)


def _picked(pool: str, chosen: Pick, person: str) -> Choice:
    return Choice(
        Owner(OwnerKind.PERSON, person, person, pool),
        f"next in pool {pool}",
        chosen.considered,
        chosen.seats,
    )


def _named(lead: Lead, planned: Plan, book: RuleBook, away: Mapping[str, str]) -> Choice:
    person = planned.target
    asked_for = planned.reroute is not None and planned.reroute.to == person
    if person not in book.people:
        if asked_for:
            raise Rejected(
                f"{person!r} {LEFT}. GET /api/people lists who is on it; name one of them.",
                code="unknown_person",
            )
        return _fallback(book, away, f"{person} {LEFT}")
    if not asked_for and person in lead.passed:
        return _fallback(book, away, f"{person} declined or missed it before")
    if not asked_for and person in away:
        return _fallback(book, away, f"{person} is {away[person]}")
    return Choice(Owner(OwnerKind.PERSON, person, person), f"to {person}")


def _fallback(book: RuleBook, away: Mapping[str, str], because: str) -> Choice:
    """Find the fallback owner, or the first of its managers who is there; somebody always is."""
    person = book.fallback_owner
    seen = set()
    while person in away and person not in seen:
        seen.add(person)
        person = book.people[person].manager if person in book.people else ""
    person = person if person and person not in away else book.fallback_owner
    why = f"{because}: fallback owner {person}"
    return Choice(Owner(OwnerKind.PERSON, person, person), why, code=UNAVAILABLE)


def _code(planned: Plan, choice: Choice) -> str:
    if choice.code or planned.rule is None:
        return choice.code or FALLBACK
    return FALLBACK if planned.rule.phase is Phase.FALLBACK else RULED


def _sentence(planned: Plan, choice: Choice) -> str:
    if planned.reroute is not None and not planned.reroute.afresh:
        return f"{planned.reroute.reason} ({planned.reroute.by}): {choice.why}"
    if planned.rule is None:
        return f"no rule matched: {choice.why}"
    return f"{planned.rule.summary} {choice.why[0].upper()}{choice.why[1:]}."


def _event(lead: Lead, planned: Plan, choice: Choice, book: RuleBook, why: str) -> Event:
    kind = EventKind.LEAD_ROUTED if planned.reroute is None else EventKind.LEAD_REASSIGNED
    said, _ = record(book, planned.verdict, planned.facts, planned.phase)
    data: dict[str, object] = {
        **said,
        "owner": {"kind": choice.owner.kind.value, "id": choice.owner.id},
        "accountable": choice.owner.accountable,
        "pool": choice.owner.pool,
        "why": why,
        "how": choice.why,
        "code": _code(planned, choice),
        "sla": planned.sla,
        "priority": planned.priority,
        "enriched": planned.enriched,
        "candidates": [
            {
                "person": each.person,
                "chosen": each.chosen,
                "why": each.why,
                "credit": each.credit,
                "change": each.change,
            }
            for each in choice.considered
        ],
    }
    if planned.reroute is not None:
        data |= {
            "reason": planned.reroute.reason,
            "by": planned.reroute.by,
            "from": lead.owner.id if lead.owner else "",
            "passed": lead.passed,
        }
    return Event(kind, data=data, personal={"facts": dict(planned.facts)}, actor="route")


def _reject(lead: Lead, planned: Plan, book: RuleBook) -> Decision:
    said, _ = record(book, planned.verdict, planned.facts, planned.phase)
    gone = change(
        lead,
        state=LeadState.REJECTED,
        resume_at=lead.state,
        reason=planned.target,
        rule=planned.rule.id if planned.rule else "",
        due_at=None,
    )
    event = Event(
        EventKind.LEAD_REJECTED,
        data={**said, "reason": planned.target},
        personal={"facts": dict(planned.facts)},
        actor="route",
    )
    return Decision(gone, events=(event,))


def _review(lead: Lead, planned: Plan, book: RuleBook, review_by: datetime) -> Decision:
    said, _ = record(book, planned.verdict, planned.facts, planned.phase)
    held = change(
        lead,
        state=LeadState.IN_REVIEW,
        resume_at=LeadState.CLASSIFIED,
        reason=planned.target,
        due_at=None,
    )
    question = AskPerson(
        reason=planned.target,
        question="A route rule asks for a person: who should get this lead?",
        reviewer=book.taxonomy.reviewer,
        suggestions=("continue", "reject"),
        due_at=review_by,
    )
    event = Event(
        EventKind.REVIEW_OPENED,
        data={**said, "reason": planned.target},
        personal={"facts": dict(planned.facts)},
        actor="route",
    )
    return Decision(held, events=(event,), effects=(question,))
