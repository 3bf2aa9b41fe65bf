"""Nodes to typed values: each reading says what is wrong, where, and goes on.

A reading that fails returns a harmless value of its type; the noted problem keeps the book from
being used, so the value is never seen.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources

from router.lead.facts import ACCOUNT_BY, FACTS, LANES, FactType, FactValue
from router.rulebook.model import PRIORITIES, Place
from router.rulebook.reading.letters import deception
from router.rulebook.reading.nodes import Fields, Items, Node, Scalar
from router.rulebook.reading.problems import Problems
from router.rulebook.reading.times import parse_moment

#: Working hours in ``1d``: a day of work, not a day of the calendar.
HOURS_A_DAY = 8

#: How things of a book are called.
ID = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?")
_DURATION = re.compile(r"([1-9][0-9]{0,4})([smhd])")
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(hours=HOURS_A_DAY),
}

_DIGITS = {FactType.INT: (_WHOLE, "whole number"), FactType.NUM: (_NUMBER, "number")}
_AS_WRITTEN = frozenset({FactType.CODE, FactType.TEXT, FactType.LIST})

#: Facts whose values name something else of the book.
_NAMING = {
    "intent": "intent",
    "service_line": "service",
    "service_interest": "service",
    "source": "source",
    "account.owner": "person",
}
#: Facts that have one of a few values.
CLOSED: Mapping[str, tuple[str, ...]] = {
    "urgency": PRIORITIES,
    "priority": PRIORITIES,
    "lane": LANES,
    "account.by": ACCOUNT_BY,
}
#: Facts of which not every text is a value.
CHECKED = frozenset({*_NAMING, *CLOSED, "country"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that must be declared somewhere in the book."""

    #: ``person``, ``pool``, ``queue``, ``sequence``, ``sla``, ``calendar``, ``list``, ``role``...
    kind: str
    name: str
    place: Place


def parse_duration(text: str) -> timedelta | None:
    """Read a working time such as ``15m``; None when it is not one.

    ``s``, ``m`` and ``h`` are seconds, minutes and hours; ``d`` is a working day of 8 hours.

    >>> parse_duration("90s"), parse_duration("1d")
    (datetime.timedelta(seconds=90), datetime.timedelta(seconds=28800))
    >>> parse_duration("15 minutes") is None
    True
    """
    found = _DURATION.fullmatch(text)
    return None if found is None else int(found[1]) * _UNITS[found[2]]


@lru_cache(maxsize=1)
def countries() -> dict[str, str]:
    """Return ISO 3166 alpha-2 codes to English names, as the time-zone database lists them."""
    text = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {row[0]: row[1] for row in rows if len(row) > 1}


def _id_advice(written: str) -> str:
    found = deception(written)
    hint = f"It has {found}. " if found else ""
    return f"{hint}Use small letters and digits, joined by - or _."


