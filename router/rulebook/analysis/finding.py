"""The shape of a finding, and how it is written for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from router.lead.facts import Facts, FactValue
from router.rulebook.rule import Place


class Severity(StrEnum):
    """How much a finding matters."""

    #: It cannot be meant so.
    ERROR = "error"
    #: It may well be a mistake.
    WARNING = "warning"
    #: It could not be told whether something is wrong.
    UNDECIDED = "undecided"
    #: Good to know.
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was noticed about a book."""

    #: Stable word for programs, e.g. ``never-reached``.
    code: str
    severity: Severity
    place: Place
    #: One sentence.
    what: str
    #: What to do, one sentence; may be empty.
    advice: str = ""
    #: A lead that shows it, confirmed; None when no single lead can.
    example: Facts | None = None


def sentence(found: Finding, files: Mapping[str, str]) -> str:
    """Write a finding for people: place, what, the line itself, a lead, and what to do.

    Args:
        found: The finding.
        files: The book's files, path to text.
    """
    parts = [f"{found.place}: {found.severity}: {found.what} [{found.code}]"]
    lines = files.get(found.place.file, "").splitlines()
    if 0 < found.place.line <= len(lines):
        shown = lines[found.place.line - 1].replace("\t", " ")[:120].rstrip()
        parts.append(f"{found.place.line:>5} | {shown}")
    if found.example is not None:
        parts.append(f"      for example {lead(found.example)}")
    if found.advice:
        parts.append(f"      {found.advice}")
    return "\n".join(parts)


def lead(facts: Facts) -> str:
    """Write a lead on one line.

    >>> lead({"country": "GB", "company_size": 40, "tags": ("vip",)})
    '{company_size: 40, country: GB, tags: [vip]}'
    >>> lead({})
    'a lead of which nothing is known'

    Args:
        facts: What is known of it.
    """
    if not facts:
        return "a lead of which nothing is known"
    return "{" + ", ".join(f"{name}: {_value(facts[name])}" for name in sorted(facts)) + "}"


def _value(value: FactValue) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat()
        case tuple():
            return f"[{', '.join(value)}]"
        case _:
            return str(value)


def listed(words: list[str], most: int = 5) -> str:
    """Write some words as a list in a sentence.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c", "d"], most=2)
    ('a, b and c', 'a, b and 2 more')

    Args:
        words: At least one.
        most: How many are named.
    """
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
