"""The ways to pick side by side: every one has a line, and the page holds it."""

from bench.grid import grid
from bench.table import ROWS, WAYS, summed


def test_every_way_has_a_line_within_a_hundred_columns() -> None:
    shown = grid(summed([dict.fromkeys(ROWS, 12_345.6)]))
    assert [line for line in shown if line.startswith(tuple(WAYS.values()))] == shown[2:-6]
    assert max(map(len, shown)) <= 100


def test_what_was_not_measured_is_left_out() -> None:
    assert grid(summed([{"drain": 900.0}])) == []
    shown = grid(summed([{"way_load_rate": 900.0}]))
    assert [line for line in shown if line.startswith(WAYS["load"])]
    assert not [line for line in shown if line.startswith(WAYS["random"])]
