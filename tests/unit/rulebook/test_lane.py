"""Rules tell a lead of an import from a live one, and its import says what it is promised."""

from datetime import UTC, datetime

import pytest

from router.errors import BookError
from router.lead.facts import facts_of
from router.lead.model import change
from router.rulebook.engine.evaluate import evaluate
from router.rulebook.model import Phase
from router.rulebook.reading.load import book_from_files, read_facts
from router.rulebook.roster import policy_of
from tests.unit.stages.office import offered_to_ann

_LEAD = offered_to_ann(datetime(2026, 1, 5, 10, tzinfo=UTC))
_IMPORTED = change(_LEAD, lane="019cadfd-8900-8bea-854d-dadfd9b2251e")
_MET = """\
  - id: met-at-a-fair
    summary: Met at a fair.
    steward: ops@northwind.example
    when: {lane: import}
    then: {queue: triage}
"""
_RELAXED = """\
  relaxed:
    acceptance: {target: 1d, ladder: usual}
    first_touch: {target: 3d, ladder: usual}
"""


def bent(files: dict[str, str], lane: str = "import") -> dict[str, str]:
    """Return a book with a rule about a lane before all others, and a patient policy."""
    rules = files["20-routes.yaml"].replace("rules:\n", f"rules:\n{_MET}".replace("import", lane))
    return {**files, "20-routes.yaml": rules, "sla.yaml": files["sla.yaml"] + _RELAXED}


def test_a_rule_takes_the_leads_of_imports_only(files: dict[str, str]) -> None:
    book = book_from_files(bent(files))
    for lead, rule in ((_IMPORTED, "met-at-a-fair"), (_LEAD, None)):
        verdict = evaluate(book, Phase.ROUTES, facts_of(lead))
        assert (verdict.rule.id if verdict.rule else None) == rule


def test_a_lane_that_does_not_exist_is_told(files: dict[str, str]) -> None:
    with pytest.raises(BookError, match="did you mean 'import'"):
        book_from_files(bent(files, "imports"))
    assert read_facts({"lane": "live"}) == {"lane": "live"}


def test_the_policy_of_an_import_stands_before_that_of_a_rule(files: dict[str, str]) -> None:
    book = book_from_files(bent(files))
    promised = change(_IMPORTED, sla="standard", lane_sla="relaxed")
    assert policy_of(book, promised).id == "relaxed"
    assert policy_of(book, change(promised, lane_sla="")).id == "standard"
    assert policy_of(book, change(promised, lane_sla="gone")).id == "standard", "of a later version"
