"""A book as bytes that are read back many times faster than its files.

They are a copy to save time, never the truth: what was read and checked once, for the very same
files and the very same program. With anything else they are not used, and the files are read.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any, get_type_hints

import orjson

from router.rulebook.engine.unswept import unswept
from router.rulebook.model import RuleBook
from router.rulebook.reading.load import digest_of
from router.rulebook.reading.plain import codec

#: How the bytes begin; a new form has a new number.
_MARK = b"lead-router book 1"
#: What need not be written, for the files say it.
_GIVEN = frozenset({"files"})


def freeze(book: RuleBook) -> bytes:
    """Return a book as bytes, for :func:`thaw`.

    Args:
        book: As its files were read, whole.

    Raises:
        ValueError: The bytes would not give the same book, so it has to be read from its files.
    """
    parts = {
        name: getattr(book, name) if there is None else there(getattr(book, name))
        for name, (there, _) in _codecs().items()
    }
    payload = orjson.dumps(parts)
    made = b"%s\n%s" % (_head(book.files, payload), payload)
    if thaw(book.files, made) != book:
        raise ValueError(f"Version {book.digest} of the rule book has no faithful copy in bytes.")
    return made


def thaw(files: Mapping[str, str], frozen: bytes) -> RuleBook | None:
    """Return the book that some files make, without reading them again.

    Args:
        files: All of the book, also its own tests; path to text.
        frozen: What :func:`freeze` made of the book.

    Returns:
        The book; None when the bytes are of other files or of another version of this program, or
        are damaged. Then the files have to be read.
    """
    head, _, payload = frozen.partition(b"\n")
    if head != _head(files, payload):
        return None
    with unswept():
        told = orjson.loads(payload)
        parts: dict[str, Any] = {
            name: told[name] if back is None else back(told[name])
            for name, (_, back) in _codecs().items()
        }
        return RuleBook(**parts, files=dict(files))


def _head(files: Mapping[str, str], payload: bytes) -> bytes:
    # Under another name also the book's own tests count, which its digest does not name.
    whole = digest_of({f"all/{path}": text for path, text in files.items()})
    told = (_reader(), whole, hashlib.sha256(payload).hexdigest())
    return b"%s %s" % (_MARK, " ".join(told).encode())


@lru_cache(maxsize=1)
def _codecs() -> dict[str, Any]:
    hints = get_type_hints(RuleBook)
    names = (each.name for each in fields(RuleBook) if each.name not in _GIVEN)
    return {name: codec(hints[name]) for name in names}


@lru_cache(maxsize=1)
def _reader() -> str:
    """Name the program that reads and checks books, by its own text.

    A new release may read a book otherwise, or refuse it; then an old copy must not be used.
    """
    reading = Path(__file__).parent
    shapes, engine = reading.parent, reading.parent / "engine"
    sources = [path for folder in (reading, shapes, engine) for path in folder.glob("*.py")]
    sources.append(shapes.parent / "lead" / "facts.py")
    texts = {str(path.relative_to(shapes.parent)): path.read_text("utf-8") for path in sources}
    return digest_of(texts)
