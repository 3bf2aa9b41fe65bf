"""When a second person must agree to a version, as a table; and which guards count as changed."""

import pytest

from router.rulebook.consent import Change, changed_guards, second_person
from router.rulebook.model import Publishing, RuleBook
from router.rulebook.reading.load import book_from_files

_GUARDS = """\
phase: guards
rules:
  - id: junk
    summary: Junk.
    steward: ann@northwind.example
    when: {email.domain: {in_list: junk}}
    then: {reject: spam}
    examples: {matches: [{email.domain: junk.example}], misses: [{}]}
  - id: minor
    summary: Too young.
    steward: ann@northwind.example
    when: {country: {in: [FR, DE]}}
    then: {review: look}
    examples: {matches: [{country: FR}], misses: [{country: GB}]}
"""
_NOTHING: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("policy", "change", "words"),
    [
        (Publishing(), Change(("junk",), True, 10, 10, in_window=False), _NOTHING),  # noqa: FBT003 - values of the shape under test
        (Publishing(approve_over=0.2), Change(judged=10, moved=2), _NOTHING),
        (Publishing(approve_over=0.2), Change(judged=10, moved=3), ("30.0% of 10 leads",)),
        (Publishing(approve_over=0.0), Change(judged=1000, moved=1), ("0.1% of 1000 leads",)),
        (Publishing(approve_over=0.0), Change(judged=0, moved=0), _NOTHING),
        (Publishing(approve_over=0.2), Change(tried=False), ("was not tried on leads",)),
        (Publishing(), Change(tried=False), _NOTHING),
        (Publishing(approve_over=0.2), Change(leads=9), ("None of 9 leads",)),
        (Publishing(approve_guards=True), Change(), _NOTHING),
        (Publishing(approve_guards=True), Change(("a", "b", "c", "d", "e")), ("c and 2 more",)),
        (Publishing(window="office"), Change(), _NOTHING),
        (Publishing(window="office"), Change(in_window=False), ("outside the hours of 'office'",)),
        (Publishing(look_back=7), Change(bars=True), _NOTHING),
        (Publishing(window="office"), Change(bars=True), ("when a second person is needed",)),
        (
            Publishing(approve_over=0.5, approve_guards=True, window="office"),
            Change(("junk",), True, 2, 2, in_window=False),  # noqa: FBT003 - as above
            ("100.0%", "junk", "office", "second person is needed"),
        ),
    ],
)
def test_the_active_version_says_when_a_second_person_is_needed(
    policy: Publishing, change: Change, words: tuple[str, ...]
) -> None:
    reasons = second_person(policy, change)
    assert len(reasons) == len(words)
    for reason, word in zip(reasons, words, strict=True):
        assert word in reason


@pytest.mark.parametrize(
    ("path", "old", "new", "changed"),
    [
        ("10-guards.yaml", "summary: Junk.", "summary: Really junk.", _NOTHING),
        ("10-guards.yaml", "rules:\n", "rules:\n\n# moved down\n", _NOTHING),
        ("10-guards.yaml", "[{}]", "[{}, {email.domain: good.example}]", _NOTHING),
        ("lists/other.txt", "a.example", "b.example", _NOTHING),
        ("lists/junk.txt", "junk.example", "junk.example\nmore.example", ("junk",)),
        ("10-guards.yaml", "reject: spam", "reject: junk", ("junk",)),
        ("10-guards.yaml", "in: [FR, DE]", "in: [FR]", ("minor",)),
        ("10-guards.yaml", "id: minor", "id: young", ("minor", "young")),
    ],
)
def test_a_guard_changed_when_it_judges_otherwise(
    files: dict[str, str], path: str, old: str, new: str, changed: tuple[str, ...]
) -> None:
    assert old in _guarded(files)[path]
    altered = {**_guarded(files), path: _guarded(files)[path].replace(old, new)}
    assert changed_guards(_book(files), book_from_files(altered)) == changed


def test_guards_in_another_order_are_changed(files: dict[str, str]) -> None:
    head, junk, minor = _GUARDS.partition("  - id: junk")[0], *_rules(_GUARDS)
    swapped = {**_guarded(files), "10-guards.yaml": head + minor + junk}
    assert changed_guards(_book(files), book_from_files(swapped)) == ("junk", "minor")


def _rules(text: str) -> tuple[str, str]:
    first, _, second = text.partition("  - id: minor")
    return first[first.index("  - id: junk") :], "  - id: minor" + second


def _guarded(files: dict[str, str]) -> dict[str, str]:
    lists = {"lists/junk.txt": "junk.example\n", "lists/other.txt": "a.example\n"}
    return {**files, **lists, "10-guards.yaml": _GUARDS}


def _book(files: dict[str, str]) -> RuleBook:
    return book_from_files(_guarded(files))
