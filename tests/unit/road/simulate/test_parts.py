"""The parts of a simulation: leads made of facts, made-up arrivals, desks, and the picture."""

from collections import Counter
from datetime import timedelta
from random import Random
from xml.etree import ElementTree as ET

import pytest

from router.lead.facts import FACTS, FactType, facts_of
from router.road.simulate.arrivals import Arrival, generate
from router.road.simulate.desk import Desk
from router.road.simulate.kinds import ASIDE, targets_of
from router.road.simulate.lead import lead_of
from router.road.simulate.plot import plot
from router.road.simulate.seen import Seen
from router.road.simulate.world import Absence
from router.rulebook.model import RuleBook
from router.rulebook.outcome import decide_all
from router.rulebook.trial import probes
from router.rulebook.worktime import work_time
from tests.played import MONDAY, PRIYA, TOM, at, hourly, played, team, two_weeks

_SVG = "{http://www.w3.org/2000/svg}"


def test_a_lead_made_of_facts_has_these_facts(starter_book: RuleBook) -> None:
    for facts in probes.tested(starter_book):
        dated = {name for name in facts if FACTS[name][0] is FactType.DATE}
        # Of a source, a lane and a classification a lead has the whole or nothing.
        left = dated | ({"urgency", "service_interest"} if "intent" not in facts else set())
        wanted = {name: value for name, value in facts.items() if name not in left}
        found = facts_of(lead_of(facts, 1, MONDAY, ""))
        assert wanted == {name: found.get(name) for name in wanted}


def test_made_up_leads_go_everywhere_the_book_sends_leads(starter_book: RuleBook) -> None:
    targets = targets_of(starter_book)
    assert {each.id for each in targets if each.kind == "pool"} == set(starter_book.pools)
    assert {each.id for each in targets if each.kind == "queue"} == set(starter_book.queues)
    whole = sum(each.weight for each in targets)
    aside = [each for each in targets if each.kind not in {"pool", "person", "fallback"}]
    assert sum(each.weight for each in aside) / whole == pytest.approx(ASIDE)
    for target in targets:
        for kind in target.kinds:
            facts = {**kind.facts, "intent": kind.intents[0]}
            lead = lead_of(facts, 1, at("2026-03-04 12:00"), "")
            assert decide_all(starter_book, facts_of(lead)).target == (target.kind, target.id)


def made_up(book: RuleBook, days: int, leads: int, *, seed: int) -> tuple[Arrival, ...]:
    """Make leads up."""
    return generate(book, MONDAY, days, leads, Random(seed))  # noqa: S311 - nothing is secret


def test_leads_come_when_offices_are_open_and_few_at_the_weekend(starter_book: RuleBook) -> None:
    found = made_up(starter_book, 28, 3000, seed=5)
    assert [each.number for each in found] == list(range(1, 3001))
    assert [each.at for each in found] == sorted(each.at for each in found)
    assert found[0].at >= MONDAY
    assert found[-1].at < MONDAY + timedelta(days=28, hours=2)
    days = Counter(each.at.weekday() for each in found)
    assert days[5] + days[6] < 0.1 * len(found)
    assert sum(1 for each in found if 8 <= each.at.hour < 23) > 0.8 * len(found)
    # One campaign brings many at once.
    busiest = max(Counter(each.at.replace(minute=0, second=0) for each in found).values())
    assert busiest > 50


def test_the_same_seed_makes_the_same_leads(starter_book: RuleBook) -> None:
    one, two, other = (made_up(starter_book, 7, 200, seed=seed) for seed in (3, 3, 4))
    assert one == two
    assert one != other


def desk(book: RuleBook, *absences: Absence) -> Desk:
    """Return the desk of somebody in London, who works from nine to half past five."""
    return Desk(work_time(book.calendars["london"]), absences)


def test_work_goes_on_where_an_absence_has_interrupted_it(starter_book: RuleBook) -> None:
    noon = desk(starter_book, Absence(TOM, at("2026-03-02 12:00"), at("2026-03-03 12:00")))
    assert noon.done(at("2026-03-02 11:50"), timedelta(minutes=10)) == at("2026-03-02 12:00")
    assert noon.done(at("2026-03-02 11:50"), timedelta(minutes=30)) == at("2026-03-03 12:20")
    assert noon.done(at("2026-03-02 13:00"), timedelta(0)) == at("2026-03-03 12:00")
    assert noon.done(at("2026-03-02 07:00"), timedelta(0)) == at("2026-03-02 09:00")
    assert noon.away(at("2026-03-02 00:00"), at("2026-03-04 00:00")) == timedelta(hours=8.5)


def test_who_never_comes_back_never_does_it(starter_book: RuleBook) -> None:
    gone = desk(starter_book, Absence(TOM, at("2026-03-02 12:00"), None))
    assert gone.done(at("2026-03-02 11:00"), timedelta(hours=2)) is None


def test_absences_that_overlap_count_once(starter_book: RuleBook) -> None:
    twice = desk(
        starter_book,
        Absence(TOM, at("2026-03-02 00:00"), at("2026-03-03 00:00")),
        Absence(TOM, at("2026-03-02 12:00"), at("2026-03-04 00:00")),
    )
    assert twice.away(at("2026-03-02 00:00"), at("2026-03-07 00:00")) == timedelta(hours=17)


@pytest.fixture
def month(starter_book: RuleBook) -> Seen:
    """Play a month of two people, one of them away for two weeks."""
    return played(team(starter_book, TOM, PRIYA), hourly(26), away=(two_weeks(TOM),))


def test_the_picture_is_well_formed_whatever_it_is_called(month: Seen) -> None:
    text = plot(month, month, title='A & <b> "c" \x00', told=("x < y",))
    root = ET.fromstring(text)  # noqa: S314 - our own text
    assert root.tag == f"{_SVG}svg"
    texts = ["".join(each.itertext()) for each in root.iter(f"{_SVG}text")]
    assert 'A & <b> "c" ' in texts
    assert "x < y" in texts
    assert {"day", "leads", "share in time", "team: 160 leads", TOM, PRIYA} <= set(texts)


def test_the_picture_shows_lines_absences_and_both_bars(month: Seen) -> None:
    root = ET.fromstring(plot(month, month, title="month"))  # noqa: S314 - our own text
    kinds = Counter(each.get("class", "").split()[0] for each in root.iter() if each.get("class"))
    assert (kinds["had"], kinds["due"], kinds["gone"]) == (2, 2, 1)
    # Accepted and spoken to, and accepted in the one pool.
    assert (kinds["old"], kinds["new"]) == (3, 3)
    alone = ET.fromstring(plot(month, None, title="month"))  # noqa: S314 - our own text
    assert not [each for each in alone.iter() if each.get("class") == "old"]


def test_a_picture_of_nothing_is_a_picture_too(starter_book: RuleBook) -> None:
    empty = played(team(starter_book, TOM), [])
    assert ET.fromstring(plot(empty, None, title="")).tag == f"{_SVG}svg"  # noqa: S314 - our own text
