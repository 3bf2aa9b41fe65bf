"""The difference of two rule books in words, as a person in revenue operations reads it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from textwrap import fill

import orjson

from router.cli.diff_data import LATER, traces, why_not
from router.lead.facts import Facts
from router.road.explain.told import PhaseTold, RuleTold
from router.rulebook.analysis.cause import Causes
from router.rulebook.analysis.difference import (
    Change,
    DataChange,
    Difference,
    ListChange,
    RowChange,
    Way,
    ways,
)
from router.rulebook.model import Phase, RuleBook
from router.rulebook.space.naive import Answer
from router.wording import counted, listed

_WIDTH = 80
_FIRST = 12
#: Other terms, doubts, and places of ways that are written out.
_TERMS, _DOUBTS, _PLACES = 12, 8, 8
#: Entries of a list that are named.
_ENTRIES = 4

_Books = tuple[RuleBook, RuleBook]


def told(found: Difference, books: _Books, named: tuple[str, str], most: int) -> str:
    """Write a difference for people, at most 80 columns wide.

    Args:
        found: The difference.
        books: The old and the new book.
        named: What they were called on the command line.
        most: Ways of changing hands that are written out.
    """
    moved = ways(found)
    sections = (
        ("", _head(books, named)),
        ("LEADS CHANGE HANDS", _hands(moved, books, most)),
        ("SAME OWNER, OTHER TERMS", _terms(found.changes, books)),
        ("DATA", _data(found)),
        ("COULD NOT BE TOLD", _undecided(found.undecided)),
        ("", _last(found, moved)),
    )
    blocks = []
    for title, lines in sections:
        body = "\n".join(lines)
        if body:
            blocks.append(f"{title}\n\n{body}" if title else body)
    return "\n\n".join(blocks)


def _head(books: _Books, named: tuple[str, str]) -> Iterator[str]:
    for word, book, name in zip(("old", "new"), books, named, strict=True):
        yield _line(f"{word}  {book.digest[:_FIRST]}  {book.name}  ({name})", 0, 4)


def _hands(moved: Sequence[Way], books: _Books, most: int) -> Iterator[str]:
    """Write the ways, those with the same cause together, the widest first."""
    causes = Causes(*books)
    groups: dict[str, list[Way]] = {}
    for way in moved:
        groups.setdefault(causes.of(way), []).append(way)
    for number, (cause, some) in enumerate(groups.items()):
        if number:
            yield ""
        yield _line(f"{cause}: {counted(len(some), 'way')}", 0)
        for way in some[:most]:
            yield from _way(way, books)
        if len(some) > most:
            yield from _briefly(some[most:])


def _way(way: Way, books: _Books) -> Iterator[str]:
    yield _line(f"{way.old} -> {way.new}", 2, 5)
    if way.rows is not None:
        yield _line(_rows(way.rows), 5, 7)
    yield from _lead(way.example, (way.before, way.after), books)


def _briefly(some: Sequence[Way]) -> Iterator[str]:
    """Write how many ways more there are, and where they lead."""
    places = Counter(f"{way.old} -> {way.new}" for way in some)
    yield _line(f"and {counted(len(some), 'way')} more; --most writes them out, --json has all:", 2)
    for place, count in places.most_common(_PLACES):
        yield _line(place + (f" ({count} ways)" if count > 1 else ""), 5, 7)
    if len(places) > _PLACES:
        yield "     ..."


def _lead(facts: Facts, answers: tuple[Answer, Answer], books: _Books) -> Iterator[str]:
    yield _line(f"e.g. {_json(facts)}", 5, 10)
    both = traces(books, facts, answers)
    added = [[each for each in trace if _is_enrich(each)] for trace in both]
    same = [_added(each) for each in added[0]] == [_added(each) for each in added[1]]
    others = answers[1].rule_id, answers[0].rule_id
    not_by = [why_not(books[at], others[at], answers[at], facts) for at in (0, 1)]
    if not all(each.endswith(LATER) for each in not_by):
        # That it stands later is worth a word only where nothing but the order differs.
        not_by = ["" if each.endswith(LATER) else each for each in not_by]
    for at, word in enumerate(("old", "new")):
        yield from _trace(word, both[at], not_by[at], enriched=not same)
        yield _line(_outcome(answers[at]), 10, 12)


def _is_enrich(phase: PhaseTold) -> bool:
    return phase.phase == Phase.ENRICH.value


def _added(phase: PhaseTold) -> tuple[str, str]:
    return (phase.decided.rule if phase.decided else "", phase.effect)


def _trace(word: str, trace: Iterable[PhaseTold], not_by: str, *, enriched: bool) -> Iterator[str]:
    """Write why a book decides so: the rule and what held, and why not the other book's rule."""
    told = [each for each in trace if each.decided is not None]
    decided = [each.decided for each in told if not _is_enrich(each) and each.decided]
    first = f"{word}: "
    yield _line(first + (_rule(decided[-1]) if decided else "no rule takes it"), 5, 10)
    if not_by:
        yield _line(not_by, 10, 12)
    for each in told if enriched else ():
        if _is_enrich(each):
            yield _line(f"{_added(each)[0]} adds {each.effect}", 10, 12)


