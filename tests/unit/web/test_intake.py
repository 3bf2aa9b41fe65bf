"""Intake over real HTTP: what is taken, what is refused, and how the sender is told."""

import base64
import hashlib
import hmac
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import httpx2
import orjson
import pytest

from router.errors import Transient
from router.lead.delivery import NewDelivery
from router.lead.states import DeliveryState
from router.now import now
from router.web.arrival import MAX_BODY

LEAD = b'{"email": "ann@example.com", "event_id": "e1"}'
JSON = {"content-type": "application/json"}
KEY = "c2VjcmV0LW9mLXRoZS1zdGFuZGFyZC1zb3VyY2U="


class Store(Protocol):
    """What these tests see of the store in memory."""

    rows: list[NewDelivery]
    batches: list[int]
    error: Exception | None


@dataclass
class Door:
    """What these tests see of the fixture."""

    store: Store
    http: httpx2.Client
    rings: list[int]
    owner: dict[str, object]
    owner_error: Exception | None


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAD_ROUTER_SECRET_TYPEFORM", "new-secret old-secret")
    monkeypatch.setenv("LEAD_ROUTER_SECRET_STANDARD", f"whsec_{KEY}")
    monkeypatch.setenv("LEAD_ROUTER_SECRET_SHARED", "shared-secret")
    monkeypatch.setenv("LEAD_ROUTER_SECRET_PATH", "path-secret")


def _typeform(body: bytes, key: str = "new-secret") -> dict[str, str]:
    digest = base64.b64encode(hmac.digest(key.encode(), body, "sha256")).decode()
    return {**JSON, "Typeform-Signature": f"sha256={digest}"}


def _standard(body: bytes, at: datetime, ident: str = "msg_1") -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    message = b".".join((ident.encode(), stamp.encode(), body))
    digest = hmac.digest(base64.b64decode(KEY), message, hashlib.sha256)
    return {
        **JSON,
        "webhook-id": ident,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1,AAAA v1," + base64.b64encode(digest).decode(),
    }


def _problem(response: httpx2.Response) -> tuple[int, str]:
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert body["status"] == response.status_code
    assert body["detail"]
    assert body["instance"].startswith("/in/")
    if response.status_code in (429, 503):
        assert int(response.headers["retry-after"]) > 0
    return response.status_code, body["type"].removeprefix("urn:lead-router:problem:")


def test_a_delivery_is_committed_raw_before_it_is_acknowledged(door: Door) -> None:
    response = door.http.post("/in/open", content=LEAD, headers=JSON)
    (row,) = door.store.rows
    assert (response.status_code, response.json()) == (200, {"delivery_id": str(row.id)})
    assert row.body == LEAD
    assert row.content_type == "application/json"
    assert row.state is DeliveryState.RECEIVED
    assert abs(row.received_at - now()) < timedelta(seconds=10)
    assert door.rings == [1]


def test_the_same_delivery_again_gives_the_same_answer(door: Door) -> None:
    first, second = (door.http.post("/in/open", content=LEAD, headers=JSON) for _ in range(2))
    assert first.content == second.content
    assert len(door.store.rows) == 1
    assert door.rings == [1]


