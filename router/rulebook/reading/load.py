"""The way into a book: its files, read and checked as a whole; all errors come at once."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from router.rulebook.engine.unswept import unswept
from router.rulebook.model import Phase, Place, Rule, RuleBook, Source
from router.rulebook.reading.accounts import read_accounts
from router.rulebook.reading.availability import read_availability
from router.rulebook.reading.check import (
    check_fallback,
    check_references,
    check_rules,
    check_tables,
)
from router.rulebook.reading.facts import read_facts
from router.rulebook.reading.nodes import Node, Scalar, last_said, read_nodes
from router.rulebook.reading.policy import read_policy
from router.rulebook.reading.problems import Problems
from router.rulebook.reading.proofs import CASES, INVARIANTS, read_proofs
from router.rulebook.reading.reader import Reader
from router.rulebook.reading.roster import read_calendars, read_teams
from router.rulebook.reading.rules import read_rules
from router.rulebook.reading.sources import read_source
from router.rulebook.reading.tables import read_tables
from router.rulebook.reading.terms import read_handoffs, read_intents, read_sla

__all__ = [
    "MAX_BOOK",
    "MAX_FILE",
    "MAX_TABLE",
    "book_from_files",
    "digest_of",
    "load_book",
    "read_facts",
]

#: Largest file of a book, largest table of rows, and largest book, in bytes.
MAX_FILE = 1 << 20
MAX_TABLE = 16 << 20
MAX_BOOK = 32 << 20

_NAMED = (
    "book.yaml",
    "teams.yaml",
    "calendars.yaml",
    "sla.yaml",
    "intents.yaml",
    "handoffs.yaml",
)
_RULES = re.compile(r"[0-9]{2}-[a-z0-9-]+\.yaml")
_LIST = re.compile(r"lists/([a-z0-9_-]+)\.txt")
_SOURCE = re.compile(r"sources/[a-z0-9-]+\.yaml")
_TABLE = re.compile(r"tables/[a-z0-9_-]+\.(?:yaml|csv)")
#: What may lie in the folder and is not read: hidden files, pages, backups, other tests.
_ASIDE = re.compile(r"(?:.*/)?\..*|.*\.md|.*~|tests/.*")


def load_book(folder: Path) -> RuleBook:
    """Read the book in a folder.

    Symbolic links inside the folder are refused; the folder itself may be one.

    Args:
        folder: The book's folder, e.g. the shipped ``rules/``.

    Raises:
        BookError: The book has problems; all of them are listed, each with its place.
    """
    files: dict[str, str] = {}
    problems = Problems(files)
    if not folder.is_dir():
        problems.add(
            Place(str(folder), 1), "this is not a folder", advice="Name the book's folder."
        )
    total = 0
    for path in _walk(folder, folder, problems):
        raw = _read_file(folder / path, path, problems)
        total += len(raw)
        if total > MAX_BOOK:
            problems.add(Place(path, 1), f"the book is larger than {MAX_BOOK >> 20} MiB")
            break
        try:
            files[path] = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            problems.add(Place(path, line), "this line is not UTF-8 text")
    return _assemble(files, problems)


def book_from_files(files: Mapping[str, str]) -> RuleBook:
    """Read a book from texts, e.g. one that was published and is stored.

    Args:
        files: Path inside the book, with ``/``, to text. What a book does not need is left out.

    Raises:
        BookError: The book has problems; all of them are listed, each with its place.
    """
    kept: dict[str, str] = {}
    problems = Problems(kept)
    total = 0
    for path, text in sorted(files.items()):
        size = len(text.encode("utf-8", "replace"))
        total += size
        if path.startswith("/") or "\\" in path or {"..", "."} & set(path.split("/")):
            problems.add(Place(path, 1), "this path leaves the book")
        elif size > _largest(path):
            problems.add(Place(path, 1), f"larger than {_largest(path) >> 20} MiB")
        elif _is_read(path, problems) and _is_text(path, text, problems):
            kept[path] = text
    if total > MAX_BOOK:
        problems.add(Place("book.yaml", 1), f"the book is larger than {MAX_BOOK >> 20} MiB")
    return _assemble(kept, problems)


def digest_of(files: Mapping[str, str]) -> str:
    """Name a version: SHA-256 over the paths and bytes of its files, in the order of the paths.

    >>> digest_of({"a": "1", "b": ""}) == digest_of({"b": "", "a": "1", "tests/cases.yaml": "2"})
    True

    Args:
        files: The files that are read. The book's own tests do not count: they decide nothing.
    """
    whole = hashlib.sha256()
    for path in sorted(path for path in files if not path.startswith("tests/")):
        raw = files[path].encode()
        # The length keeps two files from being mistaken for one that holds both.
        whole.update(b"%s\0%d\0%s" % (path.encode(), len(raw), raw))
    return whole.hexdigest()


def _walk(folder: Path, root: Path, problems: Problems) -> Iterator[str]:
    """Give the paths of the files to read, in order; refuse links."""
    for entry in sorted(os.scandir(folder), key=lambda one: one.name) if folder.is_dir() else ():
        path = Path(entry.path).relative_to(root).as_posix()
        aside = _ASIDE.fullmatch(path) or _ASIDE.fullmatch(f"{path}/")
        if aside and path not in ("tests", CASES, INVARIANTS):
            continue
        if entry.is_symlink():
            problems.add(Place(path, 1), "symbolic links are not read", advice="Copy the file.")
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), root, problems)
        elif _is_read(path, problems):
            yield path


def _is_read(path: str, problems: Problems) -> bool:
    """Tell whether a path is a file of a book; note one that looks like it but is not."""
    if path in (*_NAMED, CASES, INVARIANTS):
        return True
    if _ASIDE.fullmatch(path):
        return False
    if any(form.fullmatch(path) for form in (_RULES, _LIST, _SOURCE, _TABLE)):
        return True
    problems.unknown(Place(path, 1), "file of a book", path, _NAMED)
    return False


def _is_text(path: str, text: str, problems: Problems) -> bool:
    """Tell whether a text can be written as UTF-8; half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        problems.add(Place(path, line), "this line is not UTF-8 text")
        return False
    return True


