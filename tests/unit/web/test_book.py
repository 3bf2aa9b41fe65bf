"""The book at hand: quick to give, slow to doubt, never a reason to refuse while one is known."""

import asyncio

import pytest

from router.errors import Transient
from router.rulebook.model import RuleBook
from router.web import book as module
from router.web.book import BookAtHand


class Reader:
    """Gives the book it holds, and counts."""

    def __init__(self, book: RuleBook | None) -> None:
        """Hold this book; None stands for a dead database."""
        self.book = book
        self.count = 0

    def __call__(self) -> RuleBook:
        self.count += 1
        if self.book is None:
            raise Transient("no database")
        return self.book


def test_many_requests_read_the_book_once(plain_book: RuleBook) -> None:
    reader = Reader(plain_book)

    async def scene() -> None:
        at_hand = BookAtHand(reader)
        assert all(await asyncio.gather(*(at_hand.get() for _ in range(50))))

    asyncio.run(scene())
    assert reader.count == 1


def test_without_any_book_the_reason_is_told(plain_book: RuleBook) -> None:
    reader = Reader(None)

    async def scene() -> RuleBook:
        at_hand = BookAtHand(reader)
        with pytest.raises(Transient, match="no database"):
            await at_hand.get()
        reader.book = plain_book
        return await at_hand.get()

    assert asyncio.run(scene()) is plain_book


def test_the_book_at_hand_serves_while_the_database_is_away(
    plain_book: RuleBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FRESH_S", 0.0)
    monkeypatch.setattr(module, "OLD_S", 0.0)
    reader = Reader(plain_book)

    async def scene() -> RuleBook:
        at_hand = BookAtHand(reader)
        await at_hand.get()
        reader.book = None
        return await at_hand.get()

    assert asyncio.run(scene()) is plain_book
    assert reader.count == 2


def test_an_unknown_source_makes_it_look_again(
    plain_book: RuleBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FRESH_S", 0.0)
    reader = Reader(plain_book)

    async def scene() -> None:
        at_hand = BookAtHand(reader)
        await at_hand.get()
        await at_hand.get("brand-new")

    asyncio.run(scene())
    assert reader.count == 2
