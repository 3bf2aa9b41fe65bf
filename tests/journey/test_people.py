"""People act while leads pour in: shares stay fair, nothing locks up, and somebody always owns."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from uuid import UUID

import pytest

from router.lead.ids import LeadId
from router.lead.states import LeadState
from router.rulebook.model import RuleBook
from router.store.roster import assigned_counts
from router.store.tx import transaction
from tests.build import inquiry, lead_now, leads_of
from tests.journey import forms, ledger
from tests.journey.conftest import Build
from tests.journey.crm import Crm
from tests.journey.post import post
from tests.journey.town import Town, say, until

_SEED = 5
_COUNTRIES = ("GB", "DE", "FR", "US", "NO")
_LEADS = 300
#: What people say about a lead.
_WORDS: Mapping[str, Mapping[str, str]] = {
    "accept": {},
    "decline": {"reason": "not my field"},
    "touch": {"channel": "call", "note": "spoke"},
    "reassign": {"to": "dan-hill", "reason": "knows them"},
}


@pytest.fixture(scope="module")
def place(build: Build, night_shift: RuleBook, receiver: Crm) -> Town:
    """Return a town with four road workers and two tickers."""
    assert len(night_shift.pools) == len(_COUNTRIES)
    made = build(receiver)
    made.start("web", "web-2", "road", "road-2", "deliver", "ticker", "ticker-2")
    return made


def test_second_inquiry_of_a_person_joins_the_open_lead_and_its_owner_hears_of_it(
    place: Town, receiver: Crm
) -> None:
    email = inquiry()["email"]
    first = post(place.port, forms.generic(email=email))
    place.rest()
    second = post(place.port, forms.generic(email=email, message="And a demo for my colleague?"))
    place.rest()
    (lead,) = leads_of(place.app, first.delivery_id)
    (joined,) = leads_of(place.app, second.delivery_id)
    assert (joined.state, joined.merged_into) == (LeadState.MERGED, lead.id)
    assert [call.kind for call in receiver.about(lead.id)] == ["handoff.offered", "lead.appended"]
    assert lead_now(place.app, lead.id).touchpoints[-1].message.startswith("And a demo")


def test_with_everybody_away_the_fallback_owner_gets_it_and_nobody_reads_why_they_are_away(
    place: Town, receiver: Crm
) -> None:
    members = [member.person for member in place.app.shelf.active().pools["france"].members]
    _available(place, members, available=False)
    try:
        answer = post(place.port, forms.generic(wait=True, country="FR"))
    finally:
        _available(place, members, available=True)
    assert answer.said["owner"] == "Olive Grant"
    (lead,) = leads_of(place.app, answer.delivery_id)
    assert "Nobody in pool france" in lead.why
    until(lambda: bool(receiver.about(lead.id)), "the CRM was told")
    assert receiver.about(lead.id)[0].message["data"]["packet"]["why"] == lead.why
    assert "offsite" not in str(receiver.about(lead.id)[0].message)
    with transaction(place.app.engine) as tx:
        row = tx.row(
            "SELECT data FROM event WHERE lead_id = %s AND kind = 'lead.routed'", (lead.id,)
        )
    assert row is not None
    why = {each["person"]: each["why"] for each in row[0]["candidates"]}
    assert [why[person] for person in members] == ["away until further notice"] * len(members)


def _available(town: Town, people: list[str], *, available: bool) -> None:
    for person in people:
        word = {"available": available, "reason": "offsite"}
        assert town.api(f"/people/{person}/availability", word).status == 200


class _Busy:
    """People who say something about whatever leads there are, until told to stop."""

    def __init__(self, town: Town, seed: int) -> None:
        self._town = town
        self._dice = random.Random(seed)  # noqa: S311 - choices that can be repeated
        self.stop = Event()
        self.said: Counter[str] = Counter()

    def run(self) -> None:
        """Act on some open lead again and again."""
        while not self.stop.wait(0.002):
            with transaction(self._town.app.engine) as tx:
                rows = tx.rows(
                    "SELECT id FROM lead WHERE state IN ('activated', 'accepted')"
                    " ORDER BY rank_at DESC LIMIT 50"
                )
            if rows:
                self._say(LeadId(self._dice.choice(rows)[0]))

    def _say(self, lead_id: LeadId) -> None:
        name = self._dice.choice(sorted(_WORDS))
        web = self._dice.choice(("web", "web-2"))
        answer = self._town.api(f"/leads/{lead_id}/{name}", _WORDS[name], web=web)
        assert answer.status in {200, 409}, answer.body
        self.said[name if answer.status == 200 else "conflict"] += 1


def test_four_workers_five_pools_people_and_tickers_at_once_lock_nothing_up(
    place: Town,
) -> None:
    before = ledger.deadlocks(place.app)
    people = [_Busy(place, _SEED + number) for number in range(3)]
    order = random.Random(_SEED)  # noqa: S311 - an order that can be repeated
    countries = [_COUNTRIES[n % len(_COUNTRIES)] for n in range(_LEADS)]
    order.shuffle(countries)
    tags = [["hurry"] if order.random() < 0.3 else [] for _ in countries]

    def send(number: int) -> UUID:
        ports = list(place.ports.values())
        form = forms.generic(country=countries[number], tags=tags[number])
        return post(ports[number % 2], form).delivery_id

    with ThreadPoolExecutor(3) as crowd, ThreadPoolExecutor(8) as senders:
        busy = [crowd.submit(each.run) for each in people]
        try:
            ids = list(senders.map(send, range(_LEADS)))
            Event().wait(4)  # the ladders of those who hurry are climbed meanwhile
            until(lambda: _all_said(people) or _one_failed(busy), "every word was said")
        finally:
            for each in people:
                each.stop.set()
        for future in busy:
            future.result()
    place.rest()
    said = sum((each.said for each in people), Counter[str]())
    say(f"{_LEADS} leads, acts: {dict(said)}")
    assert ledger.deadlocks(place.app) == before
    assert len({lead.id for lead in ledger.ended(place.app, ids)}) == _LEADS
    _check_fair(place)
    ledger.check_chains(place.app)
    assert place.faults() == []


def _all_said(people: Iterable[_Busy]) -> bool:
    return all(any(each.said[word] for each in people) for word in _WORDS)


def _one_failed(busy: Iterable[Future[None]]) -> bool:
    return any(each.done() for each in busy)


def _check_fair(town: Town) -> None:
    """Check that each pool's ledger is balanced, and that first owners are drawn by weight.

    Later owners are not: who declines gives a turn to those who are left.
    """
    with transaction(town.app.engine) as tx:
        rows = assigned_counts(tx, "default")
        drawn = tx.rows(
            "SELECT data->>'pool', data->'owner'->>'id', count(*) FROM event"
            " WHERE kind = 'lead.routed' GROUP BY 1, 2"
        )
    first = {(pool, person): count for pool, person, count in drawn}
    for pool in town.app.shelf.active().pools.values():
        assert sum(row.credit for (each, _person), row in rows.items() if each == pool.id) == 0
        given = {member.person: first.get((pool.id, member.person), 0) for member in pool.members}
        say(f"{pool.id}: {given}")
        weights = sum(member.weight for member in pool.members)
        for member in pool.members:
            fair = sum(given.values()) * member.weight / weights
            assert given[member.person] == pytest.approx(fair, rel=0.2, abs=5), (pool.id, given)
