"""Leads that nobody has decided yet, put under another version by an explicit command."""

from collections.abc import Iterator

import pytest

from router.app import App
from router.errors import Conflict
from router.lead.model import Lead
from router.lead.states import LeadState, ReviewState
from router.now import now as read_now
from router.pipeline import StageName
from router.road import review
from router.road.drain import Road
from router.road.versions.move import Wish, move
from router.rulebook.model import RuleBook
from router.store import books
from router.store.reviews import reviews_of
from router.store.tx import transaction
from tests.build import MONDAY, events_of, inquiry, lead_now, send, time_stands_at
from tests.integration.conftest import Run
from tests.versions import bent, follows, harmless

_CURIOUS = """
  - id: too-curious
    summary: Every lead from the United Kingdom is looked at, by mistake.
    steward: revops@northwind.example
    when: {country: GB}
    then: {review: curious}
    examples:
      matches: [{country: GB}]
      misses: [{country: FR}]
"""
_VAGUE = "Hello there."


@pytest.fixture(autouse=True)
def monday(app: App) -> Iterator[None]:
    """Stand on a monday morning, without leads."""
    with transaction(app.engine) as tx:
        tx.run("TRUNCATE lead, event, clock, handoff, action, review_item, rulebook_log")
    with time_stands_at(MONDAY):
        yield


@pytest.fixture
def curious(app: App, starter_book: RuleBook) -> RuleBook:
    """Make a version active that asks a person about everybody from the United Kingdom."""
    book = bent(starter_book, "10-guards.yaml", _CURIOUS)
    use(app, book)
    return book


def use(app: App, book: RuleBook) -> None:
    """Make a version the active one."""
    with transaction(app.engine) as tx:
        books.publish(tx, book, serve="default", by="tests", note="", now=read_now())
    assert follows(app, book.digest)


def wish(old: RuleBook, new: RuleBook, *, dry_run: bool = False) -> Wish:
    """Return the wish to move leads from one version to another."""
    return Wish(old.digest, new.digest, "george-amari", "too many questions", dry_run=dry_run)


def questions(app: App, lead: Lead) -> list[ReviewState]:
    """Return how far the questions about a lead have come."""
    with transaction(app.engine) as tx:
        return [item.state for item in reviews_of(tx, lead.id)]


def test_a_lead_in_review_keeps_its_version_when_another_one_becomes_active(
    road: Road, curious: RuleBook, starter_book: RuleBook
) -> None:
    lead = send(road, inquiry())
    assert (lead.state, lead.reason) == (LeadState.IN_REVIEW, "curious")
    use(road.app, starter_book)
    assert lead_now(road.app, lead.id).digest == curious.digest


def test_a_question_that_the_other_version_does_not_ask_is_withdrawn(
    road: Road, curious: RuleBook, starter_book: RuleBook
) -> None:
    lead = send(road, inquiry())
    use(road.app, starter_book)
    seen = move(road, wish(curious, starter_book, dry_run=True))
    assert (seen.leads, seen.released) == ({"in_review": 1}, 1)
    assert lead_now(road.app, lead.id) == lead
    done = move(road, wish(curious, starter_book))
    assert (done.leads, done.released, done.failed) == ({"in_review": 1}, 1, ())
    assert questions(road.app, lead) == [ReviewState.WITHDRAWN]
    road.drain(StageName.CLASSIFY)
    after = lead_now(road.app, lead.id)
    assert (after.state, after.digest) == (LeadState.ACTIVATED, starter_book.digest)
    assert "lead.moved" in events_of(road.app, lead.id)


def test_a_question_that_both_versions_ask_is_answered_by_the_new_one(
    road: Road, curious: RuleBook
) -> None:
    lead = send(road, inquiry())
    with transaction(road.app.engine) as tx:
        (item,) = reviews_of(tx, lead.id)
    other = harmless(curious)
    use(road.app, other)
    done = move(road, wish(curious, other))
    assert (done.leads, done.released) == ({"in_review": 1}, 0)
    moved = lead_now(road.app, lead.id)
    assert (moved.state, moved.digest) == (LeadState.IN_REVIEW, other.digest)
    review.answer(road, item.id, "continue", "george-amari")
    road.drain(StageName.CLASSIFY)
    after = lead_now(road.app, lead.id)
    assert (after.state, after.digest) == (LeadState.ACTIVATED, other.digest)


def test_a_question_of_the_classifier_stays_open(
    road: Road, app: App, starter_book: RuleBook
) -> None:
    use(app, starter_book)
    lead = send(road, inquiry(message=_VAGUE))
    assert lead.state is LeadState.IN_REVIEW
    other = harmless(starter_book)
    use(app, other)
    assert move(road, wish(starter_book, other)).released == 0
    assert questions(app, lead) == [ReviewState.OPEN]
    assert lead_now(app, lead.id).digest == other.digest


def test_leads_that_were_decided_are_not_moved(
    road: Road, app: App, starter_book: RuleBook
) -> None:
    use(app, starter_book)
    lead = send(road, inquiry())
    other = harmless(starter_book)
    use(app, other)
    assert move(road, wish(starter_book, other)).leads == {}
    assert lead_now(app, lead.id) == lead


def test_a_version_is_not_moved_to_itself(road: Road, starter_book: RuleBook) -> None:
    with pytest.raises(Conflict, match="go by it already"):
        move(road, wish(starter_book, starter_book))


def test_the_command_moves_once_and_keeps_it_in_the_history(
    road: Road, curious: RuleBook, starter_book: RuleBook, run: Run
) -> None:
    send(road, inquiry())
    use(road.app, starter_book)
    typed = ("rules", "move", "--from", curious.digest[:12], "--by", "george-amari")
    code, told = run(*typed, "--dry-run")
    assert (code, told["leads"], told["dry_run"]) == (0, {"in_review": 1}, True)
    code, told = run(*typed, "--reason", "too many questions")
    assert (code, told["to"], told["released"]) == (0, starter_book.digest, 1)
    assert run(*typed)[1]["leads"] == {}
    _, lines = run("rules", "history")
    assert [each["act"] for each in lines][:2] == ["move", "publish"]  # type: ignore[index]  # parsed JSON
