"""What two versions would have done with the leads of the past, counted. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from router.lead.facts import Facts
from router.rulebook.model import Phase, RuleBook
from router.rulebook.roster import shares_of
from router.rulebook.shadow import Said, say

#: A version that would first let a lead pass to the classifier, whose word nobody has.
GOES_ON = "goes on"
#: Leads that a change names.
_EXAMPLES = 3
#: With these, nobody gets the lead, so another code is no other hands.
_NOBODY = frozenset({"reject", "review", GOES_ON})
_NO_RULE = "(no rule)"
_Tags = frozenset[str]


@dataclass(frozen=True, slots=True)
class Fate:
    """What a version does with a lead, as far as leads are counted together."""

    #: Id of the rule that decided; empty when none matched.
    rule: str
    #: ``pool``, ``person``, ``queue``, ``sequence``, ``fallback``, ``reject``, ``review`` or
    #: ``goes on``.
    kind: str
    #: Id of the target, or the code of the refusal or review.
    target: str
    sla: str
    priority: str

    @property
    def words(self) -> str:
        """Return the target in words, such as ``pool uk-and-ireland``."""
        return f"{self.kind} {self.target}".rstrip()

    @property
    def hands(self) -> tuple[str, str]:
        """Return who gets the lead: nobody for every refusal and every review alike."""
        if self.kind in _NOBODY:
            return self.kind, ""
        return ("person" if self.kind == "fallback" else self.kind), self.target


@dataclass(frozen=True, slots=True)
class Shift:
    """Leads that one version gives something and the other something else, in one way."""

    old: Fate
    new: Fate
    #: Tags that only the new version gives, and only the old one.
    tags_more: tuple[str, ...]
    tags_less: tuple[str, ...]
    leads: int
    #: Ids of a few of them, the first that were counted.
    examples: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Return whether the leads get anything else, rather than the same by another rule."""
        old, new = (replace(each, rule="", kind=each.hands[0]) for each in (self.old, self.new))
        return old != new or bool(self.tags_more or self.tags_less)

    @property
    def changes_hands(self) -> bool:
        """Return whether other people get these leads, rather than the same with other terms."""
        return self.old.hands != self.new.hands


@dataclass(frozen=True, slots=True)
class Share:
    """How many leads something gets by either version."""

    name: str
    old: float
    new: float


@dataclass(slots=True)
class Heap:
    """Leads that are counted together."""

    leads: int = 0
    examples: list[str] = field(default_factory=list)

    def take(self, leads: int, examples: Sequence[str]) -> None:
        """Put more leads on it, of which a few are named.

        Args:
            leads: How many.
            examples: Their ids, as far as they are named.
        """
        self.leads += leads
        self.examples += examples[: _EXAMPLES - len(self.examples)]


@dataclass(frozen=True, slots=True)
class Handover:
    """Leads that would go from the same hands to the same others, by the same rules."""

    #: Where they go, in words.
    old: str
    new: str
    old_rule: str
    new_rule: str
    leads: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recounted:
    """What came out."""

    #: Leads that both versions were asked about.
    judged: int = 0
    #: Of these, those that other people would get.
    moved: int = 0
    #: Of the others, those that would get another SLA, priority, tag or code.
    altered: int = 0
    #: Leads that could not be asked about, by reason.
    not_judged: Mapping[str, int] = field(default_factory=dict)
    #: What differs, that with the most leads first.
    shifts: tuple[Shift, ...] = ()
    #: By the rule that decides, by target, by SLA policy; and by person, where a pool's leads
    #: are shared out by the weights of its members. Those with the most leads first.
    rules: tuple[Share, ...] = ()
    targets: tuple[Share, ...] = ()
    slas: tuple[Share, ...] = ()
    people: tuple[Share, ...] = ()

    @property
    def leads(self) -> int:
        """Return how many leads there were."""
        return self.judged + sum(self.not_judged.values())

    @property
    def handovers(self) -> list[Handover]:
        """Return what changes hands, whatever its other terms; that with the most leads first."""
        found: dict[tuple[str, str, str, str], Heap] = {}
        for shift in self.shifts:
            if shift.changes_hands:
                key = (shift.old.words, shift.new.words, shift.old.rule, shift.new.rule)
                found.setdefault(key, Heap()).take(shift.leads, shift.examples)
        made = [Handover(*key, heap.leads, tuple(heap.examples)) for key, heap in found.items()]
        return sorted(made, key=lambda each: -each.leads)

    @property
    def moved_share(self) -> float:
        """Return the share (0..1) of the judged leads that other people would get."""
        return self.moved / self.judged if self.judged else 0.0


