"""Pools, allowances and claims over the API: who may, what is refused, and what is answered."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from router.now import now as read_now
from router.road.drain import Road
from router.rulebook.model import RuleBook
from router.store import keys
from router.store.tx import transaction
from router.web.auth import Scope, new_key
from tests.build import MONDAY, inquiry, send
from tests.pools import UK, come_in, use, with_pool

HOUR = timedelta(hours=1)
TOMORROW = (MONDAY + timedelta(days=1)).isoformat()
pytestmark = pytest.mark.usefixtures("even_monday")


def credit(api: TestClient, pool: str = UK, **changes: object) -> Any:  # noqa: ANN401 - a test reads JSON
    """Say that priya is owed a lead more, or something else."""
    body = {"person": "priya-shah", "leads": 1, "reason": "covered a fair", **changes}
    return api.post(f"/api/pools/{pool}/credit", json=body)


def allow(api: TestClient, **changes: object) -> Any:  # noqa: ANN401 - a test reads JSON
    """Say that priya is off until tomorrow, or something else."""
    body = {"person": "priya-shah", "until": TOMORROW, **changes}
    return api.post("/api/allowances", json=body)


def test_a_pool_tells_who_is_next_and_its_ledger_how_it_came_to_that(
    api: TestClient, road: Road, starter_book: RuleBook
) -> None:
    use(road.app, with_pool(starter_book, ""))
    come_in(road, 3)
    assert UK in {each["id"] for each in api.get("/api/pools").json()["items"]}
    told = api.get(f"/api/pools/{UK}", params={"ahead": 2}).json()
    assert {each["person"]: each["given"] for each in told["members"]} == {
        "priya-shah": 2,
        "tom-keane": 1,
    }
    assert [each["person"] for each in told["next"]] == come_in(road, 2)
    page = api.get(f"/api/pools/{UK}/ledger", params={"limit": 3}).json()
    rest = api.get(f"/api/pools/{UK}/ledger", params={"limit": 3, "before": page["next"]}).json()
    rows = page["items"] + rest["items"]
    assert len({row["id"] for row in rows}) == 5
    assert rest["next"] is None
    assert sum(each["credit"] for row in rows for each in row["changes"]) == 0


def test_credit_stays_in_the_ledger_with_who_said_so_and_why(
    api: TestClient, road: Road, starter_book: RuleBook
) -> None:
    use(road.app, with_pool(starter_book, ""))
    told = credit(api, by="george-amari").json()
    assert {each["person"]: each["owed"] for each in told["members"]} == {
        "priya-shah": 1.0,
        "tom-keane": -1.0,
    }
    (row,) = api.get(f"/api/pools/{UK}/ledger").json()["items"]
    assert (row["kind"], row["by"], row["reason"]) == ("adjusted", "george-amari", "covered a fair")


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"pool": "nowhere"}, 404, "no pool 'nowhere'"),
        ({"person": "jonas-brandt"}, 404, "not in the pool"),
        ({"leads": 0}, 422, "0 leads cannot be credited"),
        ({"leads": 101}, 422, "leads"),
        ({"leads": "NaN"}, 422, "leads"),
        ({"leads": "Infinity"}, 422, "leads"),
        ({"leads": 1e-300}, 422, "cannot be credited"),
        ({"leads": -1, "bank": True}, 422, "nothing in the bank"),
        ({"reason": " "}, 422, "reason"),
        ({"reason": "a\u0000b"}, 422, "unstorable"),
        ({"person": "a\u0000b"}, 404, "not in the pool"),
        ({"more": 1}, 422, "more"),
    ],
)
def test_credit_that_cannot_be_meant_is_refused(  # noqa: PLR0913, PLR0917 - a case and its world
    api: TestClient,
    road: Road,
    starter_book: RuleBook,
    changes: dict[str, Any],
    status: int,
    said: str,
) -> None:
    use(road.app, with_pool(starter_book, ""))
    answer = credit(api, **changes)
    assert answer.status_code == status, answer.text
    assert said in answer.text
    assert api.get(f"/api/pools/{UK}/ledger").json()["items"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/pools/nowhere",
        f"/api/pools/{UK}?ahead=201",
        f"/api/pools/{UK}?ahead=-1",
        f"/api/pools/{UK}/ledger?limit=0",
        f"/api/pools/{UK}/ledger?before=x",
        f"/api/pools/{UK}/ledger?person=%00",
        "/api/pools/%00",
        "/api/pools/%00/ledger",
    ],
)
def test_what_cannot_be_asked_is_refused(api: TestClient, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code in {404, 422}, answer.text


def test_an_allowance_is_listed_with_what_has_no_effect_and_can_be_ended(
    api: TestClient, road: Road, starter_book: RuleBook
) -> None:
    use(road.app, with_pool(starter_book, ""))
    given = allow(api, pool=UK, weight=3, reason="half days", by="george-amari").json()
    assert (given["weight"], given["by"], given["without_effect"]) == (3, "george-amari", "")
    weights = {
        each["person"]: (each["weight"], each["book_weight"])
        for each in api.get(f"/api/pools/{UK}").json()["members"]
    }
    assert weights == {"priya-shah": (3.0, 1), "tom-keane": (1.0, 1)}
    use(road.app, with_pool(starter_book, "", members="members: [tom-keane]"))
    (listed,) = api.get("/api/allowances").json()["items"]
    assert listed["without_effect"] == f"priya-shah is not in the pool {UK}"
    assert api.delete(f"/api/allowances/{given['id']}").json()["items"] == []
    again = api.delete(f"/api/allowances/{given['id']}")
    assert again.status_code == 404
    assert "GET /api/allowances lists them" in again.text


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({}, 422, "Say what holds"),
        ({"person": "nobody", "off": True}, 404, "no person 'nobody'"),
        ({"pool": "nowhere", "off": True}, 404, "no pool 'nowhere'"),
        ({"pool": "north-america", "weight": 2}, 422, "not in"),
        ({"weight": 2}, 422, "name it"),
        ({"pool": UK, "weight": 101}, 422, "weight"),
        ({"off": True, "pool": UK, "weight": 1}, 422, "neither weight nor cap"),
        ({"caps": {"day": -1}}, 422, "caps"),
        ({"caps": {"year": 1}}, 422, "caps"),
        ({"off": True, "until": MONDAY.isoformat()}, 422, "has passed"),
        ({"off": True, "until": "2026-03-03T10:00:00"}, 422, "until"),
        ({"off": True, "until": "9999-12-31T23:59:59Z"}, 422, "a year at most"),
        ({"off": True, "from": "2026-03-04T10:00:00Z"}, 422, "before its begin"),
        ({"off": True, "reason": "a\u0000b"}, 422, "unstorable"),
    ],
)
def test_an_allowance_that_cannot_be_meant_is_refused(  # noqa: PLR0913, PLR0917 - a case and its world
    api: TestClient,
    road: Road,
    starter_book: RuleBook,
    changes: dict[str, Any],
    status: int,
    said: str,
) -> None:
    use(road.app, with_pool(starter_book, ""))
    answer = allow(api, **changes)
    assert answer.status_code == status, answer.text
    assert said in answer.text
    assert api.get("/api/allowances").json()["items"] == []


def test_a_claim_takes_the_next_lead_or_says_why_not(
    api: TestClient, road: Road, starter_book: RuleBook
) -> None:
    members = "members: [{person: priya-shah, cap: {open: 1}}, tom-keane]"
    use(road.app, with_pool(starter_book, "hand_out: pull", members=members))
    first, second = (send(road, inquiry()) for _ in range(2))
    path = f"/api/pools/{UK}/claim"
    taken = api.post(path, json={"person": "priya-shah"}).json()
    assert (taken["id"], taken["state"], taken["owner"]["id"]) == (
        str(first.id),
        "accepted",
        "priya-shah",
    )
    for person, status, said in (
        ("priya-shah", 409, "cap 1/1 open"),
        ("jonas-brandt", 409, "is not in the pool"),
        ("nobody", 409, "is not in the pool"),
        ("", 422, "person"),
    ):
        answer = api.post(path, json={"person": person})
        assert answer.status_code == status, answer.text
        assert said in answer.text
    one = f"/api/leads/{second.id}/claim"
    assert api.post(one, json={"person": "jonas-brandt"}).status_code == 409
    assert api.post(one, json={"person": "tom-keane"}).json()["owner"]["id"] == "tom-keane"
    late = api.post(one, json={"person": "priya-shah"})
    assert late.status_code == 409
    assert "Tom Keane (tom-keane)" in late.text
    empty = api.post(path, json={"person": "tom-keane"})
    assert empty.status_code == 404
    assert "Nothing waits in pool" in empty.text
    assert api.post("/api/pools/nowhere/claim", json={"person": "tom-keane"}).status_code == 404
    assert api.post(f"/api/leads/{uuid4()}/claim", json={"person": "tom-keane"}).status_code == 404


def test_a_key_reads_claims_or_changes_pools_as_its_scope_says(
    api: TestClient, road: Road, starter_book: RuleBook
) -> None:
    use(road.app, with_pool(starter_book, "hand_out: pull"))
    asks = (
        ("GET", "/api/pools", None),
        ("GET", f"/api/pools/{UK}", None),
        ("GET", f"/api/pools/{UK}/ledger", None),
        ("GET", "/api/allowances", None),
        ("POST", f"/api/pools/{UK}/claim", {"person": "priya-shah"}),
        ("POST", f"/api/pools/{UK}/credit", {"person": "priya-shah", "leads": 1, "reason": "x"}),
        ("POST", "/api/allowances", {"person": "priya-shah", "off": True, "until": TOMORROW}),
        ("DELETE", f"/api/allowances/{uuid4()}", None),
    )
    may = {
        Scope.READ: [200, 200, 200, 200, 403, 403, 403, 403],
        Scope.ACT: [200, 200, 200, 200, 404, 403, 403, 403],
        Scope.ADMIN: [200, 200, 200, 200, 404, 200, 200, 404],
    }
    for scope, expected in may.items():
        kept, text = new_key("test", (scope,), read_now(), None)
        with transaction(road.app.engine) as tx:
            keys.create(tx, kept)
        headers = {"authorization": f"Bearer {text}"}
        got = [
            api.request(method, path, json=body, headers=headers).status_code
            for method, path, body in asks
        ]
        assert got == expected, scope
    nobody = {api.request(method, path, json=body).status_code for method, path, body in asks}
    assert nobody == {401}
