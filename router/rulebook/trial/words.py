"""Comparisons, facts and effects in the words in which a book is written."""

import json
from collections.abc import Mapping
from datetime import datetime

from router.lead.facts import FactValue
from router.rulebook.model import AllOf, AnyOf, Comparison, Condition, Expectation, NotOf


def comparisons(condition: Condition) -> tuple[Comparison, ...]:
    """Return the comparisons of a condition, in the order in which they are written.

    Args:
        condition: The condition, however deep.
    """
    match condition:
        case Comparison():
            return (condition,)
        case NotOf(part):
            return comparisons(part)
        case AllOf(parts) | AnyOf(parts):
            return tuple(test for part in parts for test in comparisons(part))


def told(test: Comparison) -> str:
    """Say what a comparison asks, e.g. ``company_size gte 1000``.

    Args:
        test: The comparison.
    """
    return f"{test.fact} {test.operator.value} {test.named or shown(test.want)}"


def shown(value: FactValue | None) -> str:
    """Write one value as a book would, e.g. ``[de, at]``; None is ``unknown``.

    >>> shown(("de", "at")), shown(True), shown(1000), shown("no: yes"), shown(None)
    ('[de, at]', 'true', '1000', '"no: yes"', 'unknown')

    Args:
        value: A fact's value.
    """
    match value:
        case None:
            return "unknown"
        case bool():
            return "true" if value else "false"
        case tuple():
            return f"[{', '.join(shown(item) for item in value)}]"
        case datetime():
            return value.isoformat()
        case str():
            return value if _is_plain(value) else json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def written(facts: Mapping[str, FactValue]) -> str:
    """Write a lead's facts as a book would, on one line.

    >>> written({"country": "GB", "tags": ("a", "b")})
    '{country: GB, tags: [a, b]}'

    Args:
        facts: Name to value.
    """
    return f"{{{', '.join(f'{name}: {shown(value)}' for name, value in facts.items())}}}"


def target_told(target: tuple[str, str]) -> str:
    """Say a target, e.g. ``pool dach``; settings only are ``nothing``.

    >>> target_told(("pool", "dach")), target_told(("", ""))
    ('pool dach', 'nothing')

    Args:
        target: Kind and name.
    """
    return " ".join(target) if target[0] else "nothing"


def expectation_told(expect: Expectation) -> str:
    """Write what a lead gets as a case would expect it.

    >>> expectation_told(Expectation("dach", ("pool", "dach"), tags=("urgent",)))
    '{rule: dach, pool: dach, tags: [urgent]}'

    Args:
        expect: What is expected; what it leaves empty is left out.
    """
    kind, name = expect.target
    parts = [
        ("rule", expect.rule),
        (kind, name),
        ("sla", expect.sla),
        ("priority", expect.priority),
    ]
    texts = [f"{what}: {shown(value)}" for what, value in parts if what and value]
    if expect.tags:
        texts.append(f"tags: {shown(expect.tags)}")
    return f"{{{', '.join(texts)}}}"


def _is_plain(text: str) -> bool:
    """Tell whether a text can stand in a book without quotes, in a list or a map of one line."""
    return (
        bool(text)
        and text.strip() == text
        and text.replace("-", "a").replace("_", "a").replace(".", "a").replace(" ", "a").isalnum()
        and not text.startswith("-")
    )
