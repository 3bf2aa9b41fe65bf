"""One idea, one word: the words of GLOSSARY.md, in names, events and log lines."""

import ast
import re
from collections.abc import Iterator

from router.lead.events import EventKind
from tests.house.tree import ROOT, Module, modules, names, program, words

#: Words that have a better one in the glossary, and which.
_BETTER = {
    "assignee": "owner",
    "bucket": "queue or pool",
    "buckets": "queues or pools",
    "dlq": "parked",
    "helper": "what it does",
    "helpers": "what they do",
    "mgr": "manager",
    "misc": "what it is",
    "prospect": "lead",
    "reprocess": "replay",
    "ticket": "claim ticket (in store and road only)",
    "util": "what it does",
    "utils": "what they do",
}
#: A batch's claim ticket is ours; nobody else's ticket is spoken of.
_TICKETS = ("router/road/", "router/store/", "router/settings.py", "router/app.py", "tests/")
_LOG_METHODS = {"debug", "info", "warning", "error", "exception", "critical"}
_LOGGERS = {"log", "_log", "logger", "_logger"}
_SNAKE = re.compile(r"[a-z]+(_[a-z0-9]+)*")
_EVENT = re.compile(r"[a-z]+\.[a-z]+(_[a-z]+)?")
#: What a reader of the code meets first.
_EXPLAINED = (
    "lead", "contact", "account", "owner", "accountable", "queue", "pool", "handoff", "breach",
    "park", "replay", "task", "job", "clock", "ticker", "now", "delivery", "action", "fence",
    "claim ticket", "rule book", "verdict",
)  # fmt: skip
#: Participles that do not end in -ed.
_IRREGULAR = {"met", "sent"}


def test_names_use_the_words_of_the_glossary() -> None:
    wrong = [
        f"{module.where}:{line} {name}: say {_BETTER[word]}"
        for module in modules()
        for name, line in names(module)
        for word in words(name)
        if word in _BETTER and not (word == "ticket" and module.where.startswith(_TICKETS))
    ]
    assert not wrong, "\n".join(wrong)


def test_the_glossary_explains_the_words_of_the_code() -> None:
    text = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    missing = [
        word
        for word in _EXPLAINED
        if not re.search(rf"^\| \*\*[^|]*\b{word}\b", text, re.MULTILINE)
    ]
    assert not missing, missing


def test_events_are_dotted_and_in_the_past_tense() -> None:
    wrong = [
        kind.value
        for kind in EventKind
        if not _EVENT.fullmatch(kind) or not _is_past(kind.partition(".")[2])
    ]
    assert not wrong, wrong


def test_an_event_is_called_like_its_name_in_code() -> None:
    assert {kind.name for kind in EventKind} == {
        kind.value.upper().replace(".", "_") for kind in EventKind
    }


def test_log_events_are_fixed_snake_case_names() -> None:
    wrong = [
        f"{module.where}:{call.lineno} {ast.unparse(call)[:70]}"
        for module in program()
        for call in _log_calls(module)
        if not _is_fixed(call)
    ]
    assert not wrong, "\n".join(wrong)


def test_log_lines_carry_no_objects_and_no_persons() -> None:
    personal = {"email", "name", "phone", "message", "body", "lead", "contact", "person", "headers"}
    wrong = [
        f"{module.where}:{call.lineno} {keyword.arg}"
        for module in program()
        for call in _log_calls(module)
        for keyword in call.keywords
        if keyword.arg in personal
    ]
    assert not wrong, "\n".join(wrong)


def _log_calls(module: Module) -> Iterator[ast.Call]:
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _LOG_METHODS
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in _LOGGERS
        ):
            yield node


def _is_fixed(call: ast.Call) -> bool:
    first = call.args[0] if call.args else None
    return (
        len(call.args) == 1
        and isinstance(first, ast.Constant)
        and isinstance(first.value, str)
        and _SNAKE.fullmatch(first.value) is not None
    )


def _is_past(word: str) -> bool:
    last = word.rsplit("_", maxsplit=1)[-1]
    return last.endswith("ed") or last in _IRREGULAR
