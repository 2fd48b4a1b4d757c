"""Alerts and their steps, what people said to them, notices and messages, destinations and deliveries.

Steps, acknowledgements, notices and messages are append-only by trigger.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_REFUSALS = {
    "alert_step": "steps of alerts are append-only: what happened is never rewritten",
    "acknowledgement": "acknowledgements are append-only: acknowledge anew",
    "message": "messages are append-only: what is sent is never rewritten",
    "notice": "notices are append-only: what was said is never rewritten",
}

# REPLACE deletes without firing the DELETE trigger, hence the third for each table, which knows every unique column.
_REPLACED = {
    "alert_step": "number = NEW.number",
    "acknowledgement": "number = NEW.number",
    "message": "id = NEW.id",
    "notice": "id = NEW.id OR number = NEW.number",
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
    _make_alert()
    _make_alert_step()
    _make_acknowledgement()
    _make_silence()
    _make_message()
    _make_notice()
    _make_destination()
    _make_delivery()
    write = _postgresql if op.get_bind().dialect.name == "postgresql" else _sqlite
    for table in _REFUSALS:
        for statement in write(table):
            op.execute(statement)


def _make_alert() -> None:
    op.create_table(
        "alert",
        sa.Column("theater", sa.String(200), nullable=False),
        sa.Column("rule", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("condition", sa.String(16), nullable=False),
        sa.Column("judged_at", sa.BigInteger, nullable=False),
        sa.Column("read_through", sa.Integer, nullable=False),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("met_since", sa.BigInteger),
        sa.Column("met_count", sa.Integer, nullable=False),
        sa.Column("clear_since", sa.BigInteger),
        sa.Column("mark", sa.BigInteger, nullable=False),
        sa.Column("held", sa.String(16)),
        sa.Column("episode", sa.Integer, nullable=False),
        sa.Column("baseline", sa.Text),
        sa.Column("told", sa.Text),
        sa.PrimaryKeyConstraint("theater", "rule", name="pk_alert"),
    )


def _make_alert_step() -> None:
    op.create_table(
        "alert_step",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("theater", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("episode", sa.Integer, nullable=False),
        sa.Column("before", sa.String(16), nullable=False),
        sa.Column("after", sa.String(16), nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("reading", sa.Text, nullable=False),
        sa.Column("publication", sa.Integer),
        sa.PrimaryKeyConstraint("number", name="pk_alert_step"),
        sa.ForeignKeyConstraint(["publication"], ["publication.number"], name="fk_alert_step_publication_publication"),
    )
    op.create_index("ix_alert_step_theater_rule", "alert_step", ["theater", "rule"])


def _make_acknowledgement() -> None:
    op.create_table(
        "acknowledgement",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("theater", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("episode", sa.Integer, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_acknowledgement"),
    )
    op.create_index("ix_acknowledgement_theater_rule", "acknowledgement", ["theater", "rule"])


def _make_silence() -> None:
    op.create_table(
        "silence",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("theater", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("begins_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_silence"),
        sa.CheckConstraint("author <> ''", name=op.f("ck_silence_has_author")),
    )
    op.create_index("ix_silence_ends_at", "silence", ["ends_at"])


def _make_message() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
    )


def _make_notice() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("theater", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("episode", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("publication", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint("number", name="uq_notice_number"),
        sa.ForeignKeyConstraint(["id"], ["message.id"], name="fk_notice_id_message"),
        sa.ForeignKeyConstraint(["publication"], ["publication.number"], name="fk_notice_publication_publication"),
    )
    op.create_index("ix_notice_theater_rule", "notice", ["theater", "rule"])


def _make_destination() -> None:
    op.create_table(
        "destination",
        sa.Column("id", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("secret", sa.Text),
        sa.Column("digest_seconds", sa.Integer),
        sa.Column("gone", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_destination"),
    )


def _make_delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("message", sa.String(64), nullable=False),
        sa.Column("destination", sa.String(200), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("claimed_until", sa.BigInteger),
        sa.Column("last_at", sa.BigInteger),
        sa.Column("last_word", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("message", "destination", name="pk_delivery"),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_delivery_message_message"),
    )
    op.create_index("ix_delivery_stage_due_at", "delivery", ["stage", "due_at"])
