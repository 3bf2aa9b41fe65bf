"""Every kind of finding, in a small book that is bent to have it."""

from pathlib import Path

import pytest

from router.rulebook.analysis.analyse import analyse
from router.rulebook.analysis.codes import CODES
from router.rulebook.analysis.finding import Finding, Severity, as_data, errors_of, sentence
from router.rulebook.analysis.ladder import ladder
from router.rulebook.analysis.reach import unreached
from router.rulebook.outcome import decide_all
from router.rulebook.reading.load import book_from_files, load_book
from router.rulebook.reading.reader import countries
from router.rulebook.space.box import Budget, space_of

STEWARD = "summary: S., steward: ops@northwind.example"
ROUTES = "20-routes.yaml"


def route(name: str, when: str, then: str = "then: {queue: triage}") -> str:
    """Write one rule on one line."""
    return f"  - {{id: {name}, {STEWARD}, when: {when}, {then}}}\n"


def with_routes(files: dict[str, str], *lines: str) -> dict[str, str]:
    """Return a book that has these routes only; the first stands in line 3."""
    return {**files, ROUTES: "phase: routes\nrules:\n" + "".join(lines)}


def with_enrich(files: dict[str, str], *lines: str) -> dict[str, str]:
    """Return a book that has these rules of enrich, and two policies more."""
    slas = "".join(
        f"  {name}: {{acceptance: {{target: 5m, ladder: usual}},"
        " first_touch: {target: 1h, ladder: usual}}\n"
        for name in ("fast", "slow")
    )
    return {
        **files,
        "sla.yaml": files["sla.yaml"] + slas,
        "30-enrich.yaml": "phase: enrich\nrules:\n" + "".join(lines),
    }


def found(files: dict[str, str], code: str) -> list[Finding]:
    """Return what is found of one kind."""
    return [each for each in analyse(book_from_files(files)) if each.code == code]


def one(files: dict[str, str], code: str) -> Finding:
    """Return what is found of one kind; there must be exactly one."""
    (finding,) = found(files, code)
    assert finding.severity is CODES[code].severity
    return finding


def test_the_shipped_book_has_neither_errors_nor_warnings() -> None:
    findings = analyse(load_book(Path("rules")))
    assert {each.severity for each in findings} <= {Severity.NOTE}


def test_a_condition_that_contradicts_itself_is_an_error(files: dict[str, str]) -> None:
    bent = with_routes(files, route("odd", "{company_size: {gte: 50, lt: 10}}"))
    finding = one(bent, "impossible")
    assert (finding.place.file, finding.place.line) == (ROUTES, 3)
    assert "contradicts itself" in finding.what


def test_a_branch_that_never_holds_is_a_warning(files: dict[str, str]) -> None:
    when = "{country: GB, any: [{country: DE}, {city: Leeds}]}"
    assert (
        "branch of 'odd'" in one(with_routes(files, route("odd", when)), "impossible-branch").what
    )


def test_a_rule_that_several_earlier_ones_take_everything_from_is_an_error(
    files: dict[str, str],
) -> None:
    bent = with_routes(
        files,
        route("small", "{country: GB, company_size: {lt: 100}}"),
        route("other", "{country: FR}"),
        route("large", "{country: GB, company_size: {gte: 100}}"),
        route("sized", "{country: GB, company_size: {missing: false}}", "then: {pool: desk}"),
    )
    finding = one(bent, "never-reached")
    assert finding.place.line == 6
    assert "by 'small' and 'large'" in finding.what
    assert "Move it before 'small'" in finding.advice
    assert errors_of(analyse(book_from_files(bent))) == (finding,)


def test_a_route_that_a_guard_hides_cannot_be_moved(files: dict[str, str]) -> None:
    bent = with_routes(files, route("gb", "{country: GB}"))
    bent["10-guards.yaml"] = "phase: guards\nrules:\n" + route("stop", "{country: [GB, IE]}")
    assert "stands in guards, which is asked before routes" in one(bent, "never-reached").advice


def test_a_value_that_an_earlier_rule_takes_is_noted(files: dict[str, str]) -> None:
    bent = with_routes(
        files,
        route("one", "{country: [GB, IM]}"),
        route("two", "{country: [DE, IM]}", "then: {pool: desk}"),
    )
    finding = one(bent, "part-never-reached")
    assert "of 'two', country 'IM' never counts" in finding.what
    assert "'one' (queue triage)" in finding.what


def test_an_entry_of_a_list_that_an_earlier_rule_takes_is_noted(files: dict[str, str]) -> None:
    bent = with_routes(
        files,
        route("friend", "{email.domain: other.example}"),
        route("rival", "{email.domain: {in_list: rivals}}", "then: {pool: desk}"),
    )
    assert "'other.example' of the list 'rivals'" in one(bent, "part-never-reached").what


def test_a_value_that_goes_to_the_same_owner_anyway_is_not_noted(files: dict[str, str]) -> None:
    bent = with_routes(
        files, route("one", "{country: [GB, IM]}"), route("two", "{country: [DE, IM]}")
    )
    assert not found(bent, "part-never-reached")


def test_a_rule_that_asks_for_more_but_stands_later_is_noted_with_a_lead(
    files: dict[str, str],
) -> None:
    wide = route("wide", "{company_size: {gte: 1000}}")
    narrow = route("narrow", "{company_size: {gte: 500}, country: GB}", "then: {pool: desk}")
    bent = with_routes(files, wide, narrow)
    finding = one(bent, "hidden-in-part")
    assert finding.place.line == 4
    assert finding.example is not None
    decider = decide_all(book_from_files(bent), finding.example).rule
    assert decider is not None
    assert decider.id == "wide"
    assert not found(with_routes(files, narrow, wide), "hidden-in-part")


