"""The shapes of a pool: who is in it, how one is chosen, and what happens when nobody can be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum


class Method(StrEnum):
    """How a pool narrows those who can take a lead before their turns decide."""

    #: Turns alone: everybody gets a share equal to their weight.
    ROTATION = "rotation"
    #: Those with the fewest open leads for their weight; turns decide among equals.
    LEAST_OPEN = "least_open"


class First(StrEnum):
    """Somebody who comes before everybody else, if they can take the lead."""

    #: Who owned the same person's lead before.
    LAST_OWNER = "last_owner"
    #: Who owns the open opportunity of the lead's account.
    OPPORTUNITY_OWNER = "opportunity_owner"
    #: Who owns the lead's account, unless they rest on it.
    ACCOUNT_OWNER = "account_owner"
    #: Who owns the lead's account, if it is a named one; they never rest on it.
    NAMED_ACCOUNT = "named_account"


class NobodyPolicy(StrEnum):
    """What a pool does with a lead that none of its members can take now."""

    #: Somebody who is only off shift gets it; clocks wait for their working time.
    OFF_SHIFT = "off_shift"
    #: It waits in the pool, in the order of arrival, until somebody can take it.
    HOLD = "hold"
    #: The pools named in ``overflow`` are asked, in their order.
    OVERFLOW = "overflow"
    #: The fallback owner gets it.
    FALLBACK = "fallback"


class HandOut(StrEnum):
    """Whether a pool gives its leads to somebody, or lets its members take them."""

    PUSH = "push"
    #: Leads wait in the pool until a member takes one; the pool's manager is accountable.
    PULL = "pull"


class AbsenceCredit(StrEnum):
    """What becomes of the leads that a person would have got while away."""

    #: They are everybody else's.
    NONE = "none"
    #: All of them are owed afterwards.
    PROPORTIONAL = "proportional"
    #: They are owed afterwards, up to so many.
    ACCRUE = "accrue"


class Period(StrEnum):
    """What a cap counts over; days, weeks and months begin in the person's time zone."""

    OPEN = "open"
    DAY = "day"
    #: From Monday on.
    WEEK = "week"
    MONTH = "month"


#: By period, the most leads; a period that is absent has no bound.
Caps = Mapping[Period, int]


@dataclass(frozen=True, slots=True)
class Ramp:
    """A joiner's weight on its way up, in steps of a week."""

    #: First day, in the person's time zone.
    start: date
    #: Weeks until the full weight.
    weeks: int
    #: Share of the weight in the first week, in per cent.
    percent: int


@dataclass(frozen=True, slots=True)
class Member:
    """A person's place in a pool."""

    person: str
    weight: int = 1
    #: Those of a lower tier are asked first.
    tier: int = 1
    caps: Caps = field(default_factory=dict)
    ramp: Ramp | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A pool's place in a pool of pools: the turn is the group's, then one of its members'."""

    pool: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill that a lead asks for, and for how long nobody without it gets the lead."""

    #: Name of a fact whose value is the skill, such as ``service_interest``; empty for a fixed one.
    fact: str = ""
    #: The skill itself when it is fixed.
    name: str = ""
    #: After so long without anybody who has it, it is asked for no more; None for never. Time of
    #: the calendar, counted from when the lead was received.
    drop_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Absences:
    """What an absence costs the absent, and how fast they are repaid."""

    credit: AbsenceCredit = AbsenceCredit.NONE
    #: Most leads that are owed after an absence, with ``accrue``.
    up_to: int = 0
    #: Guard against a flood: who is repaid gets at most so many times their share.
    catch_up: int = 2


@dataclass(frozen=True, slots=True)
class Pool:
    """A group from which the next owner is chosen."""

    id: str
    #: Role that the packet is written for.
    role: str
    manager: str
    #: Empty for a pool of groups.
    members: tuple[Member, ...]
    #: Pools among which the turn goes round before one of their members is chosen.
    groups: tuple[Group, ...] = ()
    #: ``nothing``, or ``on_shift`` when a person off shift counts as unavailable.
    require: str = "nothing"
    method: Method = Method.ROTATION
    #: Who comes before everybody else, in this order.
    first: tuple[First, ...] = ()
    #: How long the last owner of a person's lead stays first; time of the calendar.
    sticky: timedelta = timedelta(days=90)
    #: After so long without activity an account's owner rests on it, and is not first any more.
    #: None for never.
    resting: timedelta | None = None
    skills: tuple[Skill, ...] = ()
    nobody: NobodyPolicy = NobodyPolicy.OFF_SHIFT
    #: Pools that are asked in turn when ``nobody`` is ``overflow``.
    overflow: tuple[str, ...] = ()
    absences: Absences = field(default_factory=Absences)
    #: Leads that a person is expected to answer in an hour of work; 0 for no bound.
    pace: int = 0
    hand_out: HandOut = HandOut.PUSH
    #: Why a lead may be taken from its owner again so that it was no turn: reasons of a decline,
    #: or ``owner_offline`` and ``owner_away``.
    credit_back: tuple[str, ...] = ()
    #: Calendar of leads that wait in the pool; empty for the manager's.
    calendar: str = ""

    def gives_back(self, reason: str) -> bool:
        """Return whether a lead that its owner had was no turn, if this is why it goes.

        >>> pool = Pool("dach", "sales", "ann", (), credit_back=("wrong-territory",))
        >>> pool.gives_back("Wrong territory"), pool.gives_back("owner_offline")
        (True, False)

        Args:
            reason: In somebody's words, or a code.
        """
        said = "-".join(reason.casefold().replace("_", " ").split())
        return said in {each.replace("_", "-") for each in self.credit_back}
