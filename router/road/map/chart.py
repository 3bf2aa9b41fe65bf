"""The map: the road and the book's routes as nodes and edges, with what passed along each. Pure."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from router.lead.events import EventKind
from router.lead.states import LeadState
from router.pipeline import NEXT_STAGE, ROAD, StageName
from router.rulebook.model import Phase, Rule, RuleBook
from router.rulebook.roster import members_of
from router.wording import counted

#: Rules of one phase that are drawn one by one; the further ones are drawn together.
MOST_RULES = 120
#: Targets of one rule's table that are drawn one by one.
MOST_TARGETS = 12
_DECIDING = (Phase.GUARDS, Phase.ROUTES, Phase.FALLBACK)
#: The event by which a lead comes to a state.
_CAME_BY = {
    LeadState.CAPTURED: EventKind.LEAD_CAPTURED,
    LeadState.CLEANED: EventKind.LEAD_CLEANED,
    LeadState.MERGED: EventKind.LEAD_MERGED,
    LeadState.CLASSIFIED: EventKind.LEAD_CLASSIFIED,
    LeadState.IN_REVIEW: EventKind.REVIEW_OPENED,
    LeadState.REJECTED: EventKind.LEAD_REJECTED,
    LeadState.ROUTED: EventKind.LEAD_ROUTED,
    LeadState.ACTIVATED: EventKind.LEAD_ACTIVATED,
    LeadState.ACCEPTED: EventKind.LEAD_ACCEPTED,
    LeadState.CONTACTED: EventKind.LEAD_TOUCHED,
    LeadState.CLOSED: EventKind.LEAD_CLOSED,
}
#: What the owner does with it, in order.
_OWNERS_WAY = (LeadState.ACTIVATED, LeadState.ACCEPTED, LeadState.CONTACTED, LeadState.CLOSED)
_ROAD, _BOOK = "road", "book"
#: Where a lead goes whose pool had nobody, or that no rule takes.
_FALLBACK = ("fallback", "")


@dataclass(frozen=True, slots=True)
class Passed:
    """Leads that one kind of event happened to, by what it says."""

    kind: str
    #: The stage, or whoever else caused it.
    actor: str
    #: Id of the rule that decided; empty where none did.
    rule: str
    #: Where the lead went, such as ``("pool", "dach")`` or ``("reject", "spam")``.
    target: tuple[str, str]
    #: How an owner was found; see :mod:`router.stages.route.decide`.
    code: str
    leads: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted, and when."""

    #: Leads that were received from then on.
    since: datetime
    #: When it was counted.
    as_of: datetime
    #: When the newest thing that was counted happened; None when nothing did.
    newest: datetime | None
    passed: tuple[Passed, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A place on the map."""

    id: str
    #: ``delivery``, ``stage``, ``state``, ``phase``, ``pool``, ``person``, ``queue``,
    #: ``sequence``, ``reject``, ``review``, ``fallback`` or ``table``.
    kind: str
    #: Its lines, the most important first.
    label: tuple[str, ...]
    #: ``road`` or ``book``.
    part: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one place to another."""

    source: str
    target: str
    #: A state, or the id of a rule.
    label: str
    #: Leads that went along it; None when nothing was counted.
    leads: int | None
    #: True for a way beside the road, or that few leads should take.
    beside: bool = False
    #: What the rule says, in a sentence; empty for the road.
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """The whole map."""

    name: str
    digest: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    counted: Counted | None
    #: Decisions by rules that this version does not have (any more).
    elsewhere: int = 0


def chart(book: RuleBook, counted: Counted | None = None, *, whole: bool = False) -> Chart:
    """Draw the road and the routes of a book.

    Args:
        book: The version that is drawn.
        counted: What passed along the edges; None leaves them without numbers.
        whole: Draw every rule and every target of a table one by one, for programs; people lose
            their way among hundreds.
    """
    drawing = _Drawing(book, counted, sys.maxsize) if whole else _Drawing(book, counted)
    drawing.road()
    drawing.book()
    return Chart(
        book.name,
        book.digest,
        tuple(drawing.nodes.values()),
        tuple(drawing.edges),
        counted,
        drawing.elsewhere(),
    )


@dataclass(slots=True)
class _Drawing:
    """A map that is being drawn."""

    of: RuleBook
    counted: Counted | None
    #: Takes the place of both bounds, if it is set.
    bound: int = 0
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    #: Ways by rule and target that are on the map.
    drawn: set[tuple[str, tuple[str, str]]] = field(default_factory=set)

    def road(self) -> None:
        """Draw the stages as the pipeline lists them, and what the owner does."""
        self._node("delivery", "delivery", ("delivery",), _ROAD)
        for stage in ROAD:
            label = (stage.name.value, stage.accountable)
            self._node(stage.name.value, "stage", label, _ROAD)
        self._edge("delivery", StageName.CAPTURE.value, "received", LeadState.CAPTURED)
        for stage in ROAD:
            for state in (each for each in LeadState if each in stage.gives):
                then = NEXT_STAGE.get(state)
                aside = then is None and state is not LeadState.ACTIVATED
                end = then.value if then is not None else self._state(state)
                actor = stage.name.value if aside else ""
                self._edge(stage.name.value, end, state.value, state, actor=actor, beside=aside)
        for before, after in pairwise(_OWNERS_WAY):
            self._edge(self._state(before), self._state(after), after.value, after)
        kind = EventKind.LEAD_REASSIGNED.value
        many = self._sum(each for each in self._passed() if each.kind == kind)
        start = self._state(LeadState.ACTIVATED)
        self.edges.append(Edge(start, StageName.ROUTE.value, "another owner", many, beside=True))

    def book(self) -> None:
        """Draw each part of the book that decides, and where its rules send leads."""
        for phase in _DECIDING:
            self._node(phase.value, "phase", (phase.value, _count(self.of.rules[phase])), _BOOK)
        mark = len(self.edges)
        asked = [self._phase(phase) for phase in _DECIDING]
        every = self._sum(each for each in self._decided())
        spine = [Edge(StageName.ROUTE.value, Phase.GUARDS.value, "asks", every)]
        for place in (1, 2):
            rest = None if self.counted is None else sum(many or 0 for many in asked[place:])
            before, after = _DECIDING[place - 1].value, _DECIDING[place].value
            spine.append(Edge(before, after, "none decides", rest))
        self.edges[mark:mark] = spine
        self._left_over()

    def _phase(self, phase: Phase) -> int | None:
        """Draw the rules of a phase; return how many leads they decided."""
        rules = self.of.rules[phase]
        for rule in rules[: self.bound or MOST_RULES]:
            targets = self._targets(rule)
            if len(targets) > (self.bound or MOST_TARGETS):
                self._ways(phase, rule, targets)
            else:
                for target in targets:
                    self._way(phase, rule, target)
        more: dict[tuple[str, str], list[Rule]] = {}
        for rule in rules[self.bound or MOST_RULES :]:
            for target in self._targets(rule):
                more.setdefault(target, []).append(rule)
        for target, several in more.items():
            ids = {rule.id for rule in several}
            self.drawn.update((each, target) for each in ids)
            many = self._sum(
                each for each in self._decided() if each.rule in ids and _went(each) == target
            )
            label = f"{_count(several)} more"
            self.edges.append(Edge(phase.value, self._place(target), label, many))
        ids = {rule.id for rule in rules}
        return self._sum(each for each in self._decided() if each.rule in ids)

    def _way(self, phase: Phase, rule: Rule, target: tuple[str, str]) -> None:
        self.drawn.add((rule.id, target))
        many = self._sum(
            each for each in self._decided() if each.rule == rule.id and _went(each) == target
        )
        end = self._place(target)
        self.edges.append(Edge(phase.value, end, rule.id, many, summary=rule.summary))

    def _ways(self, phase: Phase, rule: Rule, targets: Iterable[tuple[str, str]]) -> None:
        """Draw the ways of a rule whose table names more targets than can be told apart."""
        wanted = frozenset(targets)
        self.drawn.update((rule.id, target) for target in wanted)
        many = self._sum(
            each for each in self._decided() if each.rule == rule.id and _went(each) in wanted
        )
        end = f"table:{rule.table}"
        self._node(end, "table", (f"table {rule.table}", f"{len(wanted)} targets"), _BOOK)
        self.edges.append(Edge(phase.value, end, rule.id, many, summary=rule.summary))

    def _left_over(self) -> None:
        """Draw what went to the fallback owner, because no rule or nobody of a pool took it."""
        own = {rule.id: phase for phase in _DECIDING for rule in self.of.rules[phase]}
        own[""] = Phase.FALLBACK
        stray: dict[tuple[str, str], int] = {}
        for each in self._decided():
            if each.rule in own and _went(each) == _FALLBACK:
                why = f"{each.rule}: {_WHY.get(each.code, each.code)}" if each.rule else "no rule"
                way = own[each.rule].value, why
                stray[way] = stray.get(way, 0) + each.leads
                self.drawn.add((each.rule, _FALLBACK))
        for (phase, why), many in sorted(stray.items()):
            self.edges.append(Edge(phase, self._place(_FALLBACK), why, many, beside=True))

    def elsewhere(self) -> int:
        """Return how many decisions are not on the map: by rules of other versions."""
        return sum(
            each.leads for each in self._decided() if (each.rule, _went(each)) not in self.drawn
        )

    def _targets(self, rule: Rule) -> tuple[tuple[str, str], ...]:
        """Return where a rule can send a lead, each once."""
        table = self.of.tables.get(rule.table) if rule.table else None
        rows = (row.effect for row in table.rows) if table is not None else iter(())
        found: dict[tuple[str, str], None] = {}
        for effect in (rule.then, *rows):
            target = effect.target
            if target[0]:
                found[target] = None
        if rule.phase is not Phase.GUARDS and not found:
            found[_FALLBACK] = None
        return tuple(found)

    def _place(self, target: tuple[str, str]) -> str:
        """Put a target on the map, once; return its id."""
        kind, name = target
        place = f"{kind}:{name or self.of.fallback_owner}"
        if place not in self.nodes:
            self._node(place, kind, self._label(kind, name), _BOOK)
        return place

    def _label(self, kind: str, name: str) -> tuple[str, ...]:
        if kind == "pool":
            pool = self.of.pools.get(name)
            many = len(members_of(self.of, pool)) if pool is not None else 0
            return (f"pool {name}", counted(many, "person", "people"))
        if kind in {"queue", "sequence"}:
            lists = self.of.queues if kind == "queue" else self.of.sequences
            found = lists.get(name)
            return (f"{kind} {name}", f"accountable: {found.accountable}" if found else "")
        if kind == "fallback":
            return ("fallback owner", self.of.fallback_owner)
        said = {"reject": "rejected:", "review": "a person looks:", "person": "person"}
        return (f"{said.get(kind, kind)} {name}",)

    def _state(self, state: LeadState) -> str:
        if state.value not in self.nodes:
            self._node(state.value, "state", (state.value,), _ROAD)
        return state.value

    def _node(self, place: str, kind: str, label: tuple[str, ...], part: str) -> None:
        self.nodes[place] = Node(place, kind, tuple(line for line in label if line), part)

    def _edge(  # noqa: PLR0913 - both ends, and what is counted between them
        self,
        source: str,
        target: str,
        label: str,
        state: LeadState,
        *,
        actor: str = "",
        beside: bool = False,
    ) -> None:
        kind = _CAME_BY[state].value
        many = self._sum(
            each
            for each in self._passed()
            if each.kind == kind and (not actor or each.actor == actor)
        )
        self.edges.append(Edge(source, target, label, many, beside))

    def _passed(self) -> tuple[Passed, ...]:
        return self.counted.passed if self.counted is not None else ()

    def _decided(self) -> Iterator[Passed]:
        """Yield what rules decided: leads that got an owner, were refused or held."""
        for each in self._passed():
            given = each.kind in _GIVEN and each.target[0]
            if given or (each.rule and each.kind in _SET_ASIDE):
                yield each

    def _sum(self, found: Iterable[Passed]) -> int | None:
        return None if self.counted is None else sum(each.leads for each in found)


#: A lead is given to somebody when it is decided, and when it is decided again.
_GIVEN = frozenset({EventKind.LEAD_ROUTED.value, EventKind.LEAD_REASSIGNED.value})
_SET_ASIDE = frozenset({EventKind.LEAD_REJECTED.value, EventKind.REVIEW_OPENED.value})
#: Why a lead did not come to where its rule sends it.
_WHY = {"no_pool": "nobody in the pool", "unavailable": "that person cannot take it"}


def _went(passed: Passed) -> tuple[str, str]:
    """Return where a lead went, as a rule names it."""
    if passed.code in _WHY or (not passed.rule and passed.kind in _GIVEN):
        return _FALLBACK
    return passed.target


def _count(rules: Iterable[Rule]) -> str:
    return counted(sum(1 for _ in rules), "rule")
