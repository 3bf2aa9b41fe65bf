"""A lead that kills its worker, and one that hangs: each costs itself alone, and is shown."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from router.lead.model import Lead
from router.lead.states import LeadState
from tests.build import CLEAR, events_of
from tests.journey import forms, ledger
from tests.journey.conftest import Build
from tests.journey.crm import Crm
from tests.journey.post import Form, post
from tests.journey.town import ROOT, Town, say

#: Seconds a batch may take here: more than a good one needs on a machine that has much else to do.
_DEADLINE_S = 8


@pytest.fixture(scope="module")
def place(build: Build, receiver: Crm) -> Town:
    """Return a town whose classifier is hostile."""
    plugins = ROOT / "tests" / "plugins"
    made = build(
        receiver,
        told={"CLASSIFIER": "hostile", "TICKET_DEADLINE_S": str(_DEADLINE_S)},
        env={"PYTHONPATH": f"{ROOT}:{plugins}"},
    )
    made.start("web", "road", "deliver", "ticker")
    return made


def _posted(town: Town, wanted: Sequence[Form]) -> list[UUID]:
    with ThreadPoolExecutor(8) as threads:
        return [each.delivery_id for each in threads.map(lambda it: post(town.port, it), wanted)]


def _deaths(town: Town) -> int:
    text = (town.home / "logs" / "road.log").read_text(encoding="utf-8", errors="replace")
    return sum("exited with 'signal 9" in line for line in text.splitlines())


def _one_among_99(town: Town, word: str) -> tuple[Lead, list[UUID]]:
    """Post one bad lead among 99 good ones; return it once everything is at rest."""
    bad = forms.generic(message=f"{CLEAR['message']} {word}")
    ids = _posted(town, [forms.generic() if n != 50 else bad for n in range(100)])
    town.rest()
    poison = ids.pop(50)
    (lead,) = ledger.leads_by_delivery(town.app, [poison])[poison]
    return lead, ids


def test_lead_on_which_the_classifier_raises_is_shown_to_a_person(place: Town) -> None:
    before = _deaths(place)
    lead, others = _one_among_99(place, "xyzzy-raise")
    assert lead.state is LeadState.IN_REVIEW
    assert len(ledger.ended(place.app, others)) == 99
    assert _deaths(place) == before


@pytest.mark.parametrize(("word", "most"), [("xyzzy-kill", 4), ("xyzzy-hang", 4)])
def test_bad_lead_is_parked_and_its_99_neighbours_are_done(
    place: Town, receiver: Crm, word: str, most: int
) -> None:
    before = _deaths(place)
    lead, others = _one_among_99(place, word)
    assert (lead.state, lead.reason) == (LeadState.PARKED, "attempts_spent")
    assert "The worker" in lead.last_error
    assert events_of(place.app, lead.id)[-1] == "lead.parked"
    shown = place.api("/leads?state=parked").said["items"]
    assert str(lead.id) in {each["id"] for each in shown}
    done = ledger.ended(place.app, others)
    assert len({each.id for each in done}) == 99
    deaths = _deaths(place) - before
    say(f"{word}: {deaths} worker deaths, {len(done)} done, 1 parked")
    assert 1 <= deaths <= most
    ledger.check_receiver(place.app, receiver, {each.id for each in done})
    ledger.check_chains(place.app)
