"""Everything is killed while forms are posted: each lead arrives once, and so does each message."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from router.embedded.servers import Servers
from router.lead.model import Lead
from router.lead.states import LeadState
from tests.build import CLEAR, inquiry
from tests.journey import forms, ledger
from tests.journey.crm import Crm
from tests.journey.post import Answer, Form, Sender
from tests.journey.town import Town, say, until
from tests.journey.wreck import Wrecker

_FORMS = 700
_SENDERS = 8
#: How often each of nine kinds of blow falls.
_ROUNDS = 2
_NAMES = ("web", "web-2", "road", "deliver", "ticker")


@pytest.fixture(scope="module")
def place(own_town: Town) -> Town:
    """Return a town in which everything may be killed."""
    own_town.start(*_NAMES)
    return own_town


def _wanted(seed: int) -> list[Form]:
    """Return forms of every kind; one in ten is of a person who asked before."""
    dice = random.Random(seed)  # noqa: S311 - a choice that can be repeated
    people = [str(inquiry()["email"]) for _ in range(_FORMS)]
    kinds = (forms.generic, forms.typeform, forms.standard, forms.tally, forms.urlencoded)
    countries = ("GB", "DE", "US", "IE", "AT")
    return [
        kinds[number % len(kinds)](
            email=dice.choice(people[:number]) if number and dice.random() < 0.1 else email,
            country=dice.choice(countries),
            # A delivery of an unsigned source is known by its bytes.
            message=f"{CLEAR['message']} We are {number + 2} people.",
        )
        for number, email in enumerate(people)
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_lost_or_doubled_while_everything_is_killed(
    place: Town, receiver: Crm, own_servers: Servers, seed: int
) -> None:
    receiver.forget()
    sender, wanted = place.sender(), _wanted(seed)
    wrecker = Wrecker(place, own_servers, seed, _ROUNDS)
    with ThreadPoolExecutor(_SENDERS) as senders:
        posting = [senders.submit(_paced, sender, form) for form in wanted]

        def wrecked() -> bool:
            wrecker.look()
            return wrecker.is_done and all(each.done() for each in posting)

        until(place.tended(wrecked), f"seed {seed}: all forms are posted", 300)
        answers = [each.result() for each in posting]
    wrecker.let_go()
    for name in _NAMES:
        until(place.tended(lambda name=name: place.pid(name) > 0), f"{name} runs")  # type: ignore[misc]  # bound now
    until(place.tended(own_servers.postgres.answers), "the database answers")
    place.rest(tend=True)
    told = _check(place, receiver, answers)
    blows = f"{wrecker.struck.total()} blows {dict(wrecker.struck)}"
    say(f"seed {seed}: {blows}; {receiver.torn} calls cut in the middle")
    say(f"seed {seed}: {len(answers)} forms, sent again {sender.repeated} times; {told}")
    assert sender.told <= {503}


def _paced(sender: Sender, form: Form) -> Answer:
    """Post a form, not all in one burst, so that every blow hits some."""
    sender.pause()
    return sender.deliver(form)


def _check(town: Town, crm: Crm, answers: list[Answer]) -> dict[str, object]:
    ids = [answer.delivery_id for answer in answers]
    assert len(set(ids)) == len(answers)
    by_delivery = ledger.leads_by_delivery(town.app, ids)
    assert {len(leads) for leads in by_delivery.values()} == {1}
    final: dict[object, Lead] = {lead.id: lead for lead in ledger.ended(town.app, ids)}
    merged = [
        lead for leads in by_delivery.values() for lead in leads if lead.state is LeadState.MERGED
    ]
    assert len(final) == len(ids) - len(merged)
    told = ledger.check_receiver(town.app, crm, {lead.id for lead in final.values()})
    events = ledger.check_chains(town.app)
    ledger.check_people(town.app)
    # A crash of the server empties this count, so it speaks for the time since the last one.
    assert ledger.deadlocks(town.app) == 0
    return {"leads": len(final), "merged": len(merged), "events": events, **told}
