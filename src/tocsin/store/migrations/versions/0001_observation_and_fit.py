"""Observations, append-only by trigger, and fits."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_REFUSAL = "observations are append-only: record a correction or a retraction"

# REPLACE deletes without firing the DELETE trigger, hence the last two. They come before the unique constraints, so the
# one about `supersedes` says which constraint would have been broken.
_SQLITE = (
    f"""CREATE TRIGGER observation_refuses_update BEFORE UPDATE ON observation
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    f"""CREATE TRIGGER observation_refuses_delete BEFORE DELETE ON observation
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    f"""CREATE TRIGGER observation_refuses_replace BEFORE INSERT ON observation
        WHEN EXISTS (SELECT 1 FROM observation WHERE id = NEW.id OR fingerprint = NEW.fingerprint)
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",  # noqa: S608 (the text is the constant above)
    """CREATE TRIGGER observation_refuses_second_change BEFORE INSERT ON observation
        WHEN EXISTS (SELECT 1 FROM observation WHERE supersedes = NEW.supersedes)
        BEGIN SELECT RAISE(ABORT, 'append-only, uq_observation_supersedes: superseded already'); END""",
)

_POSTGRESQL = (
    f"""CREATE FUNCTION observation_refuses_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$""",
    """CREATE TRIGGER observation_refuses_change BEFORE UPDATE OR DELETE ON observation
        FOR EACH ROW EXECUTE FUNCTION observation_refuses_change()""",
    """CREATE TRIGGER observation_refuses_truncate BEFORE TRUNCATE ON observation
        FOR EACH STATEMENT EXECUTE FUNCTION observation_refuses_change()""",
)


def upgrade() -> None:
    """Make both tables and the triggers."""
    op.create_table(
        "observation",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("indicator", sa.Text, nullable=False),
        sa.Column("observed_on", sa.Date, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("grade", sa.String(2), nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("coverage", sa.Double),
        sa.Column("supersedes", sa.String(64)),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.Column("entered_at", sa.BigInteger),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("links", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_observation"),
        sa.UniqueConstraint("fingerprint", name="uq_observation_fingerprint"),
        sa.UniqueConstraint("supersedes", name="uq_observation_supersedes"),
        sa.CheckConstraint("supersedes IS NULL OR reason <> ''", name=op.f("ck_observation_change_has_reason")),
        sa.ForeignKeyConstraint(["supersedes"], ["observation.id"], name="fk_observation_supersedes_observation"),
    )
    op.create_index("ix_observation_indicator_recorded_at", "observation", ["indicator", "recorded_at"])
    op.create_table(
        "fit",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("theater", sa.Text, nullable=False),
        sa.Column("as_of", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("recipe", sa.String(64), nullable=False),
        sa.Column("declared", sa.String(64), nullable=False),
        sa.Column("counted", sa.String(64), nullable=False),
        sa.Column("seed", sa.String(32), nullable=False),
        sa.Column("accepted", sa.Boolean, nullable=False),
        sa.Column("diagnosis", sa.Text),
        sa.Column("rejections", sa.Text, nullable=False),
        sa.Column("sensitivity", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("compile_seconds", sa.Double, nullable=False),
        sa.Column("sample_seconds", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fit"),
    )
    op.create_index("ix_fit_theater_as_of", "fit", ["theater", "as_of"])
    for statement in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)
