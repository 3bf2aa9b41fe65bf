"""Beside the active version: a canary's leads are given to it, and a shadow is asked.

Whatever is wrong with a version that is tried costs no lead anything: the canary's leads stay with
the active version, and the shadow's answer is missing.
"""

from dataclasses import dataclass, replace

import structlog

from router.app import App
from router.errors import Rejected
from router.lead.case import Case
from router.lead.facts import facts_of
from router.lead.model import Lead, change
from router.pipeline import StageName
from router.rulebook.canary import Terms, pilots, serves, terms_from
from router.rulebook.model import Phase, RuleBook, Verdict
from router.rulebook.outcome import review_code
from router.rulebook.shadow import Said, codes_of, decided_before, say
from router.stages.classify.load import Judged
from router.stages.route.plan import Plan, plan
from router.store.beside import Noted, as_bytes
from router.store.books import version
from router.store.tx import transaction

log = structlog.get_logger()

#: Versions whose codes one process remembers.
_KEPT = 16
#: What a shadow is said to do with a lead that it would first let pass to the classifier.
GOES_ON = "goes on"
_ASIDE = frozenset({"reject", "review"})


@dataclass(frozen=True, slots=True)
class Glance:
    """What a shadow says of a lead, beside what is done with it."""

    shadow: str
    active: Said
    #: None when it could not say.
    other: Said | None


class Beside:
    """What one process knows of the versions that are tried."""

    def __init__(self, app: App) -> None:
        """Use the books of this process.

        Args:
            app: Where the versions in use are found.
        """
        self._app = app
        self._codes: dict[str, frozenset[str]] = {}
        self._told: set[str] = set()
        self._stored: set[str] = set()

    def look(self, noted: Noted) -> "Look":
        """Return what is tried now, for one batch.

        Args:
            noted: Of the batch.

        Raises:
            Misconfigured: Nothing was published yet.
            Transient: The database cannot be reached.
        """
        shelf = self._app.shelf
        active, use = shelf.active(), shelf.aliases()
        noted.book = self._app.settings.book
        terms = self._terms(use.canary, use.terms) if use.canary != active.digest else None
        canary = shelf.usable(use.canary) if terms is not None else None
        shadow = shelf.usable(use.shadow)
        return Look(self, noted, active, canary, terms or Terms(), use.shadow, shadow)

    def own(self, digest: str) -> RuleBook | None:
        """Return the version of a lead; None when this process cannot use it."""
        return self._app.shelf.usable(digest)

    def stored(self, digest: str) -> bool:
        """Return whether there is such a version at all, usable or not."""
        if digest not in self._stored:
            with transaction(self._app.engine) as tx:
                if version(tx, digest) is None:
                    return False
            self._stored.add(digest)
        return True

    def codes(self, book: RuleBook) -> frozenset[str]:
        """Return the codes of a version's refusals and reviews."""
        found = self._codes.get(book.digest)
        if found is None:
            if len(self._codes) >= _KEPT:
                self._codes.clear()
            found = self._codes[book.digest] = codes_of(book)
        return found

    def complain(self, role: str, digest: str, error: Exception) -> None:
        """Log what is wrong with a version that is tried, once."""
        if digest not in self._told:
            self._told.add(digest)
            log.error(
                "tried_version_failed",
                role=role,
                digest=digest,
                error=type(error).__name__,
                exc_info=error,
            )

    def _terms(self, digest: str, stored: object) -> Terms | None:
        if not digest or not isinstance(stored, dict):
            return None
        try:
            return terms_from(stored)
        except Rejected as error:
            self.complain("canary_terms", digest, error)
            return None


