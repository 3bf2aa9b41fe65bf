"""What is found about people, pools, hours, letters and what nothing uses."""

import pytest

from router.rulebook.analysis.analyse import analyse
from router.rulebook.analysis.finding import Finding, Severity
from router.rulebook.reading.load import book_from_files
from router.rulebook.reading.reader import countries

TEAMS = "teams.yaml"
SYDNEY = 'sydney: {zone: Australia/Sydney, hours: "Mo-Fr 09:00-17:00"}\n'


def found(files: dict[str, str], code: str) -> list[Finding]:
    """Return what is found of one kind."""
    return [each for each in analyse(book_from_files(files)) if each.code == code]


def words(findings: list[Finding]) -> str:
    """Return what findings say, in one text."""
    return "\n".join(each.what for each in findings)


def with_text(files: dict[str, str], path: str, old: str, new: str) -> dict[str, str]:
    """Return a book with some text of a file replaced."""
    assert old in files[path]
    return {**files, path: files[path].replace(old, new)}


def routed(files: dict[str, str], when: str, then: str) -> dict[str, str]:
    """Return a book with one route; its calendars also know Sydney."""
    rule = "id: far, summary: S., steward: ops@northwind.example"
    return {
        **files,
        "20-routes.yaml": f"phase: routes\nrules:\n  - {{{rule}, when: {when}, then: {then}}}\n",
        "calendars.yaml": files["calendars.yaml"] + SYDNEY,
    }


def test_an_owner_without_a_manager_is_a_warning_unless_it_is_the_fallback_owner(
    files: dict[str, str],
) -> None:
    assert not found(files, "owner-without-manager")
    (finding,) = found(with_text(files, TEAMS, ", manager: ann}\n", "}\n"), "owner-without-manager")
    assert finding.severity is Severity.WARNING
    assert str(finding.place) == "teams.yaml:3:3"
    assert "'bob' owns leads of the pool 'desk' but has no manager" in finding.what


def test_a_chain_of_managers_that_ends_apart_is_a_warning(files: dict[str, str]) -> None:
    bent = with_text(files, TEAMS, "calendar: week, manager: ann}", "calendar: week, manager: cy}")
    bent = with_text(
        bent,
        TEAMS,
        "pools:",
        "  cy: {name: Cy, email: cy@northwind.example, calendar: week}\npools:",
    )
    (finding,) = found(bent, "chain-ends-apart")
    assert "the managers above 'bob' end with 'cy'" in finding.what


def test_a_pool_of_one_is_noted(files: dict[str, str]) -> None:
    bent = with_text(files, TEAMS, "[ann, {person: bob, weight: 3}]", "[bob]")
    assert "the pool 'desk' has only 'bob'" in words(found(bent, "pool-of-one"))


def test_a_pool_that_is_off_together_is_noted(files: dict[str, str]) -> None:
    bent = with_text(files, TEAMS, "weight: 3}]", "weight: 3}], require: on_shift")
    assert "by the calendar 'week'" in words(found(bent, "pool-off-together"))
    assert not found(files, "pool-off-together")


def test_a_rule_for_leads_outside_the_hours_of_its_people_is_a_warning(
    files: dict[str, str],
) -> None:
    bent = routed(files, "{received_at: {not_in_calendar: week}}", "{pool: desk}")
    (finding,) = found(bent, "other-hours")
    assert "nobody there works at the times that the rule asks for" in finding.what
    awake = routed(files, "{received_at: {in_calendar: week}}", "{pool: desk}")
    assert not found(awake, "other-hours")


def test_people_who_sleep_while_it_is_day_where_their_leads_are_is_a_warning(
    files: dict[str, str],
) -> None:
    bent = with_text(
        routed(files, "{country: GB}", "{person: bob}"),
        TEAMS,
        "calendar: week, manager",
        "calendar: sydney, manager",
    )
    assert not found(bent, "other-hours"), "seven in the morning there is still day here"
    far = with_text(bent, "calendars.yaml", 'Mo-Fr 09:00-17:00"', 'Mo-Fr 10:00-15:00"')
    (finding,) = found(far, "other-hours")
    assert "'bob' does not work between 7 and 20 o'clock in GB" in finding.what


@pytest.mark.parametrize("then", ["{pool: desk}", "{queue: triage}"])
def test_nothing_is_said_of_hours_where_the_book_does_not_tell_when_leads_come(
    files: dict[str, str], then: str
) -> None:
    assert not found(routed(files, "{company_size: {gte: 5}}", then), "other-hours")


