"""Files of leads, row by row: what spreadsheets and exports really look like."""

import orjson
import pytest

from router.errors import Rejected
from router.stages.capture import rows
from router.stages.capture.rows import Format, read_rows, row_key


def read(data: bytes, form: Format = Format.CSV) -> list[tuple[int, object, str]]:
    """Return line, content and problem of each row."""
    return [
        (row.line, orjson.loads(row.body) if not row.problem else None, row.problem)
        for row in read_rows(data, form)
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_found_by_the_line_of_names(separator: str) -> None:
    text = separator.join(("email", "name")) + "\n" + separator.join(("ann@example.com", "Ann"))
    assert read(text.encode()) == [(2, {"email": "ann@example.com", "name": "Ann"}, "")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_what_spreadsheets_write_is_read(encoding: str) -> None:
    found = read("email,name\r\njo@example.com,Jörg Müller\r\n".encode(encoding))
    assert found == [(2, {"email": "jo@example.com", "name": "Jörg Müller"}, "")]


def test_a_cell_may_hold_lines_and_separators() -> None:
    data = b'email,message\na@example.com,"One, two\nthree"\nb@example.com,four\n'
    assert read(data) == [
        (3, {"email": "a@example.com", "message": "One, two\nthree"}, ""),
        (4, {"email": "b@example.com", "message": "four"}, ""),
    ]


def test_empty_cells_and_lines_say_nothing() -> None:
    assert read(b"email,name,city\n,,\n\na@example.com,,\nb@example.com\n") == [
        (4, {"email": "a@example.com"}, ""),
        (5, {"email": "b@example.com"}, ""),
    ]


def test_a_row_with_more_cells_than_names_is_told() -> None:
    (found,) = read(b"email,name\na@example.com,Ann,surplus\n")
    assert "3 cells" in found[2]


def test_a_column_without_a_name_gets_one() -> None:
    assert read(b"email,,name\na@example.com,7,Ann\n") == [
        (2, {"email": "a@example.com", "column 2": "7", "name": "Ann"}, "")
    ]


@pytest.mark.parametrize("data", [b"", b"\n", b"email,email\na,b\n", b"\xff\xfe\x00"])
def test_what_is_no_such_file_is_refused_as_a_whole(data: bytes) -> None:
    with pytest.raises(Rejected):
        read(data)


def test_json_lines_are_told_one_by_one() -> None:
    found = read(b'{"a": 1}\n\n[]\n{"b"\n7\n{"c": "d"}', Format.JSONL)
    assert [(line, problem == "") for line, _, problem in found] == [
        (1, True),
        (3, False),
        (4, False),
        (5, False),
        (6, True),
    ]


def test_other_line_ends_of_unicode_stay_within_a_row() -> None:
    data = '{"a": "one\u2028two"}'.encode()
    assert read(data, Format.JSONL) == [(1, {"a": "one\u2028two"}, "")]


def test_a_row_that_is_too_large_is_told_and_too_many_rows_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows, "MAX_ROW", 20)
    monkeypatch.setattr(rows, "MAX_ROWS", 2)
    large = b'{"a": "' + b"x" * 30 + b'"}\n'
    assert "larger than" in read(large, Format.JSONL)[0][2]
    with pytest.raises(Rejected, match="more than 2 rows"):
        read(b"{}\n" * 3, Format.JSONL)


def test_a_row_is_named_by_its_content_and_its_import() -> None:
    assert row_key("Fair", b'{"a": "b"}') != row_key("Fair", b'{"a": "c"}')
    assert row_key("Fair", b'{"a": "b"}') != row_key("Other", b'{"a": "b"}')