def test_leads_that_only_the_fallback_takes_are_described_with_one(files: dict[str, str]) -> None:
    bent = with_routes(
        files, route("near", "{country: [GB, IE]}"), route("big", "{company_size: {gte: 100}}")
    )
    finding = one(bent, "only-fallback")
    assert "country none of GB and IE" in finding.what
    assert "company_size below 100" in finding.what
    assert finding.example is not None
    rule = decide_all(book_from_files(bent), finding.example).rule
    assert rule is not None
    assert rule.id == "rest"


def test_a_book_whose_routes_take_everything_has_no_gap(files: dict[str, str]) -> None:
    bent = with_routes(
        files,
        route("known", "{country: {missing: false}}"),
        route("unknown", "{country: {missing: true}}", "then: {pool: desk}"),
    )
    assert not found(bent, "only-fallback")


def test_a_setting_that_is_always_set_before_is_a_warning(files: dict[str, str]) -> None:
    bent = with_enrich(
        files,
        route("all", "{company_size: {gte: 10}}", "then: {sla: slow}"),
        route("big", "{company_size: {gte: 1000}}", "then: {sla: fast, tags: [big]}"),
    )
    finding = one(bent, "setting-never-counts")
    assert "'big' sets the sla 'fast', which never counts" in finding.what
    assert "'all' ('slow')" in finding.what


def test_settings_that_only_their_order_decides_are_noted_with_a_lead(
    files: dict[str, str],
) -> None:
    bent = with_enrich(
        files,
        route("gb", "{country: GB}", "then: {sla: slow}"),
        route("big", "{company_size: {gte: 1000}}", "then: {sla: fast}"),
    )
    finding = one(bent, "settings-disagree")
    assert finding.example is not None
    assert decide_all(book_from_files(bent), finding.example).effect.sla == "slow"


@pytest.mark.parametrize(
    "special",
    ["{company_size: {gte: 1000}}", "{company_size: {gte: 5}, country: GB}"],
)
def test_a_special_case_before_the_general_one_is_meant(
    files: dict[str, str], special: str
) -> None:
    bent = with_enrich(
        files,
        route("special", special, "then: {sla: fast}"),
        route("general", "{company_size: {gte: 10}}", "then: {sla: slow}"),
    )
    assert not found(bent, "settings-disagree")
    assert not found(bent, "setting-never-counts")


def territories(files: dict[str, str], rows: str, when: str) -> dict[str, str]:
    """Return a book whose only route looks in a table by country and service line."""
    return {
        **with_routes(files, route("places", when, "table: places")),
        "tables/places.yaml": (
            "keys: [{field: country}, {field: service_line}]\noutputs: [pool]\n"
        ),
        "tables/places.csv": f"country,service_line,pool\n{rows}",
    }


@pytest.mark.parametrize("many", [False, True])
def test_a_row_that_more_specific_ones_hide_is_a_warning(
    files: dict[str, str], *, many: bool
) -> None:
    rows = "GB,,desk\nGB,analytics,desk\nDE,,desk\n"
    if many:
        rows += "".join(f"{code},,desk\n" for code in sorted(countries().keys() - {"GB", "DE"}))
    bent = territories(files, rows, "{service_line: analytics}")
    assert "line 2" in one(bent, "rows-never-reached").what


@pytest.mark.parametrize("many", [False, True])
def test_a_row_that_the_rule_itself_leaves_no_lead_is_a_warning(
    files: dict[str, str], *, many: bool
) -> None:
    rows = "GB,,desk\nDE,,desk\n"
    when = "{country: {not: DE}}"
    if many:
        rows += "".join(f"{code},,desk\n" for code in sorted(countries().keys() - {"GB", "DE"}))
    finding = one(territories(files, rows, when), "rows-never-reached")
    assert "line 3" in finding.what


def test_a_finding_is_written_with_its_line_and_for_programs(files: dict[str, str]) -> None:
    bent = with_routes(files, route("odd", "{company_size: {gte: 50, lt: 10}}"))
    finding = one(bent, "impossible")
    lines = sentence(finding, bent).splitlines()
    assert lines[0].startswith("20-routes.yaml:3:5: error: no lead can meet")
    assert lines[0].endswith("[impossible]")
    assert lines[1].startswith("    3 |   - {id: odd")
    data = as_data(finding)
    assert (data["code"], data["severity"], data["line"]) == ("impossible", "error", 3)


def test_a_condition_with_too_many_branches_is_undecided(files: dict[str, str]) -> None:
    either = ", ".join(
        f"{{any: [{', '.join(f'{{city: {{contains: t{a}x{b}}}}}' for b in range(9))}]}}"
        for a in range(9)
    )
    bent = with_routes(files, route("vast", f"{{all: [{either}]}}"))
    finding = one(bent, "not-decided")
    assert finding.severity is Severity.UNDECIDED
    assert "too many branches" in finding.what


def test_a_book_that_is_too_large_says_in_one_sentence_what_was_not_looked_at(
    files: dict[str, str],
) -> None:
    lines = [route(f"r{number}", f"{{company_size: {number}}}") for number in range(30)]
    book = book_from_files(with_routes(files, *lines))
    findings = list(unreached(ladder(book, space_of(book)), Budget(5)))
    assert [each.code for each in findings] == ["not-decided"]
    assert "the book is too large to look at everything" in findings[0].what
