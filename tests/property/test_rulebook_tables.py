"""Whatever a table or a book's tests hold, they are read, or refused with their problems."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.books import make_book
from router.errors import BookError
from router.rulebook.reading.load import book_from_files

FILES = {
    **make_book(30, 12, 5),
    "tests/cases.yaml": "- {name: a, lead: {country: GB, tags: []}, expect: {pool: '*'}}\n",
    "tests/invariants.yaml": "- {name: b, when: {country: GB}, never: {queue: queue-01}}\n",
}
DAMAGED = [path for path in FILES if path.startswith(("tables/", "tests/", "20-"))]
ODD = st.one_of(
    st.text(max_size=8),
    st.sampled_from(('"', "\r", "\n", ",", ";", "\0", "\ud800", "\u200b", "\x85", "'", ": ", "?")),
)


@settings(max_examples=120)
@given(path=st.sampled_from(DAMAGED), share=st.floats(0, 1), odd=ODD, cut=st.integers(0, 12))
@example(path="tables/territories.csv", share=0.5, odd='"', cut=0)
@example(path="tables/territories.csv", share=0.0, odd="\r", cut=0)
def test_a_damaged_file_is_read_or_refused(path: str, share: float, odd: str, cut: int) -> None:
    text = FILES[path]
    at = int(share * len(text))
    files = FILES | {path: text[:at] + odd + text[at + cut :]}
    problems: tuple[str, ...] = ()
    try:
        book = book_from_files(files)
        assert book_from_files(book.files) == book
    except BookError as error:
        problems = error.problems
    assert all(problem.count(":") >= 3 for problem in problems)


@pytest.mark.parametrize("seed", range(4))
def test_a_made_up_book_is_sound(seed: int) -> None:
    book = book_from_files(make_book(400, 300, seed))
    assert sum(len(rules) for rules in book.rules.values()) == 402
    assert len(book.tables["territories"].rows) == 300
