"""An invariant is called proved when no lead breaks it, and broken only with a lead that does."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from router.lead.facts import Facts
from router.rulebook.analysis.search import Answered
from router.rulebook.model import Condition, Invariant, Proofs, RuleBook
from router.rulebook.trial.flips import world_of
from router.rulebook.trial.invariants import breaks
from router.rulebook.trial.prove import grounds_of, prove
from tests.conditions import EXACT, HERE, OPAQUE, leads, nested
from tests.sketches import CELLS, Sketch, sketches, with_table

_WORLD = leads("country", "company_size", "email.free", "tags", "confidence")
_WIDER = leads("country", "city", "company_size", "email.free", "submitted_at")[::7]
_TARGETS = st.lists(
    st.sampled_from(
        (
            ("pool", "*"),
            ("pool", "dach"),
            ("queue", "sales-triage"),
            ("reject", "spam"),
            ("review", "*"),
        )
    ),
    min_size=1,
    max_size=2,
    unique=True,
).map(tuple)


@st.composite
def _invariants(draw: st.DrawFn, tests: st.SearchStrategy[Condition]) -> Invariant:
    kinds = draw(_TARGETS)
    never = draw(st.booleans())
    return Invariant(
        "one", draw(nested(tests)), kinds if never else (), () if never else kinds, HERE
    )


def _answered(
    book: RuleBook, invariant: Invariant, world: list[Facts]
) -> tuple[Answered, list[Facts]]:
    """Return what a proof says, and every lead of a world that breaks the invariant."""
    known = world_of(replace(book, proofs=Proofs(invariants=(invariant,))))
    sought = prove(grounds_of(book), invariant, lambda lead: breaks(known, invariant, lead))
    if sought.facts is not None:
        assert breaks(known, invariant, sought.facts)
    return sought.answered, [lead for lead in world if breaks(known, invariant, lead)]


@given(sketches(EXACT), _invariants(EXACT))
@settings(max_examples=40)
def test_an_invariant_is_proved_exactly_when_no_lead_breaks_it(
    sketch: Sketch, invariant: Invariant
) -> None:
    answered, broken = _answered(sketch.book, invariant, _WORLD)
    assert answered is (Answered.FOUND if broken else Answered.NONE)


@given(
    sketches(st.one_of(EXACT, OPAQUE)),
    st.sets(CELLS, min_size=1, max_size=6),
    _invariants(st.one_of(EXACT, OPAQUE)),
)
@settings(max_examples=40)
def test_what_is_called_proved_no_lead_breaks(
    sketch: Sketch, cells: set[tuple[str, str]], invariant: Invariant
) -> None:
    answered, broken = _answered(with_table(sketch.book, cells), invariant, _WIDER)
    assert answered is not Answered.NONE or not broken
