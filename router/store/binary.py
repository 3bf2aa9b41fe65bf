"""Rows as COPY's binary format wants them, because a lead writes a dozen rows.

In binary the server parses nothing and the driver quotes nothing: both spend about half of what
the text format costs. The price is that every value must have the exact type of its column.
"""

import struct
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, LiteralString

import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format
from psycopg.rows import TupleRow
from psycopg.types.datetime import DatetimeBinaryDumper
from sqlalchemy.dialects import postgresql

from router.store.tables import metadata

_oid_of: Final = psycopg.adapters.types.get_oid
_TEXT_OID: Final = _oid_of("text")
_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
#: An array of no dimensions, no nulls, of text.
_EMPTY: Final = struct.pack("!iii", 0, 0, _TEXT_OID)
#: PostgreSQL writes the version of its binary form in front of a jsonb.
_JSONB_VERSION: Final = b"\x01"


class Json(bytes):
    """A JSON document as UTF-8, on its way into a ``json`` or ``jsonb`` column."""

    __slots__ = ()


class _Texts(list[str]):
    """Stands for the type of a ``text[]`` column; no value is ever made of it."""


class _Moment(datetime):
    """Stands for the type of a ``timestamptz`` column; no value is ever made of it."""


class _Jsonb(bytes):
    """Stands for the type of a ``jsonb`` column; no value is ever made of it."""


class _JsonText(Dumper):
    """JSON in a statement; PostgreSQL turns it into jsonb where the column asks for that."""

    oid = _oid_of("json")

    def dump(self, obj: bytes) -> bytes:
        return obj


class _JsonBinary(_JsonText):
    format = Format.BINARY


class _JsonbBinary(Dumper):
    oid = _oid_of("jsonb")
    format = Format.BINARY

    def dump(self, obj: bytes) -> bytes:
        return _JSONB_VERSION + obj


class _TextsBinary(Dumper):
    """A text[]: the driver's own takes longer for an empty list than for the whole row."""

    oid = _oid_of("text[]")
    format = Format.BINARY

    def dump(self, obj: Sequence[str]) -> bytes:
        if not obj:
            return _EMPTY
        parts = [struct.pack("!iiiii", 1, 0, _TEXT_OID, len(obj), 1)]
        for text in obj:
            data = text.encode()
            parts += (struct.pack("!i", len(data)), data)
        return b"".join(parts)


class _MomentBinary(DatetimeBinaryDumper):
    """A timestamptz: most moments of a batch are its one ``now``, so the last is remembered."""

    oid = _oid_of("timestamptz")
    _last: datetime | None = None
    _data: Buffer | None = None

    def dump(self, obj: datetime) -> Buffer | None:
        if obj is not self._last:
            self._last, self._data = obj, super().dump(obj)
        return self._data


def learn(connection: psycopg.Connection[TupleRow]) -> None:
    """Teach a new connection how our values are written.

    Args:
        connection: As it comes from the driver.
    """
    connection.adapters.register_dumper(Json, _JsonBinary)
    connection.adapters.register_dumper(Json, _JsonText)
    connection.adapters.register_dumper(_Jsonb, _JsonbBinary)
    connection.adapters.register_dumper(_Texts, _TextsBinary)
    connection.adapters.register_dumper(_Moment, _MomentBinary)


@lru_cache(maxsize=64)
def column_types(statement: LiteralString) -> tuple[int, ...]:
    """Return the type numbers of the columns of ``COPY table (columns) FROM STDIN``, in order.

    >>> column_types("COPY clock (lead_id, kind, started_at) FROM STDIN")
    (2950, 25, 1184)

    Raises:
        KeyError: We have no such table or column, or a column of a type the driver does not know.
    """
    name, _, rest = statement.removeprefix("COPY ").partition(" (")
    columns = metadata.tables[name].columns
    wanted = (columns[each.strip()] for each in rest.partition(")")[0].split(","))
    return tuple(_oid_of(column.type.compile(_DIALECT).lower()) for column in wanted)