@dataclass(frozen=True, slots=True)
class Tally:
    """What one process has counted, on its way to another."""

    #: By what either version does, and by the tags that only the new, and only the old one gives.
    heaps: Mapping[tuple[Fate, Fate, _Tags, _Tags], Heap]
    not_judged: Mapping[str, int]


class Recount:
    """Asks two versions about one lead after the other."""

    def __init__(self, old: RuleBook, new: RuleBook) -> None:
        """Begin with no lead.

        Args:
            old: What leads are compared with.
            new: What is tried.
        """
        self._old, self._new = old, new
        self._not_judged: Counter[str] = Counter()
        self._heaps: dict[tuple[Fate, Fate, _Tags, _Tags], Heap] = {}

    def add(self, lead_id: str, facts: Facts) -> None:
        """Ask both versions about a lead.

        Args:
            lead_id: Its id.
            facts: What was known of it when it was decided.
        """
        old, new = say(self._old, facts), say(self._new, facts)
        if "intent" not in facts:
            old, new = _unclassified(old, new), _unclassified(new, old)
        had, has = frozenset(old.tags), frozenset(new.tags)
        key = _fate(old), _fate(new), has - had, had - has
        heap = self._heaps.get(key)
        if heap is None:
            heap = self._heaps[key] = Heap()
        heap.leads += 1
        if len(heap.examples) < _EXAMPLES:
            heap.examples.append(lead_id)

    def pass_over(self, reason: str) -> None:
        """Count a lead that cannot be asked about.

        Args:
            reason: Why, in a few words.
        """
        self._not_judged[reason] += 1

    def take(self, tally: "Tally") -> None:
        """Count what another process has counted with the same two versions.

        Args:
            tally: From its :meth:`tally`.
        """
        self._not_judged.update(tally.not_judged)
        for key, found in tally.heaps.items():
            self._heaps.setdefault(key, Heap()).take(found.leads, found.examples)

    def tally(self) -> "Tally":
        """Return what was counted so far, for another process to add up."""
        return Tally(self._heaps, self._not_judged)

    def result(self) -> Recounted:
        """Return what came out so far."""
        found = [
            Shift(old, new, tuple(sorted(more)), tuple(sorted(less)), heap.leads, (*heap.examples,))
            for (old, new, more, less), heap in self._heaps.items()
        ]
        shifts = sorted(
            (each for each in found if each.differs),
            key=lambda each: (-each.leads, each.old.rule, each.new.rule),
        )
        moved = sum(each.leads for each in shifts if each.changes_hands)
        return Recounted(
            judged=sum(each.leads for each in found),
            moved=moved,
            altered=sum(each.leads for each in shifts) - moved,
            not_judged=dict(self._not_judged),
            shifts=tuple(shifts),
            rules=self._shares(lambda fate, _: {fate.rule or _NO_RULE: 1.0}),
            targets=self._shares(lambda fate, _: {fate.words: 1.0}),
            slas=self._shares(lambda fate, _: {fate.sla: 1.0} if fate.sla else {}),
            people=self._shares(_people),
        )

    def _shares(self, parts: "_Parts") -> tuple[Share, ...]:
        """Count by something that each lead is one of, or is shared out to."""
        before: defaultdict[str, float] = defaultdict(float)
        after: defaultdict[str, float] = defaultdict(float)
        for (old, new, _, _), heap in self._heaps.items():
            for counted, fate, book in ((before, old, self._old), (after, new, self._new)):
                for name, part in parts(fate, book).items():
                    counted[name] += part * heap.leads
        shares = [Share(name, before[name], after[name]) for name in {**before, **after}]
        return tuple(sorted(shares, key=lambda each: (-max(each.old, each.new), each.name)))


_Parts = Callable[[Fate, RuleBook], Mapping[str, float]]


def _fate(said: Said) -> Fate:
    return Fate(said.rule, said.kind, said.target, said.sla, said.priority)


def _unclassified(said: Said, other: Said) -> Said:
    """Return what a version really does with a lead that a guard of the other one stops.

    It would let the lead pass to the classifier, and nobody knows what that would have said.
    """
    if said.phase == Phase.GUARDS or other.phase != Phase.GUARDS:
        return said
    return Said(said.digest, "", "", GOES_ON, "", sla="", priority="", tags=())


def _people(fate: Fate, book: RuleBook) -> Mapping[str, float]:
    """Return what each person gets of a lead, in the long run."""
    kind, target = fate.hands
    if kind == "person":
        return {target: 1.0}
    pool = book.pools.get(target) if kind == "pool" else None
    if pool is None:
        return {}
    return shares_of(book, pool)
