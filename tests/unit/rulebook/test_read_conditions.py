"""Every comparison is read by the type of its fact, and what makes no sense is named."""

from datetime import UTC, datetime

import pytest

from router.errors import BookError
from router.lead.facts import FACTS, FactType
from router.rulebook.model import (
    AllOf,
    Comparison,
    Condition,
    NotOf,
    Operator,
    Phase,
    Place,
)
from router.rulebook.reading.conditions import OPERATORS, written_operators
from router.rulebook.reading.load import book_from_files

ROUTES = "20-routes.yaml"
HERE = Place("", 0)


def when(files: dict[str, str], written: str) -> Condition:
    """Return a condition as it is read, all of it at one place."""
    files[ROUTES] = files[ROUTES].replace("{country: NO}", written)
    return placeless(book_from_files(files).rules[Phase.ROUTES][0].when)


def placeless(condition: Condition) -> Condition:
    match condition:
        case Comparison():
            named = condition.named
            return Comparison(condition.fact, condition.operator, condition.want, HERE, named)
        case NotOf(part):
            return NotOf(placeless(part), HERE)
        case _:
            return type(condition)(tuple(placeless(part) for part in condition.parts), HERE)


def problems(files: dict[str, str], written: str) -> str:
    files[ROUTES] = files[ROUTES].replace("{country: NO}", written)
    with pytest.raises(BookError) as caught:
        book_from_files(files)
    return str(caught.value)


def test_every_operator_is_known_by_some_type_and_every_type_can_be_asked() -> None:
    assert set().union(*OPERATORS.values()) == set(Operator)
    assert set(OPERATORS) == set(FactType)
    assert all(Operator.MISSING in written_operators(fact) for fact in FACTS)


@pytest.mark.parametrize(
    ("written", "fact", "operator", "want"),
    [
        (
            "{email.address: {ends_with: '@Northwind.Example'}}",
            "email.address",
            "ends_with",
            "@northwind.example",
        ),
        (
            "{page.url: {starts_with: https://A.example/}}",
            "page.url",
            "starts_with",
            "https://a.example/",
        ),
        ("{job_title: {contains: ' VP '}}", "job_title", "contains", " vp "),
        (
            r"{job_title: {matches: '\bHead of (Sales|Data)\b'}}",
            "job_title",
            "matches",
            r"\bHead of (Sales|Data)\b",
        ),
        (
            "{submitted_at: {after: 2026-03-01}}",
            "submitted_at",
            "after",
            datetime(2026, 3, 1, tzinfo=UTC),
        ),
        (
            "{received_at: {before: 2026-07-01 09:00 Europe/London}}",
            "received_at",
            "before",
            datetime(2026, 7, 1, 8, tzinfo=UTC),
        ),
        (
            '{received_at: {before: "2026-07-01T09:00:00+02:00"}}',
            "received_at",
            "before",
            datetime(2026, 7, 1, 7, tzinfo=UTC),
        ),
        ("{submitted_at: {within_last: 30d}}", "submitted_at", "within_last", 30 * 86400.0),
        ("{submitted_at: {within_last: 12h}}", "submitted_at", "within_last", 43200.0),
        ("{submitted_at: {within_last: 2w}}", "submitted_at", "within_last", 14 * 86400.0),
        (
            "{service_line: {same_as: service_interest}}",
            "service_line",
            "same_as",
            "service_interest",
        ),
        ("{submitted_at: {same_as: received_at}}", "submitted_at", "same_as", "received_at"),
        ("{tags: {has_any: [A, b]}}", "tags", "has_any", ("a", "b")),
        ("{tags: [A, b]}", "tags", "has_any", ("a", "b")),
        ("{tags: {has_all: [A]}}", "tags", "has", "a"),
        ("{country: [GB, IE]}", "country", "in", ("gb", "ie")),
    ],
)
def test_a_comparison_is_read(
    files: dict[str, str], written: str, fact: str, operator: str, want: object
) -> None:
    found = when(files, written)
    assert isinstance(found, Comparison)
    assert (found.fact, found.operator, found.want) == (fact, operator, want)


