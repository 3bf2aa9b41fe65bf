"""Both books asked about one lead: fast first, and what counts by the reference evaluator."""

from router.lead.facts import Facts
from router.rulebook.analysis.pairs import Shown
from router.rulebook.model import RuleBook
from router.rulebook.outcome import Outcome, decide_all
from router.rulebook.space.naive import ASIDE, Answer, answer

#: Leads whose answers are kept.
_KEPT = 512
#: How many boxes are as much work as asking the fast evaluators, and one rule slowly.
_FAST, _A_RULE = 20, 2
#: What one rule gives; a tag may be given by several.
_BY_RULE = frozenset({"target", "sla", "priority"})


class Sides:
    """Two books, and what they said."""

    def __init__(self, old: RuleBook, new: RuleBook) -> None:
        """Begin with nothing asked.

        Args:
            old: The book as it is.
            new: The book as it would be.
        """
        self.old, self.new = old, new
        #: What was asked so far, in boxes that would take as long.
        self.spent = 0
        self._slow = _A_RULE * sum(len(some) for book in (old, new) for some in book.rules.values())
        self._answers: dict[object, tuple[Answer, Answer]] = {}

    def answers(self, facts: Facts) -> tuple[Answer, Answer]:
        """Return what both say of a lead, by the reference evaluator.

        Args:
            facts: What is known of it.
        """
        key = frozenset(facts.items())
        if key not in self._answers:
            self.spent += self._slow
            if len(self._answers) >= _KEPT:
                self._answers.clear()
            self._answers[key] = answer(self.old, facts), answer(self.new, facts)
        return self._answers[key]

    def shows(self, what: str, givers: tuple[str, str], facts: Facts) -> Shown:
        """Tell how well a lead shows that something differs between two rules.

        Args:
            what: As :attr:`router.rulebook.analysis.difference.Change.what`, or ``tags`` for any.
            givers: Ids of the rules that shall give it, old and new; of tags none are asked for.
            facts: The lead.
        """
        if not self._may_show(what, givers, facts):
            return Shown.NOT
        before, after = self.answers(facts)
        if _given(before, what) == _given(after, what):
            return Shown.NOT
        by = _giver(before, what), _giver(after, what)
        if what in _BY_RULE and by != givers:
            return Shown.NOT
        if what == "target" or before.target == after.target:
            return Shown.WELL
        return Shown.PARTLY

    def differ(self, facts: Facts) -> bool:
        """Tell whether a lead gets anything else.

        Args:
            facts: The lead.
        """
        self.spent += _FAST
        fast = decide_all(self.old, facts), decide_all(self.new, facts)
        if (fast[0].target, fast[0].effect) == (fast[1].target, fast[1].effect):
            return False
        before, after = self.answers(facts)
        return _all(before) != _all(after)

    def _may_show(self, what: str, givers: tuple[str, str], facts: Facts) -> bool:
        """Ask the fast evaluator, which says no in most cases."""
        self.spent += _FAST
        one, other = decide_all(self.old, facts), decide_all(self.new, facts)
        if what == "target":
            return one.target != other.target and (_rule(one), _rule(other)) == givers
        if not ASIDE.isdisjoint((one.target[0], other.target[0])):
            return False
        match what:
            case "sla":
                return one.effect.sla != other.effect.sla
            case "priority":
                return one.effect.priority != other.effect.priority
            case _:
                return set(one.effect.tags) != set(other.effect.tags)


def _rule(found: Outcome) -> str:
    return found.rule.id if found.rule is not None else ""


def _all(found: Answer) -> tuple[object, ...]:
    return found.target, found.sla, found.priority, found.tags


def _given(found: Answer, what: str) -> object:
    match what:
        case "target":
            return found.target
        case "sla":
            return found.sla
        case "priority":
            return found.priority
        case "tags":
            return found.tags
        case _:
            return what.removeprefix("tag ") in found.tags


def _giver(found: Answer, what: str) -> str:
    if what == "sla":
        return found.sla_by
    if what == "priority":
        return found.priority_by
    return found.rule_id
