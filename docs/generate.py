"""Write the pages that can be made from the code: ``python -m docs.generate``, or ``make docs``.

A test compares what this gives with what lies in the folder, so a page cannot fall behind.
"""

import ast
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from router.lead import events, states
from router.lead.events import EventKind
from router.lead.facts import FACTS
from router.lead.states import MOVES, LeadState
from router.pipeline import DELIVER, ROAD
from router.rulebook.analysis import finding
from router.rulebook.analysis.codes import CODES
from router.rulebook.analysis.finding import Severity
from router.rulebook.reading.conditions import OPERATORS, SHORT_FORMS
from router.settings import DestinationSettings, Settings

FOLDER = Path(__file__).parent
#: Left out of the drawing: nearly every state leads to them and back.
_BESIDE = {LeadState.IN_REVIEW, LeadState.PARKED, LeadState.REJECTED}
_MADE = "<!-- Made from the code by `make docs`. Change the code, not this page. -->\n"


def pages() -> dict[Path, str]:
    """Return every generated page by its path."""
    return {
        FOLDER / "pipeline.md": _MADE + pipeline_page(),
        FOLDER / "events.md": _MADE + events_page(),
        FOLDER / "facts.md": _MADE + facts_page(),
        FOLDER / "findings.md": _MADE + findings_page(),
        FOLDER / "settings.md": _MADE + settings_page(),
    }


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay rows out as a Markdown table.

    >>> print(table(("state", "means"), [("parked", "Retries are spent.")]), end="")
    | state | means |
    |---|---|
    | parked | Retries are spent. |

    Args:
        head: Names of the columns.
        rows: As many texts each as there are columns.
    """
    lines = [head, *rows]
    cells = [" | ".join(text.replace("|", "\\|") for text in line) for line in lines]
    cells.insert(1, "|".join("---" for _ in head))
    return "".join(f"|{line}|\n" if line.startswith("---") else f"| {line} |\n" for line in cells)


def remarks(module: Path, name: str) -> dict[str, str]:
    """Return what the ``#:`` lines above the values of a class say, by the value's name.

    Args:
        module: The file that defines the class.
        name: The class.
    """
    text = module.read_text(encoding="utf-8")
    lines = text.splitlines()
    found: dict[str, str] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            for value in node.body:
                if isinstance(value, ast.Assign) and isinstance(value.targets[0], ast.Name):
                    found[value.targets[0].id] = _above(lines, value.lineno - 1)
    return found


def pipeline_page() -> str:
    """Write the road: its stages, its states, and the moves between them."""
    said = remarks(Path(states.__file__), "LeadState")
    stages = [
        (
            f"`{stage.name}`",
            _codes(stage.takes) or "a delivery",
            _codes(stage.gives),
            f"`{stage.queue}`",
            stage.accountable,
            _span(stage.budget),
            "yes" if stage.fused else "no",
        )
        for stage in ROAD
    ]
    head = ("stage", "takes", "gives", "queue", "accountable", "budget", "next in same commit")
    drawn = "".join(
        f"    {old} --> {new}\n"
        for old in MOVES
        for new in _ordered(MOVES[old])
        if not {old, new} & _BESIDE
    )
    moves = [(f"`{old}`", _codes(new) or "nowhere: it is over") for old, new in MOVES.items()]
    return (
        "# The road\n\n"
        "`router/pipeline.py` as a page. A lead that waits before a stage is answered for by the"
        " role named there; from `routed` on, by its owner.\n\n"
        f"{table(head, stages)}\n"
        f"The job `{DELIVER}` carries actions outside, one destination at a time.\n\n"
        "## States\n\n"
        f"{table(('state', 'means'), [(f'`{each}`', said[each.name]) for each in LeadState])}\n"
        "## Moves\n\n"
        "A lead may always stay where it is. Every other move is refused, whoever asks for it.\n\n"
        f"{table(('from', 'to'), moves)}\n"
        "On the road itself, without the states beside it:\n\n"
        f"```mermaid\nstateDiagram-v2\n    [*] --> {LeadState.CAPTURED}\n{drawn}```\n"
    )


def events_page() -> str:
    """Write what the event log can say."""
    said = remarks(Path(events.__file__), "EventKind")
    rows = [(f"`{kind}`", said[kind.name]) for kind in EventKind]
    return (
        "# Events\n\n"
        "What can have happened to a lead. Events are only ever added, numbered per lead, and tied"
        " to the one before by a hash. `data` keeps the whole decision and is never erased;"
        " `personal` keeps what may have to be.\n\n"
        f"{table(('event', 'means'), rows)}"
        "\nWhat the rules decided keeps the version (`digest`), the `rule` with its `phase`, `file`"
        " and `line`, the row of its table (`row_file`, `row_line`), the `values` it looked at, up"
        " to five `near_misses`, the `unknown_facts`, and how many microseconds thinking took"
        " (`thought_us`).\n"
    )


def findings_page() -> str:
    """Write what ``rules check`` can find."""
    said = remarks(Path(finding.__file__), "Severity")
    rows = [
        (f"`{code}`", kind.severity.value, kind.means, kind.advice) for code, kind in CODES.items()
    ]
    return (
        "# What `lead-router rules check` finds\n\n"
        "`router/rulebook/analysis/codes.py` as a page. What cannot be read, or names a target, a"
        " list, a person or a calendar that does not exist, is no finding: the book is refused,"
        " each problem with its line.\n\n"
        "What is said is so. A lead that is shown was tried; a rule that is called unreachable is"
        " reached by no lead; and what could not be told is called undecided.\n\n"
        f"{table(('finding', 'is', 'means', 'what to do'), rows)}\n"
        "## How much it matters\n\n"
        f"{table(('is', 'means'), [(f'`{each}`', said[each.name]) for each in Severity])}\n"
        "`rules check` ends with exit code 1 when there is an error, with `--strict` also when"
        " there is a warning. A book with an error cannot be published.\n"
    )


def facts_page() -> str:
    """Write the names that a rule may mention."""
    rows = [(f"`{name}`", f"{kind}", text) for name, (kind, text) in FACTS.items()]
    known = [
        (f"{kind}", _codes((*each, *SHORT_FORMS.get(kind, ())))) for kind, each in OPERATORS.items()
    ]
    return (
        "# Facts\n\n"
        "The only names a rule may mention. A fact that a lead does not have is *unknown*: a"
        " condition on it is neither true nor false.\n\n"
        f"{table(('fact', 'type', 'means'), rows)}\n"
        "## Comparisons\n\n"
        "`rules/README.md` shows how they are written.\n\n"
        f"{table(('type', 'comparisons'), known)}"
    )


def settings_page() -> str:
    """Write every environment variable."""
    head = ("variable", "default", "means")
    rows = [
        (f"`LEAD_ROUTER_{name.upper()}`", _default(field), _described(field))
        for name, field in Settings.model_fields.items()
    ]
    about = "A secret of a source or destination; several live ones are separated by spaces."
    rows.append(("`LEAD_ROUTER_SECRET_<NAME>`", "", about))
    return (
        "# Settings\n\n"
        "Environment variables; there is no settings file. An empty default means unset.\n\n"
        f"{table(head, rows)}\n"
        "## A destination\n\n"
        "`LEAD_ROUTER_DESTINATIONS` is a JSON object; each destination, under its name, has:\n\n"
        f"{table(('field', 'default', 'means'), _fields(DestinationSettings))}\n"
        "```sh\n"
        'export LEAD_ROUTER_DESTINATIONS=\'{"crm": {"url": "https://crm.example.com/hooks/leads",'
        ' "secret": "crm"}}\'\n'
        "export LEAD_ROUTER_SECRET_CRM=whsec_...\n"
        "```\n"
    )


def main() -> None:
    """Write the pages that changed, and name them."""
    for path, text in pages().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote docs/{path.name}\n")


def _fields(model: type[BaseModel]) -> list[tuple[str, str, str]]:
    return [
        (f"`{name}`", _default(field), _described(field))
        for name, field in model.model_fields.items()
    ]


def _described(field: FieldInfo) -> str:
    """Return what a field means, safe inside a page: ``<NAME>`` is no tag."""
    return (field.description or "").replace("<", "&lt;")


def _default(field: FieldInfo) -> str:
    """Write a default as one would set it."""
    if field.is_required():
        return "required"
    value: Any = field.get_default(call_default_factory=True)
    if value is None or value in ("", (), {}) or isinstance(value, SecretStr):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _above(lines: list[str], index: int) -> str:
    """Join the ``#:`` lines that stand right above a line."""
    found: list[str] = []
    while index > 0 and (said := re.match(r"\s*#: (.*)", lines[index - 1])):
        found.insert(0, said[1])
        index -= 1
    return " ".join(found)


def _ordered(found: Iterable[LeadState]) -> list[LeadState]:
    return sorted(found, key=list(LeadState).index)


def _codes(found: Iterable[str]) -> str:
    """Write values as code, states in the order of their enum, others as they come."""
    order = {state.value: place for place, state in enumerate(LeadState)}
    return ", ".join(f"`{each}`" for each in sorted(found, key=lambda each: order.get(each, 0)))


def _span(budget: timedelta) -> str:
    return f"{budget.total_seconds():g} s"


if __name__ == "__main__":
    main()
