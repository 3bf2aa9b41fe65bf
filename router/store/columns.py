"""What the tables are made of: their common columns, and the collection they all join."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def at(name: str, *, null: bool = False) -> sa.Column[object]:
    """Return a column for a moment."""
    return sa.Column(name, TIMESTAMP(timezone=True), nullable=null)


def text(name: str, *, default: str | None = "") -> sa.Column[str]:
    """Return a column for a text; with ``default=None`` each row must say it."""
    fallback = None if default is None else sa.text(f"'{default}'")
    return sa.Column(name, sa.Text, nullable=False, server_default=fallback)


def number(name: str, default: int = 0) -> sa.Column[int]:
    """Return a column for a whole number."""
    return sa.Column(name, sa.Integer, nullable=False, server_default=sa.text(str(default)))


def json(name: str) -> sa.Column[object]:
    """Return a column for a JSON object, empty unless a row says otherwise."""
    return sa.Column(name, JSONB, nullable=False, server_default=sa.text("'{}'"))


def partial(name: str, *columns: str, where: str) -> sa.Index:
    """Return an index over the rows that fulfil a condition."""
    return sa.Index(name, *columns, postgresql_where=sa.text(where))
