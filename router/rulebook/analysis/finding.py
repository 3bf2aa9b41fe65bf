"""The shape of a finding, and how it is written for people."""

from collections.abc import Iterable, Mapping
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
    #: Good to know.
    NOTE = "note"
    #: It could not be told whether something is wrong.
    UNDECIDED = "undecided"


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


def errors_of(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings for which a book must not become active.

    Args:
        findings: Of :func:`router.rulebook.analysis.analyse.analyse`.
    """
    return tuple(each for each in findings if each.severity is Severity.ERROR)


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """Count findings by how much they matter; what there is none of is counted too.

    >>> counts([])
    {'error': 0, 'warning': 0, 'note': 0, 'undecided': 0}

    Args:
        findings: Any.
    """
    found = {each.value: 0 for each in Severity}
    for finding in findings:
        found[finding.severity.value] += 1
    return found


def as_data(found: Finding) -> dict[str, object]:
    """Write a finding for programs, in values that JSON has.

    Args:
        found: The finding.
    """
    place = found.place
    return {
        "code": found.code,
        "severity": found.severity.value,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "what": found.what,
        "advice": found.advice,
        "example": None if found.example is None else plain(found.example),
    }


def plain(facts: Facts) -> dict[str, object]:
    """Write a lead in values that JSON has; moments become text.

    >>> plain({"tags": ("vip",), "company_size": 40})
    {'tags': ['vip'], 'company_size': 40}

    Args:
        facts: What is known of it.
    """
    return {name: _plain(value) for name, value in facts.items()}


def _plain(value: FactValue) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


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
