"""``availability`` of book.yaml is read, and a book without it has defaults."""

from datetime import UTC, datetime, timedelta

import pytest

from router.errors import BookError
from router.rulebook.model import AbsenceKind, Availability, Waiting
from router.rulebook.reading.frozen import freeze, thaw
from router.rulebook.reading.load import book_from_files

_NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _with(files: dict[str, str], text: str) -> dict[str, str]:
    return files | {"book.yaml": files["book.yaml"] + text}


def test_a_book_that_says_nothing_gives_the_leads_of_who_is_offline_away_after_a_minute(
    files: dict[str, str],
) -> None:
    said = book_from_files(files).availability
    assert said == Availability()
    assert said.reassign_at(AbsenceKind.OFF, _NOON) == _NOON + timedelta(minutes=1)
    assert said.reassign_at(AbsenceKind.AWAY, _NOON) is None


def test_a_book_says_how_long_and_for_whom_its_leads_wait(files: dict[str, str]) -> None:
    text = "availability: {grace: 90s, offline: keep, away: reassign, words: [Ferie, OOO, ooo]}\n"
    book = book_from_files(_with(files, text))
    assert book.availability == Availability(
        timedelta(seconds=90), Waiting.KEEP, Waiting.REASSIGN, ("ferie", "ooo")
    )
    assert book.availability.reassign_at(AbsenceKind.OFF, _NOON) is None
    assert book.digest != book_from_files(files).digest


def test_what_a_book_says_is_kept_with_it(files: dict[str, str]) -> None:
    book = book_from_files(_with(files, "availability: {grace: 2h, away: reassign}\n"))
    assert thaw(book.files, freeze(book)) == book


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("availability: {grace: soon}\n", "not a time of at most a day"),
        ("availability: {grace: 2d}\n", "not a time of at most a day"),
        ("availability: {offline: reasign}\n", "did you mean 'reassign'"),
        ("availability: {ofline: keep}\n", "did you mean 'offline'"),
        ("availability: {words: []}\n", "must not be empty"),
    ],
)
def test_a_slip_in_it_is_refused_with_its_place(
    files: dict[str, str], text: str, said: str
) -> None:
    with pytest.raises(BookError, match=r"book\.yaml:4:") as caught:
        book_from_files(_with(files, text))
    assert said in str(caught.value)
