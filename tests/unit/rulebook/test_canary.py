"""Which leads a canary decides, and when it has strayed too far."""

from dataclasses import fields
from uuid import UUID

import pytest

from router.errors import Rejected
from router.rulebook.canary import (
    RATES,
    Tally,
    Terms,
    falls_within,
    pilots,
    serves,
    strays,
    terms_from,
)
from router.rulebook.policy import Band

_DIGEST = "d" * 64
_LEADS = [UUID(int=number) for number in range(200)]


def chosen(terms: Terms, *, form: str = "", kind: str = "", campaign: str = "") -> int:
    """Return how many of the leads a canary decides when all come the same way."""
    return sum(
        serves(terms, _DIGEST, lead, form_id=form, form_kind=kind, campaign=campaign)
        for lead in _LEADS
    )


def test_without_a_pilot_the_canary_has_its_share_of_all_leads() -> None:
    assert chosen(Terms(100.0)) == len(_LEADS)
    assert 0 < chosen(Terms(25.0)) < len(_LEADS)


def test_a_pilot_by_form_takes_ids_and_kinds_and_nothing_else() -> None:
    terms = Terms(forms=("f-17", "Demo"))
    assert chosen(terms, form="f-17") == len(_LEADS)
    assert chosen(terms, form="f-18", kind="demo") == len(_LEADS)
    assert chosen(terms, form="f-18", kind="contact") == 0
    assert chosen(terms) == 0


def test_a_pilot_by_campaign_takes_its_campaign_only() -> None:
    terms = Terms(campaigns=("Spring",))
    assert chosen(terms, campaign="spring") == len(_LEADS)
    assert chosen(terms, campaign="autumn") == 0


def test_a_pilot_with_a_percentage_is_a_share_of_its_own_leads() -> None:
    terms = Terms(25.0, forms=("demo",))
    assert 0 < chosen(terms, kind="demo") < len(_LEADS)
    assert chosen(terms, kind="contact") == 0


def test_a_team_pilot_takes_nobody_before_the_active_version_has_named_the_team() -> None:
    terms = Terms(teams=("uk-and-ireland",))
    assert chosen(terms, kind="demo") == 0
    assert all(pilots(terms, _DIGEST, lead, "uk-and-ireland") for lead in _LEADS)
    assert not any(pilots(terms, _DIGEST, lead, "nordics") for lead in _LEADS)


def test_a_form_pilot_beside_a_team_pilot_still_takes_its_forms() -> None:
    terms = Terms(forms=("demo",), teams=("uk-and-ireland",))
    assert chosen(terms, kind="demo") == len(_LEADS)
    assert chosen(terms, kind="contact") == 0


def test_two_versions_do_not_take_the_same_leads() -> None:
    one = {lead for lead in _LEADS if falls_within(50.0, "a" * 64, lead)}
    two = {lead for lead in _LEADS if falls_within(50.0, "b" * 64, lead)}
    assert one != two


@pytest.mark.parametrize("percent", [0, -1, 100.5, "10", True, None])
def test_a_percentage_that_is_no_share_is_refused(percent: object) -> None:
    with pytest.raises(Rejected, match="percent of the leads"):
        terms_from({"percent": percent})


@pytest.mark.parametrize("rate", RATES)
def test_each_rate_ends_a_canary_only_above_its_band(rate: str) -> None:
    band = Band(100, *(0.1 for _ in RATES))
    active = Tally(100, **{rate: 10})
    assert strays(band, Tally(100, **{rate: 19}), active) == ()
    (stray,) = strays(band, Tally(100, **{rate: 21}), active)
    assert (stray.rate, stray.canary, stray.active) == (rate, 0.21, 0.1)


def test_a_canary_is_not_judged_before_it_has_decided_enough() -> None:
    band = Band(least=50)
    assert strays(band, Tally(49, review=49), Tally(500)) == ()
    assert strays(band, Tally(50, review=50), Tally(500))


def test_a_canary_may_be_better_than_the_active_version() -> None:
    assert strays(Band(least=1), Tally(100), Tally(100, review=90, fallback=90)) == ()


def test_the_band_bounds_every_rate() -> None:
    assert tuple(each.name for each in fields(Band))[1:] == RATES