def _read_file(path: Path, name: str, problems: Problems) -> bytes:
    """Read one file, never through a link, never more than the largest size."""
    try:
        # The link check above could be outrun; opening without following cannot.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            raw = file.read(_largest(name) + 1)
    except OSError as error:
        problems.add(Place(name, 1), f"cannot be read: {error.strerror}")
        return b""
    if len(raw) > _largest(name):
        problems.add(Place(name, 1), f"larger than {_largest(name) >> 20} MiB")
        return b""
    return raw


def _largest(path: str) -> int:
    """Return how large a file of a book may be; only rows of tables come in great numbers."""
    return MAX_TABLE if path.endswith(".csv") else MAX_FILE


def _assemble(files: Mapping[str, str], problems: Problems) -> RuleBook:
    """Read and check everything, then build the book; a faulty book is never built."""
    for name in _NAMED:
        if name not in files:
            problems.add(Place(name, 1), "this file is missing from the book")
    with unswept():
        book, broken = _read_checked(files, problems)
    if Phase.FALLBACK not in broken:
        check_fallback(book.rules[Phase.FALLBACK], problems)
    problems.stop_if_any()
    return book


def _read_checked(files: Mapping[str, str], problems: Problems) -> tuple[RuleBook, set[Phase]]:
    """Read and check the files; also tell which phases are not whole because of a problem."""
    roots = {
        path: read_nodes(path, text, problems)
        for path, text in sorted(files.items())
        if path.endswith(".yaml")
    }
    reader = Reader(problems)
    book, broken = _read(reader, files, roots)
    again = {path: last_said(root) for path, root in roots.items() if root and len(problems)}
    if any(again.values()):
        # Of a key that stands twice both values are read, and both may be wrong.
        other = Reader(problems)
        _read(other, files, {path: again.get(path) or root for path, root in roots.items()})
        reader.join(other)
    check_references(reader)
    check_tables(book, problems)
    check_rules(book, problems)
    return book, broken


