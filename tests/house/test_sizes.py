"""Files and functions stay small enough to be read at one go."""

import ast

from tests.house.tree import files, functions, modules, program

_FILE_LINES = 400
_FUNCTION_LINES = 60
_POSITIONAL = 5
#: Names that say nothing, and so gather everything.
_CATCH_ALLS = {
    "base", "common", "core", "flows", "helper", "helpers", "manager", "misc", "service",
    "services", "shared", "types", "util", "utils",
}  # fmt: skip
_MIGRATIONS = "router/store/migrations/"


def test_no_file_is_longer_than_400_lines() -> None:
    long = [
        f"{module.where}: {lines} lines"
        for module in modules()
        if (lines := module.text.count("\n")) > _FILE_LINES
        and not module.where.startswith(_MIGRATIONS)
    ]
    assert not long, "\n".join(long)


def test_no_function_is_longer_than_60_lines() -> None:
    long = [
        f"{module.where}:{function.lineno} {function.name}: {lines} lines"
        for module in modules()
        if not module.where.startswith(_MIGRATIONS)
        for function in functions(module)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > _FUNCTION_LINES
    ]
    assert not long, "\n".join(long)


def test_no_function_takes_more_than_five_things_by_position() -> None:
    wide = [
        f"{module.where}:{function.lineno} {function.name}: {count}"
        for module in program()
        for function in functions(module)
        if (count := _positional(function.args)) > _POSITIONAL
    ]
    assert not wide, "\n".join(wide)


def test_no_module_is_named_after_nothing() -> None:
    vague = [
        str(path)
        for path in files()
        if path.suffix == ".py" and {path.stem, path.parent.name} & _CATCH_ALLS
    ]
    assert not vague, "\n".join(vague)


def _positional(arguments: ast.arguments) -> int:
    """Count what is taken by position, without the object a method belongs to."""
    found = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    return len([name for name in found if name not in {"self", "cls"}])
