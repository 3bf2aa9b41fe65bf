"""Four worker processes on the same pools at once: shares stay exact, and no cap is exceeded.

The ledger's rows of a pool are numbered under its lock, so they tell which pick came first. Every
prefix of them is compared with what everybody was due, in exact numbers.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

import pytest

from router.app import App
from router.embedded.processes import wait_for
from router.now import unshifted
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import book_from_files
from router.store.processes import deadlocks
from router.store.tx import transaction
from tests.build import MONDAY, delivery, inquiry, store, time_stands_at
from tests.entitlement import Stretch
from tests.hands import Hand, hands
from tests.pools import use

_HANDS, _SPARE = 4, 2
#: Deliveries that a process takes at once.
_AT_ONCE = 4
UK, DACH, AMERICA = "uk-and-ireland", "dach", "north-america"
#: Weights that come out even only after a hundred leads.
AWKWARD = {"priya-shah": 50, "tom-keane": 49, "owen-price": 1}
#: Two who take ten times as much as each of six others: whoever gives each lead to the one who is
#: owed most is more than a lead from what is due before long.
SENIORS = {
    "jonas-brandt": 10,
    "miriam-huber": 10,
    "felix-wagner": 1,
    "sarah-egger": 1,
    "lena-vogt": 1,
    "noah-fischer": 1,
    "ruby-tran": 1,
    "marcus-lee": 1,
}
FIVE = ("marcus-lee", "sofia-reyes", "hannah-cole", "diego-ramos", "dana-whitlock")

# A machine that has much else to do is no fault of what is tested.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def crew(app: App) -> Iterator[list[Hand]]:
    """Return four worker processes, and two that may take the place of one."""
    with hands(_HANDS + _SPARE, app, batch=_AT_ONCE, shift=MONDAY - unshifted()) as found:
        yield found


@pytest.fixture(autouse=True)
def monday(app: App) -> Iterator[None]:
    """Stand on a monday morning with empty pools."""
    with transaction(app.engine) as tx:
        tx.run("TRUNCATE lead, delivery, event, clock, handoff, action, pool_member, ledger")
    with time_stands_at(MONDAY):
        yield


def with_pools(book: RuleBook, pools: Mapping[str, str], cards: str = "") -> RuleBook:
    """Return a version of the starter book whose pools have other members.

    Args:
        book: The starter book.
        pools: By pool, its members and settings in YAML's short form.
        cards: Line for the card of each of the five Americans; empty for none.
    """
    text = book.files["teams.yaml"]
    for pool, lines in pools.items():
        text, found = re.subn(
            rf"(\n  {pool}:\n    role: sales\n    manager: \S+\n)    members: .*\n",
            rf"\g<1>    {lines}\n",
            text,
        )
        assert found == 1
    for person in FIVE if cards else ():
        text = text.replace(f"\n  {person}:\n", f"\n  {person}:\n    {cards}\n")
    kept = {path: told for path, told in book.files.items() if not path.startswith("tests/")}
    return book_from_files({**kept, "teams.yaml": text})


def members(weights: Mapping[str, int], more: str = "") -> str:
    """Return the line of a pool's members."""
    each = (f"{{person: {name}, weight: {weight}{more}}}" for name, weight in weights.items())
    return f"members: [{', '.join(each)}]"


def let_in(app: App, leads: Mapping[str, int], *, together: int = 1) -> None:
    """Store so many leads by country, mixed: so many of one country after the other."""
    order = [
        country
        for number in range(0, max(leads.values()), together)
        for country, many in leads.items()
        for _ in range(min(together, many - number))
    ]
    store(app, *(delivery(inquiry(country=country)) for country in order))


def work(app: App, crew: list[Hand], leads: Mapping[str, int], *, together: int = 1) -> None:
    """Let four processes work at once on so many leads; none goes on before all have begun."""
    let_in(app, leads, together=together)
    digest, begun, rest = app.shelf.active().digest, list[int](), list[int]()
    for once, taken in ((True, begun), (False, rest)):
        for each in crew[:_HANDS]:
            each.begin(digest, once=once)
        taken += [each.taken() for each in crew[:_HANDS]]
    assert all(begun), begun
    assert sum(begun + rest) == sum(leads.values())


def picks(app: App) -> dict[str, list[str]]:
    """Return who got each lead of each pool, in the order of the picks; check the ledger's sum."""
    order: dict[str, list[str]] = defaultdict(list)
    credit: Counter[tuple[str, str]] = Counter()
    given: Counter[tuple[str, str]] = Counter()
    with transaction(app.engine) as tx:
        tx.rows("SELECT pg_stat_clear_snapshot()")
        assert deadlocks(tx) == 0
        rows = tx.rows(
            "SELECT pool_id, person_id, given, people, credits FROM ledger ORDER BY number"
        )
        stands = tx.rows("SELECT pool_id, person_id, credit, assigned, banked FROM pool_member")
        owners = tx.rows("SELECT pool, owner_id, count(*) FROM lead WHERE pool <> '' GROUP BY 1, 2")
    for pool, person, one, people, credits_ in rows:
        if pool:
            assert one == 1
            order[pool].append(person)
            given[pool, person] += 1
        for name, change in zip(people, credits_, strict=True):
            credit[pool, name] += change
    assert {(pool, person): (a, b, c) for pool, person, a, b, c in stands} == {
        (pool, person): (credit[pool, person], given[pool, person], 0)
        for pool, person, *_ in stands
    }
    assert {(pool, person): count for pool, person, count in owners} == dict(given)
    return order


