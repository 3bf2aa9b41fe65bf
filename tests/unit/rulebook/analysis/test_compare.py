"""What is said of edits as people make them, in the book that ships."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import orjson

from bench.books import make_book
from router.rulebook.analysis.cause import ORDER, Causes
from router.rulebook.analysis.compare import compare
from router.rulebook.analysis.difference import Change, Difference, summary, ways
from router.rulebook.model import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Effect,
    Member,
    Phase,
    Row,
    Rule,
    RuleBook,
    Table,
)
from router.rulebook.outcome import decide_all
from router.rulebook.reading.load import book_from_files, load_book


@cache
def starter() -> RuleBook:
    """Read the shipped book once."""
    return load_book(Path("rules"))


def with_rule(book: RuleBook, rule_id: str, edit: Callable[[Rule], Rule]) -> RuleBook:
    """Return a book with one rule changed."""
    rules = {
        phase: tuple(edit(rule) if rule.id == rule_id else rule for rule in some)
        for phase, some in book.rules.items()
    }
    return replace(book, rules=rules)


def rule_of(book: RuleBook, rule_id: str) -> Rule:
    """Return a rule by its id."""
    return next(rule for some in book.rules.values() for rule in some if rule.id == rule_id)


def swapped(book: RuleBook, one: str, other: str) -> RuleBook:
    """Return a book in which two rules have changed places."""
    first, second = rule_of(book, one), rule_of(book, other)
    places = {one: second, other: first}
    rules = {
        phase: tuple(places.get(rule.id, rule) for rule in some)
        for phase, some in book.rules.items()
    }
    return replace(book, rules=rules)


def with_rows(book: RuleBook, table: str, edit: Callable[[Table], tuple[Row, ...]]) -> RuleBook:
    """Return a book with other rows in a table."""
    old = book.tables[table]
    return replace(book, tables={**book.tables, table: replace(old, rows=edit(old))})


def wanting(condition: Condition, old: object, new: int) -> Condition:
    """Return a condition that wants another number."""
    if isinstance(condition, Comparison):
        return replace(condition, want=new) if condition.want == old else condition
    if isinstance(condition, (AllOf, AnyOf)):
        parts = tuple(wanting(part, old, new) for part in condition.parts)
        return replace(condition, parts=parts)
    return condition


def targets(found: Difference) -> dict[tuple[str, str], Change]:
    """Return the ways in which leads change hands, by old and new rule."""
    return {(each.old_rule, each.new_rule): each for each in found.changes if each.what == "target"}


def holds(found: Difference, old: RuleBook, new: RuleBook) -> None:
    """Assert that every lead that is shown gets what is said."""
    for each in found.changes:
        before, after = decide_all(old, each.example), decide_all(new, each.example)
        assert before.target == each.before.target
        assert after.target == each.after.target
        assert (before.target, before.effect) != (after.target, after.effect)


def test_a_lower_threshold_names_every_rule_that_loses_leads_by_it() -> None:
    old = starter()
    new = with_rule(
        old, "big-account", lambda rule: replace(rule, when=wanting(rule.when, 1000, 500))
    )
    found = compare(old, new)
    holds(found, old, new)
    moved = targets(found)
    assert {name for _, name in moved} == {"big-account"}
    losers = {name for name, _ in moved}
    assert {"uk-and-ireland", "dach", "north-america", "fallback-triage"} <= losers
    sizes = [each.example["company_size"] for each in moved.values()]
    assert all(isinstance(size, int) and 500 <= size < 1000 for size in sizes)
    assert not found.undecided
    causes = Causes(old, new)
    assert {causes.of(way) for way in ways(found)} == {"rule big-account changed"}


def test_the_widest_way_stands_first() -> None:
    old = starter()
    new = with_rule(
        old, "big-account", lambda rule: replace(rule, when=wanting(rule.when, 1000, 500))
    )
    assert ways(compare(old, new))[0].old == "queue sales-triage"


def test_two_rules_that_change_places_name_the_leads_that_both_take() -> None:
    old = starter()
    new = swapped(old, "paid-media", "dach")
    found = compare(old, new)
    holds(found, old, new)
    moved = targets(found)
    assert ("paid-media", "dach") in moved
    assert moved["paid-media", "dach"].example["country"] in {"DE", "AT", "CH"}
    assert {Causes(old, new).of(way) for way in ways(found)} == {ORDER}


def test_rules_that_share_no_lead_may_change_places_without_a_word() -> None:
    old = starter()
    found = compare(old, swapped(old, "dach", "north-america"))
    assert found.is_none
    assert found == Difference()


def test_other_words_and_tests_are_no_difference() -> None:
    old = starter()
    new = with_rule(old, "dach", lambda rule: replace(rule, summary="Other words.", examples=()))
    assert compare(old, new).is_none


def test_a_row_more_shows_a_lead_that_it_takes() -> None:
    old = starter()
    fresh = Row(("gb", "zz99"), Effect(pool="enterprise"), 9_999)
    new = with_rows(old, "territories", lambda table: (*table.rows, fresh))
    found = compare(old, new)
    (row,) = found.rows
    assert (row.how, row.rows, row.cells) == ("added", 1, ("gb", "zz99"))
    assert row.example is not None
    assert str(row.example["postcode"]).casefold().startswith("zz99")
    (way,) = ways(found)
    assert way.new == "pool enterprise"
    assert decide_all(new, way.example).target == ("pool", "enterprise")
    assert Causes(old, new).of(way) == "table territories changed"


def test_hundreds_of_rows_that_change_alike_are_one_line() -> None:
    old = starter()
    pool = Effect(pool="enterprise")

    def edit(table: Table) -> tuple[Row, ...]:
        return tuple(
            replace(row, effect=pool) if row.effect.pool == "dach-north" else row
            for row in table.rows
        )

    count = sum(row.effect.pool == "dach-north" for row in old.tables["territories"].rows)
    found = compare(old, with_rows(old, "territories", edit))
    assert [(row.old, row.new, row.rows) for row in found.rows] == [
        ("pool dach-north", "pool enterprise", count)
    ]
    assert len(ways(found)) == 1
    assert summary(found)["rows"] == count


def test_an_entry_less_in_a_list_shows_whom_the_rule_lets_go() -> None:
    old = starter()
    gone = min(old.lists["customer_domains"])
    kept = old.lists["customer_domains"] - {gone}
    new = replace(old, lists={**old.lists, "customer_domains": kept})
    found = compare(old, new)
    holds(found, old, new)
    (change,) = found.lists
    assert (change.added, change.removed) == ((), (gone,))
    moved = targets(found)
    assert {name for name, _ in moved} == {"existing-customer"}
    assert {each.example["email.domain"] for each in moved.values()} == {gone}
    causes = {Causes(old, new).of(way) for way in ways(found)}
    assert causes == {"rule existing-customer changed with list customer_domains"}


def test_five_hundred_entries_more_are_counted_not_listed() -> None:
    old = starter()
    more = {f"junk-{number}.example" for number in range(500)}
    new = replace(old, lists={**old.lists, "blocked_domains": old.lists["blocked_domains"] | more})
    found = compare(old, new)
    assert [(each.list, len(each.added)) for each in found.lists] == [("blocked_domains", 500)]
    assert summary(found)["lists"] == {"blocked_domains": [500, 0]}
    assert {name for _, name in targets(found)} == {"blocked-domain"}


def test_a_guard_that_asks_for_less_takes_more() -> None:
    old = starter()

    def looser(rule: Rule) -> Rule:
        parts = rule.when.parts if isinstance(rule.when, AllOf) else (rule.when,)
        kept = tuple(
            part
            for part in parts
            if not (isinstance(part, Comparison) and part.fact == "phone.valid")
        )
        return replace(rule, when=AllOf(kept, rule.place))

    new = with_rule(old, "disposable-address", looser)
    found = compare(old, new)
    holds(found, old, new)
    moved = targets(found)
    assert {name for _, name in moved} == {"disposable-address"}
    assert all(each.example["email.disposable"] is True for each in moved.values())
    assert all(each.new == "review disposable_address" for each in moved.values())


def test_a_guard_that_is_gone_lets_its_leads_go() -> None:
    old = starter()
    guards = tuple(rule for rule in old.rules[Phase.GUARDS] if rule.id != "spam-honeypot")
    new = replace(old, rules={**old.rules, Phase.GUARDS: guards})
    found = compare(old, new)
    holds(found, old, new)
    assert {name for name, _ in targets(found)} == {"spam-honeypot"}
    assert {Causes(old, new).of(way) for way in ways(found)} == {"rule spam-honeypot is gone"}


def test_another_promise_keeps_the_owner_and_is_said_apart() -> None:
    old = starter()
    new = with_rule(
        old, "big-account", lambda rule: replace(rule, then=replace(rule.then, sla="standard"))
    )
    found = compare(old, new)
    (change,) = found.changes
    assert (change.what, change.old, change.new) == ("sla", "fast", "standard")
    assert not change.moves
    assert not found.moves
    assert not ways(found)
    assert summary(found)["other_terms"] == 1


def test_a_tag_more_is_said_with_its_name() -> None:
    old = starter()
    new = with_rule(
        old, "dach", lambda rule: replace(rule, then=replace(rule.then, tags=("german",)))
    )
    (change,) = compare(old, new).changes
    assert (change.what, change.old, change.new) == ("tag german", "no", "yes")


def test_another_calendar_shows_a_moment_at_which_a_rule_says_something_else() -> None:
    old = starter()
    later = replace(old.calendars["sydney"], hours="We-Fr 09:00-17:00")
    new = replace(old, calendars={**old.calendars, "sydney": later})
    found = compare(old, new)
    holds(found, old, new)
    assert any(name == "after-hours-sydney" for name, _ in targets(found))


def test_what_no_rule_says_is_said_as_data() -> None:
    old = starter()
    pool = old.pools["dach"]
    fast = old.slas["fast"]
    slower = {**fast.promises, "acceptance": replace(fast.promises["acceptance"])}
    slower["acceptance"] = replace(slower["acceptance"], target=timedelta(hours=2))
    new = replace(
        old,
        pools={
            **old.pools,
            "dach": replace(pool, members=(*pool.members[1:], Member("lena-vogt", 2))),
        },
        slas={**old.slas, "fast": replace(fast, promises=slower)},
        default_sla="fast",
    )
    found = compare(old, new)
    said = {each.place: each.what for each in found.data}
    assert said["pool dach"] == f"with lena-vogt, without {pool.members[0].person}"
    assert said["SLA fast"] == "acceptance: target 15 min -> 2 h"
    assert said["book"] == "default sla standard -> fast"
    assert not found.moves
    assert not found.is_none
    assert {each.what for each in found.changes} == {"sla"}


def test_what_is_gone_or_new_in_the_data_is_named() -> None:
    old = starter()
    queues = {**old.queues, "press-desk": old.queues["partner-desk"]}
    people = {name: each for name, each in old.people.items() if name != "ruby-tran"}
    found = compare(old, replace(old, queues=queues, people=people))
    said = {(each.place, each.what) for each in found.data}
    assert said == {("queue press-desk", "is new"), ("person ruby-tran", "is gone")}


def test_a_lifted_bar_for_publishing_is_named_though_no_lead_notices() -> None:
    old = starter()
    barred = replace(old.policy.publishing, approve_over=0.9)
    found = compare(old, replace(old, policy=replace(old.policy, publishing=barred)))
    (change,) = found.data
    before = old.policy.publishing.approve_over
    assert change.what == f"policy: publishing: approve over {_bar(before)} -> 0.9"
    assert not found.moves


def _bar(value: float | None) -> str:
    return "nothing" if value is None else str(value)


def test_a_summary_can_be_kept_as_json() -> None:
    old = starter()
    new = with_rule(
        old, "big-account", lambda rule: replace(rule, when=wanting(rule.when, 1000, 500))
    )
    said = summary(compare(old, new))
    assert orjson.loads(orjson.dumps(said)) == said
    assert said["moves"] is True


def test_books_that_have_little_in_common_are_compared_as_far_as_that_goes() -> None:
    old, new = (book_from_files(make_book(120, 300, seed)) for seed in (1, 2))
    found = compare(old, new)
    holds(found, old, new)
    assert found.moves
    # More can be said of them than anybody reads: what was not looked at is owned up to.
    assert found.undecided
