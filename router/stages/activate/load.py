"""What activate needs: the people of today, and what became of a lead that was offered before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from router.app import App
from router.lead.case import Case
from router.lead.clock import Clock
from router.lead.decision import ClockKind, Decision
from router.lead.handoff import Said
from router.lead.ids import LeadId
from router.lead.model import Lead
from router.pipeline import StageName
from router.rulebook.model import RuleBook
from router.stages.activate.decide import decide
from router.store.clocks import clocks_of
from router.store.touches import touches_of
from router.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Running:
    """The books of a batch, and the clocks of its leads that had an owner before."""

    #: The version of each lead with the people of today, by digest.
    books: dict[str, RuleBook]
    first_touch: dict[LeadId, Clock]
    #: What was said to the person who asked, by lead.
    said: dict[LeadId, tuple[Said, ...]] = field(default_factory=dict)


class Activate:
    """The activate stage as the runner sees it."""

    name = StageName.ACTIVATE

    def __init__(self, app: App) -> None:
        """Use the books of this process.

        Args:
            app: Where a lead's rule book is found.
        """
        self._app = app

    def prepare(self, case: Case, now: datetime) -> None:
        """Nothing can be thought before the owner is known."""

    def load(self, tx: Tx, cases: Sequence[tuple[Case, None]], now: datetime) -> Running:  # noqa: ARG002 - the runner's shape
        """Read clocks and words of leads that were offered before; their rows are locked."""
        books = {
            digest: self._app.live(digest) for digest in {case.lead.digest for case, _ in cases}
        }
        again = [case.lead.id for case, _ in cases if case.lead.handoff_id is not None]
        if not again:
            return Running(books, {})
        return Running(
            books,
            {
                lead_id: clocks[ClockKind.FIRST_TOUCH]
                for lead_id, clocks in clocks_of(tx, again).items()
                if ClockKind.FIRST_TOUCH in clocks
            },
            touches_of(tx, again),
        )

    def decide(self, case: Case, prepared: None, running: Running, now: datetime) -> Decision:  # noqa: ARG002 - the runner's shape
        """Make the packet, offer it, and start the clocks."""
        lead = case.lead
        return decide(
            lead,
            running.books[lead.digest],
            lead.why,
            now,
            reroute=case.reroute,
            rule_id=lead.rule,
            previous_owner=case.previous,
            first_touch=running.first_touch.get(lead.id),
            said=running.said.get(lead.id, ()),
        )

    def absorb(self, running: Running, prepared: None, decision: Decision) -> None:
        """Leads do not meet here."""

    def settled(self, running: Running, lead: Lead) -> None:
        """Leads do not meet here."""

    def finish(self, tx: Tx, running: Running) -> None:
        """Nothing is left to write: packets and clocks belong to their leads."""
