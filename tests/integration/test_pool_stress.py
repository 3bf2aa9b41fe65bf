"""Everybody at once on pools that share people: no deadlock, no cap passed, no unit lost."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from router.app import App
from router.errors import LeadRouterError
from router.lead.ids import LeadId
from router.now import now as read_now
from router.now import ticks
from router.pipeline import StageName
from router.road import words
from router.road.act import act
from router.road.drain import Road
from router.road.people.offline import hand_on
from router.road.people.transfer import Wish, transfer
from router.road.pools.allowances import Said, allow
from router.road.pools.claims import claim_next
from router.road.pools.release import release
from router.road.pools.standing import adjust
from router.road.ticker.tick import Ticker
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files
from router.stages.desk.transfer import Transfer, Way
from router.store.absences import set_away, set_back
from router.store.processes import deadlocks
from router.store.transfers import Which
from router.store.tx import transaction
from tests.build import MONDAY, delivery, inquiry, store, time_stands_at
from tests.pools import UK, start_even, use, with_pool

SECONDS = 6.0
#: Longest that it goes on until everything was done once.
_PATIENCE_S = 60.0
DEEDS = ("ask", "speak", "move", "manage")
CREW = ("priya-shah", "tom-keane", "owen-price", "jonas-brandt")
#: By person, the most of a day over all pools, and open at once.
CAPS = {"priya-shah": (90, 10), "tom-keane": (500, 12), "owen-price": (60, 8)}
DAY_IN_UK = 40


@pytest.fixture(autouse=True)
def monday(app: App) -> Iterator[None]:
    """Stand on a monday morning, with nobody ahead or behind."""
    start_even(app)
    with time_stands_at(MONDAY):
        yield


def crowded(book: RuleBook) -> RuleBook:
    """Return a book in which three pools share people whose caps count over all of them."""
    cards = "\n".join(
        f"{person}: cap: {{day: {day}, open: {most}}}" for person, (day, most) in CAPS.items()
    )
    members = f"members: [{{person: priya-shah, cap: {{day: {DAY_IN_UK}}}}}, tom-keane]"
    terms = "nobody: hold\nfirst: [last_owner]\ncredit_back: [wrong-territory]"
    files = dict(with_pool(book, terms, members=members, cards=cards).files)
    for pool, lines in {
        "dach": (
            f"members: [tom-keane, priya-shah, jonas-brandt]\n    nobody: overflow\n"
            f"    overflow: [north-america, {UK}]"
        ),
        "north-america": "groups: [uk-south, dach-north]\n    nobody: hold",
    }.items():
        head, _, tail = files["teams.yaml"].partition(f"\n  {pool}:\n")
        before, _, after = tail.partition("    members: ")
        files["teams.yaml"] = (
            f"{head}\n  {pool}:\n{before}    {lines}\n{after.partition(chr(10))[2]}"
        )
    return book_from_files(files)


class Crew:
    """What each of the threads does again and again."""

    def __init__(self, app: App, seed: int) -> None:
        self._app, self._road, self._random = app, Road(app), random.Random(seed)  # noqa: S311 - no secret

    def ask(self) -> None:
        """Let people write, and give their leads away."""
        pick = self._random.choice
        bodies = [inquiry(country=pick(["GB", "DE", "US"])) for _ in range(5)]
        store(self._app, *(delivery(body) for body in bodies))
        self._road.drain(StageName.CAPTURE)

    def speak(self) -> None:
        """Say something of somebody's lead."""
        with transaction(self._app.engine) as tx:
            rows = tx.rows(
                "SELECT id, owner_id FROM lead WHERE owner_kind = 'person' AND state = 'activated'"
                " ORDER BY random() LIMIT 6"
            )
        for lead_id, owner in rows:
            word = self._random.choice(
                [
                    words.decline("api", "wrong territory", owner),
                    words.decline("api", "no time", owner),
                    words.close("api", "converted"),
                    words.close("api", "recycled"),
                ]
            )
            with suppress(LeadRouterError):
                act(self._road, LeadId(lead_id), word)
        claim_next(self._road, UK, self._random.choice(CREW[:2]), "api")

    def move(self) -> None:
        """Come, go, and let leads wait or be released."""
        person, now = self._random.choice(CREW), read_now()
        if self._random.random() < 0.5:
            with transaction(self._app.engine) as tx:
                set_away(
                    tx,
                    book="default",
                    person=person,
                    until=now + timedelta(seconds=1),
                    reason="",
                    by="t",
                    now=now,
                    reassign_at=now,
                )
        hand_on(self._road, now)
        with transaction(self._app.engine) as tx:
            set_back(tx, book="default", person=person, now=now)
        release(self._road)

    def manage(self) -> None:
        """Do what a manager does."""
        person, now = self._random.choice(CREW[:2]), read_now()
        adjust(
            self._app,
            UK,
            person,
            leads=self._random.uniform(-1, 1),
            bank=False,
            by="t",
            reason="x",
            now=now,
        )
        allow(
            self._app,
            Said(
                person, until=now + timedelta(seconds=1), pool=UK, weight=self._random.randint(0, 5)
            ),
            by="t",
            now=now,
        )
        there_and_back = Transfer(person, Way.POOLS, "", by="t")
        transfer(self._road, Wish(there_and_back, Which(person), most=10))
        Ticker(self._app).round()


