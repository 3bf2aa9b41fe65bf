"""What an absence earns, and how slowly it is paid out: so that nobody who returns is flooded.

While somebody is away, the pool's policy may put aside the shares that they would have had. When
they are back, their weight is multiplied until what was put aside is used up, and no faster.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from router.rulebook.model import AbsenceCredit, Absences
from router.stages.route.rotation import LEAD, shares
from router.stages.route.seats import Seat


def earned(able: Sequence[Seat], away: Sequence[Seat], policy: Absences) -> Mapping[str, int]:
    """Return what this lead puts aside for those who are away, in units.

    Each gets the share that they would have had, had they alone been there as well.

    >>> from router.stages.route.seats import Seat
    >>> keep = Absences(AbsenceCredit.PROPORTIONAL)
    >>> earned([Seat("ann", 100, 0)], [Seat("ben", 100, 0)], keep) == {"ben": LEAD // 2}
    True

    Args:
        able: Those who could have got the lead.
        away: Those who are absent, and nothing else keeps from it that comes first.
        policy: The pool's.
    """
    if policy.credit is AbsenceCredit.NONE or not away:
        return {}
    most = policy.up_to * LEAD if policy.credit is AbsenceCredit.ACCRUE else None
    present = sum(seat.weight for seat in able)
    found = {}
    for seat in away:
        if seat.weight > 0:
            share = LEAD * seat.weight // (present + seat.weight)
            room = share if most is None else min(share, max(most - seat.banked, 0))
            if room:
                found[seat.person] = room
    return found


def cancelled(seats: Sequence[Seat]) -> Mapping[str, int]:
    """Return what is struck out of every bank of a pool, in units: a debt to all alike is no debt.

    >>> from router.stages.route.seats import Seat
    >>> two = [Seat("ann", 100, 0, banked=10), Seat("ben", 200, 0, banked=50)]
    >>> cancelled(two), cancelled([*two, Seat("cat", 100, 0)])
    ({'ann': 10, 'ben': 20}, {})

    Args:
        seats: Every member of the pool who can be owed anything.
    """
    counted = [seat for seat in seats if seat.weight > 0]
    if not counted or any(seat.banked <= 0 for seat in counted):
        return {}
    least = min(counted, key=lambda seat: Fraction(seat.banked, seat.weight))
    return {seat.person: least.banked * seat.weight // least.weight for seat in counted}


def weights_of(able: Sequence[Seat], speed: int) -> list[int]:
    """Return what each counts for in this pick: more than their weight while they are repaid.

    While all of them are owed something, only those are repaid who are owed more for their weight
    than the others: if all weights grew alike, nobody would be.

    Args:
        able: Those who could get the lead, with what is banked for each.
        speed: How many times the weight of who is repaid counts.
    """
    least = min(Fraction(max(seat.banked, 0), seat.weight) for seat in able)
    return [
        seat.weight * speed if Fraction(max(seat.banked, 0), seat.weight) > least else seat.weight
        for seat in able
    ]


def paid_out(able: Sequence[Seat], weights: Sequence[int]) -> Mapping[str, int]:
    """Return what this lead takes from the banks of those who are repaid, in units, negative.

    Args:
        able: Those who could get the lead.
        weights: What each counts for in this pick, from :func:`weights_of`.
    """
    own = shares(tuple([seat.weight for seat in able]))
    counted = shares(tuple(weights))
    return {
        seat.person: -min(seat.banked, max(counted[at] - own[at], 0))
        for at, seat in enumerate(able)
        if weights[at] > seat.weight
    }