def test_short_forms_are_read_as_what_they_mean(files: dict[str, str]) -> None:
    between = when(dict(files), "{company_size: {between: [50, 200]}}")
    assert between == AllOf(
        (
            Comparison("company_size", Operator.GTE, 50, HERE),
            Comparison("company_size", Operator.LTE, 200, HERE),
        ),
        HERE,
    )
    both = when(dict(files), "{tags: {has_all: [A, b]}}")
    assert both == AllOf(
        (
            Comparison("tags", Operator.HAS, "a", HERE),
            Comparison("tags", Operator.HAS, "b", HERE),
        ),
        HERE,
    )
    none = when(dict(files), "{tags: {has_none: [A, b]}}")
    assert none == NotOf(Comparison("tags", Operator.HAS_ANY, ("a", "b"), HERE), HERE)


def test_lists_and_calendars_are_named(files: dict[str, str]) -> None:
    found = when(
        files, "{email.domain: {not_in_list: rivals}, received_at: {not_in_calendar: week}}"
    )
    assert found == AllOf(
        (
            Comparison("email.domain", Operator.NOT_IN_LIST, "rivals", HERE, "rivals"),
            Comparison("received_at", Operator.NOT_IN_CALENDAR, "week", HERE, "week"),
        ),
        HERE,
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{company_size: {between: [5]}}", "'between' takes two numbers"),
        ("{company_size: {between: [9, 5]}}", "nothing lies between 9 and 5"),
        ("{company_size: {between: [a, 5]}}", "company_size is a whole number, but this is 'a'"),
        ("{country: {between: [A, B]}}", "country (code) cannot be compared with 'between'"),
        ("{country: {has_all: [GB]}}", "country (code) cannot be compared with 'has_all'"),
        ("{company_size: {starts_with: 1}}", "company_size (int) cannot be compared with"),
        ("{received_at: 2026-03-01}", "received_at (date) cannot be compared with 'is'"),
        ("{received_at: {after: 2026-13-01}}", "'2026-13-01' is not a moment"),
        ("{received_at: {after: 2026-03-01 09:00}}", "'2026-03-01 09:00' is not a moment"),
        ("{received_at: {after: 2026-03-29 01:30 Europe/London}}", "is not a moment"),
        ("{received_at: {after: 2026-03-01 09:00 Europe/Lundon}}", "is not a moment"),
        ("{received_at: {within_last: 1d}}", "measured back from received_at"),
        ("{submitted_at: {within_last: 30 days}}", "d (24 hours here)"),
        ("{submitted_at: {within_last: 0d}}", "'0d' is not a span of time"),
        ("{received_at: {in_calendar: weak}}", "unknown calendar 'weak'"),
        ("{job_title: {matches: '(head'}}", "this pattern cannot be used: missing ): (head"),
        ("{job_title: {matches: '(?=a)b'}}", "invalid perl operator"),
        ("{job_title: {matches: 'a{900}{900}'}}", "this pattern cannot be used"),
        (f"{{job_title: {{matches: {'é' * 257}}}}}", "it has 514 bytes, more than 512"),
        ("{city: {same_as: city}}", "'city' is always the same as itself"),
        ("{city: {same_as: country}}", "city (text) cannot be the same as country (code)"),
        ("{city: {same_as: compny}}", "did you mean 'company'?"),
        ("{tags: {same_as: missing}}", "tags (list) cannot be compared with 'same_as'"),
        ("{tags: {has_non: [a]}}", "did you mean 'has_none'?"),
    ],
)
def test_a_comparison_that_makes_no_sense_is_named(
    files: dict[str, str], written: str, said: str
) -> None:
    assert said in problems(files, written)


