"""Small rule books made by chance, and small edits of them: for tests of what is said of books."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from router.rulebook.model import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Effect,
    Key,
    NotOf,
    OnUnknown,
    Phase,
    Place,
    Row,
    Rule,
    RuleBook,
    Table,
)
from router.rulebook.reading.conditions import AFTER_CLASSIFY
from tests.conditions import HERE, nested, starter

TARGETS = st.sampled_from(
    (
        Effect(pool="dach"),
        Effect(pool="enterprise", sla="fast"),
        Effect(queue="sales-triage", tags=("seen",)),
        Effect(reject="spam"),
        Effect(review="odd", priority="high"),
    )
)
SETTINGS = st.sampled_from(
    (
        Effect(sla="fast"),
        Effect(sla="relaxed", priority="low"),
        Effect(priority="high", tags=("seen",)),
        Effect(tags=("other",)),
    )
)
#: Cells of a table whose keys are a country and the beginning of a city.
CELLS = st.tuples(st.sampled_from(("", "gb", "de")), st.sampled_from(("", "le", "lee", "ulm")))
LAST = Rule(
    id="rest",
    summary="",
    steward="ops@northwind.example",
    phase=Phase.FALLBACK,
    when=AllOf((), HERE),
    then=Effect(queue="sales-triage"),
    place=Place("90-fallback.yaml", 1),
)
_EDITED = (Phase.GUARDS, Phase.ROUTES, Phase.ENRICH)


@dataclass(frozen=True, slots=True, repr=False)
class Sketch:
    """The rules of a book, without all the rest that a report of a failure would have to show."""

    rules: Mapping[Phase, tuple[Rule, ...]]

    def __repr__(self) -> str:
        """Write one line a rule."""
        lines = [
            f"  {rule.id}: {written(rule.when)} -> {_said(rule.then)}"
            f"{' or ask' if rule.on_unknown is OnUnknown.REVIEW else ''}"
            for some in self.rules.values()
            for rule in some
        ]
        return "Sketch(\n" + "\n".join(lines) + "\n)"

    @property
    def book(self) -> RuleBook:
        """Return a whole book with these rules."""
        return replace(starter(), rules=self.rules)


def written(condition: Condition) -> str:
    """Write a condition in brackets."""
    match condition:
        case Comparison():
            return f"{condition.fact} {condition.operator} {condition.want}"
        case NotOf(part):
            return f"not {written(part)}"
        case AllOf(parts):
            return f"all({', '.join(map(written, parts))})"
        case AnyOf(parts):
            return f"any({', '.join(map(written, parts))})"


def _said(effect: Effect) -> str:
    settings = (effect.sla, effect.priority, *effect.tags)
    return " ".join(filter(None, (*effect.target, *settings)))


def rules(
    phase: Phase, conditions: st.SearchStrategy[Condition], effects: st.SearchStrategy[Effect]
) -> st.SearchStrategy[tuple[Rule, ...]]:
    """Make a few rules of a phase; some ask a person."""
    asks = (OnUnknown.SKIP, OnUnknown.SKIP, OnUnknown.REVIEW)
    one = st.builds(
        lambda when, then, unknown: replace(
            LAST, phase=phase, when=when, then=then, on_unknown=unknown
        ),
        conditions,
        effects,
        st.just(OnUnknown.SKIP) if phase is Phase.ENRICH else st.sampled_from(asks),
    )
    return st.lists(one, min_size=1, max_size=4).map(
        lambda some: tuple(
            replace(rule, id=f"{phase}-{number}", place=Place(f"{phase}.yaml", number + 1))
            for number, rule in enumerate(some)
        )
    )


def sketches(leaves: st.SearchStrategy[Comparison]) -> st.SearchStrategy[Sketch]:
    """Make books with a few rules of each phase, from comparisons."""
    conditions = nested(leaves)
    # Guards are judged before a classification; a book whose guards ask for it is refused.
    early = nested(leaves.filter(lambda test: test.fact not in AFTER_CLASSIFY))
    return st.builds(
        lambda guards, routes, enrich: Sketch(
            {
                Phase.GUARDS: guards[:2],
                Phase.ROUTES: routes,
                Phase.ENRICH: enrich,
                Phase.FALLBACK: (LAST,),
            }
        ),
        rules(Phase.GUARDS, early, TARGETS),
        rules(Phase.ROUTES, conditions, TARGETS),
        rules(Phase.ENRICH, conditions, SETTINGS),
    )


def with_table(book: RuleBook, cells: set[tuple[str, str]], *, fill: int = 0) -> RuleBook:
    """Return a book whose first route looks in a table by country and the beginning of a city.

    ``fill`` adds rows for cities that no lead of a small world comes from.
    """
    keys = (Key("country"), Key("city", prefix=True))
    pools = ("dach", "enterprise", "uk-and-ireland")
    rows = tuple(
        Row(each, Effect(pool=pools[number % 3]), number + 2)
        for number, each in enumerate(
            [*sorted(cells), *(("zz", f"town-{number}") for number in range(fill))]
        )
    )
    table = Table("places", keys, ("pool",), rows, "tables/places.csv", HERE)
    first, others = book.rules[Phase.ROUTES][:1], book.rules[Phase.ROUTES][1:]
    routes = (*(replace(rule, table="places", then=Effect()) for rule in first), *others)
    return replace(book, rules={**book.rules, Phase.ROUTES: routes}, tables={"places": table})


def edited(old: Sketch, other: Sketch, draw: Callable[[st.SearchStrategy[int]], int]) -> Sketch:
    """Return a book with one edit: a rule of another book, a new one, one moved, or one gone."""
    phase = _EDITED[draw(st.integers(0, 2))]
    some = list(old.rules[phase])
    place = draw(st.integers(0, len(some) - 1))
    match draw(st.integers(0, 3)):
        case 0:
            some[place] = replace(other.rules[phase][0], id=some[place].id)
        case 1:
            some.insert(0, some.pop(place))
        case 2:
            some.insert(place, replace(other.rules[phase][0], id="fresh"))
        case _:
            some.pop(place)
    return Sketch({**old.rules, phase: tuple(some)})