def _outcome(answer: Answer) -> str:
    terms = [f"sla {answer.sla}" if answer.sla else ""]
    terms += [f"priority {answer.priority}" if answer.priority else ""]
    terms += [f"tags {', '.join(sorted(answer.tags))}" if answer.tags else ""]
    kept = terms if answer.owned else []
    return f"=> {', '.join(filter(None, (answer.place, *kept)))}"


def _rule(rule: RuleTold) -> str:
    tests = "; ".join(rule.tests)
    return f"{rule.rule} ({rule.place})" + (f": {tests}" if tests else "")


def _terms(changes: Sequence[Change], books: _Books) -> Iterator[str]:
    kept = [each for each in changes if each.what != "target" and not each.moves]
    for each in kept[:_TERMS]:
        yield f"{each.what}: {each.old} -> {each.new}"
        usual = "what is usual"
        rules = (each.old_rule or usual, each.new_rule or usual)
        yield _line("by " + (rules[0] if rules[0] == rules[1] else " -> ".join(rules)), 2, 5)
        yield from _lead(each.example, (each.before, each.after), books)
    if len(kept) > _TERMS:
        yield f"... and {len(kept) - _TERMS} more; --json has all."


def _data(found: Difference) -> Iterator[str]:
    for each in found.lists:
        yield from _list(each)
    for row in found.rows:
        yield _line(f"table {row.table}: {_rows(row)}", 0)
    for other in found.data:
        yield from _other(other)


def _list(each: ListChange) -> Iterator[str]:
    parts = [
        f"{counted(len(some), *words)} ({listed(list(some), _ENTRIES)})"
        for some, words in (
            (each.added, ("entry more", "entries more")),
            (each.removed, ("entry fewer", "entries fewer")),
        )
        if some
    ]
    yield _line(f"list {each.list}: {', '.join(parts)}", 0)
    if each.example is None:
        yield _line("no lead was found that gets anything else by it", 2)


def _rows(each: RowChange) -> str:
    cells = ", ".join(cell or "any" for cell in each.cells)
    line = each.new_line or each.old_line
    where = f"{'' if each.new_line else 'old '}line {line}: {cells}"
    said = {
        "changed": f"{each.old} -> {each.new}",
        "added": each.new,
        "removed": each.old,
    }[each.how]
    return f"{counted(each.rows, 'row')} {each.how}, {said} ({where})"


def _other(each: DataChange) -> Iterator[str]:
    yield _line(f"{each.place}: {each.what}", 0)
    if each.may:
        yield _line(f"no rule says so, but it may change {each.may}", 2, 2)


def _undecided(doubts: Sequence[str]) -> Iterator[str]:
    for each in doubts[:_DOUBTS]:
        yield _line(f"- {each}", 0, 2)
    if len(doubts) > _DOUBTS:
        yield f"... and {len(doubts) - _DOUBTS} more; --json has all."


def _last(found: Difference, moved: Sequence[Way]) -> Iterator[str]:
    if found.is_none:
        yield "No lead gets anything else."
        return
    kept = sum(each.what != "target" and not each.moves for each in found.changes)
    parts = [f"{counted(len(moved), 'way')} in which leads change hands"]
    if kept:
        parts.append(f"{kept} in which they keep their owner and get other terms")
    if found.undecided:
        parts.append(f"{len(found.undecided)} not told")
    yield _line("; ".join(parts) + ".", 0)
    if moved:
        yield _line("How many leads of the past it would be: `lead-router rules backtest`.", 0)


def _json(facts: Facts) -> str:
    return (
        orjson.dumps(dict(sorted(facts.items()))).decode().replace('":', '": ').replace(',"', ', "')
    )


def _line(text: str, indent: int, hang: int | None = None) -> str:
    after = " " * (indent + 2 if hang is None else hang)
    lead = " " * (indent + len(text) - len(text.lstrip()))
    return fill(
        text.strip(),
        _WIDTH,
        initial_indent=lead,
        subsequent_indent=after,
        break_long_words=False,
        break_on_hyphens=False,
    )
