"""``publishing`` and ``canary`` of book.yaml are read, and a book without them has defaults."""

import pytest

from router.errors import BookError
from router.rulebook.model import Band, Policy, Publishing
from router.rulebook.reading.load import book_from_files

_POLICY = """\
publishing:
  approve_over: 0.2
  approve_guards: true
  window: {calendar}
  look_back: 14
  owner: ann
canary: {{least: 20, no_pool: 0.01}}
"""


def _with(files: dict[str, str], text: str) -> dict[str, str]:
    return files | {"book.yaml": files["book.yaml"] + text}


def test_a_book_that_says_nothing_needs_no_second_person(files: dict[str, str]) -> None:
    assert book_from_files(files).policy == Policy()
    assert Policy().publishing == Publishing(approve_over=None, approve_guards=False, look_back=30)


def test_a_book_says_when_a_change_needs_a_second_person(files: dict[str, str]) -> None:
    plain = book_from_files(files)
    calendar = min(plain.calendars)
    book = book_from_files(_with(files, _POLICY.format(calendar=calendar)))
    assert book.policy.publishing == Publishing(0.2, True, calendar, 14, "ann")  # noqa: FBT003 - a value of the shape under test
    assert book.policy.band == Band(least=20, no_pool=0.01)
    assert book.digest != plain.digest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("publishing: {approve_ovr: 1}\n", "did you mean 'approve_over'"),
        ("publishing: {approve_over: 20}\n", "not a number from 0 to 1"),
        ("publishing: {window: weekends}\n", "unknown calendar 'weekends'"),
        ("publishing: {owner: anne}\n", "did you mean 'ann'"),
        ("publishing: {look_back: 0}\n", "not a whole number from 1 to 366"),
        ("canary: {review: much}\n", "not a number from 0 to 1"),
    ],
)
def test_a_slip_in_the_policy_is_refused_with_its_place(
    files: dict[str, str], text: str, said: str
) -> None:
    with pytest.raises(BookError, match=r"book\.yaml:4:") as caught:
        book_from_files(_with(files, text))
    assert said in str(caught.value)
