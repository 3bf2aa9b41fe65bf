"""Who gets it: what the rules say, and which person of the pool. Pure.

:func:`~router.stages.route.plan.plan` thinks before any lock is taken; :func:`decide` is called
under the pools' locks, with what stands there (:class:`~router.stages.route.turns.Turns`).
"""

from datetime import datetime

from router.lead.decision import AskPerson, Decision, Effect, Hold
from router.lead.events import Event, EventKind
from router.lead.model import Lead, change
from router.lead.states import LeadState
from router.rulebook.model import Phase, RuleBook
from router.rulebook.record import record
from router.stages.route.owner import FALLBACK, RULED, Choice, find_owner
from router.stages.route.plan import Plan, plan
from router.stages.route.rotation import LEAD
from router.stages.route.turns import Turns

__all__ = ["Choice", "Plan", "decide", "plan"]


def decide(
    lead: Lead, planned: Plan, book: RuleBook, turns: Turns, *, review_by: datetime
) -> tuple[Decision, Choice | None]:
    """Give the lead its owner, or send it where the rules say instead.

    Args:
        lead: As given to :func:`plan`.
        planned: What the rules want.
        book: The same version, with the people of today (:func:`router.rulebook.roster.live`): who
            is not on its roster left, and is given nothing.
        turns: The pools as they stand under their locks, and the time.
        review_by: When a review that a rule asks for is due.

    Returns:
        The decision, and how the owner was chosen (None when there is none to choose).

    Raises:
        Rejected: Somebody asked for a person who left.
    """
    if planned.kind == "reject":
        return _reject(lead, planned, book), None
    if planned.kind == "review":
        return _review(lead, planned, book, review_by), None
    choice = find_owner(lead, planned, book, turns)
    hold = Hold(choice.owner.id, choice.look_at, choice.own) if choice.held else None
    if hold is not None and lead.owner == choice.owner and planned.reroute is not None:
        # It waits already, and still nobody can take it: nothing has happened.
        return Decision(lead, effects=(hold,)), None
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
        due_at=turns.now,
        answer_from=choice.answer_from,
    )
    effects: tuple[Effect, ...] = (hold,) if hold is not None else ()
    event = _event(lead, planned, choice, book, why)
    return Decision(routed, events=(event,), effects=effects), choice


#: What reroutes leads without anybody's word; its note says why, better than a code.
_BY_ITSELF = frozenset({"ticker", "clean"})


def _code(planned: Plan, choice: Choice) -> str:
    if choice.code or planned.rule is None:
        return choice.code or FALLBACK
    return FALLBACK if planned.rule.phase is Phase.FALLBACK else RULED


def _sentence(planned: Plan, choice: Choice) -> str:
    reroute = planned.reroute
    if reroute is not None and not reroute.afresh:
        if reroute.by in _BY_ITSELF:
            said = reroute.note or reroute.reason.replace("_", " ")
            return f"{said[0].upper()}{said[1:]}: {choice.why}."
        return f"{reroute.reason} ({reroute.by}): {choice.why}"
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
                "owed": round(each.credit / LEAD, 3),
                "bar": each.bar,
                "pool": each.pool,
            }
            for each in choice.considered
        ],
        # To the last unit, in their order: so that the pick can be made again.
        "credits": [each.credit for each in choice.considered],
    }
    if choice.answer_from is not None:
        data["answer_from"] = choice.answer_from.isoformat()
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