@pytest.mark.parametrize("many", [False, True])
def test_a_row_of_a_table_for_people_who_sleep_then_is_a_warning(
    files: dict[str, str], *, many: bool
) -> None:
    near = sorted(countries().keys() - {"NZ"}) if many else ["FR"]
    rows = "".join(f"{code},,triage\n" for code in near)
    rule = "id: places, summary: S., steward: ops@northwind.example, when: {}, table: places"
    bent = {
        **files,
        "20-routes.yaml": f"phase: routes\nrules:\n  - {{{rule}}}\n",
        "tables/places.yaml": "keys: [{field: country}]\noutputs: [pool, queue]\n",
        "tables/places.csv": f"country,pool,queue\nNZ,desk,\n{rows}",
    }
    (finding,) = found(bent, "other-hours")
    assert str(finding.place) == "tables/places.csv:2:1"
    assert "gives leads to the pool 'desk', but nobody there works" in finding.what
    assert finding.what.endswith("in NZ")
    early = with_text(bent, "calendars.yaml", "09:00-17:00", "07:00-15:00")
    assert not found(early, "other-hours")


def test_a_queue_may_be_filled_at_night(files: dict[str, str]) -> None:
    bent = routed(files, "{received_at: {not_in_calendar: week}}", "{queue: triage}")
    assert not found(bent, "other-hours")


def test_what_nothing_uses_is_noted_where_it_stands(files: dict[str, str]) -> None:
    bent = with_text(
        files,
        TEAMS,
        "queues:\n",
        "queues:\n  spare: {role: sales, accountable: ann, calendar: week}\n",
    )
    bent["calendars.yaml"] += SYDNEY
    bent = with_text(
        bent,
        TEAMS,
        "pools:",
        "  cy: {name: Cy, email: cy@northwind.example, calendar: week}\npools:",
    )
    places = {each.what: str(each.place) for each in found(bent, "never-used")}
    assert places == {
        "the queue 'spare' is used by nothing": "teams.yaml:8:3",
        "the calendar 'sydney' is used by nothing": "calendars.yaml:2:1",
        "the person 'cy' is used by nothing": "teams.yaml:4:3",
        "the list 'rivals' is used by nothing": "lists/rivals.txt:1:1",
    }


def test_a_domain_in_letters_of_another_script_is_a_warning(files: dict[str, str]) -> None:
    domain = "\u0440\u0430\u0441\u0435.example"
    bent = {**files, "lists/rivals.txt": f"one.example\n{domain}\n"}
    (finding,) = found(bent, "look-alike")
    assert str(finding.place) == "lists/rivals.txt:2:1"
    assert "look like 'pace.example'" in finding.what
    assert "U+0440 CYRILLIC SMALL LETTER ER" in finding.what


def test_a_value_of_a_rule_in_letters_of_another_script_is_a_warning(
    files: dict[str, str],
) -> None:
    bent = routed(files, "{company: \u0440\u0430\u0441\u0435}", "{pool: desk}")
    assert "look like 'pace'" in words(found(bent, "look-alike"))


def test_words_that_belong_to_another_script_are_fine(files: dict[str, str]) -> None:
    bent = routed(
        files, "{city: [\u0421\u043e\u0447\u0438, \u0391\u03b8\u03ae\u03bd\u03b1]}", "{pool: desk}"
    )
    assert not found(bent, "look-alike")


def test_names_that_are_easily_mixed_up_are_a_warning(files: dict[str, str]) -> None:
    bent = with_text(
        files,
        TEAMS,
        "queues:",
        "  de5k: {role: sales, manager: ann, members: [ann, bob]}\n"
        "  team-l: {role: sales, manager: ann, members: [ann, bob]}\n"
        "  team-1: {role: sales, manager: ann, members: [ann, bob]}\nqueues:",
    )
    assert "'team-1' looks like 'team-l'" in words(found(bent, "look-alike"))
    assert len(found(bent, "look-alike")) == 1


def test_a_mark_that_turns_the_direction_of_writing_is_a_warning(files: dict[str, str]) -> None:
    bent = {**files, "90-fallback.yaml": files["90-fallback.yaml"] + "# seen \u202e by nobody\n"}
    (finding,) = found(bent, "look-alike")
    assert (finding.place.file, finding.place.line) == ("90-fallback.yaml", 8)
    assert "U+202E RIGHT-TO-LEFT OVERRIDE" in finding.what