@dataclass(frozen=True, slots=True)
class Look:
    """What is tried during one batch."""

    beside: Beside
    noted: Noted
    active: RuleBook
    #: None when there is none, or it cannot be used.
    canary: RuleBook | None
    terms: Terms
    #: Digest; empty when there is none.
    shadow: str
    #: None when there is none, or it cannot be used.
    shadow_book: RuleBook | None

    def capture(self, lead: Lead) -> Lead:
        """Return a new lead with the version that it starts with.

        Args:
            lead: As capture made it, with the active version.
        """
        origin = lead.attribution
        if self.canary is None or not serves(
            self.terms,
            self.canary.digest,
            lead.id,
            form_id=origin.form_id,
            form_kind=origin.form_kind,
            campaign=origin.utm_campaign,
        ):
            return lead
        self.noted.pin(self.canary.digest, lead.id, "capture")
        return change(lead, digest=self.canary.digest)

    def before(self, stage: StageName, case: Case) -> bool:
        """Give a lead the version that shall decide it.

        Args:
            stage: Which the lead stands before; nothing is locked yet.
            case: The lead; its version may change.

        Returns:
            Whether the shadow is to be asked about it, with :meth:`ask`.
        """
        lead = case.lead
        own = self.active if lead.digest == self.active.digest else self.beside.own(lead.digest)
        if own is None:
            if not self.beside.stored(lead.digest):
                # The stage meets it, and says so.
                return False
            # Its version cannot be used any more, and a lead waits for no book.
            own = self.active
            case.lead = change(lead, digest=own.digest)
        if case.reroute is not None or stage not in {StageName.CLASSIFY, StageName.ROUTE}:
            return False
        first = not (lead.approved and decided_before(lead.approved, self.beside.codes(own)))
        if first and stage is StageName.ROUTE and self._takes_team(case.lead):
            own = self.canary or own
            case.lead = change(lead, digest=own.digest)
            self.noted.pin(own.digest, lead.id, "team")
        return bool(first and self.shadow) and own.digest != self.shadow

    def ask(self, lead: Lead, prepared: object) -> Glance | None:
        """Ask the shadow about a lead, beside what its own version has said.

        Args:
            lead: The lead.
            prepared: What its stage thought of it; for a stage that decides nothing, anything.

        Returns:
            What the shadow says; None when this stage does not decide the lead.
        """
        guarded = isinstance(prepared, Judged)
        if isinstance(prepared, Judged):
            if not _set_aside(prepared.verdict):
                # Route decides it, and knows more of it.
                return None
            active, facts = guard_said(prepared.verdict, lead.digest), facts_of(lead)
        elif isinstance(prepared, Plan):
            own = self.active if lead.digest == self.active.digest else self.beside.own(lead.digest)
            active, facts = plan_said(prepared, own or self.active), prepared.facts
        else:
            return None
        if self.shadow_book is None:
            return Glance(self.shadow, active, None)
        try:
            other = say(self.shadow_book, facts)
        except Exception as error:  # noqa: BLE001 - a shadow that fails must cost the lead nothing
            self.beside.complain("shadow", self.shadow, error)
            return Glance(self.shadow, active, None)
        if guarded and other.phase != Phase.GUARDS:
            other = replace(
                other, rule="", phase="", kind=GOES_ON, target="", sla="", priority="", tags=()
            )
        return Glance(self.shadow, active, other)

    def after(self, lead: Lead, glance: Glance) -> None:
        """Note what the shadow said, once the lead's decision is recorded.

        Args:
            lead: The lead.
            glance: From :meth:`ask`.
        """
        other = glance.other
        self.noted.count(glance.shadow, failed=other is None)
        if other is not None and not glance.active.same_deed(other):
            said, meant = as_bytes(glance.active), as_bytes(other)
            self.noted.differ(glance.shadow, lead.id, said, meant)

    def _takes_team(self, lead: Lead) -> bool:
        """Return whether the active version gives a lead to a team that the canary serves."""
        canary, teams = self.canary, self.terms.teams
        if canary is None or not teams or lead.digest != self.active.digest:
            return False
        try:
            planned = plan(lead, self.active, None)
            if planned.kind != "pool" or not pilots(
                self.terms, canary.digest, lead.id, planned.target
            ):
                return False
            plan(lead, canary, None)
        except Exception as error:  # noqa: BLE001 - a canary that fails leaves the lead where it is
            self.beside.complain("canary", canary.digest, error)
            return False
        return True


def plan_said(planned: Plan, book: RuleBook) -> Said:
    """Return what a version does with a lead, as route has planned it.

    Args:
        planned: For a fresh lead.
        book: The version that planned it.
    """
    aside = planned.kind in _ASIDE
    return Said(
        digest=book.digest,
        rule=planned.rule.id if planned.rule is not None else "",
        phase=planned.phase.value if planned.rule is not None else "",
        kind=planned.kind,
        target=planned.target or book.fallback_owner,
        sla="" if aside else planned.sla,
        priority="" if aside else planned.priority,
        tags=() if aside else planned.tags,
    )


def guard_said(verdict: Verdict, digest: str) -> Said:
    """Return what a version does with a lead that its guards set aside.

    Args:
        verdict: Of the guards.
        digest: Of the version.
    """
    asks, rule = verdict.review_rule, verdict.review_rule or verdict.rule
    kind, target = ("review", review_code(asks)) if asks is not None else verdict.effect.target
    name = rule.id if rule is not None else ""
    return Said(digest, name, Phase.GUARDS.value, kind, target, sla="", priority="", tags=())


def _set_aside(verdict: Verdict) -> bool:
    return verdict.review_rule is not None or verdict.effect.target[0] in _ASIDE
