"""Every exception to a rule says why, and nothing is left for later."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from tests.house.tree import Module, Named, files, modules, program

_NOQA = re.compile(r"#\s*noqa: [A-Z0-9, ]+(?P<reason>.*)")
_IGNORE = re.compile(r"#\s*type: ignore\[[a-z, -]+\](?P<reason>.*)")
_EXCEPTIONS = {"noqa": _NOQA, "type: ignore": _IGNORE}
#: At least this many letters make a reason.
_REASON = re.compile(r"[A-Za-z].{5}")
_LATER = re.compile(r"\b(" + "TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b")
_ISSUE = re.compile(r"(?<![\w&/#])#\d{1,5}\b(?!\s*\d)")
# Written in pieces, so that this file does not find itself.
_MACHINE = re.compile(
    r"(?<![\w.}/$-])/(tmp|work|home/(?!router\b)\w+|Users|root)/|\.\./shared"
    "|" + "|".join(("py" + r"pi\.org", "python" + r"hosted\.org", "--(extra-)?index" + "-url"))
)
_TEXTS = {".py", ".md", ".toml", ".yaml", ".yml", ".txt", ".csv", ".json", ".sh", ""}


def test_every_lint_exception_gives_its_reason_on_the_line() -> None:
    silent = [
        f"{module.where}:{line} {text}"
        for module in modules()
        for line, text in _comments(module)
        for word, pattern in _EXCEPTIONS.items()
        if word in text
        and not ((found := pattern.search(text)) and _REASON.search(found["reason"]))
    ]
    assert not silent, "\n".join(silent)


def test_nothing_is_left_for_later() -> None:
    late = [
        f"{module.where}:{line} {text}"
        for module in modules()
        for line, text in _comments(module)
        if _LATER.search(text)
    ]
    assert not late, "\n".join(late)


def test_comments_name_no_issue() -> None:
    # A number in a tracker says nothing to a reader who has no access to it.
    named = [
        f"{module.where}:{line} {text}"
        for module in modules()
        for line, text in _comments(module)
        if _ISSUE.search(text[1:])
    ]
    assert not named, "\n".join(named)


def test_no_file_names_a_path_of_one_machine_or_a_package_index() -> None:
    found = [
        f"{path.name}:{number} {line.strip()[:80]}"
        for path in files()
        if path.suffix in _TEXTS
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _MACHINE.search(line)
    ]
    assert not found, "\n".join(found)


def test_every_public_name_of_the_program_has_a_docstring() -> None:
    bare = [
        f"{module.where}:{line} {name}"
        for module in program()
        for name, line, text in _public(module)
        if not text
    ]
    assert not bare, "\n".join(bare)


def test_every_test_file_says_what_it_is_about() -> None:
    bare = [module.where for module in modules() if not ast.get_docstring(module.tree)]
    assert not bare, "\n".join(bare)


def test_a_body_does_something() -> None:
    empty = [
        f"{module.where}:{node.lineno}"
        for module in program()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Pass)
    ]
    assert not empty, "\n".join(empty)


def _comments(module: Module) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _public(module: Module) -> Iterator[tuple[str, int, str | None]]:
    """Yield name, line and docstring of the module, its public classes, functions, methods."""
    yield module.where, 1, ast.get_docstring(module.tree)
    bodies: list[ast.Module | ast.ClassDef] = [module.tree]
    while bodies:
        for node in bodies.pop().body:
            if isinstance(node, Named) and not node.name.startswith("_"):
                yield node.name, node.lineno, ast.get_docstring(node)
                if isinstance(node, ast.ClassDef):
                    bodies.append(node)
