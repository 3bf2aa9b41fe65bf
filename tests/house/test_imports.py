"""Imports stand at the top and point one way."""

import ast
import subprocess
import sys
from collections.abc import Iterator

import router
from tests.house.tree import ROOT, Module, functions, program

#: A command imports what it needs when it runs, so that ``--help`` answers at once.
_LAZY = "router/cli/"
_LINT = (
    "from importlinter.cli import lint_imports;"
    "raise SystemExit(lint_imports(no_cache=True, no_logo=True))"
)


def test_the_router_under_test_is_the_one_of_this_checkout() -> None:
    assert router.__file__ == str(ROOT / "router" / "__init__.py")


def test_no_wall_between_layers_is_broken() -> None:
    # In a process of its own: the checker sets logging up, and switches every logger off.
    found = subprocess.run(
        [sys.executable, "-c", _LINT], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_imports_stand_at_the_top() -> None:
    late = [
        f"{module.where}:{node.lineno} {ast.unparse(node)}"
        for module in program()
        if not module.where.startswith(_LAZY)
        for node in _late_imports(module)
    ]
    assert not late, "\n".join(late)


def test_a_late_import_of_a_command_says_why() -> None:
    silent = [
        f"{module.where}:{node.lineno} {ast.unparse(node)}"
        for module in program()
        if module.where.startswith(_LAZY)
        for node in _late_imports(module)
        if "# noqa: PLC0415 - " not in module.text.splitlines()[node.lineno - 1]
    ]
    assert not silent, "\n".join(silent)


def _late_imports(module: Module) -> Iterator[ast.Import | ast.ImportFrom]:
    for function in functions(module):
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield node
