"""Rehearse: take a sample through the real stages, and write nothing.

With a database the sample meets the people and the turns that are real, in a transaction that is
rolled back. Without one it meets an empty world: nobody is known, and every pool starts even.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from router.errors import Rejected
from router.lead.clock import Clock, begun
from router.lead.decision import AskPerson, ClockKind, Decision, StartClock
from router.lead.delivery import Delivery
from router.lead.events import canonical, chain
from router.lead.ids import DeliveryId, timed_id
from router.lead.model import Lead
from router.lead.states import DeliveryState, LeadState, ReviewState
from router.pipeline import StageName
from router.plugins import registry
from router.road.batch import write_batch
from router.road.capture import capture
from router.road.drain import LOCK_TIMEOUT, Road
from router.road.explain.build import Material, gather
from router.road.record import Batch
from router.rulebook.model import RuleBook, Source
from router.rulebook.worktime import work_time
from router.settings import Settings
from router.stages.activate import decide as activate
from router.stages.capture import decide as captures
from router.stages.classify import decide as classify
from router.stages.clean import decide as clean
from router.stages.route import decide as route
from router.stages.route.turns import Turns
from router.store.reading import StoredEvent
from router.store.reviews import ReviewItem
from router.store.tx import rehearsal

#: The source that an unsigned sample is taken for unless its shape says otherwise.
USUAL_SOURCE = "generic"
_JSON_STARTS = (b"{", b"[")


def sample(body: bytes, source: str, serve: str, now: datetime) -> Delivery:
    """Return a delivery that was never sent.

    Args:
        body: JSON, or a form post (``name=Ann&email=...``).
        source: Id of the source it is taken for.
        serve: Which book of the installation it is for.
        now: When it would have come in.
    """
    looks_json = body.lstrip()[:1] in _JSON_STARTS
    kind = "application/json" if looks_json else "application/x-www-form-urlencoded"
    return Delivery(
        id=DeliveryId(timed_id(now, "sample", source, body.hex())),
        book=serve,
        source=source,
        body=body.strip(),
        content_type=kind,
        headers=b"{}",
        received_at=now,
    )


def guess_source(body: bytes, book: RuleBook, now: datetime) -> str:
    """Return the source that a sample's shape speaks for.

    A source that takes only certain bodies and takes this one wins; then ``generic``.

    Args:
        body: The sample.
        book: Its sources.
        now: Any moment.

    Raises:
        Rejected: The book has no source that could be meant.
    """
    for source in book.sources.values():
        if source.only_path:
            parsed = captures.prepare(sample(body, source.id, "", now), source)
            if parsed.items:
                return source.id
    if USUAL_SOURCE in book.sources:
        return USUAL_SOURCE
    raise Rejected(
        f"Name the source with --source: one of {', '.join(book.sources)}.", code="source_needed"
    )


def rehearse(road: Road, delivery: Delivery, now: datetime) -> list[Material]:
    """Take a sample through the stages with the people and the turns that are real.

    Args:
        road: The runner of this process.
        delivery: From :func:`sample`.
        now: The moment at which it is rehearsed.

    Returns:
        What would be recorded about each lead of the sample.

    Raises:
        Rejected: The sample makes no lead; the text says why.
        Transient: The database could not do it now.
    """
    check(delivery, road.app.shelf.active())
    with rehearsal(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        batch = Batch(now, road.listeners)
        capture(road.app, tx, batch, [delivery], road.stages.beside)
        road.stages.run(tx, batch, StageName.CLEAN)
        works = [work for work in batch.works.values() if work.changed]
        for work in works:
            if work.failed is not None:
                raise Rejected(
                    f"The sample fails on the road: {type(work.failed).__name__}: {work.failed}",
                    code="sample_fails",
                ) from work.failed
        write_batch(tx, batch)
        own = [work.lead.id for work in works if work.lead.delivery_id == delivery.id]
        ids = own or [work.lead.id for work in works]
        found = [
            replace(gather(tx, each), delivery=DeliveryState.CAPTURED.value, rehearsed=True)
            for each in ids
        ]
    if not found:
        raise Rejected("The same inquiry is known already; nothing in it is new.", code="no_lead")
    return found


def rehearse_alone(
    settings: Settings, book: RuleBook, delivery: Delivery, now: datetime
) -> list[Material]:
    """Take a sample through the stages in an empty world. Asks no database.

    Args:
        settings: Which classifier is used, and the default region.
        book: The rule book.
        delivery: From :func:`sample`.
        now: The moment at which it is rehearsed.

    Raises:
        Rejected: The sample makes no lead; the text says why.
    """
    source = check(delivery, book)
    captured = captures.decide(delivery, source, book, {}, now)
    return [_Alone(settings, book, source, now).walk(each) for each in captured.decisions]


def check(delivery: Delivery, book: RuleBook) -> Source:
    """Return a sample's source, if the sample holds an inquiry.

    Args:
        delivery: From :func:`sample`.
        book: The rule book.

    Raises:
        Rejected: There is no such source, or the sample makes no lead; the text says why.
    """
    source = book.sources.get(delivery.source)
    if source is None:
        raise Rejected(
            f"The rule book has no source {delivery.source!r}. Use one of:"
            f" {', '.join(book.sources)}.",
            code="unknown_source",
        )
    parsed = captures.prepare(delivery, source)
    if not parsed.items:
        why = parsed.refused or parsed.ignored
        raise Rejected(f"As {source.id} this sample makes no lead: {why}.", code="no_lead")
    return source


@dataclass(slots=True)
class _Alone:
    """One lead on its way through an empty world."""

    settings: Settings
    book: RuleBook
    source: Source
    now: datetime
    events: list[StoredEvent] = field(default_factory=list)
    clocks: dict[ClockKind, Clock] = field(default_factory=dict)
    questions: list[ReviewItem] = field(default_factory=list)

    def walk(self, captured: Decision) -> Material:
        lead = self._take(captured)
        prepared = clean.prepare(lead, self.settings.default_region)
        lead = self._take(
            clean.decide(
                lead,
                prepared,
                clean.Known(),
                self.now,
                required=self.source.required,
                reviewer=self.book.taxonomy.reviewer,
                review_by=self._review_by,
            )
        )
        lead = self._classify(lead)
        if lead.state is LeadState.CLASSIFIED:
            lead = self._route(lead)
        if lead.state is LeadState.ROUTED:
            lead = self._take(
                activate.decide(
                    lead, self.book, lead.why, self.now, reroute=None, rule_id=lead.rule
                )
            )
        return Material(lead, self.events, self.clocks, self.questions, rehearsed=True)

    @property
    def _review_by(self) -> datetime:
        taxonomy = self.book.taxonomy
        reviewer = self.book.people[taxonomy.reviewer]
        hours = work_time(self.book.calendars[reviewer.calendar])
        return hours.add(self.now, taxonomy.review_within)

    def _classify(self, lead: Lead) -> Lead:
        verdict = classify.guard(lead, self.book)
        suggestion = None
        if classify.needs_suggestion(verdict):
            classifier = registry.classifier(self.settings.classifier, self.book.taxonomy)
            suggestion = classifier.suggest(classify.open_question(lead, self.book))
        return self._take(
            classify.judge(
                lead, verdict, suggestion, self.book, review_by=self._review_by, now=self.now
            )
        )

    def _route(self, lead: Lead) -> Lead:
        decision, _ = route.decide(
            lead,
            route.plan(lead, self.book, None),
            self.book,
            Turns(self.now),
            review_by=self._review_by,
        )
        return self._take(decision)

    def _take(self, decision: Decision) -> Lead:
        """Take a decision over in memory, as the recorder would in rows."""
        lead = decision.lead
        seq, head = len(self.events), self.events[-1].hash if self.events else b""
        for event in decision.events:
            seq += 1
            data, personal = canonical(event.data), canonical(event.personal)
            head = chain(head, event.kind, data, personal)
            self.events.append(
                StoredEvent(seq, event.kind.value, self.now, event.actor, data, personal, head)
            )
        for number, effect in enumerate(decision.effects):
            if isinstance(effect, StartClock):
                self.clocks[effect.kind] = begun(effect)
            elif isinstance(effect, AskPerson):
                item_id = timed_id(self.now, "review", lead.id, seq, number)
                self.questions.append(_question(item_id, lead, effect, self.now))
        return replace(lead, version=seq, head=head)


def _question(item_id: UUID, lead: Lead, effect: AskPerson, now: datetime) -> ReviewItem:
    return ReviewItem(
        id=item_id,
        lead_id=lead.id,
        reason=effect.reason,
        question=effect.question,
        reviewer=effect.reviewer,
        suggestions=effect.suggestions,
        blocking=effect.blocking,
        state=ReviewState.OPEN,
        opened_at=now,
        due_at=effect.due_at,
        reminded_at=None,
        answered_at=None,
        answer="",
        answered_by="",
    )
