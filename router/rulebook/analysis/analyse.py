"""Everything that can be said against a book before any lead has met it."""

from collections.abc import Iterable, Iterator

from router.rulebook.analysis.enrich import settings
from router.rulebook.analysis.finding import Finding, Severity
from router.rulebook.analysis.gaps import gaps
from router.rulebook.analysis.hidden import hidden_parts
from router.rulebook.analysis.hours import other_hours
from router.rulebook.analysis.ladder import DECIDING, ladder
from router.rulebook.analysis.letters import look_alikes
from router.rulebook.analysis.people import chains, empty_pools, leavers, missing_skills
from router.rulebook.analysis.places import Places
from router.rulebook.analysis.reach import impossible, unreached
from router.rulebook.analysis.rows import long_rows
from router.rulebook.analysis.used import never_used, uses_of
from router.rulebook.model import RuleBook
from router.rulebook.rule import Phase
from router.rulebook.space.box import Budget, space_of

#: Boxes that all questions about rules, rows and the rest may take together: some seconds each.
#: What does not fit is called undecided, or left unsaid where it is only a note.
_RULES, _ROWS, _REST = 1_000_000, 400_000, 200_000
_ORDER = list(Severity)
_NEVER = frozenset({"never-reached", "impossible"})


def analyse(book: RuleBook) -> tuple[Finding, ...]:
    """Look a whole book over, without any lead.

    What names nothing that exists, or cannot be read, is refused by the loader before. A book of
    some dozen rules takes well under a second, one of a thousand a few; in one of ten thousand
    not everything is looked at, and the findings say so.

    Args:
        book: A book that was loaded.

    Returns:
        The findings: errors, warnings, notes and what could not be decided, each in the order of
        the book.
    """
    found: dict[tuple[object, ...], Finding] = {}
    for each in _findings(book):
        found.setdefault((each.code, each.place, each.what), each)
    return tuple(sorted(found.values(), key=_rank))


def _rank(finding: Finding) -> tuple[int, str, int, int]:
    place = finding.place
    return _ORDER.index(finding.severity), place.file, place.line, place.column


def _findings(book: RuleBook) -> Iterator[Finding]:
    space = space_of(book)
    rungs = ladder(book, space, DECIDING)
    enrich = ladder(book, space, (Phase.ENRICH,))
    reach, rest = Budget(_RULES), Budget(_REST)
    first = [
        *impossible(rungs, reach),
        *impossible(enrich, reach),
        *unreached(rungs, reach),
    ]
    yield from _once(first)
    dead = frozenset(each.place for each in first if each.code in _NEVER)
    yield from settings(enrich, rest)
    yield from hidden_parts(rungs, dead, rest)
    yield from long_rows(rungs, dead, Budget(_ROWS))
    yield from gaps(rungs, rest)
    yield from other_hours(rungs)
    places, uses = Places(book.files), uses_of(book)
    yield from chains(book, uses, places)
    yield from empty_pools(book, uses, places)
    yield from leavers(book, places)
    yield from missing_skills(book, places)
    yield from look_alikes(book, places)
    yield from never_used(book, uses, places)


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Give findings without a second one that says of the same place that nothing is known."""
    open_ones: set[object] = set()
    for each in findings:
        if each.severity is Severity.UNDECIDED:
            if each.place in open_ones:
                continue
            open_ones.add(each.place)
        yield each
