"""Invariants without samples: proved for every lead, or broken by a lead that nobody thought of."""

from router.rulebook.model import RuleBook
from router.rulebook.trial.flips import world_of
from router.rulebook.trial.invariants import try_invariant
from router.rulebook.trial.prove import grounds_of
from router.rulebook.trial.result import Status, Trial
from tests.unit.rulebook.trial.texts import ROUTES, Make

_TABLE = "keys: [{field: country}, {field: postcode, match: prefix}]\noutputs: [pool, person]\n"
_RULE = (
    "  - {id: places, summary: By place., steward: ops@northwind.example,"
    " when: {}, table: places}\n"
)


def tried(book: RuleBook) -> Trial:
    """Try a book's only invariant without any sample."""
    (invariant,) = book.proofs.invariants
    return try_invariant(world_of(book), invariant, (), grounds_of(book))


def invariant(when: str, then: str) -> dict[str, str]:
    """Return the file of one invariant, in a book without cases."""
    text = f"- {{name: it, when: {when}, {then}}}\n"
    return {"tests/invariants.yaml": text, "tests/cases.yaml": ""}


def placed(rows: int, last: str) -> dict[str, str]:
    """Return files with a table of so many rows of Norway, and a last one."""
    lines = "".join(f"NO,{number:04},desk,\n" for number in range(rows))
    return {
        "tables/places.yaml": _TABLE,
        "tables/places.csv": f"country,postcode,pool,person\n{lines}{last}\n",
        "20-routes.yaml": ROUTES.split("  - id: nordic")[0] + _RULE,
    }


def test_what_holds_for_every_lead_is_proved(make: Make) -> None:
    found = tried(make(invariant("{form.honeypot: {missing: false}}", "always: {reject: spam}")))
    assert (found.status, found.facts) == (Status.PASSED, {})


def test_a_lead_that_breaks_it_has_nothing_that_it_does_not_take(make: Make) -> None:
    found = tried(make(invariant("{utm.medium: cpc}", "never: {person: ann}")))
    assert found.status is Status.FAILED
    assert set(found.facts) == {"utm.medium", "company_size"}
    size = found.facts["company_size"]
    assert isinstance(size, int)
    assert size >= 1000


def test_one_wrong_row_among_thousands_is_found(make: Make) -> None:
    files = placed(3_000, "SE,777,,bob") | invariant("{country: SE}", "never: {person: bob}")
    found = tried(make(files))
    assert found.status is Status.FAILED
    assert str(found.facts["postcode"]).startswith("777")
    assert any("tables/places.csv line 3002" in line for line in found.why)


def test_thousands_of_right_rows_are_proved_right(make: Make) -> None:
    files = placed(3_000, "NO,999,desk,")
    assert tried(make(files | invariant("{country: SE}", "never: {pool: desk}"))).status is (
        Status.PASSED
    )


def test_a_row_that_a_more_specific_one_hides_breaks_nothing(make: Make) -> None:
    files = placed(200, "NO,,,bob")
    when = '{country: NO, postcode: "0042"}'
    assert tried(make(files | invariant(when, "never: {person: bob}"))).status is not Status.FAILED


def test_what_patterns_alone_could_tell_stays_open(make: Make) -> None:
    routes = ROUTES.replace("country: [NO, SE]", "city: {matches: '^os'}").replace(
        "{matches: [{country: NO}, {country: SE}], misses: [{country: DE}]}",
        "{matches: [{city: Oslo}], misses: [{city: Bergen}]}",
    )
    files = {"20-routes.yaml": routes}
    found = tried(make(files | invariant("{city: {matches: 'slo$'}}", "never: {pool: desk}")))
    # A person sees that Oslo is one; whatever the program does not find it does not call proved.
    assert found.status is not Status.PASSED