def test_everybody_at_once_makes_no_deadlock_and_passes_no_cap(
    app: App, starter_book: RuleBook
) -> None:
    use(app, crowded(starter_book))
    began, broken, done = ticks(), list[str](), Counter[str]()

    def goes_on() -> bool:
        spent = ticks() - began
        return spent < SECONDS or (spent < _PATIENCE_S and not all(done[each] for each in DEEDS))

    def repeat(what: Callable[[], None]) -> None:
        while goes_on():
            try:
                what()
                done[what.__name__] += 1
            except LeadRouterError as error:
                done[type(error).__name__] += 1
            except Exception as error:  # noqa: BLE001 - told at the end, in the test's own thread
                broken.append(repr(error))

    crews = [Crew(app, seed) for seed in range(6)]
    jobs = [crews[0].ask, crews[1].ask, crews[2].speak, crews[3].speak, crews[4].move]
    threads = [threading.Thread(target=repeat, args=(job,)) for job in (*jobs, crews[5].manage)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    assert all(done[each] for each in DEEDS), done
    with transaction(app.engine) as tx:
        tx.rows("SELECT pg_stat_clear_snapshot()")
        assert deadlocks(tx) == 0
    _caps_hold(app)
    _sums_hold(app)


def _caps_hold(app: App) -> None:
    with transaction(app.engine) as tx:
        rows = tx.rows(
            "SELECT person_id, pool_id, given FROM ledger WHERE given <> 0 ORDER BY number"
        )
        held = tx.rows(
            "SELECT owner_id, count(*) FROM lead WHERE owner_kind = 'person' AND state IN"
            " ('routed', 'activated', 'accepted', 'contacted') GROUP BY owner_id"
        )
    given = Counter[str]()
    for person, pool, many in rows:
        given[person] += many
        given[f"{person} in {pool}"] += many
        assert given[f"priya-shah in {UK}"] <= DAY_IN_UK
        assert person not in CAPS or given[person] <= CAPS[person][0]
    for person, many in held:
        assert person not in CAPS or many <= CAPS[person][1]


def _sums_hold(app: App) -> None:
    with transaction(app.engine) as tx:
        off = tx.rows(
            "WITH changes AS (SELECT pool_id, person, sum(credit) AS credit, sum(bank) AS bank"
            "  FROM ledger, unnest(people, credits, banks) AS c (person, credit, bank)"
            "  WHERE pool_id <> '' GROUP BY 1, 2),"
            " given AS (SELECT pool_id, person_id, sum(given) AS given FROM ledger GROUP BY 1, 2)"
            " SELECT m.pool_id, m.person_id FROM pool_member m"
            " LEFT JOIN changes c ON (c.pool_id, c.person) = (m.pool_id, m.person_id)"
            " LEFT JOIN given g ON (g.pool_id, g.person_id) = (m.pool_id, m.person_id)"
            " WHERE (m.credit, m.banked) <> (coalesce(c.credit, 0), coalesce(c.bank, 0))"
            " OR (m.person_id NOT LIKE 'pool:%%' AND m.assigned <> coalesce(g.given, 0))"
        )
        unbalanced = tx.rows(
            "SELECT pool_id, sum(credit) FROM pool_member GROUP BY 1 HAVING sum(credit) <> 0"
        )
        astray = tx.rows(
            "SELECT coalesce(l.id, h.lead_id) FROM held h FULL JOIN (SELECT id, owner_id FROM lead"
            "  WHERE owner_kind = 'pool' AND state IN ('routed', 'activated', 'accepted',"
            "  'contacted')) l ON (l.id, l.owner_id) = (h.lead_id, h.pool_id)"
            " WHERE l.id IS NULL OR h.lead_id IS NULL"
        )
    assert (off, unbalanced, astray) == ([], [], [])