def _read(
    reader: Reader, files: Mapping[str, str], roots: Mapping[str, Node | None]
) -> tuple[RuleBook, set[Phase]]:
    """Read a book's nodes, and which phases are not whole."""
    lists = _lists(reader, files)
    calendars = read_calendars(reader, roots.get("calendars.yaml"))
    roster = read_teams(reader, roots.get("teams.yaml"))
    slas = read_sla(reader, roots.get("sla.yaml"))
    taxonomy = read_intents(reader, roots.get("intents.yaml"))
    standards = read_handoffs(reader, roots.get("handoffs.yaml"))
    sources = _sources(reader, roots)
    tables = read_tables(reader, roots, files)
    rules, broken = _rules(reader, roots)
    found = reader.fields(
        roots.get("book.yaml"),
        "book.yaml",
        ("name", "fallback_owner", "default_sla"),
        ("publishing", "canary", "accounts", "availability"),
    )
    book = RuleBook(
        digest=digest_of(files),
        name=reader.text(found.get("name")),
        fallback_owner=reader.refer("person", found.get("fallback_owner")),
        default_sla=reader.refer("sla", found.get("default_sla")),
        rules=rules,
        lists=lists,
        people=roster.people,
        pools=roster.pools,
        queues=roster.queues,
        sequences=roster.sequences,
        calendars=calendars,
        slas=slas,
        taxonomy=taxonomy,
        standards=standards,
        sources=sources,
        tables=tables,
        policy=read_policy(reader, found.get("publishing"), found.get("canary")),
        availability=read_availability(reader, found.get("availability")),
        accounts=read_accounts(reader, found.get("accounts")),
        proofs=read_proofs(reader, roots),
        files=dict(files),
    )
    for what, person, node in (
        ("the fallback owner", book.fallback_owner, found.get("fallback_owner")),
        ("the reviewer", taxonomy.reviewer, roots.get("intents.yaml")),
    ):
        card = roster.people.get(person)
        if card is not None and card.left and node is not None:
            reader.problems.add(node.place, f"{what} '{person}' left; name somebody who is here")
    return book, broken


def _lists(reader: Reader, files: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Read lists/*.txt: one entry a line, ``#`` begins a remark, case does not count."""
    lists = {}
    declared = reader.names.setdefault("list", {})
    for path, text in files.items():
        if found := _LIST.fullmatch(path):
            whole = text.removeprefix("\ufeff").splitlines()
            lines = [line.split("#", 1)[0].strip() for line in whole]
            lists[found[1]] = frozenset(line.casefold() for line in lines if line)
            declared[found[1]] = Place(path, 1)
            for number, line in enumerate(() if text.isascii() else lines, 1):
                reader.check_letters(line, Scalar(path, number, 1, line, plain=True))
    return lists


def _sources(reader: Reader, roots: Mapping[str, Node | None]) -> dict[str, Source]:
    sources = {}
    declared = reader.names.setdefault("source", {})
    for path, root in roots.items():
        if not _SOURCE.fullmatch(path):
            continue
        if root is None:
            # Its own problem is noted; a rule that names it is not wrong as well.
            declared[path.removeprefix("sources/").removesuffix(".yaml")] = Place(path, 1)
        else:
            source = read_source(reader, path, root)
            sources[source.id] = source
    return sources


def _rules(
    reader: Reader, roots: Mapping[str, Node | None]
) -> tuple[dict[Phase, tuple[Rule, ...]], set[Phase]]:
    """Read the rule files; also tell which phases are not whole because of a problem."""
    rules: dict[Phase, list[Rule]] = {phase: [] for phase in Phase}
    broken: set[Phase] = set()
    for path, root in roots.items():
        if not _RULES.fullmatch(path):
            continue
        if root is None:
            broken |= set(Phase)
            continue
        before = len(reader.problems)
        phase, found = read_rules(reader, root)
        rules[phase] += found
        if len(reader.problems) > before:
            broken.add(phase)
    return {phase: tuple(found) for phase, found in rules.items()}, broken
