"""Feeds, their records as they came, and what waits for a person."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "feed",
        sa.Column("id", sa.String(200), nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("watermark", sa.Text),
        sa.Column("checked_at", sa.BigInteger, nullable=False),
        sa.Column("succeeded_at", sa.BigInteger),
        sa.Column("new_at", sa.BigInteger),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("retry_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_feed"),
    )
    _make_records()
    op.create_table(
        "review_item",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("feed", sa.String(200), nullable=False),
        sa.Column("record", sa.String(32), nullable=False),
        sa.Column("queued_at", sa.BigInteger, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("draft", sa.Text, nullable=False),
        sa.Column("target", sa.String(64)),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("observation", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_review_item"),
        sa.ForeignKeyConstraint(["feed"], ["feed.id"], name="fk_review_item_feed_feed"),
        sa.ForeignKeyConstraint(["record"], ["feed_record.id"], name="fk_review_item_record_feed_record"),
        sa.ForeignKeyConstraint(["target"], ["observation.id"], name="fk_review_item_target_observation"),
        sa.ForeignKeyConstraint(["observation"], ["observation.id"], name="fk_review_item_observation_observation"),
    )
    op.create_index("ix_review_item_feed_decision", "review_item", ["feed", "decision"])
    op.create_index("ix_review_item_record", "review_item", ["record"])


def _make_records() -> None:
    op.create_table(
        "feed_record",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("feed", sa.String(200), nullable=False),
        sa.Column("upstream_id", sa.String(200), nullable=False),
        sa.Column("revision", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("latest", sa.Boolean, nullable=False),
        sa.Column("fetched_at", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Date),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("mismatches", sa.Text, nullable=False),
        sa.Column("missing", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_feed_record"),
        sa.ForeignKeyConstraint(["feed"], ["feed.id"], name="fk_feed_record_feed_feed"),
    )
    op.create_index("ix_feed_record_feed_upstream_id", "feed_record", ["feed", "upstream_id"])
    op.create_index("ix_feed_record_feed_fetched_at", "feed_record", ["feed", "fetched_at"])
    op.create_table(
        "feed_observation",
        sa.Column("record", sa.String(32), nullable=False),
        sa.Column("observation", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("record", "observation", name="pk_feed_observation"),
        sa.ForeignKeyConstraint(["record"], ["feed_record.id"], name="fk_feed_observation_record_feed_record"),
        sa.ForeignKeyConstraint(
            ["observation"], ["observation.id"], name="fk_feed_observation_observation_observation"
        ),
    )
    op.create_index("ix_feed_observation_observation", "feed_observation", ["observation"])