def test_a_form_post_is_taken(door: Door) -> None:
    response = door.http.post("/in/open", data={"email": "ann@example.com"})
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (b"hello", JSON, (422, "not_json")),
        (b"", JSON, (422, "not_json")),
        (b"42", JSON, (422, "not_an_object")),
        (b"[" * 10_000 + b"]" * 10_000, JSON, (422, "too_deep")),
        (b'{"a": "\xff\xfe"}', JSON, (422, "charset")),
        (b"[" + b"1," * 2_000 + b"1]", JSON, (422, "too_many_fields")),
        (b"x" * (10 * MAX_BODY), JSON, (413, "too_large")),
        (b"GIF89a", {"content-type": "image/gif"}, (415, "unsupported_media_type")),
        (
            b"a",
            {"content-type": "multipart/form-data; boundary=b"},
            (415, "unsupported_media_type"),
        ),
    ],
    ids=["text", "empty", "number", "deep", "utf8", "fields", "10mb", "gif", "multipart"],
)
def test_what_can_never_become_a_lead_is_refused(
    door: Door, body: bytes, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    assert _problem(door.http.post("/in/open", content=body, headers=headers)) == expected
    assert not [row for row in door.store.rows if row.state is DeliveryState.RECEIVED]


@pytest.mark.parametrize(
    "body",
    [b'{"a": NaN}', b'{"a": "\\u0000"}', b'{"a": "\\ud800"}', b'{"a": 1e999}', b"{}", b"[]"],
)
def test_odd_but_readable_json_is_taken_as_it_came(door: Door, body: bytes) -> None:
    assert door.http.post("/in/open", content=body, headers=JSON).status_code == 200
    assert door.store.rows[0].body == body


def test_a_body_without_a_length_is_read_no_further_than_the_limit(door: Door) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(64):
            yield b"x" * 65_536

    response = door.http.post("/in/open", content=chunks(), headers=JSON)
    assert _problem(response) == (413, "too_large")


def test_a_refused_body_is_kept_cut_and_rings_nothing(door: Door) -> None:
    door.http.post("/in/open", content=b"x" * 200_000, headers=JSON)
    (row,) = door.store.rows
    assert row.state is DeliveryState.REFUSED
    assert row.refused_reason == "not_json"
    assert len(row.body) == 64 * 1024
    assert door.rings == []


def test_an_unknown_source_is_404(door: Door) -> None:
    assert _problem(door.http.post("/in/nobody", content=LEAD, headers=JSON)) == (
        404,
        "unknown_source",
    )


def test_a_wrong_method_is_405_and_says_what_is_allowed(door: Door) -> None:
    for method in ("PUT", "DELETE", "PATCH", "GET"):
        response = door.http.request(method, "/in/open")
        assert _problem(response) == (405, "method_not_allowed")
        assert "POST" in response.headers["allow"]
    assert door.http.head("/in/open").status_code == 405
    assert door.http.options("/in/open").status_code == 204


@pytest.mark.parametrize("secret", ["new-secret", "old-secret"])
def test_a_signature_of_any_live_secret_is_taken(door: Door, secret: str) -> None:
    headers = _typeform(LEAD, secret)
    assert door.http.post("/in/typeform", content=LEAD, headers=headers).status_code == 200


def test_a_wrong_signature_is_401_and_kept_aside(door: Door) -> None:
    headers = _typeform(LEAD, "guessed")
    response = door.http.post("/in/typeform", content=LEAD, headers=headers)
    assert _problem(response) == (401, "signature_wrong")
    assert door.store.rows[0].refused_reason == "signature_wrong"


def test_a_refused_delivery_does_not_stand_in_the_way_of_the_real_one(door: Door) -> None:
    door.http.post("/in/typeform", content=LEAD, headers=_typeform(LEAD, "guessed"))
    response = door.http.post("/in/typeform", content=LEAD, headers=_typeform(LEAD))
    assert response.status_code == 200
    assert [row.state for row in door.store.rows] == [
        DeliveryState.REFUSED,
        DeliveryState.RECEIVED,
    ]


def test_a_missing_signature_is_401(door: Door) -> None:
    response = door.http.post("/in/typeform", content=LEAD, headers=JSON)
    assert _problem(response) == (401, "signature_missing")


def test_the_body_is_checked_byte_by_byte(door: Door) -> None:
    response = door.http.post("/in/typeform", content=LEAD + b" ", headers=_typeform(LEAD))
    assert _problem(response) == (401, "signature_wrong")


def test_a_signed_source_without_a_secret_is_503_never_open(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEAD_ROUTER_SECRET_TYPEFORM")
    response = door.http.post("/in/typeform", content=LEAD, headers=_typeform(LEAD))
    assert _problem(response) == (503, "secret_unset")
    assert "LEAD_ROUTER_SECRET_TYPEFORM" in response.json()["detail"]
    assert door.store.rows == []


def test_standard_webhooks_are_taken_and_named_by_their_id(door: Door) -> None:
    moment = now()
    bodies = (b'{"n": 1}', b'{"n": 1, "again": true}')
    answers = {
        door.http.post("/in/standard", content=body, headers=_standard(body, moment)).content
        for body in bodies
    }
    assert len(answers) == len(door.store.rows) == 1


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_good_signature_at_a_bad_time_is_503_and_kept_whole(door: Door, minutes: int) -> None:
    headers = _standard(LEAD, now() + timedelta(minutes=minutes))
    response = door.http.post("/in/standard", content=LEAD, headers=headers)
    assert _problem(response) == (503, "timestamp_outside_window")
    (row,) = door.store.rows
    assert (row.state, row.body) == (DeliveryState.REFUSED, LEAD)


def test_a_bad_signature_at_a_bad_time_is_just_a_bad_signature(door: Door) -> None:
    headers = _standard(LEAD, now() - timedelta(days=1))
    response = door.http.post("/in/standard", content=LEAD + b" ", headers=headers)
    assert _problem(response) == (401, "signature_wrong")


def test_a_shared_secret_is_checked_and_not_stored(door: Door) -> None:
    headers = {**JSON, "X-Form-Secret": "shared-secret", "Cookie": "a=b", "X-Trace": "t1"}
    assert door.http.post("/in/shared", content=LEAD, headers=headers).status_code == 200
    kept = orjson.loads(door.store.rows[0].headers)
    assert kept["x-trace"] == "t1"
    assert not {"x-form-secret", "cookie", "authorization"} & set(kept)
    wrong = {**JSON, "X-Form-Secret": "other"}
    assert _problem(door.http.post("/in/shared", content=LEAD, headers=wrong)) == (
        401,
        "signature_wrong",
    )


def test_a_path_token_is_checked_and_stored_nowhere(door: Door) -> None:
    assert door.http.post("/in/path/path-secret", content=LEAD, headers=JSON).status_code == 200
    assert b"path-secret" not in door.store.rows[0].headers
    wrong = door.http.post("/in/path/guess", content=LEAD, headers=JSON)
    assert _problem(wrong) == (401, "signature_wrong")
    assert "guess" not in wrong.text
    assert _problem(door.http.post("/in/path", content=LEAD, headers=JSON))[0] == 401


def test_an_unsigned_source_with_a_secret_wants_it_as_token(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEAD_ROUTER_SECRET_OPEN", "t0ken")
    assert _problem(door.http.post("/in/open", content=LEAD, headers=JSON)) == (
        401,
        "token_missing",
    )
    assert _problem(door.http.post("/in/open/x", content=LEAD, headers=JSON)) == (
        401,
        "token_wrong",
    )
    assert door.http.post("/in/open/t0ken", content=LEAD, headers=JSON).status_code == 200


def test_an_unsigned_source_is_limited_by_the_minute(door: Door) -> None:
    codes = [door.http.post("/in/slowed", content=b'{"n": %d}' % n, headers=JSON) for n in range(3)]
    assert [response.status_code for response in codes] == [200, 200, 429]
    assert _problem(codes[2]) == (429, "too_many_requests")
    assert 1 <= int(codes[2].headers["retry-after"]) <= 30


def test_an_event_id_in_the_body_names_the_delivery(door: Door) -> None:
    other = b'{"email": "ann@example.com", "event_id": "e1", "attempt": 2}'
    first = door.http.post("/in/typeform", content=LEAD, headers=_typeform(LEAD))
    second = door.http.post("/in/typeform", content=other, headers=_typeform(other))
    assert first.content == second.content


def test_an_unsigned_header_does_not_name_the_delivery_of_a_signed_source(door: Door) -> None:
    body = b'{"email": "ann@example.com"}'
    for name in ("a", "b"):
        headers = {**_typeform(body), "x-event": name}
        assert door.http.post("/in/typeform", content=body, headers=headers).status_code == 200
    assert len(door.store.rows) == 1


def test_a_header_names_the_delivery_where_the_whole_request_is_trusted(door: Door) -> None:
    for name in ("a", "b"):
        headers = {**JSON, "X-Form-Secret": "shared-secret", "x-event": name}
        door.http.post("/in/shared", content=LEAD, headers=headers)
    assert len(door.store.rows) == 2


def test_a_dead_database_is_503_and_the_sender_is_told_when_to_come_back(door: Door) -> None:
    door.store.error = Transient("no database")
    assert _problem(door.http.post("/in/open", content=LEAD, headers=JSON)) == (503, "busy")
    door.store.error = None
    assert door.http.post("/in/open", content=LEAD, headers=JSON).status_code == 200


def test_a_bug_of_ours_is_503_too(door: Door) -> None:
    door.store.error = ZeroDivisionError("ours")
    response = door.http.post("/in/open", content=LEAD, headers=JSON)
    assert _problem(response) == (503, "busy")
    assert "ours" not in response.text


def test_the_vendor_handshake_echoes_the_challenge_for_the_right_token_only(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    right = {**query, "hub.verify_token": "meta-secret"}
    assert _problem(door.http.get("/in/meta", params=right)) == (503, "secret_unset")
    monkeypatch.setenv("LEAD_ROUTER_SECRET_META", "meta-secret")
    answer = door.http.get("/in/meta", params=right)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    wrong = {**query, "hub.verify_token": "guess"}
    assert _problem(door.http.get("/in/meta", params=wrong)) == (404, "handshake_refused")
    script = {**right, "hub.challenge": "<script>\n"}
    assert _problem(door.http.get("/in/meta", params=script)) == (404, "handshake_refused")


def test_a_caller_may_wait_for_the_owner(door: Door) -> None:
    door.owner = {"status": "assigned", "owner": "Bo Lind", "lead_id": "l1"}
    response = door.http.post("/in/open?wait=owner", content=LEAD, headers=JSON)
    assert response.json() == {
        "delivery_id": str(door.store.rows[0].id),
        "status": "assigned",
        "owner": "Bo Lind",
        "lead_id": "l1",
    }


@pytest.mark.parametrize("error", [Transient("x"), ZeroDivisionError(), TimeoutError()])
def test_an_accepted_delivery_stays_accepted_when_waiting_fails(
    door: Door, error: Exception
) -> None:
    door.owner_error = error
    response = door.http.post("/in/open?wait=owner", content=LEAD, headers=JSON)
    assert (response.status_code, response.json()["status"]) == (200, "pending")


def test_a_source_that_does_not_allow_it_answers_pending(door: Door) -> None:
    door.owner = {"status": "assigned"}
    headers = {**JSON, "X-Form-Secret": "shared-secret"}
    response = door.http.post("/in/shared?wait=owner", content=LEAD, headers=headers)
    assert response.json()["status"] == "pending"


def test_a_sender_that_stops_sending_is_told_408(
    door: Door, short_deadline: Callable[[], None]
) -> None:
    short_deadline()
    url = door.http.base_url
    with socket.create_connection((url.host, url.port or 80), timeout=10) as line:
        line.sendall(
            b"POST /in/open HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 100\r\n\r\n{"
        )
        assert b" 408 " in line.recv(4_096)
