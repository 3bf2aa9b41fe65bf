"""Decides what becomes of a lead whose version of the rule book was a bad one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from router.lead.decision import (
    DECIDED_AGAIN,
    Act,
    ClockKind,
    Decision,
    Effect,
    EndHandoff,
    Reroute,
    StopClock,
)
from router.lead.events import Event, EventKind
from router.lead.handoff import OVERTAKEN
from router.lead.model import Lead, Owner, change
from router.lead.states import IMPORT_UNDONE, HandoffState, LeadState, OwnerKind
from router.rulebook.model import RuleBook
from router.rulebook.roster import gone, members_of

#: Targets that give a lead an owner.
_OWNED_BY = frozenset({"person", "pool", "queue", "sequence", "fallback"})
_PENDING = frozenset({LeadState.ROUTED, LeadState.ACTIVATED})


class Fate(StrEnum):
    """What becomes of a lead when the decisions of a version are undone."""

    #: Somebody else gets it, or it is set aside, or it comes back from there.
    CHANGES = "changes"
    #: The active version decides the same: it only goes by that version from now on.
    STAYS = "stays"
    #: Left alone: its owner has taken it.
    ACCEPTED = "accepted"
    #: Left alone: somebody has spoken to the person who asked.
    TOUCHED = "touched"
    #: Left alone: it has ended.
    CLOSED = "closed"
    #: Left alone: a person, and no rule, decided where it is.
    BY_PERSON = "by_person"


@dataclass(frozen=True, slots=True)
class Past:
    """One decision about a lead, as its event kept it."""

    kind: EventKind
    #: The version that decided.
    digest: str
    at: datetime
    rule: str = ""
    #: True when a person decided, whatever the rules said.
    by_person: bool = False
    #: The pool that was asked; empty for none.
    pool: str = ""
    #: Tags and priority before the rules added theirs; None when that is not known (any more).
    tags: tuple[str, ...] | None = None
    priority: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a version sends a lead."""

    #: ``person``, ``pool``, ``queue``, ``sequence``, ``fallback``, ``reject``, ``review``; or
    #: ``road`` when it must first be found out what the lead is about.
    kind: str
    #: Id of the target, or the code of the refusal or review; empty for the fallback owner.
    target: str
    rule: str = ""
    #: What is promised there; empty for no owner.
    sla: str = ""

    @property
    def place(self) -> tuple[str, str]:
        """Return kind and name, without the rule."""
        return self.kind, self.target


