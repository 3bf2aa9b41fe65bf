"""What the rules want for a lead, before anybody is picked and before any lock is taken. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from router.lead.decision import Reroute
from router.lead.facts import Facts, facts_of
from router.lead.model import Lead, Owner
from router.rulebook.engine.evaluate import collect, evaluate
from router.rulebook.engine.operands import joined
from router.rulebook.model import Effect, Phase, Rule, RuleBook, Verdict
from router.rulebook.outcome import review_code


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


def plan(
    lead: Lead, book: RuleBook, reroute: Reroute | None, *, facts: Facts | None = None
) -> Plan:
    """Ask the rules who should get a lead.

    A guard with a target wins over every route; a lead that no route takes goes where the
    fallback phase says. A reroute keeps the pool it was picked from, unless it is to be decided
    afresh.

    Args:
        lead: Classified, or owned when it is rerouted.
        book: The version the lead started with.
        reroute: Why another owner is needed; None for the first.
        facts: What is judged instead of the lead's own facts, for asking what if.
    """
    facts = facts_of(lead) if facts is None else facts
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
