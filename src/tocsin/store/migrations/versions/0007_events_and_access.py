"""Events, append-only by trigger; accounts, sessions, keys, attempts to sign in, and answers kept for repetition."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_REFUSAL = "events are append-only: what happened is never rewritten"

_ABORT = f"SELECT RAISE(ABORT, '{_REFUSAL}')"
_THERE = "EXISTS (SELECT 1 FROM event WHERE number = NEW.number)"

# REPLACE deletes without firing the DELETE trigger, hence the third.
_SQLITE = (
    f"CREATE TRIGGER event_refuses_update BEFORE UPDATE ON event BEGIN {_ABORT}; END",
    f"CREATE TRIGGER event_refuses_delete BEFORE DELETE ON event BEGIN {_ABORT}; END",
    f"CREATE TRIGGER event_refuses_replace BEFORE INSERT ON event WHEN {_THERE} BEGIN {_ABORT}; END",
)
_POSTGRESQL = (
    f"""CREATE FUNCTION event_refuses_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$""",
    """CREATE TRIGGER event_refuses_change BEFORE UPDATE OR DELETE ON event
        FOR EACH ROW EXECUTE FUNCTION event_refuses_change()""",
    """CREATE TRIGGER event_refuses_truncate BEFORE TRUNCATE ON event
        FOR EACH STATEMENT EXECUTE FUNCTION event_refuses_change()""",
)


def upgrade() -> None:
    """Make the tables and the triggers."""
    _make_event()
    _make_account()
    _make_session()
    _make_api_key()
    _make_sign_in_attempt()
    _make_answer()


def _make_event() -> None:
    op.create_table(
        "event",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("theater", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_event"),
    )
    op.create_index("ix_event_kind_at", "event", ["kind", "at"])
    for statement in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)


def _make_account() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("theaters", sa.Text),
        sa.Column("password", sa.Text),
        sa.Column("identity", sa.String(500)),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("disabled_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("name", name="uq_account_name"),
        sa.UniqueConstraint("identity", name="uq_account_identity"),
    )


def _make_session() -> None:
    op.create_table(
        "session",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64)),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("rotated_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.UniqueConstraint("token", name="uq_session_token"),
        sa.UniqueConstraint("previous", name="uq_session_previous"),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name="fk_session_account_account"),
    )
    op.create_index("ix_session_account", "session", ["account"])


def _make_api_key() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("theaters", sa.Text),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("used_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("token", name="uq_api_key_token"),
    )


def _make_sign_in_attempt() -> None:
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("succeeded", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_attempt"),
    )
    op.create_index("ix_sign_in_attempt_name_at", "sign_in_attempt", ["name", "at"])
    op.create_index("ix_sign_in_attempt_address_at", "sign_in_attempt", ["address", "at"])


def _make_answer() -> None:
    op.create_table(
        "answer",
        sa.Column("principal", sa.String(200), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.Text),
        sa.Column("body", sa.LargeBinary),
        sa.PrimaryKeyConstraint("principal", "key", name="pk_answer"),
    )
    op.create_index("ix_answer_at", "answer", ["at"])
