"""Messages about time that runs out, when those who should hear them are away, in sentences."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import orjson
import pytest

from router.lead.clock import Clock
from router.lead.decision import Act, Decision
from router.lead.model import Lead
from router.lead.states import ClockState
from router.rulebook.model import RuleBook
from router.stages.sla.decide import decide

_NINE_THIRTY = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
_TEN = datetime(2026, 1, 12, 10, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Gone:
    cover: str = ""


def told(decision: Decision) -> tuple[str, list[str], str]:
    """Return who hears the only message, who was not there, and the sentence about it."""
    (act,) = [effect for effect in decision.effects if isinstance(effect, Act)]
    (event,) = [each for each in decision.events if each.kind.value == act.kind]
    body = orjson.loads(orjson.dumps(act.body))
    assert (event.data["told"], list(event.data["away"])) == (body["to"]["id"], body["away"])  # type: ignore[call-overload]  # ids, as the event keeps them
    return body["to"]["id"], body["away"], body["why"].partition("; ")[2].partition(". ")[2]


@pytest.fixture
def breached(acceptance: Clock) -> Clock:
    """Give the acceptance clock as it escalates."""
    return replace(acceptance, next_step=1, next_at=_TEN)


def covered(book: RuleBook, **covers: str) -> RuleBook:
    """Return the book with these covers."""
    people = {name: replace(each, cover=covers.get(name, "")) for name, each in book.people.items()}
    return replace(book, people=people)


def test_the_cover_of_a_manager_who_is_away_hears_of_a_breach(
    lead: Lead, breached: Clock, book: RuleBook
) -> None:
    decision = decide(lead, breached, covered(book, mona="bob"), _TEN, away={"mona": _Gone()})
    assert told(decision) == ("bob", ["mona"], "Mona is not there, so you hear of it.")
    named = decide(lead, breached, covered(book, mona="bob"), _TEN, away={"mona": _Gone("vera")})
    assert told(named)[0] == "vera"


def test_without_a_cover_the_next_one_up_hears_of_it(
    lead: Lead, breached: Clock, book: RuleBook
) -> None:
    assert told(decide(lead, breached, book, _TEN, away={"mona": _Gone()})) == (
        "olga",
        ["mona"],
        "Mona is not there, so you hear of it.",
    )
    both = {"mona": _Gone(), "olga": _Gone()}
    assert told(decide(lead, breached, book, _TEN, away=both)) == (
        "vera",
        ["mona", "olga"],
        "Mona and Olga are not there, so you hear of it.",
    )


def test_the_owner_does_not_hear_of_their_own_breach_as_their_managers_cover(
    lead: Lead, breached: Clock, book: RuleBook
) -> None:
    decision = decide(lead, breached, covered(book, mona="ann"), _TEN, away={"mona": _Gone()})
    assert told(decision)[0] == "olga"


def test_with_nobody_there_the_manager_is_told_all_the_same(
    lead: Lead, breached: Clock, book: RuleBook
) -> None:
    everybody = {name: _Gone() for name in book.people}
    assert told(decide(lead, breached, book, _TEN, away=everybody)) == ("mona", [], "")


def test_the_cover_of_an_owner_who_is_away_is_warned_and_without_one_the_owner(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    away = {"ann": _Gone("bob")}
    assert told(decide(lead, acceptance, book, _NINE_THIRTY, away=away)) == (
        "bob",
        ["ann"],
        "Ann is not there, so you hear of it.",
    )
    alone = decide(lead, acceptance, book, _NINE_THIRTY, away={"ann": _Gone()})
    assert told(alone) == ("ann", [], "")


def test_who_is_told_each_working_day_is_somebody_who_is_there(
    lead: Lead, acceptance: Clock, book: RuleBook
) -> None:
    last = replace(acceptance, next_step=4, next_at=_TEN, state=ClockState.BREACHED)
    assert told(decide(lead, last, book, _TEN, away={"ann": _Gone()}))[:2] == ("mona", ["ann"])
    assert told(decide(lead, last, covered(book, ann="bob"), _TEN, away={"ann": _Gone()}))[0] == (
        "bob"
    )
