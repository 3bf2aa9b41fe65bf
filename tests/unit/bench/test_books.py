"""Made-up books are the same for the same numbers, and as large as asked."""

from bench.books import make_book


def test_the_same_numbers_make_the_same_book() -> None:
    assert make_book(60, 20, 7) == make_book(60, 20, 7)
    assert make_book(60, 20, 7) != make_book(60, 20, 8)


def test_a_book_has_as_many_rules_and_rows_as_asked() -> None:
    files = make_book(3_000, 50, 1)
    rules = sum(text.count("  - id: ") for path, text in files.items() if path[:2].isdigit())
    assert rules == 3_002
    assert files["tables/territories.csv"].count("\n") == 51
    assert all(len(text) < 1 << 20 for path, text in files.items() if path.endswith(".yaml"))
    assert "tables/territories.csv" not in make_book(5, 0, 1)
