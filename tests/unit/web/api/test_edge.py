"""What the API's edge refuses, keys as they are typed, and cursors that nobody can forge."""

from datetime import UTC, datetime

import pytest
from starlette.datastructures import Headers

from router.errors import Rejected
from router.web.api.cursor import read_cursor
from router.web.api.edge import FILES, MAX_BODY, check_request
from router.web.auth import Scope, including, new_key, read_key

_NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
_JSON = {"content-type": "application/json", "content-length": "2", "host": "leads.example"}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"content-type": "text/plain"}, "not_json"),
        ({"content-type": "application/x-www-form-urlencoded"}, "not_json"),
        ({"content-length": ""}, "length_required"),
        ({"content-length": str(MAX_BODY + 1)}, "too_large"),
        ({"sec-fetch-site": "cross-site"}, "cross_site"),
        ({"sec-fetch-site": "same-site"}, "cross_site"),
        ({"origin": "https://elsewhere.example"}, "cross_site"),
        ({"origin": "null"}, "cross_site"),
    ],
)
def test_a_call_that_changes_something_must_be_json_and_from_here(
    changed: dict[str, str], code: str
) -> None:
    with pytest.raises(Rejected) as refused:
        check_request("POST", Headers({**_JSON, **changed}))
    assert refused.value.code == code


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"sec-fetch-site": "same-origin", "origin": "https://leads.example"},
        {"content-type": "application/json; charset=utf-8"},
    ],
)
def test_programs_and_our_own_pages_may_call(more: dict[str, str]) -> None:
    check_request("POST", Headers({**_JSON, **more}))


def test_a_file_is_taken_as_what_it_is_where_a_call_takes_one() -> None:
    path, ((kind,), _, most) = "/api/people/absences/ics", FILES["/api/people/absences/ics"]
    file = {**_JSON, "content-type": f"{kind}; charset=utf-8", "content-length": str(most)}
    check_request("POST", Headers(file), path)
    for changed, code in (
        ({"content-type": "application/json"}, "wrong_type"),
        ({"content-length": str(most + 1)}, "too_large"),
        ({"origin": "https://elsewhere.example"}, "cross_site"),
    ):
        with pytest.raises(Rejected) as refused:
            check_request("POST", Headers({**file, **changed}), path)
        assert refused.value.code == code
    with pytest.raises(Rejected):
        check_request("POST", Headers(file), "/api/people/ann/absences")


def test_deleting_needs_no_body_and_must_come_from_here() -> None:
    check_request("DELETE", Headers({"host": "leads.example"}))
    for headers in (
        {"transfer-encoding": "chunked"},
        {"content-length": "2"},
        {"origin": "https://elsewhere.example", "host": "leads.example"},
    ):
        with pytest.raises(Rejected):
            check_request("DELETE", Headers(headers))


def test_reading_needs_no_body() -> None:
    check_request("GET", Headers({"sec-fetch-site": "cross-site"}))


def test_a_new_key_reads_back_and_is_stored_only_as_a_digest() -> None:
    kept, text = new_key("CRM", (Scope.ACT,), _NOW)
    key_id, secret = read_key(f"Bearer {text}")
    assert key_id == kept.id
    assert secret.encode() not in kept.digest
    assert len(secret) >= 43, "256 bits"
    assert new_key("CRM", (Scope.ACT,), _NOW)[1] != text


def test_a_scope_includes_the_ones_before_it() -> None:
    assert including(("admin",)) == frozenset(Scope)
    assert including(("read",)) == {Scope.READ}
    assert including(("owner of everything",)) == frozenset()


@pytest.mark.parametrize(
    "text", ["abc", "!!!!", "W10", "WyIyMDI2IiwgIngiXQ", "bnVsbA", "e30", "WzEsMl0", "é"]
)
def test_a_cursor_that_is_none_of_ours_is_refused(text: str) -> None:
    with pytest.raises(Rejected):
        read_cursor(text)