class Reader:
    """Reads values out of nodes; keeps what was declared and what was referred to."""

    def __init__(self, problems: Problems) -> None:
        """Start with nothing declared.

        Args:
            problems: Takes what is wrong.
        """
        self.problems = problems
        self.references: list[Reference] = []
        #: Kind to declared names. A kind that could not be read is absent, so that one broken
        #: file does not make every name in it look unknown.
        self.names: dict[str, dict[str, Place]] = {}

    def join(self, other: "Reader") -> None:
        """Take over what another reading of the same book declared and referred to."""
        self.references += other.references
        for kind, declared in other.names.items():
            self.names.setdefault(kind, {}).update(declared)

    def declare(self, kind: str, key: Scalar) -> str:
        """Note that something of the book is called ``key``; its form is checked."""
        declared = self.names.setdefault(kind, {})
        if not ID.fullmatch(key.text):
            self.problems.add(
                key.place,
                f"the {kind} '{key.text}' has a name that cannot be used",
                advice=_id_advice(key.text),
            )
        elif declared.get(key.text, key.place) != key.place:
            self.problems.add(
                key.place,
                f"the {kind} '{key.text}' is declared twice, also in {declared[key.text]}",
            )
        else:
            declared[key.text] = key.place
        return key.text

    def section(self, kind: str, node: Node | None, what: str) -> tuple[tuple[Scalar, Node], ...]:
        """Read a map that declares names of ``kind``; from here on such names must be in it."""
        if isinstance(node, Fields):
            self.names.setdefault(kind, {})
        return self.entries(node, what)

    def refer(self, kind: str, node: Node | None) -> str:
        """Read the name of something that must be declared in the book."""
        name = self.text(node)
        if name and node is not None:
            self.references.append(Reference(kind, name, node.place))
        return name

    def fields(
        self, node: Node | None, what: str, required: Iterable[str], optional: Iterable[str] = ()
    ) -> dict[str, Node]:
        """Read a map whose keys are known.

        Args:
            node: The map.
            what: What it describes, for the message.
            required: Keys that must be there.
            optional: Keys that may be there.

        Returns:
            Key to value, only the known ones.
        """
        required = tuple(required)
        known = (*required, *optional)
        found: dict[str, Node] = {}
        for key, value in self.entries(node, what):
            if key.text in known:
                found[key.text] = value
            else:
                self.problems.unknown(key.place, f"setting of {what}", key.text, known)
        if isinstance(node, Fields):
            for name in required:
                if name not in found:
                    self.problems.add(node.place, f"{what} needs '{name}'")
        return found

    def entries(self, node: Node | None, what: str) -> tuple[tuple[Scalar, Node], ...]:
        """Read a map whose keys are free."""
        if node is None:
            return ()
        if not isinstance(node, Fields):
            self.problems.add(node.place, f"{what} must be a map of names to values")
            return ()
        return node.entries

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """Read a list that is not empty."""
        if node is None:
            return ()
        if not isinstance(node, Items):
            self.problems.add(node.place, f"{what} must be a list")
            return ()
        if not node.items:
            self.problems.add(node.place, f"{what} must not be empty")
        return node.items

    def text(self, node: Node | None, default: str = "") -> str:
        """Read text that is not empty; ``default`` when there is no node."""
        if node is None:
            return default
        if not isinstance(node, Scalar):
            self.problems.add(node.place, "one text was expected here")
        elif not node.text.strip():
            self.problems.add(node.place, "a value is missing here")
        else:
            return node.text.strip()
        return default

    def texts(self, node: Node | None) -> tuple[str, ...]:
        """Read one text, or a list of texts that is not empty."""
        if isinstance(node, Scalar):
            return (self.text(node),)
        return tuple(self.text(item) for item in self.items(node, "this"))

    def word(self, node: Node | None, kind: str, known: Iterable[str], default: str = "") -> str:
        """Read one of a closed set of words."""
        found = self.text(node, default)
        if node is not None and found and found not in (words := tuple(known)):
            self.problems.unknown(node.place, kind, found, words)
        return found

    def id(self, node: Node | None, kind: str) -> str:
        """Read a stable code of our own, e.g. the code of a refusal."""
        found = self.text(node)
        if node is not None and found and not ID.fullmatch(found):
            self.problems.add(
                node.place,
                f"'{found}' cannot be a {kind}",
                advice=_id_advice(found),
            )
        return found

    def code(self, kind: str, node: Node | None) -> str:
        """Read the code of a refusal or a review, which the book's tests may name from here on."""
        code = self.id(node, "code")
        if code and node is not None:
            self.names.setdefault(kind, {}).setdefault(code, node.place)
        return code

    def address(self, node: Node | None) -> str:
        """Read an e-mail address of a person or a team."""
        found = self.text(node)
        if node is not None and found and not _ADDRESS.fullmatch(found):
            self.problems.add(node.place, f"'{found}' is not an e-mail address")
        return found

    def whole(self, node: Node | None, default: int = 0, *, low: int = 0, high: int = 10**9) -> int:
        """Read a whole number within bounds."""
        found = self.text(node)
        if node is None or not found:
            return default
        if not _WHOLE.fullmatch(found) or not low <= int(found) <= high:
            self.problems.add(node.place, f"'{found}' is not a whole number from {low} to {high}")
            return default
        return int(found)

    def number(self, node: Node | None, *, low: float, high: float) -> float:
        """Read a number within bounds."""
        found = self.text(node)
        if node is None or not found:
            return low
        if not _NUMBER.fullmatch(found) or not low <= float(found) <= high:
            self.problems.add(node.place, f"'{found}' is not a number from {low:g} to {high:g}")
            return low
        return float(found)

    def truth(self, node: Node | None, *, default: bool = False) -> bool:
        """Read ``true`` or ``false``, and nothing else."""
        found = self.text(node)
        if node is None or not found:
            return default
        if found not in ("true", "false"):
            self.problems.add(node.place, f"'{found}' is neither true nor false")
        return found == "true"

    def duration(self, node: Node | None, default: timedelta = timedelta(hours=1)) -> timedelta:
        """Read a working time such as ``15m``."""
        found = self.text(node)
        if node is None or not found:
            return default
        time = parse_duration(found)
        if time is None:
            self.problems.add(
                node.place,
                f"'{found}' is not a time",
                advice="Write a number and s, m, h or d (8 working hours), e.g. 15m.",
            )
        return time or default

    def fact_value(self, fact: str, node: Node) -> FactValue:
        """Read one value of a fact by the fact's declared type.

        For a list fact this is one of its elements. Text keeps its case and its zeros.

        Args:
            fact: A name of :data:`router.lead.facts.FACTS`.
            node: The value as written.
        """
        declared = FACTS[fact][0]
        found = self.text(node)
        if not found:
            return ""
        if declared is FactType.CODE:
            self._check_code(fact, found, node)
        if declared in _AS_WRITTEN:
            self.check_letters(found, node)
            return found
        if declared is FactType.BOOL:
            return self.truth(node)
        if declared is FactType.DATE:
            return self.moment(node)
        pattern, kind = _DIGITS[declared]
        if not pattern.fullmatch(found):
            self.problems.add(
                node.place,
                f"{fact} is a {kind}, but this is '{found}'",
                advice="Write digits only.",
            )
            return 0
        return int(found) if declared is FactType.INT else float(found)

    def moment(self, node: Node) -> datetime:
        """Read a moment, as UTC."""
        found = self.text(node)
        moment = parse_moment(found)
        if moment is None and found:
            self.problems.add(
                node.place,
                f"'{found}' is not a moment",
                advice="Write 2026-03-01 (its start in UTC) or 2026-03-01 09:00 Europe/London.",
            )
        return moment or datetime(1970, 1, 1, tzinfo=UTC)

    def check_letters(self, text: str, node: Node, *, mixed: bool = True) -> None:
        """Note letters that deceive the eye; ``mixed`` as in :func:`deception`."""
        if found := deception(text, mixed=mixed):
            self.problems.add(
                node.place, f"'{text}' has {found}", advice="Type it anew, do not paste it."
            )

    def _check_code(self, fact: str, found: str, node: Node) -> None:
        if fact in _NAMING:
            self.references.append(Reference(_NAMING[fact], found, node.place))
        elif fact == "country":
            if found.upper() not in countries():
                self.country_problem(found, node.place)
        elif fact in CLOSED and found not in CLOSED[fact]:
            self.problems.unknown(node.place, fact, found, CLOSED[fact])

    def country_problem(self, found: str, place: Place) -> None:
        """Note a country that is no ISO 3166 code; a country's name or UK gets its code."""
        by_name = {name.casefold(): code for code, name in countries().items()} | {"uk": "GB"}
        self.problems.add(
            place,
            f"unknown country '{found}'",
            meant=by_name.get(found.casefold(), ""),
            advice="Use the two letters of ISO 3166.",
        )
