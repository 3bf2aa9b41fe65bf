"""Alembic's entry: run the migrations on the connection that the caller hands over."""

from alembic import context

from router.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
