"""What must never stand in a log line, and what must not be mistaken for it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.watch.masking import MASK, masked, masked_text


@pytest.mark.parametrize(
    "key",
    [
        "email",
        "Email",
        "phone",
        "name",
        "first_name",
        "message",
        "body",
        "password",
        "secret",
        "token",
        "authorization",
        "Set-Cookie",
        "api_key",
        "owner_email",
        "webhook_secret",
        "client_secret_key",
        "webhook-signature",
        "headers",
    ],
)
def test_a_personal_or_secret_key_never_shows_its_value(key: str) -> None:
    assert masked({key: "Ann"}) == {key: MASK}
    assert masked({key: ["Ann"]}) == {key: MASK}
    assert masked({"outer": {key: {"inner": "Ann"}}}) == {"outer": {key: MASK}}


def test_an_empty_personal_value_shows_that_it_is_empty() -> None:
    assert masked({"email": None, "phone": False}) == {"email": None, "phone": False}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ann@example.com bounced", "*** bounced"),
        ("<ann.o'neill+crm@mail.example.org>", "<***>"),
        ("email=ann%40example.com&x=1", "email=***&x=1"),
        ("mailto:ann@example.com", "mailto:***"),
        ("zoë@bücher.example", "***"),
        ("call +44 20 7946 0018 now", "call *** now"),
        ("call +1 (202) 555-0143.", "call ***."),
        ("call 020 7946 0018", "call ***"),
        ("tel:+442079460018", "tel:***"),
        ("(202) 555-0143", "***"),
        ("020.7946.0018", "***"),
        ("card 4242 4242 4242 4242", "card ***"),
        ("redis://:hunter2@cache:6379/0", "redis://***@cache:6379/0"),
        ("postgresql://me:hunter2@db/leads", "postgresql://***@db/leads"),
        ("host=db password=hunter2 user=me", "host=db password=*** user=me"),
        ("{'api_key': 'hunter2', 'a': 1}", "{'api_key': ***, 'a': 1}"),
        ('"client_secret": "hunter 2"', '"client_secret": ***'),
        ("Authorization: Bearer abc.def-ghi", "Authorization: *** ***"),
        ("sent Bearer abcdef.ghi-jkl", "sent Bearer ***"),
        ("key whsec_aGVsbG8= refused", "key *** refused"),
        ('"POST /in/tally/s3cret HTTP/1.1" 200', '"POST /in/tally/*** HTTP/1.1" 200'),
        ("GET /in/html?name=Ann&x=1", "GET /in/html?***"),
        ("GET /in/tally/s3cret?x=1", "GET /in/tally/***?***"),
        (
            "[type=x, input_value='Ann', input_type=str]",
            "[type=x, input_value=***, input_type=str]",
        ),
    ],
)
def test_what_looks_personal_or_secret_is_replaced(text: str, shown: str) -> None:
    assert masked_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "lead 01936512-7890-8123-9456-123456789012 routed",
        "due 2026-01-05T09:00:00.123456+00:00",
        "2026-01-05 09:00:00,123 INFO",
        "listening on 192.168.100.200:8080",
        "took 0.123456789 s",
        "5432 rows in 17 batches",
        "POST /in/tally HTTP/1.1",
        "digest 4f9c2d01aa77be3390ee",
        "version 1.2.3",
        "act_01hq7z.2.crm_task",
        "12345678 bytes",
        "https://crm.northwind.example/hooks",
        "@router.task",
    ],
)
def test_what_an_operator_needs_stays_readable(text: str) -> None:
    assert masked_text(text) == text


def test_ids_of_digits_only_stay_but_an_address_as_an_id_does_not() -> None:
    line = {"form_id": "123456789012", "delivery_key": "998877665544", "lead_id": "ann@example.com"}
    assert masked(line) == {**line, "lead_id": MASK}


def test_a_row_that_the_database_quotes_is_not_repeated() -> None:
    text = (
        'IntegrityError: null value in column "owner"\n'
        "DETAIL:  Failing row contains (1, Ann Lee,\nsecond line).\n"
        "[parameters: {'name': 'Ann Lee'}]\n"
        "\nThe above exception was the direct cause\n"
    )
    shown = masked_text(text)
    assert "Ann" not in shown
    assert "second line" not in shown
    assert 'null value in column "owner"' in shown
    assert "The above exception" in shown


def test_an_object_is_reduced_to_its_class() -> None:
    @dataclass
    class Lead:
        name: str

    assert masked({"lead": Lead("Ann"), "raw": b"Ann"}) == {"lead": "<Lead>", "raw": "<bytes>"}


def test_an_error_keeps_its_class_and_its_masked_text() -> None:
    assert masked({"error": ValueError("ann@example.com")}) == {"error": "ValueError: ***"}


def test_plain_values_stay() -> None:
    class Colour(StrEnum):
        RED = "red"

    at = datetime(2026, 1, 5, tzinfo=UTC)
    line = {
        "n": 1,
        "x": 0.5,
        "ok": True,
        "none": None,
        "id": UUID(int=1),
        "at": at,
        "c": Colour.RED,
    }
    assert masked(line) == {**line, "id": str(UUID(int=1)), "at": str(at), "c": "red"}


def test_a_structure_without_end_is_cut() -> None:
    endless: dict[str, object] = {}
    endless["inner"] = endless
    assert MASK in str(masked(endless))


def test_a_very_long_text_keeps_its_beginning_and_its_end() -> None:
    shown = masked_text("first " + "x " * 50_000 + "last")
    assert len(shown) < 10_000
    assert shown.startswith("first")
    assert shown.endswith("last")


@given(st.text(alphabet="1 (-+./@%a:=\n", max_size=200).map(lambda text: text * 60))
def test_no_text_makes_masking_slow_or_fail(text: str) -> None:
    masked_text(text)


@given(st.text(), st.from_regex(r"[a-z]{1,20}@[a-z]{1,20}\.com", fullmatch=True), st.text())
def test_an_address_between_spaces_is_always_found(before: str, email: str, after: str) -> None:
    assert email not in masked_text(f"{before} {email} {after}")
