"""Leads that really took the road, played once more with their moments and absences."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, cast

import pytest

from router.app import App
from router.lead.model import Lead
from router.lead.states import LeadState, OwnerKind
from router.now import now as read_now
from router.road.drain import Road
from router.road.simulate.past import Past, replayed
from router.road.simulate.run import simulate
from router.road.simulate.setting import Setting
from router.road.simulate.world import Habits, timeline
from router.road.versions.backtest import Window
from router.road.versions.past import HELD, MERGED
from router.store.absences import set_away
from router.store.tx import transaction
from tests.build import MONDAY, inquiry, send, time_stands_at
from tests.versions import follows

Run = Callable[..., tuple[int, dict[str, object]]]
_DAY = timedelta(days=1)
_PROMPT = Habits(answer=timedelta(minutes=1), work=timedelta(0), decline=0.0)


@pytest.fixture(autouse=True, scope="module")
def past(road: Road) -> Iterator[list[Lead]]:
    """Let leads of every fate take the road, the last of them while Tom is away."""
    with time_stands_at(MONDAY):
        assert follows(road.app, road.app.shelf.active().digest)
        same = inquiry()
        found = [
            *(send(road, inquiry(country="NO")) for _ in range(5)),
            send(road, same),
            send(road, {**same, "message": "Did you get my message? A demo would be nice."}),
            send(road, inquiry(_gotcha="https://win-a-prize.example")),
            send(road, inquiry(message="Hello there")),
        ]
        until = read_now() + _DAY
        with transaction(road.app.engine) as tx:
            set_away(
                tx,
                book="default",
                person="tom-keane",
                until=until,
                reason="",
                by="ops",
                now=read_now(),
            )
        yield [*found, *(send(road, inquiry()) for _ in range(3))]


def again(app: App) -> Past:
    """Read everything that was sent."""
    return replayed(app, Window(MONDAY - _DAY, MONDAY + _DAY))


def test_leads_of_the_past_come_in_their_order_at_their_moments(app: App, past: list[Lead]) -> None:
    found = again(app)
    assert found.left_out == {HELD: 1, MERGED: 1}
    owned = [lead for lead in past if lead.owner is not None or lead.state is LeadState.REJECTED]
    assert [each.at for each in found.arrivals] == sorted(lead.received_at for lead in owned)
    assert [each.number for each in found.arrivals] == list(range(1, len(owned) + 1))


def test_who_was_away_is_away_again(app: App) -> None:
    (absence,) = again(app).absences
    assert absence.person == "tom-keane"
    assert absence.until is not None
    assert absence.until > absence.start > MONDAY


def test_a_replay_gives_each_lead_to_who_got_it_on_the_road(app: App, past: list[Lead]) -> None:
    found, book = again(app), app.shelf.active()
    seen = simulate(
        Setting(
            books=timeline(book, (), MONDAY - _DAY),
            arrivals=found.arrivals,
            absences=found.absences,
            start=MONDAY - _DAY,
            end=MONDAY + _DAY,
            habits=_PROMPT,
        )
    )
    owners = [
        (lead.received_at, lead.owner.id)
        for lead in past
        if lead.owner is not None and lead.owner.kind is OwnerKind.PERSON
    ]
    moments = {each.number: each.at for each in found.arrivals}
    first = [(moments[each.lead], each.person) for each in seen.picks if not each.again]
    assert first == sorted(set(owners))
    # What Tom had not accepted when he went, the ladder gave to somebody else.
    assert {each.person for each in seen.picks if each.again} == {"priya-shah"}
    assert seen.aside == {"reject spam": 1}


def test_the_command_plays_the_past_against_a_changed_roster(run: Run) -> None:
    code, found = run(
        "simulate", "--replay", "--start", "2026-03-01", "--days", "3", "--weight",
        "uk-and-ireland:tom-keane:5",
    )  # fmt: skip
    assert code == 0
    assert found["replayed"] is True
    before, after = (cast("dict[str, Any]", found[name]) for name in ("before", "after"))
    assert before["leads"] == after["leads"] == 10
    assert _tom(after) >= _tom(before)


def _tom(found: dict[str, Any]) -> int:
    (pool,) = (each for each in found["pools"] if each["pool"] == "uk-and-ireland")
    leads: int = next(each["leads"] for each in pool["members"] if each["person"] == "tom-keane")
    return leads
