"""What an absence earns, and how slowly it is paid out: so that nobody who returns is flooded.

While somebody is away, the pool's policy may put aside the shares that they would have had. When
they are back, their weight is multiplied until what was put aside is used up, and no faster.
"""

from collections.abc import Mapping, Sequence

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


def paid_out(able: Sequence[Seat], weights: Sequence[int]) -> Mapping[str, int]:
    """Return what this lead takes from the banks of those who are repaid, in units, negative.

    Args:
        able: Those who could get the lead.
        weights: What each counts for in this pick; more than its own while it is repaid.
    """
    own = shares(tuple([seat.weight for seat in able]))
    counted = shares(tuple(weights))
    return {
        seat.person: -min(seat.banked, max(counted[at] - own[at], 0))
        for at, seat in enumerate(able)
        if seat.banked > 0
    }