def test_a_guard_cannot_compare_with_what_only_the_classifier_tells(files: dict[str, str]) -> None:
    files["10-guards.yaml"] = (
        files[ROUTES]
        .replace("phase: routes", "phase: guards")
        .replace("nordic", "early")
        .replace("country: NO", "service_line: {same_as: service_interest}")
    )
    with pytest.raises(BookError, match="'service_interest' is not known yet"):
        book_from_files(files)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{utm.medium: p\u0430id}", "U+0430 CYRILLIC SMALL LETTER A"),
        ("{utm.medium: pa\u200bid}", "U+200B ZERO WIDTH SPACE"),
        ("{city: [Oslo, 'a\u202eb']}", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("{tags: \u00a0vip}", ""),
        ("{tags: big\u00a0co}", "U+00A0 NO-BREAK SPACE"),
        ("{city: {contains: L\u043endon}}", "U+043E CYRILLIC SMALL LETTER O"),
        ("{job_title: {matches: '[a-\u044f]\u200b'}}", "U+200B ZERO WIDTH SPACE"),
        ("{c\u043eunty: GB}", "It has letters of several scripts that look alike"),
        ("{country: {\u0456n: [GB]}}", "unknown comparison"),
    ],
)
def test_letters_that_deceive_the_eye_are_named_by_their_code_points(
    files: dict[str, str], written: str, said: str
) -> None:
    if said:
        assert said in problems(files, written)
    else:
        assert when(files, written) == Comparison("tags", Operator.HAS, "vip", HERE)


@pytest.mark.parametrize(
    "city",
    [
        "\u0391\u03b8\u03ae\u03bd\u03b1",
        "\u041c\u043e\u0441\u043a\u0432\u0430 Oslo",
        "M\u00fcnchen",
        "\u6771\u4eac IT\u90e8",
    ],
)
def test_words_of_one_script_are_fine_whichever_it_is(files: dict[str, str], city: str) -> None:
    found = when(files, f"{{city: {city}}}")
    assert isinstance(found, Comparison)
    assert found.want == city.casefold()


def test_ids_and_list_entries_that_deceive_are_named(files: dict[str, str]) -> None:
    files["lists/rivals.txt"] = "good.example\np\u0430ypal.example # remark\n"
    files[ROUTES] = files[ROUTES].replace("id: nordic", "id: n\u043erdic")
    with pytest.raises(BookError) as caught:
        book_from_files(files)
    found = str(caught.value)
    assert "20-routes.yaml:3:9: the rule 'n\u043erdic' has a name that cannot be used" in found
    assert "It has letters of several scripts that look alike (U+043E" in found
    assert "lists/rivals.txt:2:1: 'p\u0430ypal.example' has letters of several scripts" in found


def test_both_values_of_a_duplicate_key_are_read(files: dict[str, str]) -> None:
    found = problems(files, "{is_returning: yes, is_returning: nope, tags: a}")
    assert "duplicate key 'is_returning'" in found
    assert "'yes' is neither true nor false" in found
    assert "'nope' is neither true nor false" in found
    files["book.yaml"] += "default_sla: standart\n"
    with pytest.raises(BookError) as caught:
        book_from_files(files)
    assert "duplicate key 'default_sla'" in str(caught.value)
    assert "did you mean 'standard'?" in str(caught.value)


def test_a_duplicate_key_alone_is_the_only_problem(files: dict[str, str]) -> None:
    files["teams.yaml"] += "queues:\n  later: {role: sales, accountable: ann, calendar: week}\n"
    files["90-fallback.yaml"] = files["90-fallback.yaml"].replace("queue: triage", "queue: later")
    with pytest.raises(BookError) as caught:
        book_from_files(files)
    assert len(caught.value.problems) == 1
    assert "duplicate key 'queues'" in str(caught.value)


def test_a_phase_has_one_hit_policy(files: dict[str, str]) -> None:
    files[ROUTES] = files[ROUTES].replace("phase: routes", "phase: routes\nhit: first")
    files["30-enrich.yaml"] = (
        files[ROUTES]
        .replace("routes\nhit: first", "enrich\nhit: collect")
        .replace("nordic", "n2")
        .replace("{pool: desk}", "{tags: [a]}")
    )
    book_from_files(files)
    files[ROUTES] = files[ROUTES].replace("hit: first", "hit: collect")
    files["30-enrich.yaml"] = files["30-enrich.yaml"].replace("hit: collect", "hit: frist")
    with pytest.raises(BookError) as caught:
        book_from_files(files)
    found = str(caught.value)
    assert "20-routes.yaml:2:6: the phase routes cannot have hit: collect" in found
    assert "Write hit: first or leave it out" in found
    assert "30-enrich.yaml:2:6: unknown hit policy 'frist'\n" in found
