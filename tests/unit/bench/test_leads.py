"""The benchmark's inquiries: mixed, made up, and the same for the same seed."""

from collections import Counter

import orjson
import phonenumbers

from bench.leads import Inquiries


def _read(count: int, seed: int = 1) -> list[dict[str, str]]:
    return [orjson.loads(body) for body in Inquiries("t", seed).bodies(count)]


def test_same_seed_gives_the_same_inquiries() -> None:
    assert list(Inquiries("t", 7).ids(50)) == list(Inquiries("t", 7).ids(50))


def test_other_seed_gives_other_inquiries() -> None:
    assert list(Inquiries("t", 7).bodies(50)) != list(Inquiries("t", 8).bodies(50))


def test_every_inquiry_has_an_id_of_its_own() -> None:
    named = list(Inquiries("t").ids(500))
    assert len({name for name, _ in named}) == 500
    assert all(orjson.loads(body)["id"] == name for name, body in named)


def test_phone_numbers_are_valid_and_of_the_ranges_for_films() -> None:
    phones = {each["phone"] for each in _read(2000)} - {""}
    for phone in phones:
        assert phonenumbers.is_valid_number(phonenumbers.parse(phone)), phone
        if phone.startswith("+1"):
            assert phone[5:10] == "55501", phone


def test_two_people_never_share_a_phone_number() -> None:
    people: dict[str, set[str]] = {}
    for each in _read(20_000):
        people.setdefault(each["phone"], set()).add(each["email"])
    people.pop("")
    assert max(len(mails) for mails in people.values()) == 1


def test_the_mix_holds_second_inquiries_free_mailboxes_and_silent_people() -> None:
    said = _read(4000)
    mails = Counter(each["email"] for each in said)
    assert 0.01 < 1 - len(mails) / len(said) < 0.06
    assert 0.08 < sum(each["email"].endswith("@gmail.com") for each in said) / len(said) < 0.16
    assert 0.2 < sum(not each["phone"] for each in said) / len(said) < 0.6
    assert len({each["country"] for each in said}) == 9
