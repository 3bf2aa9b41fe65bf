"""Two versions asked about the same leads, and what is counted of it."""

from collections.abc import Mapping
from dataclasses import replace

from router.lead.facts import Facts
from router.rulebook.model import Phase, RuleBook
from router.rulebook.reading.load import book_from_files
from router.rulebook.recount import GOES_ON, Recount, Recounted, Share

_NORWAY: Facts = {"country": "NO", "intent": "pricing"}
_FRANCE: Facts = {"country": "FR", "intent": "pricing"}
_GUARD = """\
phase: guards
rules:
  - id: {id}
    summary: Nobody wants these.
    steward: ops@northwind.example
    when: {{country: {country}}}
    then: {{{then}}}
"""


def bent(files: Mapping[str, str], path: str, old: str, new: str) -> RuleBook:
    """Return the small book with something replaced."""
    assert old in files[path]
    return book_from_files({**files, path: files[path].replace(old, new)})


def recounted(old: RuleBook, new: RuleBook, *leads: Facts) -> Recounted:
    """Ask both about leads that are called lead-0, lead-1 and so on."""
    recount = Recount(old, new)
    for number, facts in enumerate(leads):
        recount.add(f"lead-{number}", facts)
    return recount.result()


def test_the_same_book_moves_nobody(files: dict[str, str]) -> None:
    book = book_from_files(files)
    found = recounted(book, book, _NORWAY, _FRANCE)
    assert (found.judged, found.moved, found.altered, found.shifts) == (2, 0, 0, ())
    assert found.targets == (Share("pool desk", 1, 1), Share("queue triage", 1, 1))


def test_leads_that_change_hands_are_named_three_at_most(files: dict[str, str]) -> None:
    new = bent(files, "20-routes.yaml", "then: {pool: desk}", "then: {person: ann}")
    found = recounted(book_from_files(files), new, *[_NORWAY] * 5, _FRANCE)
    (shift,) = found.shifts
    assert shift.changes_hands
    assert (shift.old.words, shift.new.words) == ("pool desk", "person ann")
    assert (shift.leads, shift.examples) == (5, ("lead-0", "lead-1", "lead-2"))
    assert (found.judged, found.moved, found.moved_share) == (6, 5, 5 / 6)


def test_a_pools_leads_are_shared_out_by_weight(files: dict[str, str]) -> None:
    new = bent(files, "20-routes.yaml", "then: {pool: desk}", "then: {person: ann}")
    found = recounted(book_from_files(files), new, *[_NORWAY] * 8)
    assert found.people == (Share("ann", 2, 8), Share("bob", 6, 0))


def test_other_terms_change_no_hands(files: dict[str, str]) -> None:
    new = bent(
        files, "20-routes.yaml", "{pool: desk}", "{pool: desk, priority: high, tags: [fjord]}"
    )
    found = recounted(book_from_files(files), new, _NORWAY)
    (shift,) = found.shifts
    assert not shift.changes_hands
    assert (shift.old.priority, shift.new.priority, shift.tags_more) == ("", "high", ("fjord",))
    assert (found.moved, found.altered) == (0, 1)


def test_another_rule_that_does_the_same_is_no_change(files: dict[str, str]) -> None:
    new = bent(files, "20-routes.yaml", "id: nordic", "id: northern")
    found = recounted(book_from_files(files), new, _NORWAY)
    assert found.shifts == ()
    assert found.rules == (Share("nordic", 1, 0), Share("northern", 0, 1))


def test_a_fallback_and_a_person_are_the_same_hands(files: dict[str, str]) -> None:
    new = bent(files, "90-fallback.yaml", "then: {queue: triage}", "then: {person: ann}")
    old = replace(new, rules={**new.rules, Phase.FALLBACK: ()})
    found = recounted(old, new, _FRANCE)
    assert found.targets == (Share("fallback ann", 1, 0), Share("person ann", 0, 1))
    assert found.shifts == ()


def test_another_code_of_a_refusal_moves_nobody(files: dict[str, str]) -> None:
    old, new = (
        book_from_files({**files, "10-guards.yaml": _guard("spam", "FR", f"reject: {code}")})
        for code in ("spam", "junk")
    )
    found = recounted(old, new, {"country": "FR"})
    assert (found.moved, found.altered) == (0, 1)


def test_what_a_guard_no_longer_stops_goes_on_to_the_classifier(files: dict[str, str]) -> None:
    old = book_from_files({**files, "10-guards.yaml": _guard("spam", "NO", "reject: spam")})
    new = book_from_files(files)
    (shift,) = recounted(old, new, {"country": "NO"}).shifts
    assert (shift.old.words, shift.new.words, shift.changes_hands) == ("reject spam", GOES_ON, True)
    # Once the classifier's word is known, so is what comes after it.
    (shift,) = recounted(old, new, _NORWAY).shifts
    assert (shift.old.words, shift.new.words) == ("reject spam", "pool desk")


def test_what_cannot_be_judged_is_counted_by_reason(files: dict[str, str]) -> None:
    book = book_from_files(files)
    recount = Recount(book, book)
    recount.add("lead-0", _NORWAY)
    recount.pass_over("no facts kept")
    recount.pass_over("no facts kept")
    found = recount.result()
    assert (found.leads, found.judged, found.not_judged) == (3, 1, {"no facts kept": 2})


def _guard(rule: str, country: str, then: str) -> str:
    return _GUARD.format(id=rule, country=country, then=then)


def test_leads_with_other_terms_are_one_handover(files: dict[str, str]) -> None:
    new = bent(files, "20-routes.yaml", "then: {pool: desk}", "then: {person: ann}")
    found = recounted(book_from_files(files), new, _NORWAY, {**_NORWAY, "priority": "high"})
    assert len(found.shifts) == 2
    (handover,) = found.handovers
    assert (handover.old, handover.new, handover.leads) == ("pool desk", "person ann", 2)
    assert handover.examples == ("lead-0", "lead-1")
