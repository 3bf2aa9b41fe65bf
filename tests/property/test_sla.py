"""What holds for every ladder, however late the ticker comes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from router.lead.clock import Clock
from router.lead.decision import Act, ClockKind, Decision, MoveClock, StopClock
from router.lead.ids import DeliveryId, LeadId
from router.lead.model import Lead, Owner
from router.lead.states import ClockState, LeadState, OwnerKind
from router.rulebook.model import (
    Calendar,
    PersonCard,
    Promise,
    RuleBook,
    SlaPolicy,
    Step,
    StepKind,
    Taxonomy,
)
from router.stages.sla.decide import decide

START = datetime(2026, 3, 26, 15, tzinfo=UTC)
PEOPLE = ("vera", "olga", "mona", "ann", "bob", "cleo")


@st.composite
def ladders(draw: st.DrawFn) -> tuple[Step, ...]:
    """Draw steps in order; a repeat can only be the last."""
    middle = draw(st.lists(st.sampled_from(list(StepKind)[:4]), max_size=4, unique=True))
    shares = draw(
        st.lists(
            st.integers(1, 400), min_size=len(middle) + 1, max_size=len(middle) + 1, unique=True
        ).map(sorted)
    )
    steps = [Step(kind, share / 100) for kind, share in zip(middle, shares, strict=False)]
    if draw(st.booleans()):
        steps.append(Step(StepKind.REPEAT, shares[-1] / 100))
    return tuple(steps)


def _book(ladder: tuple[Step, ...], target: timedelta) -> RuleBook:
    managers = {"vera": "", "olga": "vera", "mona": "vera", "ann": "mona", "bob": "mona"}
    promise = Promise(target, ladder)
    return RuleBook(
        digest="b00c",
        name="test",
        fallback_owner="olga",
        default_sla="s",
        rules={},
        lists={},
        people={
            name: PersonCard(name, name, f"{name}@northwind.example", managers.get(name, ""), "c")
            for name in PEOPLE
        },
        pools={},
        queues={},
        sequences={},
        calendars={"c": Calendar("c", "Europe/Berlin", "Mo-Fr 09:00-12:00,13:00-17:00")},
        slas={"s": SlaPolicy("s", {"acceptance": promise, "first_touch": promise})},
        taxonomy=Taxonomy((), {}, {}, {}, 0.8, 0.1, "mona", timedelta(hours=4)),
        standards={},
        sources={},
    )


def _lead(owner: str) -> Lead:
    pool = "" if owner in {"olga", "vera"} else "pool"
    return Lead(
        LeadId(UUID(int=7)),
        "default",
        "generic",
        "i1",
        DeliveryId(UUID(int=8)),
        LeadState.ACTIVATED,
        START,
        owner=Owner(OwnerKind.PERSON, owner, owner, pool),
    )


def _clock(kind: ClockKind, target: timedelta) -> Clock:
    due = START + timedelta(minutes=1)
    return Clock(kind, ClockState.RUNNING, START, due, target, "c", 0, due, 1)


def _ticks(
    lead: Lead, clock: Clock, book: RuleBook, lags: list[timedelta]
) -> Iterator[tuple[datetime, Decision]]:
    """Call the ticker when something is due, each time a little late, until it lets go."""
    for lag in lags:
        assert clock.next_at is not None
        now = clock.next_at + lag
        decision = decide(lead, clock, book, now)
        yield now, decision
        moves = [effect for effect in decision.effects if isinstance(effect, MoveClock)]
        if decision.reroute is not None or not moves:
            return
        state = ClockState.BREACHED if moves[0].breached else clock.state
        clock = replace(clock, next_step=moves[0].next_step, next_at=moves[0].next_at, state=state)


runs = {
    "ladder": ladders(),
    "kind": st.sampled_from(ClockKind),
    "owner": st.sampled_from(PEOPLE),
    "target": st.timedeltas(timedelta(minutes=5), timedelta(hours=30)),
    "lags": st.lists(st.timedeltas(timedelta(0), timedelta(days=5)), min_size=12, max_size=12),
}


@settings(max_examples=150)
@given(**runs)
def test_nobody_is_ever_without_a_watcher(
    ladder: tuple[Step, ...],
    kind: ClockKind,
    owner: str,
    target: timedelta,
    lags: list[timedelta],
) -> None:
    for now, decision in _ticks(_lead(owner), _clock(kind, target), _book(ladder, target), lags):
        moves = [effect for effect in decision.effects if isinstance(effect, MoveClock)]
        if moves:
            assert moves[0].next_at is not None
            assert moves[0].next_at > now
        else:
            assert decision.reroute is not None
            assert StopClock(ClockKind.ACCEPTANCE, met=False) in decision.effects


@settings(max_examples=150)
@given(**runs)
def test_each_breach_is_said_once_and_each_message_has_its_event(
    ladder: tuple[Step, ...],
    kind: ClockKind,
    owner: str,
    target: timedelta,
    lags: list[timedelta],
) -> None:
    said: list[str] = []
    for _now, decision in _ticks(_lead(owner), _clock(kind, target), _book(ladder, target), lags):
        kinds = [event.kind.value for event in decision.events]
        acts = [effect.kind for effect in decision.effects if isinstance(effect, Act)]
        assert [one for one in kinds if one != "sla.breached"] == acts
        said += kinds
    assert said.count("sla.breached") <= 1
    assert said.count("sla.warned") <= 1


@settings(max_examples=150)
@given(**runs)
def test_who_missed_it_is_remembered_whenever_it_is_given_away(
    ladder: tuple[Step, ...],
    kind: ClockKind,
    owner: str,
    target: timedelta,
    lags: list[timedelta],
) -> None:
    for _now, decision in _ticks(_lead(owner), _clock(kind, target), _book(ladder, target), lags):
        if decision.reroute is not None:
            assert owner in decision.lead.passed
            assert owner != "olga"
        else:
            assert decision.lead.passed == ()
