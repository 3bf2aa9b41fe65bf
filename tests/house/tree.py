"""The checkout as the house checks see it: files, syntax trees, names."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: Folders whose files the checks read; everything else there is made by tools.
_FOLDERS = (".ci", "bench", "docs", "router", "rules", "tests")
_SKIPPED = {"__pycache__"}
_PYTHON = {".py"}

Function = ast.FunctionDef | ast.AsyncFunctionDef
Named = Function | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file of the project."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def where(self) -> str:
        """Return its path from the root, as messages name it."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def is_test(self) -> bool:
        """Return whether it belongs to the tests."""
        return self.where.startswith("tests/")


@cache
def files() -> tuple[Path, ...]:
    """Return every file that is part of the project, sorted."""
    below = (path for folder in _FOLDERS for path in (ROOT / folder).rglob("*"))
    at_root = (path for path in ROOT.iterdir() if not path.name.startswith("."))
    found = [ROOT / ".gitignore", *at_root, *below]
    return tuple(
        sorted(
            path
            for path in found
            if path.is_file() and not _SKIPPED & set(path.parts) and _is_ours(path)
        )
    )


@cache
def modules() -> tuple[Module, ...]:
    """Return every Python file of the project, parsed."""
    found = []
    for path in files():
        if path.suffix in _PYTHON:
            text = path.read_text(encoding="utf-8")
            found.append(Module(path, text, ast.parse(text)))
    return tuple(found)


@cache
def program() -> tuple[Module, ...]:
    """Return the modules of ``router``, without the tests."""
    return tuple(each for each in modules() if each.where.startswith("router/"))


def functions(module: Module) -> Iterator[Function]:
    """Yield every function and method of a module."""
    for node in ast.walk(module.tree):
        if isinstance(node, Function):
            yield node


def names(module: Module) -> Iterator[tuple[str, int]]:
    """Yield every name that a module gives to something, with its line."""
    for node in ast.walk(module.tree):
        if isinstance(node, Named):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno


def words(name: str) -> list[str]:
    """Split a name into its words, in lower case.

    >>> words("RuleBook"), words("_open_question"), words("HTTPError")
    (['rule', 'book'], ['open', 'question'], ['http', 'error'])
    """
    return [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def _is_ours(path: Path) -> bool:
    """Return whether a file is text that people wrote, not a lock of a tool or a cache."""
    return path.suffix not in {".pyc", ".lock"}
