"""Whatever is written into a book, it is read, or refused with its problems."""

from functools import lru_cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from router.errors import BookError
from router.rulebook.reading.load import book_from_files

FOLDER = Path(__file__).resolve().parents[2] / "rules"
ODD = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        (
            "&a ",
            "*a",
            "!!x ",
            "[",
            "{",
            "}",
            "- ",
            "? ",
            "\t",
            "~",
            "0x10",
            "Europe",
            "\0",
            "\ud800",
        )
    ),
)


@lru_cache(maxsize=1)
def shipped() -> dict[str, str]:
    """Give the files of the shipped book."""
    return {
        path.relative_to(FOLDER).as_posix(): path.read_text("utf-8")
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file()
    }


@settings(max_examples=80)
@given(data=st.data(), odd=ODD, cut=st.integers(0, 30))
def test_a_damaged_book_is_read_or_refused(data: st.DataObject, odd: str, cut: int) -> None:
    files = dict(shipped())
    path = data.draw(st.sampled_from(sorted(files)))
    text = files[path]
    at = data.draw(st.integers(0, len(text)))
    files[path] = text[:at] + odd + text[at + cut :]
    problems: tuple[str, ...] = ()
    try:
        book = book_from_files(files)
        assert book_from_files(book.files) == book
    except BookError as error:
        problems = error.problems
    assert all(problem.count(":") >= 3 for problem in problems)
