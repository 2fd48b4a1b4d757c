"""The tables of alerts, as they are now; part of `tables`, by which everybody else knows them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from tocsin.store.instant import Instant
from tocsin.store.metadata import metadata

alert = Table(
    "alert",
    metadata,
    Column("theater", String(200), primary_key=True),
    Column("rule", String(200), primary_key=True),
    # Counts every change of the row, and every acknowledgement: who decided on another one has decided on nothing.
    Column("version", Integer, nullable=False),
    Column("condition", String(16), nullable=False),
    Column("judged_at", Instant, nullable=False),
    Column("read_through", Integer, nullable=False),
    Column("phase", String(16), nullable=False),
    Column("since", Instant, nullable=False),
    Column("met_since", Instant),
    Column("met_count", Integer, nullable=False),
    Column("clear_since", Instant),
    # The number of a publication, or microseconds since 1970.
    Column("mark", BigInteger, nullable=False),
    Column("held", String(16)),
    Column("episode", Integer, nullable=False),
    # JSON as text: the odds that a change is measured from, and what was said of the last episode.
    Column("baseline", Text),
    # The mark that was read before the condition was met.
    Column("crossed_from", BigInteger, nullable=False, server_default="0"),
    Column("told", Text),
)

alert_step = Table(
    "alert_step",
    metadata,
    # Given under the writer's lock, in the order in which the steps were recorded.
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("theater", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("episode", Integer, nullable=False),
    Column("before", String(16), nullable=False),
    Column("after", String(16), nullable=False),
    Column("cause", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # The reading as JSON.
    Column("reading", Text, nullable=False),
    Column("publication", Integer, ForeignKey("publication.number")),
    Index(None, "theater", "rule"),
)

acknowledgement = Table(
    "acknowledgement",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("theater", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("episode", Integer, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("until", Instant),
    Column("note", Text, nullable=False),
    Index(None, "theater", "rule"),
)

assignment = Table(
    "assignment",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("theater", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("episode", Integer, nullable=False),
    Column("to", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "theater", "rule"),
)

alert_rule = Table(
    "alert_rule",
    metadata,
    Column("theater", String(200), primary_key=True),
    Column("rule", String(200), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    # As a file would declare it; null where the rule was removed.
    Column("document", Text),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

silence = Table(
    "silence",
    metadata,
    Column("id", String(32), primary_key=True),
    # Patterns.
    Column("theater", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("begins_at", Instant, nullable=False),
    # Moved forward where somebody ends it early; the event says who, and until when it was to be.
    Column("ends_at", Instant, nullable=False),
    Column("author", Text, nullable=False),
    Column("comment", Text, nullable=False),
    CheckConstraint("author <> ''", "has_author"),
    Index(None, "ends_at"),
)

message = Table(
    "message",
    metadata,
    # Of a notice the notice's own.
    Column("id", String(64), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    # JSON as text.
    Column("data", Text, nullable=False),
    # Of the notice, or all notices of a digest; empty for what is none, null where it was written before revision 11.
    Column("theater", Text),
)

notice = Table(
    "notice",
    metadata,
    Column("id", String(64), ForeignKey("message.id"), primary_key=True),
    # In the order in which they were decided, which instants alone do not tell.
    Column("number", Integer, nullable=False, unique=True),
    Column("theater", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("episode", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("publication", Integer, ForeignKey("publication.number")),
    Index(None, "theater", "rule"),
)

destination = Table(
    "destination",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("secret", Text),
    Column("digest_seconds", Integer),
    Column("gone", Boolean, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("message", String(64), ForeignKey("message.id"), primary_key=True),
    # Named by a rule, whether or not anybody has set it: what cannot be sent is to be seen.
    Column("destination", String(200), primary_key=True),
    Column("stage", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("claimed_until", Instant),
    Column("last_at", Instant),
    Column("last_word", Text, nullable=False),
    # Those of the destination's addresses that have it, as JSON.
    Column("had", Text, nullable=False, server_default="[]"),
    # Those that refused it for good, each with the reply, as JSON.
    Column("refused", Text, nullable=False, server_default="[]"),
    Index(None, "stage", "due_at"),
)
