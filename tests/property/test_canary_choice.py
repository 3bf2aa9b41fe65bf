"""The choice of a canary's leads is stable, fair, and grows with its percentage."""

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from router.rulebook.canary import Terms, serves, terms_from

_DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
_PERCENT = st.floats(0.01, 100, allow_nan=False)
_NAMES = st.lists(st.text(max_size=12), max_size=3).map(tuple)


def _served(percent: float, digest: str, lead: UUID) -> bool:
    return serves(Terms(percent), digest, lead)


@given(_DIGESTS, st.uuids(), _PERCENT)
def test_the_same_lead_always_gets_the_same_answer(digest: str, lead: UUID, percent: float) -> None:
    assert _served(percent, digest, lead) == _served(percent, digest, UUID(str(lead)))


@given(_DIGESTS, st.uuids(), _PERCENT, _PERCENT)
def test_a_raised_percentage_only_adds_leads(
    digest: str, lead: UUID, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    assert _served(high, digest, lead) or not _served(low, digest, lead)


@settings(max_examples=20)
@given(_DIGESTS, st.integers(1, 99), st.integers(0, 2**64))
def test_the_share_of_many_leads_is_near_the_percentage(
    digest: str, percent: int, start: int
) -> None:
    count = 4000
    found = sum(_served(percent, digest, UUID(int=start + number)) for number in range(count))
    share = percent / 100
    # Six standard deviations: one in a billion.
    assert abs(found / count - share) < 6 * (share * (1 - share) / count) ** 0.5


@given(_PERCENT, _NAMES, _NAMES, _NAMES)
def test_terms_come_back_from_what_is_stored(
    percent: float, forms: tuple[str, ...], campaigns: tuple[str, ...], teams: tuple[str, ...]
) -> None:
    terms = Terms(percent, forms, campaigns, teams)
    assert terms_from(terms.as_json()) == terms
