"""Every form tool's way in, over real HTTP: each lead gets its owner once, however it is sent."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import orjson
import pytest

from router.lead.states import LeadState
from router.store.tx import transaction
from tests.build import inquiry, leads_of
from tests.journey import forms, ledger
from tests.journey.crm import Crm
from tests.journey.post import Answer, Form, post
from tests.journey.town import Town

_SEED = 20260302


@pytest.mark.parametrize("way", sorted(forms.every_source()))
def test_form_becomes_a_task_of_a_named_owner_and_a_signed_message(
    place: Town, receiver: Crm, way: str
) -> None:
    answer = post(place.port, forms.every_source()[way])
    assert answer.status == 200
    place.rest()
    (lead,) = ledger.ended(place.app, [answer.delivery_id])
    assert lead.state is LeadState.ACTIVATED
    assert lead.owner is not None
    assert lead.rule == "uk-and-ireland"
    (told,) = receiver.about(lead.id)
    assert (told.kind, told.genuine) == ("handoff.offered", True)
    tasks = place.api(f"/tasks?person={lead.owner.id}&limit=100").said["items"]
    (task,) = [each for each in tasks if each["lead_id"] == str(lead.id)]
    assert (task["to"], task["state"], task["late"]) == (lead.owner.id, "offered", False)


def test_caller_who_waits_is_told_the_owner(place: Town) -> None:
    answer = post(place.port, forms.generic(wait=True))
    said = answer.said
    assert said["status"] == "assigned"
    assert said["owner"] in {"Priya Shah", "Tom Keane", "George Amari"}
    assert said["owner"] in said["reason"]
    (lead,) = leads_of(place.app, answer.delivery_id)
    assert str(lead.id) == said["lead_id"]


def test_twenty_copies_at_once_over_two_web_processes_make_one_lead(place: Town) -> None:
    form, gate = forms.generic(), Barrier(20)

    def copy(number: int) -> Answer:
        gate.wait()
        return post(list(place.ports.values())[number % 2], form)

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(copy, range(20)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    place.rest()
    assert len(leads_of(place.app, answers[0].delivery_id)) == 1
    with transaction(place.app.engine) as tx:
        rows = tx.rows(
            "SELECT count(*) FROM lead WHERE body->'person'->>'email' = %s",
            (orjson.loads(form.body)["email"],),
        )
    assert rows == [(1,)]


def test_two_forms_of_one_person_at_once_over_two_web_processes_are_one_person(
    place: Town,
) -> None:
    people = [inquiry()["email"] for _ in range(10)]
    pairs = [
        [forms.generic(email=email), forms.generic(email=email, message="And a second demo?")]
        for email in people
    ]
    gate = Barrier(2)

    def one_side(side: int) -> list[Answer]:
        found = []
        for pair in pairs:
            gate.wait()
            found.append(post(list(place.ports.values())[side], pair[side]))
        return found

    with ThreadPoolExecutor(2) as threads:
        sides = list(threads.map(one_side, range(2)))
    place.rest()
    for first, second in zip(*sides, strict=True):
        leads = [*leads_of(place.app, first.delivery_id), *leads_of(place.app, second.delivery_id)]
        assert sorted(lead.state for lead in leads) == [LeadState.ACTIVATED, LeadState.MERGED]
        assert len({lead.contact_id for lead in leads}) == 1


def test_deliveries_sent_again_in_any_order_get_the_same_answers(
    place: Town, receiver: Crm
) -> None:
    order = random.Random(_SEED)  # noqa: S311 - an order that can be repeated
    wanted = [make() for make in (forms.generic, forms.typeform, forms.standard) for _ in range(70)]
    before = ledger.deadlocks(place.app)
    gate = Barrier(4)

    def sender(port: int, mine: list[Form]) -> dict[bytes, Answer]:
        gate.wait()
        return {form.body: post(port, form) for form in mine}

    turns = [order.sample(wanted, len(wanted)) for _ in range(4)]
    ports = list(place.ports.values()) * 2
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(sender, ports, turns))
    for form in wanted:
        said = [each[form.body] for each in answers]
        assert {answer.status for answer in said} == {200}
        assert len({answer.body for answer in said}) == 1
    place.rest()
    ids = {answers[0][form.body].delivery_id for form in wanted}
    assert len(ids) == len(wanted)
    leads = ledger.ended(place.app, ids)
    assert len({lead.id for lead in leads}) == len(wanted)
    assert ledger.deadlocks(place.app) == before
    ledger.check_receiver(place.app, receiver, {lead.id for lead in leads})
    ledger.check_chains(place.app)
    assert place.faults() == []
