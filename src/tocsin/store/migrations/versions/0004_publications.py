"""Publications in a chain, and how their windows were settled; both append-only by trigger."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_REFUSALS = {
    "publication": "publications are append-only: what was said is never rewritten",
    "resolution": "resolutions are append-only: record one that supersedes",
}

# REPLACE deletes without firing the DELETE trigger, hence the third for each table, which knows every unique column.
_REPLACED = {
    "publication": "number = NEW.number OR previous = NEW.previous OR sha256 = NEW.sha256 OR (theater = NEW.theater"
    " AND fit = NEW.fit AND as_of = NEW.as_of AND evidence = NEW.evidence AND status = NEW.status)",
    "resolution": "id = NEW.id OR supersedes = NEW.supersedes",
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
    """Make both tables and the triggers."""
    op.create_table(
        "publication",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("theater", sa.Text, nullable=False),
        sa.Column("stated_at", sa.BigInteger, nullable=False),
        sa.Column("as_of", sa.BigInteger, nullable=False),
        sa.Column("fit", sa.String(64), nullable=False),
        sa.Column("fitted_as_of", sa.BigInteger, nullable=False),
        sa.Column("evidence", sa.String(64), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("opens_on", sa.Date, nullable=False),
        sa.Column("foresight", sa.Boolean, nullable=False),
        sa.Column("odds", sa.Text, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_publication"),
        sa.UniqueConstraint("previous", name="uq_publication_previous"),
        sa.UniqueConstraint("sha256", name="uq_publication_sha256"),
        sa.UniqueConstraint(
            "theater", "fit", "as_of", "evidence", "status", name="uq_publication_theater_fit_as_of_evidence_status"
        ),
        sa.ForeignKeyConstraint(["fit"], ["fit.id"], name="fk_publication_fit_fit"),
    )
    op.create_index("ix_publication_theater_stated_at", "publication", ["theater", "stated_at"])
    op.create_table(
        "resolution",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("theater", sa.Text, nullable=False),
        sa.Column("scenario", sa.Text, nullable=False),
        sa.Column("opened_on", sa.Date, nullable=False),
        sa.Column("horizon_days", sa.Integer, nullable=False),
        sa.Column("publication", sa.Integer, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("settled_at", sa.BigInteger, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("reports", sa.Text, nullable=False),
        sa.Column("supersedes", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_resolution"),
        sa.UniqueConstraint("supersedes", name="uq_resolution_supersedes"),
        sa.CheckConstraint("outcome IN ('yes', 'no', 'void', 'open')", name=op.f("ck_resolution_outcome_known")),
        sa.CheckConstraint("how IN ('rule', 'judged')", name=op.f("ck_resolution_how_known")),
        sa.CheckConstraint("outcome <> 'open' OR supersedes IS NOT NULL", name=op.f("ck_resolution_open_again")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_resolution_has_reason")),
        sa.ForeignKeyConstraint(["publication"], ["publication.number"], name="fk_resolution_publication_publication"),
        sa.ForeignKeyConstraint(["supersedes"], ["resolution.id"], name="fk_resolution_supersedes_resolution"),
    )
    op.create_index("ix_resolution_theater_scenario_opened_on", "resolution", ["theater", "scenario", "opened_on"])
    write = _postgresql if op.get_bind().dialect.name == "postgresql" else _sqlite
    for table in ("publication", "resolution"):
        for statement in write(table):
            op.execute(statement)
