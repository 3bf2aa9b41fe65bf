"""What classify needs: the classifier's suggestion for leads that the guards leave open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from router.app import App
from router.lead.case import Case
from router.lead.decision import Decision
from router.lead.model import Lead
from router.pipeline import StageName
from router.rulebook.model import Verdict
from router.stages.classify.decide import conclude, guard, needs_suggestion, open_question
from router.stages.classify.gate import Gated, weigh
from router.store.tx import Tx

log = structlog.get_logger()

#: When a review that is opened now is due, by digest; asked once a batch.
Deadlines = dict[str, datetime]


@dataclass(frozen=True, slots=True)
class Judged:
    """What the guards and, where they left it open, the classifier said."""

    verdict: Verdict
    #: None when the guards decided, or when the classifier failed.
    gated: Gated | None


class Classify:
    """The classify stage as the runner sees it."""

    name = StageName.CLASSIFY

    def __init__(self, app: App) -> None:
        """Use the books and the classifier of this process.

        Args:
            app: Where a lead's rule book and the classifier are found.
        """
        self._app = app

    def prepare(self, case: Case, now: datetime) -> Judged:  # noqa: ARG002 - the runner's shape
        """Ask the guards, and the classifier only about what they leave open."""
        lead = case.lead
        book = self._app.book(lead.digest)
        verdict = guard(lead, book)
        if not needs_suggestion(verdict):
            return Judged(verdict, None)
        try:
            enquiry = open_question(lead, book)
            suggestion = self._app.classifier(book).suggest(enquiry)
        except Exception as error:  # noqa: BLE001 - a broken plug-in must not stop a lead
            log.warning("classifier_failed", lead_id=str(lead.id), error=type(error).__name__)
            return Judged(verdict, None)
        return Judged(verdict, weigh(suggestion, enquiry.text, book.taxonomy))

    def load(self, tx: Tx, cases: Sequence[tuple[Case, Judged]], now: datetime) -> Deadlines:  # noqa: ARG002 - the runner's shape
        """Nothing is read: a guard judges facts, and a cue classifier judges text."""
        return {}

    def decide(self, case: Case, prepared: Judged, loaded: Deadlines, now: datetime) -> Decision:
        """Let the gate accept the suggestion, or ask a person."""
        book = self._app.book(case.lead.digest)
        review_by = loaded.get(book.digest)
        if review_by is None:
            review_by = loaded[book.digest] = self._app.review_by(book, now)
        return conclude(
            case.lead, prepared.verdict, prepared.gated, book, review_by=review_by, now=now
        )

    def absorb(self, loaded: Deadlines, prepared: Judged, decision: Decision) -> None:
        """Leads do not meet here."""

    def settled(self, loaded: Deadlines, lead: Lead) -> None:
        """Leads do not meet here."""

    def finish(self, tx: Tx, loaded: Deadlines) -> None:
        """Nothing is left to write."""
