"""What a transfer did, or would do: counted lead by lead, and told at its end."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from router.lead.clock import Clock
from router.lead.decision import ClockKind
from router.lead.ids import LeadId
from router.lead.model import Lead
from router.road.pages import told
from router.stages.desk.transfer import Stays, Way

#: How soon a promise must be due to be worth a word before its lead changes hands.
SOON = timedelta(hours=4)
#: Leads that a line of the report names, and promises that it lists.
_EXAMPLES, _PROMISES = 3, 10


@dataclass(frozen=True, slots=True)
class Line:
    """Leads that go from one place to another."""

    #: State and pool that they had; the pool is empty for an owner who was named without one.
    state: str
    pool: str
    #: Such as ``pool dach``, ``person tom-keane`` or ``fallback owner george-amari``.
    to: str
    leads: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """A first touch that is due before its lead's next owner has had much time."""

    lead: LeadId
    respond_by: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, or what would be."""

    person: str
    way: Way
    to: str
    dry_run: bool
    #: Leads that were looked at.
    leads: int
    #: Leads that went, or would go.
    going: int
    lines: tuple[Line, ...]
    #: Why leads stay, as :class:`~router.stages.desk.transfer.Stays`; how many.
    stays: dict[str, int]
    #: Owner before, owner now, and how many leads; empty for a preview, which picks nobody.
    owners: tuple[tuple[str, str, int], ...]
    #: Promises of leads that would go which are due soon, or late already, by kind of clock; only
    #: in a preview. An acceptance begins anew with the next owner, a first touch goes on.
    due_soon: dict[str, int]
    #: The first touches among these that are due first.
    promises: tuple[Promise, ...]
    #: What should be known before it is done.
    warnings: tuple[str, ...]
    #: Leads that could not be transferred, and why; another run tries them again.
    failed: tuple[tuple[str, str], ...]
    #: The last lead that was looked at, if more may follow it; None at the end.
    next: LeadId | None


@dataclass(slots=True)
class Tally:
    """What has been counted so far."""

    leads: int = 0
    going: int = 0
    stays: Counter[str] = field(default_factory=Counter)
    owners: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: list[tuple[str, str]] = field(default_factory=list)
    _lines: dict[tuple[str, str, str], list[LeadId]] = field(default_factory=dict)
    due_soon: Counter[str] = field(default_factory=Counter)
    _promises: list[Promise] = field(default_factory=list)

    def stay(self, why: Stays) -> None:
        """Count a lead that stays."""
        self.leads += 1
        self.stays[why.value] += 1

    def go(self, lead: Lead, where: str) -> None:
        """Count a lead that goes.

        Args:
            lead: As it was before.
            where: The place it goes to, for people.
        """
        self.leads += 1
        self.going += 1
        pool = lead.owner.pool if lead.owner is not None else ""
        self._lines.setdefault((lead.state.value, pool, where), []).append(lead.id)

    def promise(self, lead: LeadId, clocks: Mapping[ClockKind, Clock], now: datetime) -> None:
        """Note the promises of a lead that are due soon."""
        for kind, clock in clocks.items():
            if not clock.running or clock.respond_by > now + SOON:
                continue
            self.due_soon[kind.value] += 1
            if kind is ClockKind.FIRST_TOUCH:
                late = clock.respond_by <= now
                self._promises.append(Promise(lead, clock.respond_by, late))

    def fail(self, lead: LeadId, error: Exception) -> None:
        """Note a lead that could not be transferred."""
        self.leads += 1
        self.failed.append((str(lead), told(error)))

    def lines(self) -> tuple[Line, ...]:
        """Return where leads go from and to, most leads first."""
        found = [
            Line(*key, leads=len(ids), examples=tuple(str(each) for each in ids[:_EXAMPLES]))
            for key, ids in self._lines.items()
        ]
        return tuple(sorted(found, key=lambda line: (-line.leads, line.state, line.pool, line.to)))

    def promises(self) -> tuple[Promise, ...]:
        """Return the first touches that are due first."""
        found = sorted(self._promises, key=lambda each: (each.respond_by, each.lead))
        return tuple(found[:_PROMISES])
