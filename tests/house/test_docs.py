"""The documentation says what is true today: pages are in step, commands and files exist."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from docs.generate import pages
from router.cli.main import app
from router.lead.events import EventKind
from router.pipeline import ROAD
from router.settings import Settings
from tests.house.tree import ROOT, files

_PAGES = tuple(path for path in files() if path.suffix == ".md")
_FENCE = re.compile(r"^```(?:sh|console)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(?P<text>(?:lead-router|make) [^`\n]+)`")
_LINK = re.compile(r"\]\((?!https?://|#)(?P<target>[^)#]+)(?:#[^)]*)?\)")
_FILE = re.compile(r"`(?P<path>(?:router|rules|tests|docs)/[\w./-]+\.\w+)`")
_TARGET = re.compile(r"^(?P<name>[a-z][\w-]*):", re.MULTILINE)
_ADR_PARTS = ("Status:", "## Context", "## Decision", "## Consequences", "## Alternatives")
#: One printed page.
_ADR_LINES = 45


def test_generated_pages_are_in_step_with_the_code() -> None:
    stale = [
        path.name for path, text in pages().items() if path.read_text(encoding="utf-8") != text
    ]
    assert not stale, f"Run `make docs`: {', '.join(stale)}"


def test_every_event_is_explained() -> None:
    text = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    bare = [kind for kind in EventKind if not re.search(rf"^\| `{kind}` \| \w", text, re.MULTILINE)]
    assert not bare, bare


def test_every_setting_is_explained() -> None:
    bare = [name for name, field in Settings.model_fields.items() if not field.description]
    assert not bare, bare


def test_every_stage_of_the_road_has_its_card_and_its_two_files() -> None:
    for stage in ROAD:
        folder = ROOT / "router" / "stages" / stage.name
        assert (folder / "decide.py").is_file(), stage.name
        assert (folder / "__init__.py").read_text(encoding="utf-8").startswith('"""'), stage.name


def test_every_command_in_the_documentation_exists() -> None:
    program = typer.main.get_group(app)
    wrong = [
        f"{path.name}: {command}"
        for path, command in _commands()
        if (words := _words(command, "lead-router")) and not _exists(program, words)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_make_target_in_the_documentation_exists() -> None:
    known = set(_TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    wrong = [
        f"{path.name}: {command}"
        for path, command in _commands()
        if (words := _words(command, "make")) and not known.issuperset(words[:1])
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", _PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_file_that_a_page_names_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    linked = [path.parent / found["target"] for found in _LINK.finditer(text)]
    named = [ROOT / found["path"] for found in _FILE.finditer(text)]
    missing = [str(each) for each in (*linked, *named) if not each.exists()]
    assert not missing, missing


def test_every_decision_record_fits_on_a_page_and_has_all_its_parts() -> None:
    for path in sorted((ROOT / "docs" / "adr").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        places = [text.find(part) for part in _ADR_PARTS]
        assert -1 not in places, path.name
        assert places == sorted(places), path.name
        assert text.count("\n") <= _ADR_LINES, path.name


def test_decision_records_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs" / "adr").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


def _commands() -> Iterator[tuple[Path, str]]:
    """Yield what the pages ask a reader to type, command by command."""
    for path in _PAGES:
        text = path.read_text(encoding="utf-8")
        for block in _FENCE.finditer(text):
            for line in block["text"].replace("\\\n", " ").splitlines():
                yield path, line
        for found in _INLINE.finditer(text):
            yield path, found["text"]


def _words(command: str, program: str) -> list[str]:
    """Return the words after the program's name; none when it is another program."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        # A quoted body over several lines: not a command of ours.
        return []
    if not words or Path(words[0]).name != program:
        return []
    return words[1:]


def _exists(group: TyperGroup, words: list[str]) -> bool:
    """Say whether a group of commands takes these words: the names are known, and the options."""
    if not words or words[0].startswith("-"):
        return set(words) <= {"--help"}
    command = group.commands.get(words[0])
    if command is None:
        return False
    if isinstance(command, TyperGroup):
        return _exists(command, words[1:])
    known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    return known.issuperset(word.split("=")[0] for word in words if word.startswith("--"))