@dataclass(frozen=True, slots=True)
class Afresh:
    """What the active version does with a lead, as if nobody had decided about it yet."""

    #: Without what the bad version's rules put on it.
    lead: Lead
    wanted: Wanted
    #: What was found out on the way, such as its intent.
    events: tuple[Event, ...] = ()
    #: How it is rejected, or put before a person; None when it gets an owner.
    aside: Decision | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for it, and why."""

    by: str
    reason: str
    #: The version whose decisions are undone.
    digest: str


def left_alone(
    lead: Lead, past: Sequence[Past], undone: str, *, accepted: bool = False
) -> Fate | None:
    """Return why a lead is not touched; None when it has to be decided again.

    Args:
        lead: The lead; an owned one, a rejected one, or one that ended.
        past: What was decided about it, in order.
        undone: Digest of the version whose decisions are undone.
        accepted: Also undo what an owner has accepted, or spoken about, already.
    """
    if lead.state is LeadState.CLOSED:
        return Fate.CLOSED
    if lead.state is LeadState.REJECTED and lead.reason == IMPORT_UNDONE:
        return Fate.BY_PERSON
    last = past[-1] if past else None
    if last is None or last.by_person or last.digest != undone:
        return Fate.BY_PERSON
    if accepted or lead.state in _PENDING or lead.state is LeadState.REJECTED:
        return None
    return Fate.TOUCHED if lead.state is LeadState.CONTACTED else Fate.ACCEPTED


def bare(lead: Lead, past: Sequence[Past], undone: str, given: Sequence[str] = ()) -> Lead:
    """Return a lead as it was before a version decided it: without its tags, priority and SLA.

    Args:
        lead: As it stands; what was learned of the person since is kept.
        past: What was decided about it, in order.
        undone: Digest of the version.
        given: Tags that this version leaves on the lead, its own and those before; further ones
            came later, and stay.
    """
    first = next((each for each in past if each.digest == undone and each.tags is not None), None)
    if first is None or first.tags is None:
        return change(lead, sla="", owner=None)
    later = tuple(tag for tag in lead.tags if tag not in given) if given else ()
    tags = tuple(dict.fromkeys((*first.tags, *later)))
    return change(lead, sla="", owner=None, tags=tags, priority=first.priority or lead.priority)


def stays(
    lead: Lead, before: Wanted | None, wanted: Wanted, old: RuleBook | None, new: RuleBook
) -> bool:
    """Return whether the active version leaves a lead where it is.

    Args:
        lead: As it stands.
        before: Where the bad version sends it; None when that cannot be read any more.
        wanted: Where the active version sends it.
        old: The bad version, if it can be read.
        new: The active version.
    """
    owner, same = lead.owner, before is not None and before.place == wanted.place
    if lead.state is LeadState.REJECTED or owner is None:
        return wanted.kind == "reject"
    if wanted.kind not in _OWNED_BY:
        return False
    if wanted.kind == "pool":
        members = _members(new, wanted.target)
        if owner.pool == wanted.target:
            return owner.id in members
        # Nobody of the pool could take it; that holds only while it is the same pool.
        return same and old is not None and _members(old, wanted.target) == members
    if wanted.kind == "fallback":
        last = old.fallback_owner if old is not None else new.fallback_owner
        return (same and last == new.fallback_owner) or _is_person(owner, new.fallback_owner)
    return same or (owner.kind.value, owner.id) == wanted.place


def decide(lead: Lead, afresh: Afresh, asked: Asked, new: RuleBook, now: datetime) -> Decision:
    """Undo a decision: another owner is asked for, or the lead is set aside or comes back.

    Whoever has it now is told, their task is recalled, and every clock ends.

    Args:
        lead: The lead, locked; an owned one or a rejected one.
        afresh: What the active version does with it.
        asked: Who asked for it, and why.
        new: The active version.
        now: The time, aware.
    """
    target = afresh.wanted
    where = f"{target.kind} {target.target}".rstrip()
    moved = _moved(lead, asked, new.digest, f"decided again, for {where}", changed=True)
    events = (moved, *afresh.events)
    if lead.state is LeadState.REJECTED:
        return Decision(_back(afresh.lead, new.digest, now), events=(moved,))
    ended = tuple(StopClock(kind, met=False) for kind in ClockKind)
    note = asked.reason
    reroute = Reroute(DECIDED_AGAIN, asked.by, note=note, afresh=True)
    if afresh.aside is None:
        fresh = change(afresh.lead, state=lead.state, owner=lead.owner, digest=new.digest)
        return Decision(fresh, events=events, effects=ended, reroute=reroute)
    aside = afresh.aside
    return Decision(
        change(aside.lead, owner=None, digest=new.digest),
        events=(*events, *aside.events),
        effects=(*_recalled(lead, new, reroute), *ended, *aside.effects),
    )


def same(lead: Lead, asked: Asked, digest: str) -> Decision:
    """Let a lead go by another version that would have decided it in the same way.

    Args:
        lead: The lead, locked.
        asked: Who asked for it, and why.
        digest: The version.
    """
    moved = _moved(lead, asked, digest, "the decision is the same", changed=False)
    return Decision(change(lead, digest=digest), events=(moved,))


def move(lead: Lead, asked: Asked, digest: str, now: datetime, *, release: bool) -> Decision:
    """Let a lead that nobody has decided yet go by another version.

    Args:
        lead: The lead, locked; still on the road, in review or parked there.
        asked: Who asked for it, and why.
        digest: The version.
        now: The time, aware.
        release: It waits for an answer that the other version does not ask for: it goes on.
    """
    if not release:
        moved = _moved(lead, asked, digest, "it goes on by this version", changed=False)
        return Decision(change(lead, digest=digest), events=(moved,))
    moved = _moved(lead, asked, digest, "its question is not asked any more", changed=True)
    freed = change(
        lead,
        digest=digest,
        state=lead.resume_at or LeadState.CLEANED,
        resume_at=None,
        reason="",
        attempts=0,
        due_at=now,
    )
    return Decision(freed, events=(moved,))


def _recalled(lead: Lead, book: RuleBook, reroute: Reroute) -> tuple[Effect, ...]:
    """End the handoff and tell its owner that nobody has the lead now."""
    if lead.handoff_id is None or lead.owner is None:
        return ()
    body = gone(book, lead, lead.owner, reroute, now_with=None)
    return (
        EndHandoff(lead.handoff_id, HandoffState.WITHDRAWN, reroute.note or reroute.reason),
        Act("handoff.withdrawn", body, OVERTAKEN),
    )


def _back(lead: Lead, digest: str, now: datetime) -> Lead:
    """Return a rejected lead on the road again, where it is decided as every other."""
    known = lead.classification is not None
    return change(
        lead,
        state=LeadState.CLASSIFIED if known else LeadState.CLEANED,
        digest=digest,
        resume_at=None,
        reason="",
        attempts=0,
        last_error="",
        due_at=now,
    )


def _moved(lead: Lead, asked: Asked, digest: str, effect: str, *, changed: bool) -> Event:
    data = {
        "from": lead.digest,
        "digest": digest,
        "by": asked.by,
        "state": lead.state,
        "changed": changed,
        "effect": effect,
    }
    return Event(EventKind.LEAD_MOVED, data, {"reason": asked.reason}, actor=asked.by)


def _members(book: RuleBook, pool: str) -> frozenset[str]:
    found = book.pools.get(pool)
    return frozenset(members_of(book, found)) if found is not None else frozenset()


def _is_person(owner: Owner, person: str) -> bool:
    return owner.kind is OwnerKind.PERSON and owner.id == person and not owner.pool
