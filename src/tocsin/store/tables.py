"""The tables as they are now; `migrations/` says how they came to be, and a test holds the two together."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Double, ForeignKey, Index, MetaData, String, Table, Text

from tocsin.store.instant import Instant

# Every constraint has a name of its own, so that a later migration can drop it on any database.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

observation = Table(
    "observation",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("fingerprint", String(64), nullable=False, unique=True),
    Column("indicator", Text, nullable=False),
    Column("observed_on", Date, nullable=False),
    Column("value", Double, nullable=False),
    Column("grade", String(2), nullable=False),
    Column("origin", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("coverage", Double),
    # Once at most: of two changes of one version the second conflicts, on any database and whoever writes.
    Column("supersedes", String(64), ForeignKey("observation.id"), unique=True),
    Column("withdrawn", Boolean, nullable=False),
    Column("entered_at", Instant),
    Column("reason", Text, nullable=False),
    # JSON as text, written here and read back whole: no question is asked of single links.
    Column("links", Text, nullable=False),
    CheckConstraint("supersedes IS NULL OR reason <> ''", "change_has_reason"),
    Index(None, "indicator", "recorded_at"),
)

fit = Table(
    "fit",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("theater", Text, nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("recipe", String(64), nullable=False),
    Column("declared", String(64), nullable=False),
    Column("counted", String(64), nullable=False),
    # Decimal text: a seed may use all 64 bits, one more than a signed integer column holds.
    Column("seed", String(32), nullable=False),
    Column("accepted", Boolean, nullable=False),
    # JSON as text: a rejected fit's health may be NaN, which SQLite keeps as NULL and JSON columns refuse.
    Column("diagnosis", Text),
    Column("rejections", Text, nullable=False),
    Column("sensitivity", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("compile_seconds", Double, nullable=False),
    Column("sample_seconds", Double, nullable=False),
    Index(None, "theater", "as_of"),
)
