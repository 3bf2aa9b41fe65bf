"""A version is tried by real processes: its share, its end, its shadow, and a rollback."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from uuid import UUID

import orjson
import pytest

from router.lead.model import Lead
from router.lead.states import LeadState
from router.now import now as read_now
from router.road.versions.publish import publish, roll_back
from router.rulebook.canary import Terms, serves
from router.rulebook.model import RuleBook
from router.store.tx import transaction
from tests.build import leads_of
from tests.journey import forms, ledger
from tests.journey.conftest import Build
from tests.journey.crm import Crm, crm
from tests.journey.post import post
from tests.journey.town import Town, until
from tests.tried import asking, moving, sees, start_anew
from tests.versions import OPS, REV, harmless, written

#: How many post at once where a stream of inquiries is needed.
SENDERS = 4


@pytest.fixture(scope="module")
def listener() -> Iterator[Crm]:
    """Return a CRM of this module alone: it hears of books, too."""
    with crm() as made:
        yield made


@pytest.fixture(scope="module")
def place(build: Build, listener: Crm) -> Town:
    """Return a town whose four road processes take every lead, with everything beside them."""
    made = build(listener)
    start_anew(made.app)
    made.start("web", "road", "road-2", "deliver", "ticker")
    return made


@pytest.fixture
def small(place: Town) -> RuleBook:
    """Begin with the small book; nothing is tried, and nothing was."""
    return start_anew(place.app)


def settle() -> None:
    """Let every process look which versions are in use."""
    Event().wait(1.0)


def pour(town: Town, count: int, country: str = "GB") -> list[Lead]:
    """Post inquiries from a few senders; return their leads once all is at rest."""
    with ThreadPoolExecutor(SENDERS) as senders:
        answers = senders.map(
            lambda _: post(town.port, forms.generic(country=country)), range(count)
        )
        ids = [each.delivery_id for each in answers]
    town.rest()
    return [leads_of(town.app, each)[0] for each in ids]


def test_half_of_the_leads_and_always_the_same(
    place: Town, small: RuleBook, tmp_path: Path
) -> None:
    book = harmless(small)
    place.cli("rules", "canary", written(book, tmp_path), "--percent", "50", "--by", "ann")
    settle()
    leads = pour(place, 200)

    def shared() -> bool:
        if len(_took_part(place, leads[0].received_at)) == 1:
            # One process was quicker than all the others.
            leads.extend(pour(place, 50))
        return len(_took_part(place, leads[0].received_at)) > 1

    until(shared, "several processes took leads")
    served = [each for each in leads if each.digest == book.digest]
    assert 0.3 < len(served) / len(leads) < 0.7
    for each in leads:
        wanted = serves(Terms(50.0), book.digest, each.id)
        assert each.digest == (book.digest if wanted else small.digest)
        assert each.state is LeadState.ACTIVATED
    told = orjson.loads(place.cli("rules", "canary", "status", "--json"))
    assert (told["showing"]["given"], told["showing"]["strays"]) == (len(served), [])
    assert f"It was given {len(served)} leads." in place.cli("rules", "canary")
    ledger.check_chains(place.app)


def test_a_bad_canary_is_ended_by_the_ticker_and_its_leads_stay_explained(
    place: Town, listener: Crm, small: RuleBook, tmp_path: Path
) -> None:
    book = asking(small)
    folder = written(book, tmp_path)
    place.cli("rules", "canary", folder, "--percent", "50", "--by", "ann", "--agreed-by", "ben")
    settle()
    leads = pour(place, 40)
    asked = [each for each in leads if each.digest == book.digest]
    assert {each.state for each in asked} == {LeadState.IN_REVIEW}
    until(lambda: not place.app.shelf.aliases().canary, "the ticker ended the canary")
    settle()
    assert {each.digest for each in pour(place, 12)} == {small.digest}
    told = place.cli("explain", str(asked[0].id))
    assert "somebody-looks (10-guards.yaml:4) -> review looked-at" in told
    assert f"Rule book {book.digest[:12]}" in told
    ended = place.cli("rules", "canary", "status")
    assert f"The last one, version {book.digest[:12]}, was ended at" in ended
    assert "review 100.0%, active version 0.0%" in ended
    (line, *_) = place.cli("rules", "history").splitlines()[1:]
    assert "return" in line
    assert book.digest[:12] in line
    until(lambda: "return" in _heard(listener), "the book's owner was told")
    told_at_all = '"canary_returned"'
    until(lambda: any(told_at_all in line for line in place.lines("ticker")), "it is logged")
    ledger.check_chains(place.app)


def test_a_shadow_is_counted_and_changes_no_lead(
    place: Town, small: RuleBook, tmp_path: Path
) -> None:
    book = moving(small)
    place.cli("rules", "shadow", written(book, tmp_path), "--by", "ann")
    settle()
    british, german = pour(place, 30), pour(place, 10, country="DE")
    assert {(each.digest, _pool(each)) for each in british} == {(small.digest, "britain")}
    assert {(each.digest, _pool(each)) for each in german} == {(small.digest, "germany")}
    told = orjson.loads(place.cli("rules", "shadow", "report", "--json"))
    assert (told["judged"], told["failed"], told["differ"]) == (40, 0, 30)
    (way,) = told["changes"]
    assert (way["active_target"], way["shadow_target"]) == ("pool britain", "pool germany")
    assert {UUID(each) for each in way["examples"]} <= {each.id for each in british}
    report = place.cli("rules", "shadow")
    assert "Of 40 leads it would decide 30 (75.0%) otherwise, and give 30 (75.0%)" in report
    assert "britain  pool britain  britain             pool germany" in report
    place.cli("rules", "shadow", "off")


def test_every_worker_follows_a_rollback_within_a_second(place: Town, small: RuleBook) -> None:
    bad = harmless(small, "bad")
    publish(place.app, bad, REV)
    assert sees([place.app], active=bad.digest)
    settle()
    stop, ids = Event(), list[UUID]()

    def stream() -> None:
        while not stop.wait(0.01):
            ids.append(post(place.port, forms.generic()).delivery_id)

    with ThreadPoolExecutor(SENDERS) as senders:
        sending = [senders.submit(stream) for _ in range(SENDERS)]
        try:
            until(lambda: _decided_by(place, bad) > 20, "leads are decided by the bad version")
            early = {each.digest for sent in ids[:] for each in leads_of(place.app, sent)}
            roll_back(place.app, OPS)
            followed = read_now() + timedelta(seconds=1)
            until(lambda: read_now() > followed, "a second has passed")
            # What a sender had under way when the second was over may have been received before.
            before = len(ids) + SENDERS
            until(lambda: len(ids) >= before + 20, "leads come in")
            until(lambda: len(_took_part(place, followed)) > 1, "several processes took leads")
        finally:
            stop.set()
        for each in sending:
            each.result()
    place.rest()
    leads = [leads_of(place.app, each)[0] for each in ids]
    late = [each for each in leads if each.received_at > followed]
    assert early == {bad.digest}
    assert len(late) >= 20
    assert {each.digest for each in late} == {small.digest}
    assert {each.state for each in leads} == {LeadState.ACTIVATED}
    assert place.faults() == []


def _decided_by(town: Town, book: RuleBook) -> int:
    with transaction(town.app.engine) as tx:
        return int(tx.rows("SELECT count(*) FROM lead WHERE digest = %s", (book.digest,))[0][0])


def _pool(lead: Lead) -> str:
    return lead.owner.pool if lead.owner else ""


def _heard(listener: Crm) -> list[str]:
    """Return which acts with versions were told outside."""
    books = [each for each in listener.taken if each.kind == "book.changed"]
    return [each.message["data"]["act"] for each in books]


def _took_part(town: Town, since: datetime) -> set[int]:
    """Return the road processes that finished a batch since a moment."""
    told = [
        orjson.loads(line)
        for name in ("road", "road-2")
        for line in town.lines(name)
        if '"batch_done"' in line
    ]
    return {each["pid"] for each in told if datetime.fromisoformat(each["timestamp"]) > since}