def exact(weights: Mapping[str, int], order: list[str]) -> None:
    """Compare every prefix with what everybody was due."""
    stretch = Stretch(weights, dict.fromkeys(weights, 0))
    for name in order:
        stretch.give(name)
        assert not list(stretch.broken())
        assert stretch.worst() < 1


def test_no_prefix_is_a_lead_from_what_is_due_with_four_processes(
    app: App, starter_book: RuleBook, crew: list[Hand]
) -> None:
    use(app, with_pools(starter_book, {UK: members(AWKWARD), DACH: members(SENIORS)}))
    work(app, crew, {"GB": 400, "DE": 400})
    order = picks(app)
    assert {pool: len(each) for pool, each in order.items()} == {UK: 400, DACH: 400}
    exact(AWKWARD, order[UK])
    exact(SENIORS, order[DACH])
    # 400 leads are four whole rounds of the first pool.
    assert Counter(order[UK]) == {name: 4 * weight for name, weight in AWKWARD.items()}


@pytest.mark.parametrize("period", ["open", "day"])
def test_five_people_with_forty_each_get_two_hundred_and_no_more(
    app: App, starter_book: RuleBook, crew: list[Hand], period: str
) -> None:
    capped = members(dict.fromkeys(FIVE, 1), f", cap: {{{period}: 40}}")
    use(app, with_pools(starter_book, {AMERICA: f"nobody: fallback\n    {capped}"}))
    work(app, crew, {"US": 300})
    order = picks(app)[AMERICA]
    assert Counter(order) == dict.fromkeys(FIVE, 40)
    exact(dict.fromkeys(FIVE, 1), order)
    assert _fallback(app, starter_book) == 100


def test_two_pools_never_fill_the_people_they_share_beyond_their_caps(
    app: App, starter_book: RuleBook, crew: list[Hand]
) -> None:
    """Each of the five may have thirty leads, whichever of the two pools they come from.

    A process takes leads of one pool at a time, so it is not the pools' locks that hold the caps.
    """
    both = {
        AMERICA: f"nobody: fallback\n    {members({**dict.fromkeys(FIVE, 3), 'ruby-tran': 1})}",
        DACH: f"nobody: fallback\n    {members({**dict.fromkeys(FIVE[::-1], 2), 'tom-keane': 1})}",
    }
    use(app, with_pools(starter_book, both, "cap: {open: 30}"))
    work(app, crew, {"US": 150, "DE": 150}, together=_AT_ONCE)
    order = picks(app)
    got = Counter(name for each in order.values() for name in each)
    assert {name: got[name] for name in FIVE} == dict.fromkeys(FIVE, 30)
    assert got.total() == 300
    # Until the first of the five is full, both pools are exact.
    for pool, weights in ((AMERICA, 3), (DACH, 2)):
        other = "ruby-tran" if pool == AMERICA else "tom-keane"
        exact({**dict.fromkeys(FIVE, weights), other: 1}, order[pool][:60])


def _fallback(app: App, book: RuleBook) -> int:
    """Count the leads that the fallback owner got without a pool."""
    with transaction(app.engine) as tx:
        rows = tx.rows(
            "SELECT count(*) FROM lead WHERE pool = '' AND owner_id = %s", (book.fallback_owner,)
        )
    return int(rows[0][0])


def _given(app: App) -> int:
    with transaction(app.engine) as tx:
        return int(tx.rows("SELECT count(*) FROM ledger")[0][0])


def test_no_prefix_is_a_lead_from_what_is_due_when_processes_are_killed(
    app: App, starter_book: RuleBook, crew: list[Hand]
) -> None:
    """Last of this module: two of its processes are gone then."""
    book = use(app, with_pools(starter_book, {UK: members(AWKWARD), DACH: members(SENIORS)}))
    let_in(app, {"GB": 300, "DE": 300})
    for each in crew[:_HANDS]:
        each.begin(book.digest)
    for killed, fresh, given in ((crew[0], crew[4], 100), (crew[1], crew[5], 250)):
        assert wait_for(lambda given=given: _given(app) >= given, seconds=240)  # type: ignore[misc]  # bound now
        killed.kill()
        fresh.begin(book.digest)
    for each in crew[2:]:
        each.taken()
    order = picks(app)
    assert {pool: len(each) for pool, each in order.items()} == {UK: 300, DACH: 300}
    exact(AWKWARD, order[UK])
    exact(SENIORS, order[DACH])
