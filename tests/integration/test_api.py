"""The API on a real database, call by call: what people look at and what they report back."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi.testclient import TestClient

from router.lead.model import Lead
from router.lead.states import LeadState
from router.pipeline import StageName
from router.road.drain import Road
from router.web.api import make_api
from tests.build import MONDAY, delivery, inquiry, lead_now, send, store, time_stands_at


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Stand on a monday morning, so that everybody works."""
    with time_stands_at(MONDAY):
        yield


@pytest.fixture(scope="module")
def api(road: Road) -> Iterator[TestClient]:
    """Return a caller on this machine, while no key exists."""
    with TestClient(make_api(road, bound_to_loopback=True), base_url="http://127.0.0.1") as client:
        yield client


def get(api: TestClient, path: str, **params: object) -> Any:  # noqa: ANN401 - a test reads JSON
    """Return what a call answers, which must be good."""
    answer = api.get(path, params={name: str(value) for name, value in params.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()


def say(api: TestClient, lead: Lead, word: str, **body: object) -> httpx2.Response:
    """Report something about a lead."""
    return api.post(f"/api/leads/{lead.id}/{word}", json=body)


def problem(answer: httpx2.Response, status: int, code: str) -> str:
    """Return the detail of a problem, which must be this one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:lead-router:problem:{code}"
    detail: str = answer.json()["detail"]
    return detail


def test_a_lead_is_listed_shown_and_told_with_its_events(api: TestClient, road: Road) -> None:
    lead = send(road, inquiry())
    assert lead.owner is not None

    (listed,) = get(api, "/api/leads", email=lead.person.email, limit=1)["items"]
    assert listed == get(api, f"/api/leads/{lead.id}")
    assert (listed["state"], listed["owner"]["id"]) == ("activated", lead.owner.id)
    assert "head" not in listed

    first = get(api, f"/api/leads/{lead.id}/events", limit=4)
    second = get(api, f"/api/leads/{lead.id}/events", after=first["next"])
    kinds = [event["kind"] for page in (first, second) for event in page["items"]]
    assert kinds[:2] == ["lead.captured", "lead.cleaned"]
    assert (len(kinds), second["next"]) == (lead.version, None)


def test_lists_turn_page_by_page_and_miss_nobody(api: TestClient, road: Road) -> None:
    wanted = {str(send(road, inquiry(country="DE")).id) for _ in range(5)}
    seen: list[str] = []
    cursor = ""
    while True:
        page = get(api, "/api/leads", limit=2, cursor=cursor)
        seen += [lead["id"] for lead in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert wanted <= set(seen)
    assert len(seen) == len(set(seen))


def test_filters_narrow_the_list(api: TestClient, road: Road) -> None:
    partner = send(road, inquiry(form_kind="partner"))
    spam = send(road, inquiry(honeypot="x"))
    by_owner = get(api, "/api/leads", owner="partner-desk")["items"]
    assert [lead["id"] for lead in by_owner] == [str(partner.id)]
    rejected = get(api, "/api/leads", state="rejected")["items"]
    assert str(spam.id) in [lead["id"] for lead in rejected]
    assert {lead["state"] for lead in rejected} == {"rejected"}
    assert not get(api, "/api/leads", until=MONDAY.isoformat())["items"]
    assert not get(api, "/api/leads", source="typeform")["items"]
    assert not get(api, "/api/leads", email="nobody@archer-mills.example")["items"]


def test_the_owner_accepts_and_somebody_else_is_told_whose_it_is(
    api: TestClient, road: Road
) -> None:
    lead = send(road, inquiry())
    assert lead.owner is not None
    other = "tom-keane" if lead.owner.id == "priya-shah" else "priya-shah"

    assert lead.owner.id in problem(say(api, lead, "accept", person=other), 409, "conflict")
    accepted = say(api, lead, "accept", person=lead.owner.id)
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    assert (
        say(api, lead, "accept", person=lead.owner.id).json()["version"]
        == (accepted.json()["version"])
    ), "accepting twice is accepting once"


def test_a_declined_lead_goes_to_somebody_else(api: TestClient, road: Road) -> None:
    lead = send(road, inquiry())
    assert lead.owner is not None
    after = say(api, lead, "decline", reason="away all week").json()
    assert after["owner"]["id"] != lead.owner.id
    assert after["passed"] == [lead.owner.id]


def test_a_lead_is_claimed_from_a_queue_touched_and_closed(api: TestClient, road: Road) -> None:
    lead = send(road, inquiry(form_kind="partner"))
    assert problem(say(api, lead, "accept"), 422, "person_needed")
    assert problem(say(api, lead, "claim", person="nobody"), 422, "unknown_person")
    assert say(api, lead, "claim", person="tom-keane").json()["owner"]["id"] == "tom-keane"
    assert say(api, lead, "touch", channel="call", note="rang").json()["state"] == "contacted"
    closed = say(api, lead, "outcome", outcome="converted").json()
    assert (closed["state"], closed["outcome"]) == ("closed", "converted")
    assert "closed as converted" in problem(say(api, lead, "accept"), 409, "conflict")


def test_a_lead_is_given_to_a_named_person(api: TestClient, road: Road) -> None:
    lead = send(road, inquiry())
    after = say(api, lead, "reassign", to="ruby-tran", reason="knows them", by="george-amari")
    assert after.json()["owner"]["id"] == "ruby-tran"
    assert "george-amari" in after.json()["why"]


def test_open_handoffs_are_the_task_list(api: TestClient, road: Road) -> None:
    lead = send(road, inquiry(country="AU", company="Reef Works"))
    tasks = get(api, "/api/tasks", person="ruby-tran")["items"]
    (task,) = [each for each in tasks if each["lead_id"] == str(lead.id)]
    assert (task["to"], task["state"], task["late"]) == ("ruby-tran", "offered", False)
    assert task["subject"] == "Ann Archer, Reef Works: demo"
    assert task["due"]
    say(api, lead, "outcome", outcome="spam")
    assert str(lead.id) not in [
        each["lead_id"] for each in get(api, "/api/tasks", person="ruby-tran")["items"]
    ]


def test_tasks_come_by_when_they_are_due(api: TestClient, road: Road) -> None:
    for kind in ("contact", "partner", "demo"):
        send(road, inquiry(form_kind=kind))
    due, cursor = [], ""
    while True:
        page = get(api, "/api/tasks", limit=2, cursor=cursor)
        due += [task["due"] for task in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert len(due) >= 3
    assert due == sorted(due)


def test_the_explanation_is_told_as_json_and_as_text(api: TestClient, road: Road) -> None:
    lead = send(road, inquiry())
    told = get(api, f"/api/leads/{lead.id}/explain")
    assert told["owner"]["rule"] == "uk-and-ireland"
    assert told["chain"] == {"verified": True, "events": lead.version, "problem": ""}
    text = api.get(f"/api/leads/{lead.id}/explain", params={"format": "text"})
    assert text.headers["content-type"].startswith("text/plain")
    assert "20-routes.yaml:" in text.text


def test_deliveries_are_listed_and_captured_again(api: TestClient, road: Road) -> None:
    lead = send(road, inquiry())
    listed = get(api, "/api/deliveries", state="captured", source="generic", limit=200)["items"]
    assert str(lead.delivery_id) in [row["id"] for row in listed]
    assert "body" not in listed[0]
    path = f"/api/deliveries/{lead.delivery_id}/replay"
    assert api.post(path, json={}).json()["state"] == "received"
    problem(api.post(path, json={}), 409, "conflict")
    road.drain(StageName.CAPTURE)
    problem(api.post(f"/api/deliveries/{uuid4()}/replay", json={}), 404, "not_found")


def test_actions_are_listed_by_lead_and_only_parked_ones_are_sent_again(
    api: TestClient, road: Road
) -> None:
    lead = send(road, inquiry())
    (offered,) = get(api, "/api/actions", lead=lead.id)["items"]
    assert (offered["kind"], offered["state"]) == ("handoff.offered", "pending")
    assert not get(api, "/api/actions", lead=lead.id, destination="elsewhere")["items"]
    problem(api.post(f"/api/actions/{offered['id']}/replay", json={}), 409, "conflict")
    problem(api.post(f"/api/actions/{uuid4()}/replay", json={}), 404, "not_found")


def test_a_review_is_listed_and_answered_once(api: TestClient, road: Road) -> None:
    lead = send(road, inquiry(message="Hello there."))
    assert lead.state is LeadState.IN_REVIEW
    listed = get(api, "/api/review", reviewer="george-amari")["items"]
    (item,) = [each for each in listed if each["lead_id"] == str(lead.id)]
    path = f"/api/review/{item['id']}/answer"
    said = {"answer": "pricing", "by": "george-amari"}

    problem(api.post(path, json=said | {"answer": "perhaps"}), 422, "unknown_answer")
    assert api.post(path, json=said).json()["state"] == "classified"
    assert "george-amari" in problem(api.post(path, json=said), 409, "conflict")
    road.drain(StageName.ROUTE)
    assert lead_now(road.app, lead.id).state is LeadState.ACTIVATED


def test_who_is_away_gets_no_leads_until_they_are_back(api: TestClient, road: Road) -> None:
    path = "/api/people/tom-keane/availability"
    away = api.post(path, json={"available": False, "reason": "training"}).json()
    said = {"until": None, "reason": "training", "kind": "away", "cover": ""}
    assert (away["available"], away["absence"]) == (False, said)
    owners = [send(road, inquiry()).owner for _ in range(3)]
    assert {owner.id for owner in owners if owner} == {"priya-shah"}

    back = api.post(path, json={"available": True}).json()
    assert back["available"]
    (priya,) = [p for p in get(api, "/api/people")["items"] if p["id"] == "priya-shah"]
    (turn,) = [each for each in priya["turns"] if each["pool"] == "uk-and-ireland"]
    assert turn["assigned"] >= 3

    late = {"available": False, "until": "2020-01-01T00:00:00Z"}
    problem(api.post(path, json=late), 422, "until_has_passed")
    unknown = api.post("/api/people/nobody/availability", json={"available": True})
    problem(unknown, 404, "not_found")


def test_stats_count_what_there_is(api: TestClient, road: Road) -> None:
    send(road, inquiry())
    before = get(api, "/api/stats")
    assert before["no_owner"] == 0
    assert before["leads"]["activated"] >= 1
    store(road.app, delivery(inquiry()))
    assert get(api, "/api/stats")["waiting"]["deliveries_waiting"] == 1
    road.drain(StageName.CAPTURE)


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("/api/leads", {"colour": "red"}, "invalid_request"),
        ("/api/leads", {"limit": "201"}, "invalid_request"),
        ("/api/leads", {"state": "lost"}, "invalid_request"),
        ("/api/leads", {"since": "2026-01-05T09:00:00"}, "invalid_request"),
        ("/api/leads", {"email": "not an address"}, "invalid_request"),
        ("/api/leads", {"cursor": "not ours"}, "bad_cursor"),
        ("/api/leads/7", {}, "invalid_request"),
    ],
)
def test_what_was_asked_wrongly_is_told_with_its_place(
    api: TestClient, path: str, params: dict[str, str], code: str
) -> None:
    detail = problem(api.get(path, params=params), 422, code)
    assert next(iter(params), "lead_id").split("=")[0] in detail or code == "bad_cursor"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"persn": "tom-keane"}, "body.persn"),
        ({"person": 7}, "body.person"),
        ({"person": "x" * 101}, "body.person"),
        ([], "body"),
    ],
)
def test_a_body_is_read_strictly(api: TestClient, road: Road, body: object, place: str) -> None:
    lead = send(road, inquiry())
    answer = api.post(f"/api/leads/{lead.id}/accept", json=body)
    assert place in problem(answer, 422, "invalid_request")
    assert lead_now(road.app, lead.id) == lead


_IS_JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("raw", [b'{"channel": "call", "note": "\\ud800"}', b"{", b""])
def test_a_body_that_is_no_text_or_no_json_is_a_problem(
    api: TestClient, road: Road, raw: bytes
) -> None:
    lead = send(road, inquiry())
    answer = api.post(f"/api/leads/{lead.id}/touch", content=raw, headers=_IS_JSON)
    problem(answer, 422, "invalid_request")
    assert lead_now(road.app, lead.id) == lead


def test_a_body_of_brackets_is_refused(api: TestClient) -> None:
    deep = b"[" * 30_000 + b"]" * 30_000
    answer = api.post(f"/api/leads/{uuid4()}/touch", content=deep, headers=_IS_JSON)
    problem(answer, 400, "bad_request")


def test_a_nul_in_a_reason_is_a_problem_of_the_caller(api: TestClient, road: Road) -> None:
    lead = send(road, inquiry())
    problem(say(api, lead, "decline", reason="a\0b"), 422, "unstorable")
    assert lead_now(road.app, lead.id) == lead


def test_unknown_things_are_problems_too(api: TestClient) -> None:
    nowhere = uuid4()
    for path in ("", "/events", "/explain"):
        problem(api.get(f"/api/leads/{nowhere}{path}"), 404, "not_found")
    problem(api.post(f"/api/leads/{nowhere}/accept", json={}), 404, "not_found")
    said = {"answer": "pricing", "by": "george-amari"}
    problem(api.post(f"/api/review/{nowhere}/answer", json=said), 404, "not_found")
    problem(api.get("/api/nothing"), 404, "not_found")
    problem(api.post("/api/leads", json={}), 405, "method_not_allowed")


def test_the_description_and_its_page_are_served(api: TestClient) -> None:
    assert get(api, "/openapi.json")["info"]["title"] == "lead-router"
    page = api.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "/api/tasks" in page.text
