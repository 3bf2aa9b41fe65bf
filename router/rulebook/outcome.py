"""The whole book on one set of facts: what a fresh lead gets, without any lead.

It says what the stages classify and route do together with a lead whose facts these are, and
which no person has looked at yet; a test holds the two together.
"""

from dataclasses import dataclass

from router.lead.facts import Facts
from router.rulebook.engine.evaluate import collect, evaluate
from router.rulebook.engine.operands import joined
from router.rulebook.model import Effect, Phase, Row, Rule, RuleBook, Verdict

_ASIDE = frozenset({"reject", "review"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the book does with a lead."""

    #: The rule that decided, also the one that asks for a person; None when none matched.
    rule: Rule | None
    #: The row that fits, when that rule has a table.
    row: Row | None
    #: The part of the book that decided; None when none did.
    phase: Phase | None
    #: Kind and name: ``pool``, ``person``, ``queue`` or ``sequence``; ``reject`` or ``review``
    #: with its code; ``("fallback", "")`` for the fallback owner when no rule names anybody.
    target: tuple[str, str]
    #: What the rule does, its settings merged with those of enrich. A lead that is set aside has
    #: no settings.
    effect: Effect
    #: Code of the review that is asked for; empty for none.
    review: str = ""
    #: Ids of the rules of enrich that matched; none of them for a lead that is set aside.
    enriched: tuple[str, ...] = ()


def decide_all(book: RuleBook, facts: Facts) -> Outcome:
    """Return what the book does with a fresh lead.

    Guards come first, then routes, then the fallback: the first rule that names a target decides.
    A lead that gets an owner gets the settings of every rule of enrich that matches; of several
    that set the same, the first counts, and all of them before the rule that decided.

    Args:
        book: The book.
        facts: What is known, also of the classification. Facts that the lead has before rules
            set them, such as ``priority`` and ``tags``, are kept where no rule says otherwise.
    """
    for phase in (Phase.GUARDS, Phase.ROUTES, Phase.FALLBACK):
        verdict = evaluate(book, phase, facts)
        found = _of(verdict, phase)
        if found is not None:
            return found if found.target[0] in _ASIDE else _enriched(found, book, facts)
    nobody = Outcome(None, None, None, ("fallback", ""), Effect())
    return _enriched(nobody, book, facts)


def review_code(rule: Rule) -> str:
    """Return the code of the review that a rule asks for when it cannot tell.

    Args:
        rule: With ``on_unknown: review``.
    """
    return f"unknown:{rule.id}"


def _of(verdict: Verdict, phase: Phase) -> Outcome | None:
    """Return what a phase decides; None when it leaves that to the next."""
    asks = verdict.review_rule
    if asks is not None:
        code = review_code(asks)
        effect = Effect(review=code)
        return Outcome(asks, None, phase, effect.target, effect, code)
    target = verdict.effect.target
    if verdict.rule is None or (phase is Phase.GUARDS and not target[0]):
        return None
    # A rule of routes or fallback that names nobody still decides: for the fallback owner.
    effect = Effect(reject=target[1]) if target[0] == "reject" else verdict.effect
    if target[0] == "review":
        effect = Effect(review=target[1])
    kind, name = target if target[0] else ("fallback", "")
    return Outcome(verdict.rule, verdict.row, phase, (kind, name), effect, effect.review)


def _enriched(found: Outcome, book: RuleBook, facts: Facts) -> Outcome:
    extra = collect(book, Phase.ENRICH, facts)
    said = [each.effect for each in extra]
    given = found.effect
    kept = facts.get("priority", ""), facts.get("tags", ())
    effect = Effect(
        person=given.person,
        pool=given.pool,
        queue=given.queue,
        sequence=given.sequence,
        sla=next((each.sla for each in said if each.sla), given.sla or book.default_sla),
        priority=next((each.priority for each in said if each.priority), given.priority)
        or str(kept[0]),
        tags=joined(
            kept[1] if isinstance(kept[1], tuple) else (),
            given.tags,
            *(each.tags for each in said),
        ),
    )
    return Outcome(
        rule=found.rule,
        row=found.row,
        phase=found.phase,
        target=found.target,
        effect=effect,
        enriched=tuple(each.rule.id for each in extra if each.rule is not None),
    )
