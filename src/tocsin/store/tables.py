"""The tables as they are now; `migrations/` says how they came to be, and a test holds the two together."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    true,
)

from tocsin.store.alert_tables import (
    acknowledgement,
    alert,
    alert_rule,
    alert_step,
    assignment,
    delivery,
    destination,
    message,
    notice,
    silence,
)
from tocsin.store.instant import Instant
from tocsin.store.metadata import metadata

__all__ = [
    "account",
    "acknowledgement",
    "alert",
    "alert_rule",
    "alert_step",
    "answer",
    "api_key",
    "assignment",
    "delivery",
    "destination",
    "event",
    "feed",
    "feed_observation",
    "feed_record",
    "fit",
    "former_token",
    "job_run",
    "message",
    "metadata",
    "notice",
    "observation",
    "publication",
    "resolution",
    "review_item",
    "session",
    "sign_in_attempt",
    "silence",
    "worker",
]

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
    # The last day of a total; NULL for a report of one day.
    Column("through", Date),
    CheckConstraint("supersedes IS NULL OR reason <> ''", "change_has_reason"),
    # What a window needs is found by its days, and by the origins in it: see `ObservationLedger.observations`.
    Index(None, "indicator", "observed_on"),
    Index(None, "origin"),
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

job_run = Table(
    "job_run",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("job", Text, nullable=False),
    Column("slot", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("owner", String(64), nullable=False),
    Column("leased_until", Instant),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("next_attempt_at", Instant),
    Column("outcome", Text),
    Column("problem", Text),
    # The clock's one promise: whoever inserts the row of a slot runs it, and nobody else.
    UniqueConstraint("job", "slot"),
    Index(None, "state"),
)

worker = Table(
    "worker",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ticked_at", Instant, nullable=False),
    Column("stopped_at", Instant),
)

publication = Table(
    "publication",
    metadata,
    # Given by the chain and not by the database, whose sequences leave gaps.
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("theater", Text, nullable=False),
    Column("stated_at", Instant, nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("fit", String(64), ForeignKey("fit.id"), nullable=False),
    Column("fitted_as_of", Instant, nullable=False),
    Column("evidence", String(64), nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("opens_on", Date, nullable=False),
    Column("foresight", Boolean, nullable=False),
    # JSON as text: the hash is over these very decimals.
    Column("odds", Text, nullable=False),
    Column("previous", String(64), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False, unique=True),
    UniqueConstraint("theater", "fit", "as_of", "evidence", "status"),
    Index(None, "theater", "stated_at"),
)

resolution = Table(
    "resolution",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("theater", Text, nullable=False),
    Column("scenario", Text, nullable=False),
    Column("opened_on", Date, nullable=False),
    Column("horizon_days", Integer, nullable=False),
    Column("publication", Integer, ForeignKey("publication.number"), nullable=False),
    Column("outcome", Text, nullable=False),
    Column("settled_at", Instant, nullable=False),
    Column("how", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reports", Text, nullable=False),
    Column("supersedes", String(64), ForeignKey("resolution.id"), unique=True),
    CheckConstraint("outcome IN ('yes', 'no', 'void', 'open')", "outcome_known"),
    CheckConstraint("how IN ('rule', 'judged')", "how_known"),
    CheckConstraint("outcome <> 'open' OR supersedes IS NOT NULL", "open_again"),
    CheckConstraint("reason <> ''", "has_reason"),
    Index(None, "theater", "scenario", "opened_on"),
)

feed = Table(
    "feed",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("watermark", Text),
    Column("checked_at", Instant, nullable=False),
    Column("succeeded_at", Instant),
    Column("new_at", Instant),
    Column("failures", Integer, nullable=False),
    Column("problem", Text, nullable=False),
    Column("retry_at", Instant),
)

feed_record = Table(
    "feed_record",
    metadata,
    # A hash of feed, upstream id and revision, which are unique together, and may be too long for an index.
    Column("id", String(32), primary_key=True),
    Column("feed", String(200), ForeignKey("feed.id"), nullable=False),
    Column("upstream_id", String(200), nullable=False),
    Column("revision", String(200), nullable=False),
    Column("sha256", String(64), nullable=False),
    # Compressed with zlib.
    Column("content", LargeBinary, nullable=False),
    Column("deleted", Boolean, nullable=False),
    # The last revision that could be read: what the record stands as is what this one does.
    Column("latest", Boolean, nullable=False),
    Column("fetched_at", Instant, nullable=False),
    Column("day", Date),
    Column("outcome", String(16), nullable=False),
    Column("why", Text, nullable=False),
    # JSON as text.
    Column("mismatches", Text, nullable=False),
    # Names of empty fields, sorted and joined by commas; NULL where the record is no incident.
    Column("missing", Text),
    Index(None, "feed", "upstream_id"),
    Index(None, "feed", "fetched_at"),
)

feed_observation = Table(
    "feed_observation",
    metadata,
    Column("record", String(32), ForeignKey("feed_record.id"), primary_key=True),
    Column("observation", String(64), ForeignKey("observation.id"), primary_key=True),
    Index(None, "observation"),
)

review_item = Table(
    "review_item",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("feed", String(200), ForeignKey("feed.id"), nullable=False),
    Column("record", String(32), ForeignKey("feed_record.id"), nullable=False),
    Column("queued_at", Instant, nullable=False),
    Column("action", String(16), nullable=False),
    # The draft as JSON.
    Column("draft", Text, nullable=False),
    Column("target", String(64), ForeignKey("observation.id")),
    Column("why", Text, nullable=False),
    Column("decision", String(16), nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("observation", String(64), ForeignKey("observation.id")),
    Index(None, "feed", "decision"),
    Index(None, "record"),
)

event = Table(
    "event",
    metadata,
    # Given under the writer's lock, so that numbers are in the order of commits and whoever has read up to one has
    # missed nothing; the sequences of a database give them in the order of asking.
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("theater", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("actor", Text, nullable=False),
    # JSON as text.
    Column("detail", Text, nullable=False),
    Index(None, "kind", "at"),
)

account = Table(
    "account",
    metadata,
    Column("id", String(32), primary_key=True),
    # Folded to lower case: two names that look alike are one.
    Column("name", String(200), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    # JSON list as text; NULL for all theaters.
    Column("theaters", Text),
    # Argon2 in its own notation; NULL where somebody signs in elsewhere only.
    Column("password", Text),
    # `issuer subject` of the identity provider.
    Column("identity", String(500), unique=True),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
)

session = Table(
    "session",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account", String(32), ForeignKey("account.id"), nullable=False),
    # SHA-256 of the token in the cookie, and of the one that it replaced, which is taken a little longer.
    Column("token", String(64), nullable=False, unique=True),
    Column("previous", String(64), unique=True),
    Column("opened_at", Instant, nullable=False),
    Column("rotated_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("agent", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("taken_up", Boolean, nullable=False, server_default=true()),
    Index(None, "account"),
)

# Tokens that were replaced twice, so that whoever sends one is told from somebody who makes one up.
former_token = Table(
    "former_token",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("session", String(32), ForeignKey("session.id"), nullable=False),
    Index(None, "session"),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    # SHA-256 of the key, which holds 32 random bytes: nothing slower is needed against guessing.
    Column("token", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("theaters", Text),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("used_at", Instant),
)

sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("address", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("succeeded", Boolean, nullable=False),
    Index(None, "name", "at"),
    Index(None, "address", "at"),
)

answer = Table(
    "answer",
    metadata,
    # What was answered to a request that bore an idempotency key, so that it is answered again and not done again.
    Column("principal", String(200), primary_key=True),
    Column("key", String(200), primary_key=True),
    # SHA-256 of method, path and body, Argon2id where that holds a password: another request's key is a mistake.
    Column("request", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    # NULL while the request is at work.
    Column("status", Integer),
    Column("headers", Text),
    Column("body", LargeBinary),
    Index(None, "at"),
)
