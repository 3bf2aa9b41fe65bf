"""Whose turn is it: smooth weighted rotation over the members of a pool who can take a lead.

Each pick gives every eligible member as much credit as its weight; the one with the most credit
is chosen and pays the sum of all weights. Over time everybody gets a share equal to its weight,
and no two picks in a row go to one person where it can be helped (the smooth weighted round robin
that load balancers use).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seat:
    """A member of a pool as it stands at the moment of a pick."""

    person: str
    weight: int
    #: What it is owed, in units of weight.
    credit: int
    #: Why it cannot take a lead now; empty if it can.
    barred: str = ""


@dataclass(frozen=True, slots=True)
class Considered:
    """One member and the first reason for choosing it or passing it over."""

    person: str
    chosen: bool
    why: str
    #: What it was owed when it was considered, in units of weight.
    credit: int
    #: What the pick has changed of what it is owed: so much is given back if the pick is undone.
    change: int = 0


@dataclass(frozen=True, slots=True)
class Pick:
    """Who is next, what everybody is owed afterwards, and why."""

    #: None when nobody can take it; the caller must then use the fallback owner.
    person: str | None
    seats: tuple[Seat, ...]
    considered: tuple[Considered, ...]


def pick(seats: Sequence[Seat], passed: Collection[str] = ()) -> Pick:
    """Choose who gets the next lead.

    Order of the seats does not matter: ties go to the higher weight, then to the id that sorts
    first.

    >>> seats = (Seat("ann", 2, 0), Seat("ben", 1, 0))
    >>> turn, order = seats, []
    >>> for _ in range(6):
    ...     chosen = pick(turn)
    ...     turn = chosen.seats
    ...     order.append(chosen.person)
    >>> order
    ['ann', 'ben', 'ann', 'ann', 'ben', 'ann']
    >>> pick(seats, passed=("ann", "ben")).person is None
    True

    Args:
        seats: Members with weight, credit and whether something bars them.
        passed: People who declined or missed this very lead; they are never chosen for it.
    """
    bars = {seat.person: _bar(seat, passed) for seat in seats}
    able = [seat for seat in seats if not bars[seat.person]]
    if not able:
        return Pick(None, tuple(seats), tuple(_passed_over(seat, bars) for seat in seats))
    total = sum(seat.weight for seat in able)
    offered = {seat.person: seat.credit + seat.weight for seat in able}
    winner = min(able, key=lambda seat: (-offered[seat.person], -seat.weight, seat.person))
    after = {**offered, winner.person: offered[winner.person] - total}
    return Pick(
        winner.person,
        tuple(
            [
                Seat(seat.person, seat.weight, after.get(seat.person, seat.credit), seat.barred)
                for seat in seats
            ]
        ),
        tuple([_consider(seat, winner, offered, bars, total) for seat in seats]),
    )


def _bar(seat: Seat, passed: Collection[str]) -> str:
    if seat.person in passed:
        return "declined or missed this lead before"
    if seat.barred:
        return seat.barred
    return "weight 0" if seat.weight <= 0 else ""


def _passed_over(seat: Seat, bars: Mapping[str, str]) -> Considered:
    return Considered(seat.person, chosen=False, why=bars[seat.person], credit=seat.credit)


def _consider(
    seat: Seat, winner: Seat, offered: Mapping[str, int], bars: Mapping[str, str], total: int
) -> Considered:
    if bars[seat.person]:
        return _passed_over(seat, bars)
    mine, best = offered[seat.person], offered[winner.person]
    if seat.person == winner.person:
        paid = seat.weight - total
        return Considered(
            seat.person, chosen=True, why=f"owed the most ({best})", credit=mine, change=paid
        )
    why = f"owed {mine}, {best - mine} less" if mine < best else f"lost the tie at {mine}"
    return Considered(seat.person, chosen=False, why=why, credit=mine, change=seat.weight)
