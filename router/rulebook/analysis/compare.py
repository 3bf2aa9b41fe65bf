"""What a change of the book changes: which leads change hands, each with a lead that shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from router.lead.facts import Facts
from router.rulebook.analysis.breadth import breadth
from router.rulebook.analysis.compare_data import data_changes
from router.rulebook.analysis.compare_rows import list_changes, row_changes
from router.rulebook.analysis.difference import Change, Difference
from router.rulebook.analysis.pairs import MOST_OF_ONE, Pair, Pairing, Shown
from router.rulebook.analysis.rungs import (
    NO_OWNER,
    Rung,
    Rungs,
    carried_rungs,
    enriched_tags,
    setting_rungs,
    steps,
    tag_rungs,
    tags_by_rule,
    target_rungs,
)
from router.rulebook.analysis.search import Answered
from router.rulebook.analysis.sides import Sides
from router.rulebook.model import RuleBook
from router.rulebook.space.box import Budget, Dimension, TooMuch, space_of
from router.rulebook.space.naive import Answer
from router.rulebook.space.region import both
from router.rulebook.space.tables import MOST_ROWS, side_of

_SETTINGS = ("sla", "priority")
#: Boxes that the search for other targets may take, and that for each other thing.
_FOR_TARGETS, _FOR_OTHERS = 1_000_000, 200_000
#: Ways of one kind that are shown, and doubts that are named one by one.
_MOST_WAYS, _MOST_DOUBTS = 150, 25
#: Tags times steps that are gone through; every tag is a question of its own.
_TAG_STEPS = 40_000

_Both = tuple[list[Rung], list[Rung]]


def compare(old: RuleBook, new: RuleBook) -> Difference:
    """Tell which leads change hands between two books, and what else they get otherwise.

    For every two rules that decide some lead differently there is one lead that shows it,
    confirmed by evaluating both books. A rule that was rewritten, moved or renamed without any
    effect is not mentioned. Effort is limited: of large books that differ widely, ``undecided``
    says what was not looked at.

    Args:
        old: The book as it is.
        new: The book as it would be.

    Returns:
        What differs, the widest ways first; where that could not be told, ``undecided`` says so.
    """
    return _Comparison(old, new).difference()


@dataclass(frozen=True, slots=True)
class _Thing:
    """Something that books decide about a lead, and the rungs of both that do."""

    what: str
    old: Rungs
    new: Rungs


class _Comparison:
    """Two books side by side."""

    def __init__(self, old: RuleBook, new: RuleBook) -> None:
        self.space = space_of(old, new)
        self.sides = Sides(old, new)
        whole, shared = _long_tables(old, new)
        self.before = steps(old, self.space, shared, whole)
        self.after = steps(new, self.space, shared, whole)
        self.seen_in = _with_calendars(old, new)
        self.changes: list[Change] = []
        self.undecided: list[str] = []

    def difference(self) -> Difference:
        """Compare everything."""
        self._targets()
        for name in _SETTINGS:
            self._setting(name)
        self._tags()
        order = sorted(
            self.changes, key=lambda each: (each.what != "target", each.moves, -each.breadth)
        )
        return Difference(
            tuple(order),
            tuple(row_changes(self.before, self.after, self.space, self.sides)),
            tuple(list_changes(self.before, self.after, self.space, self.sides)),
            tuple(data_changes(self.sides.old, self.sides.new)),
            tuple(self.undecided),
        )

    def _targets(self) -> None:
        old, new = target_rungs(self.before), target_rungs(self.after)
        if _said(old) != _said(new):
            self._look(self._thing("target", ([], old), ([], new)), Budget(_FOR_TARGETS))

    def _setting(self, name: str) -> None:
        old, new = (setting_rungs(each, name, self.space) for each in (self.before, self.after))
        if not _alike(old, new):
            self._look(self._thing(name, old, new), Budget(_FOR_OTHERS))

    def _tags(self) -> None:
        wanted = sorted(self._changed_tags())
        most = max(1, _TAG_STEPS // (1 + len(self.before.deciding) + len(self.after.deciding)))
        total = Budget(_FOR_OTHERS)
        for tag in wanted[:most]:
            old, new = (tag_rungs(each, tag, self.space) for each in (self.before, self.after))
            if not _alike(old, new):
                self._look(self._thing(f"tag {tag}", old, new), total)
        if len(wanted) > most:
            self.undecided.append(
                f"{len(wanted) - most} more tags may be given to other leads, from"
                f" '{wanted[most]}' on; they were not looked at"
            )

    def _changed_tags(self) -> set[str]:
        """Return the tags that some lead may have in one book only."""
        enriched = [enriched_tags(each) for each in (self.before, self.after)]
        found = {
            tag
            for tag in enriched[0].keys() | enriched[1].keys()
            if enriched[0].get(tag) != enriched[1].get(tag)
        }
        old, new = carried_rungs(self.before), carried_rungs(self.after)
        if _said(old) == _said(new):
            return found
        thing = self._thing("tags", ([], old), ([], new))
        pairing = self._pairing(thing, Budget(_FOR_OTHERS))
        given = [tags_by_rule(each) for each in (self.before, self.after)]
        for pair in pairing.pairs():
            found |= given[0].get(pair.old.step.rule.id, set())
            found |= given[1].get(pair.new.step.rule.id, set())
        self._say_what_was_left("tags", pairing)
        return found

    def _thing(self, what: str, old: _Both, new: _Both) -> _Thing:
        return _Thing(
            what,
            Rungs(self.sides.old, [*old[0], *old[1]], len(old[0])),
            Rungs(self.sides.new, [*new[0], *new[1]], len(new[0])),
        )

    def _pairing(self, thing: _Thing, total: Budget) -> Pairing:
        def differs(one: Rung, other: Rung, facts: Facts) -> Shown:
            before = self.sides.spent
            shown = self.sides.shows(thing.what, (one.giver, other.giver), facts)
            total.left -= self.sides.spent - before
            return shown

        owned = thing.what != "target"
        return Pairing(thing.old, thing.new, self.space, self.seen_in, differs, total, owned=owned)

    def _look(self, thing: _Thing, total: Budget) -> None:
        pairing = self._pairing(thing, total)
        doubts: dict[tuple[str, str], Pair] = {}
        ways = 0
        for pair in pairing.pairs():
            givers = (pair.old.giver, pair.new.giver)
            if pair.sought.facts is not None:
                doubts.pop(givers, None)
                self.changes.append(self._change(thing.what, givers, pair))
                ways += 1
            elif pair.sought.answered is Answered.UNDECIDED and givers not in pairing.known:
                doubts[givers] = pair
            if ways >= _MOST_WAYS:
                self.undecided.append(
                    f"there are more than {ways} ways in which leads get another {thing.what};"
                    " what lies behind these was not looked at"
                )
                break
        some = list(doubts.values())
        self.undecided += [_doubt(thing.what, pair) for pair in some[:_MOST_DOUBTS]]
        if len(some) > _MOST_DOUBTS:
            self.undecided.append(
                f"the same goes for {len(some) - _MOST_DOUBTS} more pairs of rules"
            )
        self._say_what_was_left(thing.what, pairing)

    def _say_what_was_left(self, what: str, pairing: Pairing) -> None:
        for giver in sorted(pairing.crowded):
            by = f"'{giver}'" if giver else f"the book's usual {what}"
            self.undecided.append(
                f"more than {MOST_OF_ONE} rules give leads of {by} another {what}, or take them;"
                f" {MOST_OF_ONE} are named"
            )
        if pairing.ended_at is not None:
            self.undecided.append(
                f"the books differ too widely to look at every {what}: what"
                f" '{pairing.ended_at.step.rule.id}' and the rules after it gave was not compared"
            )

    def _change(self, what: str, givers: tuple[str, str], pair: Pair) -> Change:
        facts = pair.sought.facts or {}
        before, after = self.sides.answers(facts)
        return Change(
            what,
            *givers,
            _in_words(before, what),
            _in_words(after, what),
            facts,
            before,
            after,
            _breadth(pair),
        )


def _with_calendars(old: RuleBook, new: RuleBook) -> RuleBook:
    """Return the old book with the calendars of both, so that moments are found that tell them."""
    more = {f"{name} of the new book": each for name, each in new.calendars.items()}
    return replace(old, calendars={**more, **old.calendars})


def _breadth(pair: Pair) -> float:
    try:
        return breadth(both((pair.old.step.own, pair.new.step.own), Budget()))
    except TooMuch:
        return 0.0


def _long_tables(
    old: RuleBook, new: RuleBook
) -> tuple[frozenset[str], Mapping[Dimension, Dimension]]:
    """Return the tables that are too long to be spread out, and what stands for them in both.

    A lead that none of the rows fits which differ is looked up alike in both books, so that one
    question stands for both tables. The rows that differ are looked at one by one.
    """
    tables = [*old.tables.values(), *new.tables.values()]
    whole = frozenset(table.id for table in tables if len(table.rows) > MOST_ROWS)
    sides: dict[Dimension, Dimension] = {}
    for name in whole & old.tables.keys() & new.tables.keys():
        if old.tables[name].keys == new.tables[name].keys:
            for book in (old, new):
                sides[side_of(book.tables[name])] = ("table", name, "")
    return whole, sides


def _said(rungs: list[Rung]) -> list[tuple[object, object]]:
    return [(rung.step.key, rung.outcome) for rung in rungs]


def _alike(one: _Both, other: _Both) -> bool:
    """Tell whether two books surely say the same of a setting to leads that have an owner."""
    if _said(one[0]) != _said(other[0]):
        return False
    if _said(one[1]) == _said(other[1]):
        return True
    said = {rung.outcome for rung in (*one[1], *other[1]) if rung.outcome != NO_OWNER}
    return len(said) == 1 and not any(isinstance(each, tuple) for each in said)


def _in_words(found: Answer, what: str) -> str:
    """Return what a lead gets, in words."""
    match what:
        case "target":
            return found.place
        case "sla":
            return found.sla
        case "priority":
            return found.priority or "none"
        case _:
            return "yes" if what.removeprefix("tag ") in found.tags else "no"


def _doubt(what: str, pair: Pair) -> str:
    old, new = pair.old.step.rule.id, pair.new.step.rule.id
    return f"it could not be told whether a lead gets another {what} by '{new}' instead of '{old}'"
