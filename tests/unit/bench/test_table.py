"""The benchmark's table: what it compares, and that it fits a page."""

from bench.table import ROWS, lines, ratio, summed, verdict


def test_every_row_is_compared_with_a_row_that_exists() -> None:
    assert {row.against for row in ROWS.values()} - {""} <= set(ROWS)


def test_table_fits_a_hundred_columns_with_large_values() -> None:
    spreads = summed([dict.fromkeys(ROWS, value) for value in (98_765.4, 123_456.7, 4_321.0)])
    assert max(map(len, lines(spreads))) <= 100


def test_no_label_is_cut() -> None:
    assert "…" not in "\n".join(lines(summed([dict.fromkeys(ROWS, 1.0)])))


def test_median_is_compared_with_the_raw_limit_and_the_target() -> None:
    runs = [
        {"drain": 2900.0, "pg_same_rows": 6000.0},
        {"drain": 3100.0, "pg_same_rows": 6200.0},
        {"drain": 3300.0, "pg_same_rows": 6400.0},
    ]
    spreads = summed(runs)
    assert ratio("drain", spreads) == 0.5
    assert verdict("drain", spreads) == "met"
    assert verdict("drain", summed(runs[:1])) == "MISSED"


def test_what_was_not_measured_is_left_out() -> None:
    shown = lines(summed([{"wait_1": 50.0}]))
    assert len([line for line in shown if line.startswith("?wait")]) == 1
    assert not any(line.startswith("Celery") for line in shown)


def test_an_engine_that_is_not_installed_says_so() -> None:
    shown = lines(summed([{"rules_plain_10": 2.0, "rules_zen_10": float("nan")}]))
    assert [line for line in shown if "zen-engine" in line and "not installed" in line]
