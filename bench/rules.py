"""The rule book alone: what a decision costs as books grow, beside other rule engines.

No server is needed, and no other process: one thread asks one book. What is compared must first
say the same about every lead.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from statistics import fmean
from time import process_time
from typing import Any

from bench.asked import leads_for
from bench.books import make_book
from bench.rivals import RIVALS, Rival, naive
from bench.site import BrokenError
from bench.table import SIZES
from router.lead.facts import Facts
from router.now import ticks
from router.rulebook.engine.evaluate import evaluate, near_misses
from router.rulebook.engine.lookup import find_row
from router.rulebook.model import Phase, RuleBook
from router.rulebook.reading.frozen import freeze, thaw
from router.rulebook.reading.load import book_from_files

#: Rows of a table.
ROWS = (1_000, 100_000)
#: The other engines take up to a second a lead.
_FEW_LEADS, _LEADS = 20, 400
_SEED = 7
_SLICE = 50
_ROUTES = Phase.ROUTES


def measured(rounds: int) -> dict[str, float]:
    """Measure everything about the rule book.

    Args:
        rounds: How often each lead is asked about; the least time of all counts.

    Raises:
        BrokenError: Two evaluators disagree, so their times say nothing.
    """
    return judged(rounds) | loaded() | compared(rounds)


def judged(rounds: int) -> dict[str, float]:
    """Measure a first match, its near misses, and a look into a table, in microseconds a lead.

    Args:
        rounds: How often each lead is asked about; the least time of all counts.

    Raises:
        BrokenError: The index and the plain evaluator disagree.
    """
    found: dict[str, float] = {}
    for rules in SIZES:
        book, leads, verdicts = _asked(rules, plain=False)
        first = partial(evaluate, book, _ROUTES)
        found[f"rules_first_{rules}"] = took(first, leads, rounds)
        asked = list(zip(leads, verdicts, strict=True))
        found[f"rules_near_{rules}"] = took(partial(_near, book), asked, rounds)
    for rows in ROWS:
        book = _book(0, rows, plain=False)
        leads = leads_for(book, _LEADS, _SEED)
        look = partial(find_row, book.tables["territories"])
        found[f"rules_table_{rows}"] = took(look, leads, rounds)
    return found


def compared(rounds: int) -> dict[str, float]:
    """Measure a first match of plain rules, which the other engines can say as well.

    Args:
        rounds: The same.

    Returns:
        Microseconds a lead; no number for an engine that is not installed.

    Raises:
        BrokenError: Two engines disagree about a lead.
    """
    found: dict[str, float] = {}
    for rules in SIZES:
        book, leads, _ = _asked(rules, plain=True)
        first = partial(evaluate, book, _ROUTES)
        found[f"rules_plain_{rules}"] = took(first, leads, rounds)
        few = leads[:_FEW_LEADS]
        ours = [_rule_of(book, facts) for facts in few]
        for name in RIVALS:
            rival = _rival(name, rules)
            key = f"rules_{name}_{rules}"
            if rival is None:
                found[key] = float("nan")
                continue
            prepared = [rival.prepare(facts) for facts in few]
            if [rival.first(each) for each in prepared] != ours:
                raise BrokenError(f"{name} chooses other rules than lead-router.")
            found[key] = took(rival.first, prepared, max(2, rounds // 10))
    return found


def loaded() -> dict[str, float]:
    """Measure how long the largest book takes to be read from its files and from its copy.

    Returns:
        Seconds of this process alone, without those that others took.

    Raises:
        BrokenError: The copy gives another book.
    """
    files = make_book(max(SIZES), 0, _SEED)
    started = process_time()
    book = book_from_files(files)
    cold = process_time() - started
    frozen = freeze(book)
    started = process_time()
    again = thaw(book.files, frozen)
    kept = process_time() - started
    if again != book:
        raise BrokenError("The copy of a book gives another book.")
    return {"rules_cold": cold, "rules_kept": kept}


def took(ask: Callable[[Any], object], each: Sequence[Any], rounds: int) -> float:
    """Return what asking costs, in microseconds: the mean over all, each in its best round.

    Others on this machine can only make a round slower.

    >>> took(len, ["a", "b"], 3) >= 0
    True

    Args:
        ask: What is measured.
        each: What it is asked, one after another.
        rounds: How often.
    """
    slices = [each[at : at + _SLICE] for at in range(0, len(each), _SLICE)]
    return fmean(_least(ask, some, rounds) for some in slices)


def _least(ask: Callable[[Any], object], some: Sequence[Any], rounds: int) -> float:
    least = float("inf")
    for _ in range(rounds):
        started = ticks()
        for one in some:
            ask(one)
        least = min(least, ticks() - started)
    return least / len(some) * 1e6


@lru_cache(maxsize=16)
def _book(rules: int, rows: int, *, plain: bool) -> RuleBook:
    return book_from_files(make_book(rules, rows, _SEED, plain=plain))


@lru_cache(maxsize=16)
def _asked(rules: int, *, plain: bool) -> tuple[RuleBook, Sequence[Facts], Sequence[int]]:
    """Return a book, leads, and the place of the rule that takes each, as the plain one finds."""
    book = _book(rules, 0, plain=plain)
    leads = leads_for(book, _LEADS, _SEED)
    reference = naive(book, book.rules[_ROUTES])
    for facts in leads[:_FEW_LEADS]:
        if reference.first(facts) != _rule_of(book, facts):
            raise BrokenError(f"The index chooses another rule for {dict(facts)}.")
    return book, leads, [evaluate(book, _ROUTES, facts).position for facts in leads]


@lru_cache(maxsize=16)
def _rival(name: str, rules: int) -> Rival | None:
    """Return an engine with its rules; some take long to read them, so once must do."""
    book = _book(rules, 0, plain=True)
    return RIVALS[name](book, book.rules[_ROUTES])


def _rule_of(book: RuleBook, facts: Facts) -> str:
    found = evaluate(book, _ROUTES, facts).rule
    return found.id if found is not None else ""


def _near(book: RuleBook, asked: tuple[Facts, int]) -> tuple[str, ...]:
    facts, before = asked
    return near_misses(book, _ROUTES, facts, before=before)
