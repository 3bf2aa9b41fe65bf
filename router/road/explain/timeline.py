"""Events in words. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from router.lead.events import EventKind as K

_MINUTE, _HOUR = 60, 3600
#: Why a lead changed hands that nobody gave away.
_GONE = {
    "owner_offline": "its owner went offline",
    "owner_away": "its owner was away",
    "owner_left": "its owner had left",
    "released": "somebody of its pool could take it",
    "claimed": "a member of its pool took it",
}
_CLOCKS = {"acceptance": "accepting it", "first_touch": "speaking to it", "review": "the review"}

Data = Mapping[str, Any]
Names = Mapping[str, str]


def words_of(kind: str, data: Data, names: Names, zone: ZoneInfo) -> str:
    """Say what happened, in one sentence.

    >>> words_of("lead.accepted", {"owner": "ann"}, {"ann": "Ann Archer"}, ZoneInfo("UTC"))
    'Ann Archer accepted it'

    Args:
        kind: Of the event.
        data: Its data; what is absent is left out of the sentence.
        names: Names of people by id.
        zone: In which moments are written.
    """
    say = _WORDS.get(kind)
    plain = kind.replace(".", " ")
    try:
        return say(_Told(data, names, zone)) if say is not None else plain
    except (AttributeError, TypeError, ValueError):
        # An event that somebody has changed must not keep the others from being told.
        return plain


def span(seconds: float) -> str:
    """Write a duration; never in days, which are of 8 hours for those who work them.

    >>> span(90), span(86_400), span(5)
    ('1.5 min', '24 h', '5 s')
    """
    for unit, name in ((_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{seconds:.0f} s"


def on_the_wall(at: datetime, zone: ZoneInfo) -> str:
    """Write a moment as a clock on the wall shows it there.

    >>> from datetime import UTC
    >>> on_the_wall(datetime(2026, 1, 5, 9, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    'Mon 2026-01-05 10:00'
    """
    return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M}"


class _Told:
    """An event's data, read for people."""

    def __init__(self, data: Data, names: Names, zone: ZoneInfo) -> None:
        self._data = data
        self._names = names
        self._zone = zone

    def get(self, name: str) -> Any:  # noqa: ANN401 - JSON that was written by any version
        return self._data.get(name)

    def within(self, data: Data) -> "_Told":
        """Read a part of the data in the same way."""
        return _Told(data, self._names, self._zone)

    def who(self, name: str) -> str:
        """Return the names of the people under a name; their ids where the book has none."""
        ids = self._data.get(name) or []
        listed = ids if isinstance(ids, list) else [ids]
        return " and ".join(self._names.get(str(each), str(each)) for each in listed) or "somebody"

    def at(self, name: str) -> str:
        text = self._data.get(name)
        return on_the_wall(datetime.fromisoformat(text), self._zone) if text else "some time"

    def span(self, name: str) -> str:
        return span(float(self._data.get(name) or 0))

    def joined(self, name: str) -> str:
        return ", ".join(map(str, self._data.get(name) or ()))

    def clock(self) -> str:
        return _CLOCKS.get(str(self._data.get("clock")), str(self._data.get("clock")))


def _captured(told: _Told) -> str:
    form = f", form {told.get('form')}" if told.get("form") else ""
    missing = f"; missing: {told.joined('missing')}" if told.get("missing") else ""
    lane = f", let in from import {told.get('import')}" if told.get("import") else ""
    return f"came in through {told.get('source')}{form}{lane}{missing}"


def _cleaned(told: _Told) -> str:
    account = told.get("account") or {}
    of = f"; of account {account['key']}" if account.get("key") else ""
    if told.get("match") == "returning":
        return f"cleaned; a known person, found by {told.joined('matched_by')}{of}"
    return f"cleaned; a new person{of}"


def _classified(told: _Told) -> str:
    if told.get("decided_by") == "rule":
        return f"no classifier needed: guard {told.get('rule')} decides"
    if told.get("decided_by") == "person":
        return f"classified as {told.get('intent') or 'it is'} by {told.who('by')}"
    return f"classified as {told.get('intent')} ({float(told.get('confidence') or 0):.0%} sure)"


def _routed(told: _Told) -> str:
    owner = told.get("owner") or {}
    kind = "" if owner.get("kind") == "person" else f"{owner.get('kind')} "
    rule = f"; rule {told.get('rule')}" if told.get("rule") else ""
    person = told.within(owner).who("id")
    return f"given to {kind}{person} ({told.get('how')}){rule}"


def _reassigned(told: _Told) -> str:
    reason = str(told.get("reason"))
    why = _GONE.get(reason) or f"{reason} by {told.who('by')}"
    return f"{why}, taken from {told.who('from')}, {_routed(told)}"


def _activated(told: _Told) -> str:
    share = float(told.get("completeness") or 0)
    missing = f"; it lacks {told.joined('missing')}" if told.get("missing") else ""
    return f"handoff offered to {told.who('owner')}, {share:.0%} complete{missing}"


def _started(told: _Told) -> str:
    clocks = (told.within(each) for each in told.get("clocks") or ())
    due = ", ".join(f"{clock.clock()} by {clock.at('respond_by')}" for clock in clocks)
    return f"promised ({told.get('policy')}): {due}"


def _accepted(told: _Told) -> str:
    origin = told.get("from") or {}
    taken = f" from {origin.get('kind')} {origin.get('id')}" if origin else ""
    return f"{told.who('owner')} accepted it{taken}"


def _touched(told: _Told) -> str:
    again = "" if told.get("first") else " again"
    return f"{told.who('owner')} spoke to the person{again} ({told.get('channel')})"


def _met(told: _Told) -> str:
    how = "in time" if told.get("in_time") else "late"
    return f"promise kept {how}: {told.clock()} took {told.span('wall_s')}"


def _escalated(told: _Told) -> str:
    again = " again" if told.get("again") else ""
    instead = f", in place of {told.who('away')}" if told.get("away") else ""
    return f"{told.who('told')} was told{again}{instead} that {told.clock()} is late"


def _opened(told: _Told) -> str:
    asked = f"{told.who('reviewer')} was asked" if told.get("reviewer") else "a person was asked"
    due = f", answer due {told.at('due_at')}" if told.get("due_at") else ""
    return f"{asked}: {told.get('reason')}{due}"


def _failed(told: _Told) -> str:
    return f"attempt {told.get('attempt')} failed: {told.get('error')}"


def _moved(told: _Told) -> str:
    versions = f"version {str(told.get('from'))[:12]} to {str(told.get('digest'))[:12]}"
    return f"{told.who('by')} moved it from {versions}: {told.get('effect')}"


def _rejected(told: _Told) -> str:
    rule = f" by rule {told.get('rule')}" if told.get("rule") else ""
    by = f" by {told.who('by')}" if told.get("by") else rule
    return f"rejected{by}: {told.get('reason')}; kept, and not worked"


_WORDS: Mapping[str, Callable[[_Told], str]] = {
    K.LEAD_CAPTURED: _captured,
    K.LEAD_UPDATED: lambda told: f"the same inquiry came again; learned {told.joined('filled')}",
    K.LEAD_CLEANED: _cleaned,
    K.LEAD_MERGED: lambda told: f"joined the person's open lead {told.get('into')}",
    K.LEAD_APPENDED: lambda told: f"a second inquiry joined, from {told.get('source')}",
    K.LEAD_CLASSIFIED: _classified,
    K.LEAD_ROUTED: _routed,
    K.LEAD_REASSIGNED: _reassigned,
    K.LEAD_ACTIVATED: _activated,
    K.LEAD_ACCEPTED: _accepted,
    K.LEAD_DECLINED: lambda told: f"{told.who('owner')} declined it",
    K.LEAD_TOUCHED: _touched,
    K.LEAD_CLOSED: lambda told: f"closed as {told.get('outcome')}",
    K.LEAD_REJECTED: _rejected,
    K.LEAD_RECALLED: lambda told: (
        f"recalled by {told.who('by')}, who undid import {told.get('import')}; kept, and not worked"
    ),
    K.LEAD_PARKED: lambda told: f"{_failed(told)}; parked, an operator must look",
    K.LEAD_REPLAYED: lambda told: f"sent back on the road, from {told.get('from')}",
    K.LEAD_MOVED: _moved,
    K.LEAD_FAILED: _failed,
    K.REVIEW_OPENED: _opened,
    K.REVIEW_ANSWERED: lambda told: f"the review ({told.get('reason')}) got: {told.get('answer')}",
    K.SLA_STARTED: _started,
    K.SLA_WARNED: lambda told: f"{told.who('told')} was reminded of {told.clock()}",
    K.SLA_BREACHED: lambda told: f"promise broken: {told.clock()} by {told.at('respond_by')}",
    K.SLA_ESCALATED: _escalated,
    K.SLA_MET: _met,
    K.ACTION_SENT: lambda told: f"{told.get('kind')} reached {told.get('destination')}",
    K.ACTION_PARKED: lambda told: (
        f"{told.get('kind')} did not reach {told.get('destination')}: {told.get('error')}; parked"
    ),
    K.ACTION_REPLAYED: lambda told: (
        f"{told.get('kind')} is sent to {told.get('destination')} again"
    ),
}
