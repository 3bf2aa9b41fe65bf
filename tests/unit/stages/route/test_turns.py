"""The pools while a batch picks from them: each pick sees those before it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from router.rulebook.model import Member, Method, Period, Pool, RuleBook
from router.stages.route.seats import Away, Bar, BarKind, Owed, Seat
from router.stages.route.turns import Turns

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
TOM, PRIYA = "tom-keane", "priya-shah"


def two_pools(book: RuleBook, one: Pool, **caps: int) -> RuleBook:
    """Return a book with a pool and another one like it, and a cap of Tom's over all pools."""
    card = replace(book.people[TOM], caps={Period(name): most for name, most in caps.items()})
    other = replace(one, id="other")
    return replace(
        book,
        people={**book.people, TOM: card},
        pools={**book.pools, one.id: one, other.id: other},
    )


def a_pool(**changes: object) -> Pool:
    """Return a pool of Tom and Priya."""
    pool = Pool("one", "sales", "george-amari", (Member(TOM), Member(PRIYA)))
    return replace(pool, **changes)  # type: ignore[arg-type]  # a test names real fields


def seat(turns: Turns, book: RuleBook, pool: str, person: str = TOM) -> Seat:
    """Return somebody's seat as it stands."""
    return next(each for each in turns.seats(book, book.pools[pool]) if each.person == person)


def test_a_lead_of_one_pool_fills_a_cap_over_all_pools_in_the_other(
    starter_book: RuleBook,
) -> None:
    book, turns = two_pools(starter_book, a_pool(), day=1), Turns(NOW)
    assert seat(turns, book, "other").stop is None
    turns.take("one", TOM, {("one", TOM): (-1, 0), ("one", PRIYA): (1, 0)})
    full = seat(turns, book, "other").stop
    assert full is not None
    assert (full.kind, full.why) == (BarKind.CAP, "cap 1/1 this day")


def test_a_cap_in_one_pool_is_full_there_alone(starter_book: RuleBook) -> None:
    capped = a_pool(members=(Member(TOM, caps={Period.DAY: 1}), Member(PRIYA)))
    book, turns = two_pools(starter_book, capped), Turns(NOW)
    turns.take("one", TOM, {})
    assert seat(turns, book, "one").stop is not None
    assert seat(turns, book, "other").stop is None


def test_each_pick_is_seen_by_the_next_in_what_is_owed_open_and_kept_busy(
    starter_book: RuleBook,
) -> None:
    book = two_pools(starter_book, a_pool(method=Method.LEAST_OPEN))
    turns = Turns(NOW, owed={("one", PRIYA): Owed(5, banked=7)})
    assert seat(turns, book, "one").open_leads == 0
    changes = {("one", TOM): (-3, 0), ("one", PRIYA): (3, -2)}
    turns.take("one", TOM, changes, busy_until=NOW + timedelta(hours=1))
    tom, priya = seat(turns, book, "one"), seat(turns, book, "one", PRIYA)
    assert (tom.credit, tom.open_leads, tom.busy_until) == (-3, 1, NOW + timedelta(hours=1))
    assert (priya.credit, priya.banked, priya.open_leads) == (8, 5, 0)
    assert seat(turns, book, "other").open_leads == 0


def test_who_must_not_get_a_lead_is_left_out_of_it_alone(starter_book: RuleBook) -> None:
    book = two_pools(starter_book, a_pool())
    turns = Turns(NOW, away={PRIYA: Away(Bar(BarKind.AWAY, "away until further notice"))})
    assert seat(turns, book, "one").stop is None
    found = seat(turns.without((TOM,)), book, "one").stop
    assert found is not None
    assert found.kind is BarKind.EXCLUDED
    assert seat(turns, book, "one").stop is None
    assert seat(turns, book, "one", PRIYA).stop is not None
