"""Alert rules that were set other than by files, and whom alerts are assigned to; both append-only by trigger."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_REFUSALS = {
    "alert_rule": "versions of alert rules are append-only: set the rule anew",
    "assignment": "assignments are append-only: assign anew",
}

# REPLACE deletes without firing the DELETE trigger, hence the third for each table, which knows every unique column.
_REPLACED = {
    "alert_rule": "theater = NEW.theater AND rule = NEW.rule AND version = NEW.version",
    "assignment": "number = NEW.number",
}


def _sqlite(table: str) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSALS[table]}'); END"
    exists = f"EXISTS (SELECT 1 FROM {table} WHERE {_REPLACED[table]})"  # noqa: S608 (the texts are the constants above)
    return [
        f"CREATE TRIGGER {table}_refuses_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_refuses_delete BEFORE DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_refuses_replace BEFORE INSERT ON {table} WHEN {exists} {refuse}",
    ]


def _postgresql(table: str) -> list[str]:
    function, truncate = f"{table}_refuses_change", f"{table}_refuses_truncate"
    return [
        f"""CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION '{_REFUSALS[table]}'; END $$""",
        f"CREATE TRIGGER {function} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()",
        f"CREATE TRIGGER {truncate} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {function}()",
    ]


def upgrade() -> None:
    """Make the tables and the triggers."""
    op.create_table(
        "alert_rule",
        sa.Column("theater", sa.String(200), nullable=False),
        sa.Column("rule", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.Text),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("theater", "rule", "version", name="pk_alert_rule"),
    )
    op.create_table(
        "assignment",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("theater", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("episode", sa.Integer, nullable=False),
        sa.Column("to", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_assignment"),
    )
    op.create_index("ix_assignment_theater_rule", "assignment", ["theater", "rule"])
    write = _postgresql if op.get_bind().dialect.name == "postgresql" else _sqlite
    for table in _REFUSALS:
        for statement in write(table):
            op.execute(statement)
