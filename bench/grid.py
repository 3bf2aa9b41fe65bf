"""The ways to pick, side by side: a line for each, with the medians of what was measured."""

from collections.abc import Mapping

from bench.figures import Spread, number
from bench.table import MEASURES, WAYS

_LABEL, _WIDTH = 33, 9
_NOTE = (
    "Spread: leads between who got most and who least for their due. Twice: to the same person as",
    "the one before. Drought: most leads in a row without one. Worst: most leads that anybody was",
    "ahead or behind, at any moment. Over: given beyond a cap. Each lead is a transaction. Pools:",
    "two seniors with ten times the weight of six others, or five of equal weight.",
)


def grid(spreads: Mapping[str, Spread]) -> list[str]:
    """Lay the comparison out; nothing when nothing of it was measured.

    Args:
        spreads: By key, what the runs have found.
    """
    found = [way for way in WAYS if f"way_{way}_rate" in spreads]
    if not found:
        return []
    heads = "".join(f"{head:>{_WIDTH}}" for head in MEASURES.values())
    head = f"{'who is next, 8 processes':<{_LABEL}}{heads}"
    return [head, "-" * len(head), *(_line(way, spreads) for way in found), "", *_NOTE, ""]


def _line(way: str, spreads: Mapping[str, Spread]) -> str:
    cells = ""
    for measure in MEASURES:
        key = f"way_{way}_{measure}"
        cells += f"{number(spreads[key].median) if key in spreads else '':>{_WIDTH}}"
    return f"{WAYS[way]:<{_LABEL}}{cells}".rstrip()
