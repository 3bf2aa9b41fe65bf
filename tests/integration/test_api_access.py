"""Who may use the API: anybody on this machine until a key exists, and then only with one."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from router.app import build_app
from router.now import now as read_now
from router.road.drain import Road
from router.settings import Settings
from router.store import keys
from router.store.tx import transaction
from router.web.api import make_api
from router.web.auth import Scope, new_key
from tests.build import MONDAY, events_of, inquiry, send, time_stands_at


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Stand on a monday morning, so that everybody works."""
    with time_stands_at(MONDAY):
        yield


def caller(road: Road, *, bound_to_loopback: bool = True) -> TestClient:
    """Return a caller without a key."""
    web = make_api(road, bound_to_loopback=bound_to_loopback)
    return TestClient(web, base_url="http://127.0.0.1")


def made(road: Road, scope: Scope, *, expires_in: timedelta | None = None) -> tuple[str, str]:
    """Make a key; return its id and the header that carries it."""
    now = read_now()
    kept, text = new_key("test", (scope,), now, now + expires_in if expires_in else None)
    with transaction(road.app.engine) as tx:
        keys.create(tx, kept)
    return kept.id, f"Bearer {text}"


def status(road: Road, header: str, method: str = "GET", path: str = "/api/leads") -> int:
    """Return how a call with this header ends."""
    body: dict[str, str] | None = {} if method == "POST" else None
    with caller(road) as api:
        return api.request(method, path, json=body, headers={"authorization": header}).status_code


def test_open_on_this_machine_until_the_first_key_and_closed_for_good_after_it(
    road: Road,
) -> None:
    with caller(road) as api, caller(road, bound_to_loopback=False) as reached_from_elsewhere:
        assert api.get("/api/leads").status_code == 200
        assert reached_from_elsewhere.get("/api/leads").status_code == 401
        key_id, header = made(road, Scope.READ)
        refused = api.get("/api/leads")
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert refused.headers["cache-control"] == "no-store"
        assert api.get("/api/leads", headers={"authorization": header}).status_code == 200
        with transaction(road.app.engine) as tx:
            keys.revoke(tx, key_id, read_now())
        assert api.get("/api/leads").status_code == 401, "revoking the last key opens nothing"


def test_a_key_does_what_its_scope_says_and_no_more(road: Road) -> None:
    lead = send(road, inquiry())
    accept, replay = f"/api/leads/{lead.id}/accept", f"/api/deliveries/{uuid4()}/replay"
    reads, acts, admin = (made(road, scope)[1] for scope in Scope)
    assert [status(road, key) for key in (reads, acts, admin)] == [200, 200, 200]
    assert [status(road, key, "POST", accept) for key in (reads, acts)] == [403, 200]
    assert [status(road, key, "POST", replay) for key in (reads, acts, admin)] == [403, 403, 404]
    transfer = "/api/people/nobody-known/transfer"
    assert [status(road, key, "POST", transfer) for key in (reads, acts)] == [403, 403]


def test_a_wrong_revoked_or_expired_key_opens_nothing(road: Road) -> None:
    key_id, good = made(road, Scope.ADMIN)
    assert status(road, good) == 200
    assert status(road, good[:-2] + "xx") == 401
    assert status(road, good.replace("Bearer", "Basic")) == 401
    assert status(road, good.replace(key_id, "0" * 12)) == 401
    assert status(road, "") == 401
    with transaction(road.app.engine) as tx:
        keys.revoke(tx, key_id, read_now())
    assert status(road, good) == 401
    _, short = made(road, Scope.READ, expires_in=timedelta(hours=1))
    assert status(road, short) == 200
    with time_stands_at(MONDAY + timedelta(hours=2)):
        assert status(road, short) == 401


def test_the_events_of_a_lead_name_the_key_that_spoke(road: Road) -> None:
    lead = send(road, inquiry())
    key_id, header = made(road, Scope.ACT)
    assert status(road, header, "POST", f"/api/leads/{lead.id}/accept") == 200
    assert "lead.accepted" in events_of(road.app, lead.id)
    with transaction(road.app.engine) as tx:
        row = tx.row(
            "SELECT actor FROM event WHERE lead_id = %s AND kind = 'lead.accepted'", (lead.id,)
        )
    assert row == (f"api:{key_id}",)
    with transaction(road.app.engine) as tx:
        found = keys.find(tx, key_id)
    assert found is not None
    assert found.used_at is not None


def test_a_page_of_another_site_cannot_act(road: Road) -> None:
    _, header = made(road, Scope.ADMIN)
    headers = {"authorization": header, "origin": "https://elsewhere.example"}
    with caller(road) as api:
        answer = api.post(f"/api/leads/{uuid4()}/accept", json={}, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("cross_site")


def test_a_database_that_is_away_is_told_with_when_to_come_back() -> None:
    app = build_app(
        Settings(
            database_url=SecretStr("postgresql://nobody@127.0.0.1:1/nothing"),
            redis_url=SecretStr("redis://127.0.0.1:1/0"),
        )
    )
    try:
        with caller(Road(app)) as api:
            answer = api.get("/api/leads")
    finally:
        app.close()
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
