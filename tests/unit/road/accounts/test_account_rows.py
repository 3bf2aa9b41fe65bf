"""A CSV file of accounts: its header, its rows, and what is said of rows that are none."""

import io
from datetime import UTC, datetime

import pytest

from router.errors import Rejected
from router.road.accounts.rows import AccountFile, AccountRow, Remark, without_mark


def read(text: str) -> tuple[list[AccountRow], list[Remark]]:
    """Return the rows of a file, and what is wrong with those that are none."""
    every = list(AccountFile(without_mark(io.StringIO(text, newline=""))).rows())
    rows = [each for each in every if isinstance(each, AccountRow)]
    return rows, [each for each in every if isinstance(each, Remark)]


def test_a_row_says_what_its_columns_say_in_whatever_order() -> None:
    rows, wrong = read(
        "name,KEY,domains,contacts,named,active_at\r\n"
        '"North, Ltd",A-1,"n.example;north.example  x.example",ann@n.example,Yes,2026-01-05\r\n'
    )
    assert rows == [
        AccountRow(
            line=2,
            key="A-1",
            name="North, Ltd",
            domains=("n.example", "north.example", "x.example"),
            named=True,
            active_at=datetime(2026, 1, 5, tzinfo=UTC),
            contacts=("ann@n.example",),
        )
    ]
    assert not wrong


def test_a_row_is_named_by_the_line_it_begins_in_and_empty_lines_are_passed_over() -> None:
    rows, _ = read('key,name\nA-1,"two\nlines"\n\n,,\nA-2,North\n')
    assert [(row.line, row.key) for row in rows[:1]] == [(2, "A-1")]
    assert (rows[-1].line, rows[-1].key) == (6, "A-2")


def test_a_short_row_lacks_its_last_values_and_a_long_one_is_left_out() -> None:
    rows, wrong = read("key,name,owner\nA-1,North\nA-2,South,ann,more\nA-3,East,bo\n")
    assert [(row.key, row.owner) for row in rows] == [("A-1", ""), ("A-3", "bo")]
    assert [(each.line, each.key) for each in wrong] == [(3, "A-2")]


@pytest.mark.parametrize("cut", ["A-2,Sou", "A-2,South,a", "A", '"A-2,So'])
def test_the_row_in_which_a_file_was_cut_off_is_left_out_if_that_can_be_told(cut: str) -> None:
    rows, wrong = read(f"key,name,owner\nA-1,North\n{cut}")
    whole = cut.count(",") == 2
    assert [row.key for row in rows] == (["A-1", "A-2"] if whole else ["A-1"])
    assert [each.line for each in wrong] == ([] if whole else [3])


def test_a_row_that_is_no_csv_is_left_out_and_the_rest_is_read() -> None:
    rows, wrong = read('key,name\nA-1,"Nor"th\nA-2,South\n')
    assert [row.key for row in rows] == ["A-2"]
    assert [each.line for each in wrong] == [2]


def test_a_value_that_cannot_be_read_is_told_with_its_row() -> None:
    rows, _ = read("key,name,named,active_at\nA-1,North,perhaps,yesterday\n")
    assert (rows[0].named, rows[0].active_at) == (False, None)
    assert [each.split()[0] for each in rows[0].noticed] == ["named", "active_at"]


def test_columns_that_mean_nothing_are_named() -> None:
    file = AccountFile(["key,name,Colour\n", "A-1,North,red\n"])
    assert len(list(file.rows())) == 1
    assert file.ignored == ("colour",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "key and name is missing"),
        ("key,owner\n", "name is missing"),
        ("key;name\nA-1;North\n", "separated by commas"),
        ("key,name,Name\n", "stands twice"),
    ],
)
def test_a_file_without_a_header_is_refused(text: str, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        read(text)
