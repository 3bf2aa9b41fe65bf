"""Who takes the place of somebody who is away, in sentences."""

from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from router.rulebook.cover import stand_in
from router.rulebook.model import RuleBook
from tests.unit.stages.office import card, office

_PEOPLE = ("olga", "mona", "ann", "bob")


@dataclass(frozen=True, slots=True)
class _Gone:
    cover: str = ""


def _office(**covers: str) -> RuleBook:
    plain = office()
    people = {
        name: replace(each, cover=covers.get(name, "")) for name, each in plain.people.items()
    }
    return replace(plain, people=people)


def test_who_is_there_takes_their_own() -> None:
    assert stand_in(_office(ann="bob"), "ann", {"bob": _Gone()}) == ("ann", ())


def test_the_cover_of_the_book_takes_it() -> None:
    assert stand_in(_office(ann="bob"), "ann", {"ann": _Gone()}) == ("bob", ("ann",))


def test_the_cover_of_the_absence_comes_before_the_one_of_the_book() -> None:
    assert stand_in(_office(ann="bob"), "ann", {"ann": _Gone("mona")}) == ("mona", ("ann",))


def test_a_cover_who_is_away_too_passes_it_on() -> None:
    away = {"ann": _Gone(), "bob": _Gone("mona")}
    assert stand_in(_office(ann="bob"), "ann", away) == ("mona", ("ann", "bob"))


def test_nobody_takes_it_without_a_cover_or_in_a_circle() -> None:
    assert stand_in(_office(), "ann", {"ann": _Gone()}) == ("", ("ann",))
    circle = {"ann": _Gone("bob"), "bob": _Gone("ann")}
    assert stand_in(_office(), "ann", circle) == ("", ("ann", "bob"))
    assert stand_in(_office(), "ann", {"ann": _Gone("ann")}) == ("", ("ann",))


def test_somebody_who_left_or_whom_nobody_knows_takes_nothing() -> None:
    book = _office(ann="zoe")
    assert stand_in(book, "ann", {"ann": _Gone()}) == ("", ("ann", "zoe"))
    left = replace(book, people={**book.people, "bob": replace(card("bob"), left=True)})
    assert stand_in(left, "ann", {"ann": _Gone("bob")}) == ("", ("ann", "bob"))


def test_the_cover_of_somebody_who_left_takes_it() -> None:
    plain = _office()
    gone = replace(card("ann"), left=True, cover="bob")
    book = replace(plain, people={**plain.people, "ann": gone})
    assert stand_in(book, "ann", {}) == ("bob", ("ann",))


@given(
    covers=st.dictionaries(st.sampled_from(_PEOPLE), st.sampled_from((*_PEOPLE, "zoe", ""))),
    away=st.dictionaries(st.sampled_from(_PEOPLE), st.sampled_from((*_PEOPLE, "zoe", ""))),
    person=st.sampled_from((*_PEOPLE, "zoe")),
)
def test_whoever_takes_it_is_there_and_nobody_is_asked_twice(
    covers: dict[str, str], away: dict[str, str], person: str
) -> None:
    book = _office(**covers)
    found, asked = stand_in(book, person, {name: _Gone(cover) for name, cover in away.items()})
    assert found == "" or (found in book.people and found not in away)
    assert len(set(asked)) == len(asked)
    assert found not in asked
    assert all(each in away or each not in book.people for each in asked)
    assert (asked == ()) == (found == person)
