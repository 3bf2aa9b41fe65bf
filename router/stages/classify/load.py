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
from router.plugins.kinds import Suggestion
from router.rulebook.model import Verdict
from router.stages.classify.decide import guard, judge, needs_suggestion, open_question
from router.store.tx import Tx

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Judged:
    """What the guards and, where they left it open, the classifier said. Untrusted until judged."""

    verdict: Verdict
    #: None when the guards decided, or when the classifier failed.
    suggestion: Suggestion | None


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
            suggestion = self._app.classifier(book).suggest(open_question(lead, book))
        except Exception as error:  # noqa: BLE001 - a broken plug-in must not stop a lead
            log.warning("classifier_failed", lead_id=str(lead.id), error=type(error).__name__)
            return Judged(verdict, None)
        return Judged(verdict, suggestion)

    def load(self, tx: Tx, cases: Sequence[tuple[Case, Judged]], now: datetime) -> None:
        """Nothing is read: a guard judges facts, and a cue classifier judges text."""

    def decide(self, case: Case, prepared: Judged, loaded: None, now: datetime) -> Decision:  # noqa: ARG002 - the runner's shape
        """Let the gate accept the suggestion, or ask a person."""
        book = self._app.book(case.lead.digest)
        return judge(
            case.lead,
            prepared.verdict,
            prepared.suggestion,
            book,
            review_by=self._app.review_by(book, now),
            now=now,
        )

    def absorb(self, loaded: None, prepared: Judged, decision: Decision) -> None:
        """Leads do not meet here."""

    def settled(self, loaded: None, lead: Lead) -> None:
        """Leads do not meet here."""

    def finish(self, tx: Tx, loaded: None) -> None:
        """Nothing is left to write."""
