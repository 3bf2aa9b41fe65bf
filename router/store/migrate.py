"""Bring the tables to the version of this program."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from router.lead.ids import lock_key
from router.store.tables import metadata

_FOLDER = Path(__file__).parent / "migrations"


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    # Alembic reads options through ConfigParser, in which % must be doubled.
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(engine: sa.Engine, target: str = "head") -> str:
    """Run the migrations that are missing; several processes may call this at once.

    Args:
        engine: Of the database to migrate.
        target: Revision to reach; an older one goes back.

    Returns:
        The revision the database is at now; empty for none.
    """
    with engine.begin() as connection:
        connection.execute(
            sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key("migrate")}
        )
        config = _config(connection)
        before = current(connection)
        if target == "base":
            command.downgrade(config, target)
        elif before != newest():
            command.upgrade(config, target)
        return current(connection)


def current(connection: sa.Connection) -> str:
    """Return the revision a database is at; empty when it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def newest() -> str:
    """Return the revision that this program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def differences(engine: sa.Engine) -> list[object]:
    """Return how the migrated tables differ from those this program declares; empty for not."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))
