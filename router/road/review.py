"""Review: a person's answer to a question about a lead, and a reminder when none comes."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from router.errors import Conflict, NotFound, Rejected
from router.lead.decision import Act, AnswerReview, Decision
from router.lead.events import Event, EventKind
from router.lead.model import Lead
from router.lead.states import LeadState, ReviewState
from router.now import now as read_now
from router.road.batch import write_batch
from router.road.drain import LOCK_TIMEOUT, Road
from router.road.record import Batch, record
from router.rulebook.model import RuleBook
from router.rulebook.roster import Found, address, person
from router.stages.classify.decide import answered
from router.store.leads import lock_leads
from router.store.reviews import ReviewItem, note_reminder, overdue_reviews, read_review
from router.store.tx import Tx, transaction

log = structlog.get_logger()

#: Message type of a reminder.
OVERDUE = "review.overdue"
#: Reminders written in one transaction.
_AT_ONCE = 100
_SECOND = timedelta(seconds=1)


def answer(road: Road, review_id: UUID, said: str, by: str) -> Lead:
    """Record a person's answer, and let a lead that waited for it go on.

    A question beside the road (``doubtful_duplicate``) only keeps its answer: the contacts of the
    two inquiries stay as they are.

    Args:
        road: The runner of this process.
        review_id: The question.
        said: An intent of the book, ``continue`` or ``reject``; for a question beside the road,
            one of its suggestions.
        by: Id of the person who answers.

    Returns:
        The lead as it stands afterwards.

    Raises:
        NotFound: There is no such question.
        Conflict: Somebody answered it before, who is named, or it is no longer asked.
        Rejected: The answer is none of those that fit, or nobody of that id is on the roster.
        Transient: The database could not do it now.
    """
    now = read_now()
    with transaction(road.app.engine, lock_timeout=LOCK_TIMEOUT) as tx:
        item, lead = _open(tx, review_id)
        book = road.app.live(lead.digest)
        if by not in book.people:
            raise Rejected(
                f"There is no person {by!r} on the roster of the rule book. GET /api/people lists"
                " them.",
                code="unknown_person",
            )
        if not item.blocking:
            _fits(item, said)
        batch = Batch(now, road.listeners)
        work = batch.take(lead)
        record(batch, work, _noted(item, lead, said, by, now))
        if item.blocking:
            record(batch, work, answered(work.lead, said, by, book, now))
        writes = write_batch(tx, batch)
    road.ring_for(batch.works.values(), writes, now)
    return work.lead


def remind(road: Road, tx: Tx, now: datetime) -> None:
    """Tell reviewer and manager, once, that a question was not answered in time.

    Args:
        road: The runner of this process; the ticker's.
        tx: Open transaction; commits the reminders.
        now: The time.
    """
    due = overdue_reviews(tx, now, _AT_ONCE)
    # A lead that somebody works on is left for the next turn.
    leads = lock_leads(tx, [item.lead_id for item in due], skip_locked=True) if due else {}
    batch, told = Batch(now, road.listeners), 0
    for item in due:
        lead = leads.get(item.lead_id)
        if lead is None or not note_reminder(tx, item.id, now):
            continue
        work = batch.take(lead)
        record(batch, work, overdue(item, work.lead, road.app.live(lead.digest), now))
        told += 1
    writes = write_batch(tx, batch)
    road.app.bell.ring_destinations(writes.destinations())
    if told:
        log.warning("reviews_overdue", reviews=told)


def overdue(item: ReviewItem, lead: Lead, book: RuleBook, now: datetime) -> Decision:
    """Decide what is said about a question that is overdue. Pure.

    Args:
        item: The question, open.
        lead: Its lead.
        book: The rule book the lead started with.
        now: The time.
    """
    reviewer = person(book, item.reviewer)
    superior = person(book, reviewer.card.manager)
    told: dict[str, Found] = {each.card.id: each for each in (reviewer, superior)}
    body = {
        "review_id": str(item.id),
        "to": [address(each.card) for each in told.values()],
        "reviewer": address(reviewer.card),
        "question": item.question,
        "suggestions": item.suggestions,
        "reason": item.reason,
        "blocking": item.blocking,
        "due_at": item.due_at.isoformat(),
        "about": {
            "name": lead.person.name,
            "company": lead.person.company,
            "form": lead.attribution.form_name,
            "received_at": lead.received_at.isoformat(),
        },
        "respond": {"answer": f"/api/review/{item.id}/answer"},
    }
    data = {
        "clock": "review",
        "review": str(item.id),
        "reason": item.reason,
        "told": list(told),
        "respond_by": item.due_at.isoformat(),
        "late_s": (now - item.due_at) // _SECOND,
    }
    event = Event(EventKind.SLA_ESCALATED, data, actor="ticker")
    return Decision(lead, events=(event,), effects=(Act(OVERDUE, body),))


def _open(tx: Tx, review_id: UUID) -> tuple[ReviewItem, Lead]:
    """Return an open question and its lead, the lead locked."""
    item = read_review(tx, review_id)
    lead = lock_leads(tx, [item.lead_id]).get(item.lead_id) if item is not None else None
    # Under the lock it is read again: whoever answered meanwhile was first.
    item = read_review(tx, review_id)
    if item is None or lead is None:
        raise NotFound(f"There is no review {review_id}. GET /api/review lists the open ones.")
    if item.state is ReviewState.ANSWERED:
        raise Conflict(
            f"Review {review_id} was answered by {item.answered_by} with {item.answer!r}."
            f" Look at lead {lead.id} to see what came of it."
        )
    if item.state is not ReviewState.OPEN or (
        item.blocking and lead.state is not LeadState.IN_REVIEW
    ):
        raise Conflict(
            f"Review {review_id} is no longer asked: lead {lead.id} is {lead.state}. Reload it."
        )
    return item, lead


def _fits(item: ReviewItem, said: str) -> None:
    """Refuse an answer that is none of the suggestions of a question beside the road."""
    if said not in item.suggestions:
        raise Rejected(
            f"{said[:80]!r} does not answer review {item.id}. Answer with one of:"
            f" {', '.join(item.suggestions)}.",
            code="unknown_answer",
        )


def _noted(item: ReviewItem, lead: Lead, said: str, by: str, now: datetime) -> Decision:
    data = {
        "review": str(item.id),
        "reason": item.reason,
        "answer": said,
        "asked": item.reviewer,
        "blocking": item.blocking,
        "after_s": (now - item.opened_at) // _SECOND,
        "in_time": now <= item.due_at,
    }
    return Decision(
        lead,
        events=(Event(EventKind.REVIEW_ANSWERED, data, actor=by),),
        effects=(AnswerReview(item.id, said, by),),
    )
