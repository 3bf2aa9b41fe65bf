"""Everything that a pick was made from, with one thing changed, and who gets the lead then. Pure.

A changed situation is decided by the very functions that decide leads, so that an answer to *what
if* is never a guess.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from router.errors import LeadRouterError
from router.lead.decision import Reroute
from router.lead.facts import Facts, FactValue
from router.lead.model import Lead
from router.rulebook.engine.evaluate import evaluate
from router.rulebook.model import Calendar, Member, Period, PersonCard, Phase, RuleBook
from router.rulebook.outcome import review_code
from router.rulebook.space.naive import AFTER_CLASSIFY, ASIDE
from router.stages.route.owner import find_owner
from router.stages.route.plan import plan
from router.stages.route.seats import Considered, Owed
from router.stages.route.turns import ALL, Turns

#: Id of the calendar of somebody who is always on shift.
_ALWAYS = "what-if"


class ChangeKind(StrEnum):
    """What is otherwise; the cheapest to imagine first."""

    #: A member is neither away nor off.
    BACK = "back"
    #: It is within a member's hours.
    ON_SHIFT = "on_shift"
    #: A member may be given more.
    CAP = "cap"
    #: A member did not pass this lead up before.
    NOT_PASSED = "not_passed"
    #: A member is not kept from this pick.
    NOT_EXCLUDED = "not_excluded"
    #: A member has a weight above 0.
    WEIGHT = "weight"
    #: A member has a skill.
    SKILL = "skill"
    #: A member is asked in an earlier tier.
    TIER = "tier"
    #: A member has fewer open leads.
    FEWER_OPEN = "fewer_open"
    #: The lead itself is otherwise.
    FACT = "fact"
    #: A member is owed more.
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is otherwise than it was."""

    kind: ChangeKind
    #: Id of the member, or the name of the fact.
    about: str
    #: The pool it holds in; empty for all pools, and for facts.
    pool: str = ""
    #: The new value of a fact (None: it is unknown), cap, weight, tier or skills; how many fewer
    #: open leads; how many units more are owed.
    value: FactValue | None = None
    #: Of a cap, what it counts over.
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that a pick was made from."""

    lead: Lead
    reroute: Reroute | None
    #: What the rules judge.
    facts: Facts
    #: The version that decides.
    rules: RuleBook
    #: The same with the people and allowances of that moment.
    book: RuleBook
    turns: Turns


@dataclass(frozen=True, slots=True)
class Answer:
    """Who gets the lead in a situation."""

    #: Kind of the owner, or ``reject`` or ``review``.
    kind: str
    #: Id of the owner, or the code of the refusal or review.
    id: str
    pool: str
    #: Id of the rule that decided; empty when none matched.
    rule: str
    considered: tuple[Considered, ...] = ()

    @property
    def owner(self) -> tuple[str, str]:
        """Return kind and id: two answers with the same are the same hands."""
        return self.kind, self.id

    def chose(self, name: str, pool: str) -> bool:
        """Return whether a member was chosen in a pool.

        Args:
            name: Of the member.
            pool: The pool; empty for who was named, or came first.
        """
        return any(
            each.chosen and each.person == name and each.pool == pool for each in self.considered
        )


def answer(situation: Situation) -> Answer | None:
    """Decide a situation, as the guards and the route stage would.

    Args:
        situation: As it was, or changed.

    Returns:
        None when it cannot be decided: it asks for somebody who left.
    """
    lead, book = situation.lead, situation.book
    kept = _kept_aside(situation)
    if kept is not None:
        return kept
    planned = plan(lead, situation.rules, situation.reroute, facts=situation.facts)
    rule = planned.rule.id if planned.rule is not None else ""
    if planned.kind in {"reject", "review"}:
        return Answer(planned.kind, planned.target, "", rule)
    try:
        choice = find_owner(lead, planned, book, situation.turns)
    except LeadRouterError:
        return None
    owner = choice.owner
    return Answer(owner.kind.value, owner.id, owner.pool, rule, choice.considered)


def _kept_aside(situation: Situation) -> Answer | None:
    """Return the guard that would have kept the lead aside before anybody asked who gets it."""
    if situation.reroute is not None and not situation.reroute.afresh:
        return None
    facts = {name: value for name, value in situation.facts.items() if name not in AFTER_CLASSIFY}
    verdict = evaluate(situation.rules, Phase.GUARDS, facts)
    asks, (kind, code) = verdict.review_rule, verdict.effect.target
    if asks is not None:
        kind, code = "review", review_code(asks)
    if kind not in ASIDE or code in situation.lead.approved:
        return None
    rule = asks or verdict.rule
    return Answer(kind, code, "", rule.id if rule is not None else "")


def changed(situation: Situation, change: Change) -> Situation:
    """Return a situation in which one thing is otherwise.

    Args:
        situation: Is left as it is.
        change: What is otherwise; people and pools that the book does not have change nothing.
    """
    return _CHANGES[change.kind](situation, change)


def anew(turns: Turns) -> Turns:
    """Return the same turns, which remember nothing that was worked out of them.

    Args:
        turns: Are left as they are.
    """
    return Turns(
        turns.now,
        owed=turns.owed,
        used=turns.used,
        away=turns.away,
        off=turns.off,
        last_owner=turns.last_owner,
        wave=turns.wave,
    )


def _back(situation: Situation, change: Change) -> Situation:
    turns, person = situation.turns, change.about
    away = {name: each for name, each in turns.away.items() if name != person}
    off = {key: bar for key, bar in turns.off.items() if key != (change.pool, person)}
    return replace(situation, turns=replace(anew(turns), away=away, off=off))


def _on_shift(situation: Situation, change: Change) -> Situation:
    book = situation.book
    card = book.people.get(change.about)
    if card is None:
        return situation
    always = f"{_ALWAYS}:{card.calendar}"
    hours = Calendar(always, book.calendars[card.calendar].zone, "24/7")
    book = replace(book, calendars={**book.calendars, always: hours})
    return _with_card(replace(situation, book=book), replace(card, calendar=always))


def _cap(situation: Situation, change: Change) -> Situation:
    if change.period is None:
        return situation
    raised = {change.period: _number(change)}
    if change.pool:
        return _with_member(
            situation, change, lambda member: replace(member, caps={**member.caps, **raised})
        )
    card = situation.book.people.get(change.about)
    if card is None:
        return situation
    return _with_card(situation, replace(card, caps={**card.caps, **raised}))


def _not_passed(situation: Situation, change: Change) -> Situation:
    passed = tuple(each for each in situation.lead.passed if each != change.about)
    return replace(situation, lead=replace(situation.lead, passed=passed))


def _not_excluded(situation: Situation, change: Change) -> Situation:
    reroute = situation.reroute
    if reroute is None:
        return situation
    never = tuple(each for each in reroute.never if each != change.about)
    return replace(situation, reroute=replace(reroute, never=never))


def _weight(situation: Situation, change: Change) -> Situation:
    weight = _number(change)
    return _with_member(situation, change, lambda member: replace(member, weight=weight, ramp=None))


def _skill(situation: Situation, change: Change) -> Situation:
    card = situation.book.people.get(change.about)
    if card is None or not isinstance(change.value, tuple):
        return situation
    return _with_card(situation, replace(card, skills=card.skills | set(change.value)))


def _tier(situation: Situation, change: Change) -> Situation:
    tier = _number(change)
    return _with_member(situation, change, lambda member: replace(member, tier=tier))


def _fewer_open(situation: Situation, change: Change) -> Situation:
    used = Counter(situation.turns.used)
    for pool in (change.pool, ALL):
        used[change.about, Period.OPEN, pool] -= _number(change)
    return replace(situation, turns=replace(anew(situation.turns), used=used))


def _fact(situation: Situation, change: Change) -> Situation:
    facts = {name: value for name, value in situation.facts.items() if name != change.about}
    if change.value is not None:
        facts[change.about] = change.value
    return replace(situation, facts=facts)


def _credit(situation: Situation, change: Change) -> Situation:
    turns, key = situation.turns, (change.pool, change.about)
    before = turns.owed.get(key, Owed())
    raised = before._replace(credit=before.credit + _number(change))
    return replace(situation, turns=replace(anew(turns), owed={**turns.owed, key: raised}))


_CHANGES: dict[ChangeKind, Callable[[Situation, Change], Situation]] = {
    ChangeKind.BACK: _back,
    ChangeKind.ON_SHIFT: _on_shift,
    ChangeKind.CAP: _cap,
    ChangeKind.NOT_PASSED: _not_passed,
    ChangeKind.NOT_EXCLUDED: _not_excluded,
    ChangeKind.WEIGHT: _weight,
    ChangeKind.SKILL: _skill,
    ChangeKind.TIER: _tier,
    ChangeKind.FEWER_OPEN: _fewer_open,
    ChangeKind.FACT: _fact,
    ChangeKind.CREDIT: _credit,
}


def _number(change: Change) -> int:
    return change.value if isinstance(change.value, int) else 0


def _with_card(situation: Situation, card: PersonCard) -> Situation:
    book = situation.book
    book = replace(book, people={**book.people, card.id: card})
    return replace(situation, book=book, turns=anew(situation.turns))


def _with_member(
    situation: Situation, change: Change, other: Callable[[Member], Member]
) -> Situation:
    book = situation.book
    pool = book.pools.get(change.pool)
    if pool is None:
        return situation
    members = tuple(other(each) if each.person == change.about else each for each in pool.members)
    book = replace(book, pools={**book.pools, pool.id: replace(pool, members=members)})
    return replace(situation, book=book, turns=anew(situation.turns))
