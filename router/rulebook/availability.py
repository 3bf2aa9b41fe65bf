"""What happens to a person's leads when they go, and which words of a calendar mean an absence."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class AbsenceKind(StrEnum):
    """Why a person takes no leads."""

    #: They are on holiday, at a fair, ill: said ahead, or for days.
    AWAY = "away"
    #: They switched themselves off for a while.
    OFF = "off"


class Waiting(StrEnum):
    """What becomes of leads that were offered to somebody who goes, and that nobody accepted."""

    #: They stay; their clocks run on, and the ladder takes care of them.
    KEEP = "keep"
    #: Another owner is found for those that a pool had given.
    REASSIGN = "reassign"


@dataclass(frozen=True, slots=True)
class Availability:
    """What a book says about absences."""

    #: So long somebody may be gone before their waiting leads go to somebody else; time of the
    #: calendar, so that coming back from a lost connection costs nobody a lead.
    grace: timedelta = timedelta(minutes=1)
    #: Of those who switched themselves off.
    offline: Waiting = Waiting.REASSIGN
    #: Of those who are away.
    away: Waiting = Waiting.KEEP
    #: What marks an entry of a calendar file as an absence; case does not count.
    words: tuple[str, ...] = (
        "vacation",
        "holiday",
        "leave",
        "out of office",
        "ooo",
        "urlaub",
    )
    #: The same, but the word itself is nobody's business: it is never stored or shown.
    private_words: tuple[str, ...] = ("sick",)

    def reassign_at(self, kind: AbsenceKind, start: datetime) -> datetime | None:
        """Return when the waiting leads of somebody who goes are given to others.

        >>> from datetime import UTC
        >>> gone = datetime(2026, 3, 2, 14, tzinfo=UTC)
        >>> str(Availability().reassign_at(AbsenceKind.OFF, gone))
        '2026-03-02 14:01:00+00:00'
        >>> Availability().reassign_at(AbsenceKind.AWAY, gone) is None
        True

        Args:
            kind: Why they go.
            start: When.

        Returns:
            The moment; None when the leads stay.
        """
        wanted = self.offline if kind is AbsenceKind.OFF else self.away
        return start + self.grace if wanted is Waiting.REASSIGN else None
