"""What Alembic runs for each command: the revisions, on the connection that `migrate.py` hands over."""

from alembic import context

from tocsin.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite's DDL is transactional once its driver sends no BEGIN and COMMIT of its own, see engine.py.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
