"""The same lead and the same accounts give the same account, in whatever order they come."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from router.lead.account import Account
from router.lead.model import Person
from router.rulebook.accounts import AccountBy, AccountPolicy, AccountTie
from router.stages.clean.accounts import Candidate, Search, find_account, sought
from router.stages.clean.domain import own_domain
from router.stages.clean.likeness import likeness, name_words
from router.stages.clean.text import fold

NAMES = st.sampled_from(["northwind", "nortwind", "northwind traders", "fund 12", "fund 13", ""])
LEAD_KEYS: tuple[tuple[str, str], ...] = (
    ("contact", "ann@northwind.example"),
    ("domain", "northwind.example"),
    ("domain", "holding.example"),
    ("word", "northwind"),
    ("word", "traders"),
)
PEOPLE = st.builds(
    Person,
    email_canonical=st.just("ann@northwind.example"),
    email_domain=st.just("northwind.example"),
    website=st.just("holding.example"),
    company_key=NAMES,
    country=st.sampled_from(["GB", "DE", ""]),
)
KEYS = st.frozensets(st.sampled_from(LEAD_KEYS), min_size=1)
VALUES = st.fixed_dictionaries(
    {
        "name_key": NAMES,
        "named": st.booleans(),
        "opportunity_owner": st.sampled_from(["", "bo"]),
        "country": st.sampled_from(["GB", "DE", ""]),
        "active_at": st.one_of(
            st.none(), st.sampled_from([datetime(2026, 1, day, tzinfo=UTC) for day in (5, 6)])
        ),
    }
)
CANDIDATES = st.lists(st.tuples(VALUES, KEYS), max_size=70).map(
    lambda drawn: [
        Candidate(Account(UUID(int=n), f"A-{n}", f"No. {n}", **values), keys)  # type: ignore[arg-type]  # drawn by the names of its fields
        for n, (values, keys) in enumerate(drawn)
    ]
)


def _some(values: type[AccountBy]) -> st.SearchStrategy[tuple[AccountBy, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, unique=True).map(tuple)


TIES = st.lists(
    st.sampled_from([tie for tie in AccountTie if tie is not AccountTie.KEY]), unique=True
).map(lambda ties: (*ties, AccountTie.KEY))
POLICIES = st.builds(
    AccountPolicy, min_score=st.sampled_from([0.5, 0.92, 1.0]), ties=TIES, by=_some(AccountBy)
)


@given(PEOPLE, CANDIDATES, POLICIES, st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_never_changes_the_result(
    person: Person, candidates: list[Candidate], policy: AccountPolicy, dice: object
) -> None:
    shuffled = list(candidates)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    lead = sought(person)
    first = find_account(person, Search(lead, tuple(candidates)), policy)
    assert first == find_account(person, Search(lead, tuple(shuffled)), policy)
    assert len(first.judged) + first.more <= len(candidates)
    assert sum(each.won for each in first.judged) == (first.match is not None)
    assert all(each.why for each in first.judged)
    if first.match is not None:
        assert first.judged[0].account.key == first.match.key


@given(PEOPLE, CANDIDATES, POLICIES)
def test_who_lost_does_not_decide_who_won(
    person: Person, candidates: list[Candidate], policy: AccountPolicy
) -> None:
    lead = sought(person)
    found = find_account(person, Search(lead, tuple(candidates)), policy)
    winner = [each for each in candidates if found.match and each.account.key == found.match.key]
    assert find_account(person, Search(lead, tuple(winner)), policy).match == found.match


@given(st.text(max_size=60), st.text(max_size=60))
def test_two_names_are_as_alike_the_one_way_as_the_other(one: str, other: str) -> None:
    one, other = fold(one), fold(other)
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other) <= 1
    assert likeness(one, one) == 1
    assert len(name_words(one)) == len(set(name_words(one)))


@given(st.text(max_size=80))
def test_no_text_stops_the_look_for_a_domain_and_a_domain_found_is_its_own_domain(
    text: str,
) -> None:
    domain = own_domain(text)
    assert domain.isascii()
    assert own_domain(domain) == domain
