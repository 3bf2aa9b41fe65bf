"""Phases compiled, and kept: a book is read once, and asked for every lead."""

from router.lead.facts import Facts
from router.rulebook.engine.compile import RuleTest, Test, compile_condition, compile_rule
from router.rulebook.engine.explain import parts_of
from router.rulebook.engine.groups import Questions
from router.rulebook.engine.index import Index
from router.rulebook.engine.lookup import lookup_of
from router.rulebook.engine.shape import calendars_in, facts_in
from router.rulebook.engine.unswept import unswept
from router.rulebook.model import Calendar, Effect, OnUnknown, Phase, Rule, RuleBook, Verdict

#: A compiled rule: its test, whether unknown asks a person, the verdict if it fires, and if not.
Compiled = tuple[RuleTest, bool, Verdict, Verdict]

#: Code of the review that a rule with ``on_unknown: review`` asks for.
UNKNOWN_FACT = "unknown_fact"
#: A phase of fewer rules is gone through rule by rule: an index would cost more than it saves.
SHORT = 32
#: How many rules may stay compiled, and of how many phases, before the oldest make room.
_KEEP_RULES, _KEEP_PHASES = 200_000, 64
#: Of how many sets of calendars a phase is kept.
_KEEP_CALENDARS = 4


class CompiledPhase:
    """A phase, ready to be asked; what is exact of a long one is compiled when it is needed."""

    __slots__ = (
        "asked",
        "book",
        "entries",
        "index",
        "near",
        "nothing",
        "plain",
        "rules",
        "several",
    )

    def __init__(self, rules: tuple[Rule, ...], book: RuleBook) -> None:
        """Make the index of a long phase; compile a short one.

        Args:
            rules: Of the phase, in their order.
            book: Its lists, calendars and tables.
        """
        self.rules = rules
        self.book = book
        self.nothing = Verdict(None, Effect(), None, len(rules))
        self.asked = facts_in(rules, book)
        self.entries: list[Compiled | None] = [None] * len(rules)
        self.near: dict[int, tuple[Test, ...]] = {}
        self.index: Index | None = None
        self.plain: tuple[Compiled, ...] = ()
        self.several: tuple[int, ...] = ()
        if len(rules) >= SHORT:
            with unswept():
                self.index = Index(Questions(rules, book))
        else:
            self.plain = tuple(self.entry(at) for at in range(len(rules)))
            self.several = tuple(
                at for at, rule in enumerate(rules) if len(parts_of(rule.when)) > 1
            )

    def entry(self, at: int) -> Compiled:
        """Return a rule compiled."""
        found = self.entries[at]
        if found is None:
            rule = self.rules[at]
            found = self.entries[at] = (
                compile_rule(rule, self.book),
                rule.on_unknown is OnUnknown.REVIEW,
                Verdict(rule, rule.then, None, at),
                Verdict(None, Effect(review=UNKNOWN_FACT), rule, at),
            )
        return found

    def is_near_miss(self, at: int, facts: Facts) -> bool:
        """Tell whether a rule of two or more conditions is a near miss."""
        parts = self.near.get(at)
        if parts is None:
            rule = self.rules[at]
            parts = self.near[at] = tuple(
                compile_condition(part, self.book) for part in parts_of(rule.when)
            )
        failed = 0
        for part in parts:
            if not part(facts):
                failed += 1
                if failed > 1:
                    return False
        if not failed or len(parts) < 2:  # noqa: PLR2004 - one condition can only hold or not
            return False
        table = self.rules[at].table
        if not table:
            return True
        found = self.book.tables.get(table)
        return found is not None and lookup_of(found).best(facts) is not None


class _Kept:
    """What a phase was compiled from, and to, for each set of its calendars."""

    __slots__ = ("names", "phases", "source")

    def __init__(self, rules: tuple[Rule, ...], book: RuleBook) -> None:
        # They are held so that their identity cannot pass to others.
        self.source = (rules, book.lists, book.tables)
        self.names = calendars_in(rules)
        self.phases: dict[tuple[Calendar | None, ...], CompiledPhase] = {}

    def phase(self, book: RuleBook) -> CompiledPhase:
        """Return the phase with a book's calendars, which may be younger than its rules."""
        calendars = tuple(map(book.calendars.get, self.names))
        found = self.phases.get(calendars)
        if found is None:
            if len(self.phases) >= _KEEP_CALENDARS:
                self.phases.clear()
            found = self.phases[calendars] = CompiledPhase(self.source[0], book)
        return found


_cache: dict[tuple[int, int, int], _Kept] = {}
#: The book that asked for each phase last, and what it was given.
_recent: dict[Phase, tuple[RuleBook, CompiledPhase]] = {}


def compiled_phase(book: RuleBook, phase: Phase) -> CompiledPhase:
    """Return a phase compiled; every lead of a version meets the very same objects.

    Args:
        book: The book.
        phase: Which part of it.
    """
    recent = _recent.get(phase)
    if recent is not None and recent[0] is book:
        return recent[1]
    rules = book.rules.get(phase, ())
    key = (id(rules), id(book.lists), id(book.tables))
    found = _cache.get(key)
    if found is None:
        _make_room(len(rules))
        found = _cache[key] = _Kept(rules, book)
    compiled = found.phase(book)
    _recent[phase] = (book, compiled)
    return compiled


def _make_room(rules: int) -> None:
    """Drop the phases that were compiled first, until one more finds room."""
    kept = sum(len(each.source[0]) for each in tuple(_cache.values()))
    for key in tuple(_cache):
        if len(_cache) < _KEEP_PHASES and kept + rules <= _KEEP_RULES:
            return
        # Another thread may drop the same one; either way it is gone.
        dropped = _cache.pop(key, None)
        kept -= len(dropped.source[0]) if dropped is not None else 0
