"""What an order of picks was worth, against orders whose worth is known."""

import pytest

from bench.fairness import fairness

EVEN = {"ann": 1, "ben": 1, "cat": 1}


def test_turns_in_a_fixed_order_are_even() -> None:
    found = fairness(["ann", "ben", "cat"] * 10, EVEN)
    assert (found.spread, found.twice, found.drought) == (0, 0, 2)
    assert found.worst == pytest.approx(2 / 3)


def test_who_gets_everything_is_ahead_by_all_that_others_are_due() -> None:
    found = fairness(["ann"] * 30, EVEN)
    assert (found.spread, found.twice, found.drought, found.worst) == (30, 100, 30, 20)


def test_weights_say_what_is_due() -> None:
    found = fairness(["ann", "ann", "ben"] * 5, {"ann": 2, "ben": 1})
    assert found.spread == 0
    assert found.worst == pytest.approx(2 / 3)


def test_leads_that_no_member_got_do_not_count() -> None:
    assert fairness(["ann", "nobody", "ben", "nobody"], {"ann": 1, "ben": 1}).twice == 0
