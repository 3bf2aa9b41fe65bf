"""What another version would do with a lead that was decided already: judged, and not yet done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from router.app import App
from router.lead.case import Case
from router.lead.decision import TRANSFERRED
from router.lead.events import Event, EventKind
from router.lead.ids import LeadId
from router.lead.model import Lead, change
from router.lead.states import LeadState
from router.rulebook.model import RuleBook, Verdict
from router.stages.classify.decide import guard, needs_suggestion
from router.stages.classify.load import Classify
from router.stages.desk.again import Afresh, Fate, Past, Wanted, bare, left_alone, stays
from router.stages.route import decide as route
from router.stages.route.turns import Turns
from router.store.decided import decisions_of
from router.store.tx import Tx

_ASIDE = frozenset({"reject", "review"})
_BY_PEOPLE = frozenset({"reassigned", TRANSFERRED})


@dataclass(frozen=True, slots=True)
class Thought:
    """What becomes of one lead, and what must be known to do it."""

    lead: Lead
    past: tuple[Past, ...]
    fate: Fate
    #: None when the lead is left alone.
    afresh: Afresh | None = None


class Judge:
    """Judges leads of one version by another."""

    def __init__(self, app: App, undone: str, new: RuleBook, *, accepted: bool) -> None:
        """Read both versions.

        Args:
            app: Of this process.
            undone: Digest of the version whose decisions are undone.
            new: The version that decides again.
            accepted: Also judge what an owner has accepted, or spoken about, already.
        """
        self._app, self._undone, self._accepted = app, undone, accepted
        self.new = new
        #: None when this program cannot read it any more.
        self.old = app.shelf.usable(undone)
        self._classify = Classify(app)

    def think(self, lead: Lead, past: tuple[Past, ...], now: datetime) -> Thought:
        """Decide what becomes of a lead; nothing is written or locked.

        Args:
            lead: As it stands.
            past: What was decided about it, in order.
            now: The time.

        Raises:
            Misconfigured: The new version cannot decide it.
        """
        alone = left_alone(lead, past, self._undone, accepted=self._accepted)
        if alone is not None:
            return Thought(lead, past, alone)
        fresh, before = self._before(lead, past)
        afresh = self._afresh(fresh, now, known=lead.state is not LeadState.REJECTED)
        if stays(lead, before, afresh.wanted, self.old, self.new):
            return Thought(lead, past, Fate.STAYS, afresh)
        return Thought(lead, past, Fate.CHANGES, afresh)

    def afresh(self, lead: Lead, past: tuple[Past, ...], now: datetime) -> Afresh:
        """Return what the new version does with a lead, whoever placed it and took it.

        Args:
            lead: An owned one, of the version whose decisions are undone.
            past: What was decided about it, in order.
            now: The time.

        Raises:
            Misconfigured: The new version cannot decide it.
        """
        fresh, _ = self._before(lead, past)
        return self._afresh(fresh, now, known=True)

    def _before(self, lead: Lead, past: Sequence[Past]) -> tuple[Lead, Wanted | None]:
        """Return the lead as it was before, and where the bad version sends it."""
        fresh = change(bare(lead, past, self._undone), state=LeadState.CLASSIFIED)
        if self.old is None:
            return fresh, None
        planned = route.plan(fresh, self.old, None)
        fresh = bare(lead, past, self._undone, planned.tags)
        return change(fresh, state=LeadState.CLASSIFIED), _wanted(planned)

    def _afresh(self, fresh: Lead, now: datetime, *, known: bool) -> Afresh:
        """Ask the new version, from its guards on."""
        new = self.new
        lead = change(fresh, state=LeadState.CLEANED, digest=new.digest, resume_at=None, reason="")
        verdict = guard(lead, new)
        unclear = needs_suggestion(verdict) and lead.classification is None
        if unclear and not known:
            # Back on the road it is classified as every other.
            return Afresh(lead, Wanted("road", ""))
        events: tuple[Event, ...] = ()
        if unclear or _sets_aside(verdict):
            case = Case(lead)
            found = self._classify.decide(case, self._classify.prepare(case, now), {}, now)
            if found.lead.state is not LeadState.CLASSIFIED:
                kind = "reject" if found.lead.state is LeadState.REJECTED else "review"
                rule = verdict.review_rule or verdict.rule
                wanted = Wanted(kind, found.lead.reason, rule.id if rule is not None else "")
                return Afresh(lead, wanted, aside=found)
            lead, events = found.lead, found.events
        lead = change(lead, state=LeadState.CLASSIFIED)
        planned = route.plan(lead, new, None)
        wanted = _wanted(planned)
        if planned.kind not in _ASIDE:
            return Afresh(lead, wanted, events)
        live = self._app.live(new.digest)
        review_by = self._app.review_by(live, now)
        aside, _ = route.decide(lead, planned, live, Turns(now), review_by=review_by)
        return Afresh(lead, wanted, events, aside)


def pasts(tx: Tx, leads: Sequence[UUID]) -> dict[LeadId, tuple[Past, ...]]:
    """Return what was decided about these leads, in order.

    Args:
        tx: Open transaction.
        leads: Their ids.
    """
    found: dict[LeadId, tuple[Past, ...]] = {}
    for lead_id, *row in decisions_of(tx, leads):
        key = LeadId(lead_id)
        found[key] = (*found.get(key, ()), _past(*row))
    return found


def place_of(lead: Lead) -> str:
    """Return where a lead is, for people.

    Args:
        lead: One that was decided.
    """
    owner = lead.owner
    if lead.state in {LeadState.REJECTED, LeadState.IN_REVIEW} or owner is None:
        return f"{lead.state} {lead.reason}".rstrip()
    return f"pool {owner.pool}" if owner.pool else f"{owner.kind} {owner.id}"


def _past(
    kind: str, at: datetime, data: Mapping[str, Any], tags: list[str] | None, priority: str | None
) -> Past:
    by_person = data.get("reason") in _BY_PEOPLE and kind == EventKind.LEAD_REASSIGNED
    # A pool that had nobody to give is not named with the decision, and nobody paid for it.
    return Past(
        kind=EventKind(kind),
        digest=str(data.get("digest") or ""),
        at=at,
        rule=str(data.get("rule") or ""),
        by_person=by_person or data.get("decided_by") == "person",
        pool=str(data.get("pool") or ""),
        tags=tuple(tags) if tags is not None else None,
        priority=priority,
    )


def _wanted(planned: route.Plan) -> Wanted:
    rule = planned.rule.id if planned.rule else ""
    sla = planned.sla if planned.kind not in _ASIDE else ""
    return Wanted(planned.kind, planned.target, rule, sla)


def _sets_aside(verdict: Verdict) -> bool:
    return verdict.review_rule is not None or verdict.effect.target[0] in _ASIDE
