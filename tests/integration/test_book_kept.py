"""A version is read from its files once; every process after that has it from the copy."""

from collections.abc import Iterator

import pytest

from router.app import App
from router.now import now as read_now
from router.rulebook.model import RuleBook
from router.rulebook.reading.frozen import freeze, thaw
from router.store import books
from router.store.tx import transaction
from tests.build import MONDAY, time_stands_at
from tests.versions import harmless


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Stand on a monday morning."""
    with time_stands_at(MONDAY):
        yield


def kept(app: App, digest: str) -> bytes | None:
    """Return the copy that is stored."""
    with transaction(app.engine) as tx:
        found = books.kept(tx, digest)
    assert found is not None
    return found.frozen


def stored(app: App, book: RuleBook, copy: bytes | None = None) -> None:
    """Store a version that no process has read."""
    with transaction(app.engine) as tx:
        books.store_version(tx, book, by="tests", note="", now=read_now())
        if copy is not None:
            books.keep_frozen(tx, book.digest, copy)


def test_the_first_to_read_a_version_keeps_it_for_the_others(
    app: App, other: App, base: RuleBook
) -> None:
    book = harmless(base, "kept")
    stored(app, book)
    assert kept(app, book.digest) is None
    assert app.shelf.book(book.digest) == book
    copy = kept(app, book.digest)
    assert copy is not None
    assert thaw(book.files, copy) == book
    assert other.shelf.book(book.digest) == book
    assert kept(app, book.digest) == copy


@pytest.mark.parametrize("word", ["damaged", "another"])
def test_a_copy_that_does_not_fit_is_made_again(app: App, base: RuleBook, word: str) -> None:
    book = harmless(base, word)
    copies = {"damaged": freeze(book)[:-1], "another": freeze(base)}
    stored(app, book, copies[word])
    assert app.shelf.book(book.digest) == book
    copy = kept(app, book.digest)
    assert copy is not None
    assert thaw(book.files, copy) == book


def test_a_copy_that_cannot_be_kept_changes_nothing(
    app: App, other: App, base: RuleBook, caplog: pytest.LogCaptureFixture
) -> None:
    book = harmless(base, "locked")
    stored(app, book)
    with transaction(app.engine) as tx:
        tx.run("SELECT 1 FROM rulebook WHERE digest = %s FOR UPDATE", (book.digest,))
        assert other.shelf.book(book.digest) == book
    assert len([line for line in caplog.messages if "rule_book_not_kept" in line]) == 1
    assert kept(app, book.digest) is None
