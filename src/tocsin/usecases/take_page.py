"""Take in one page of a feed, in the transaction that moves its watermark."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from tocsin.domain.errors import FeedFormatError, InvalidObservationError
from tocsin.domain.feed_record import Kept, Outcome, missing_fields, printable, record_id, short_name
from tocsin.domain.feed_revision import Plan, plan_revision
from tocsin.domain.mapping import Mismatch, draft_of, mismatch, shared_key
from tocsin.domain.observation import Draft, Observation, read_drafts
from tocsin.domain.plural import counted
from tocsin.domain.review import ReviewItem, item_id
from tocsin.domain.timeline import known_since
from tocsin.usecases.observe import observation_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from tocsin.domain.feed import Feed
    from tocsin.domain.feed_revision import Standing
    from tocsin.domain.incident import Incident
    from tocsin.domain.indicator import Indicator
    from tocsin.domain.mapping import Rule
    from tocsin.domain.timeline import Timeline
    from tocsin.usecases.feed_ports import Connector, FeedPage, Latest, Page, RawRecord

DRIFT_SHARE = 0.2
"""Of a page's new records that may be unreadable: beyond it the upstream has changed its form, and nothing is taken."""
DRIFT_FEWEST = 5
"""New records that a page must have for its share to say anything."""

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Taken:
    """What taking in has done: `records` never seen before, and what they and others did to ledger and review queue."""

    records: int = 0
    known_already: int = 0
    unmapped: int = 0
    unreadable: int = 0
    deleted: int = 0
    added: int = 0
    corrected: int = 0
    retracted: int = 0
    queued: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(*(getattr(self, item.name) + getattr(other, item.name) for item in fields(self)))


@dataclass(frozen=True, slots=True)
class Desk:
    """What every page of a feed is judged by.

    Attributes:
        feed: The feed.
        connector: Reads its records.
        indicators: The theater's, by id.
        timeline: The theater's.
        first: Nothing of it was taken in before this run.
        patient: It has not been failing for so long that a few records nobody can read should hold up the others.
    """

    feed: Feed
    connector: Connector
    indicators: Mapping[str, Indicator]
    timeline: Timeline
    first: bool
    patient: bool


@dataclass(frozen=True, slots=True)
class _Understood:
    """A record as far as it can be judged without the store."""

    kept: Kept
    observations: tuple[Observation, ...] = ()
    doubtful: bool = False


def take_page(desk: Desk, page: Page, store: FeedPage, now: datetime) -> Taken:
    """Take in a page: what is new is kept, mapped and written, and the watermark moves.

    What could not be read before is tried again, and left as it is where it still cannot: many upstreams send their
    last days or all of their rows each time, and a bad row is no news the second time.

    FeedFormatError where too much of what is new cannot be read; whoever holds the transaction then writes nothing.
    """
    taken, unreadable, brought = Taken(), list[str](), False
    for records in _rounds(page.records):
        latest = store.latest([record.upstream_id for record in records])
        fresh, again = _fresh(desk.feed, records, latest, store, now)
        understood = [_understand(desk, record, now) for record in fresh]
        bad = [item.kept for item in understood if item.kept.outcome is Outcome.UNREADABLE]
        store.keep([(kept, ()) for kept in bad], now)
        unreadable.extend(f"record {kept.upstream_id}: {kept.why}" for kept in bad)
        understood += [_understand(desk, record, now) for record in again]
        readable = [item for item in understood if item.kept.outcome is not Outcome.UNREADABLE]
        brought = brought or bool(readable)
        taken += Taken(records=len(fresh), known_already=len(records) - len(fresh), unreadable=len(bad))
        # New records go together, which is ten times as fast; revised ones one by one, as each may stand as the same
        # observation as the next.
        new = [item for item in readable if item.kept.upstream_id not in latest]
        for group in (new, *([item] for item in readable if item.kept.upstream_id in latest)):
            taken += _settle(desk, group, latest, store, now)
    if (drift := _drift(desk, taken, store, brought=brought)) is not None:
        more = f"; and {taken.unreadable - _SHOWN} more" if taken.unreadable > _SHOWN else ""
        detail = f"{drift}; {'; '.join(unreadable[:_SHOWN])}{more}"
        raise FeedFormatError(desk.feed.id, f"{detail}; has it changed its form? nothing of the page was taken in")
    store.advance(page.watermark, now, brought=brought)
    return taken


def _drift(desk: Desk, taken: Taken, store: FeedPage, *, brought: bool) -> str | None:
    """How much of a page cannot be read, where it is so much that the upstream must have changed its form.

    By its share where there are enough new records; of a smaller page, where none can be read and earlier ones could.
    A single bad record may come alone: for a while it holds up the feed, so that somebody sees to it before it is
    passed over, and then only a handful in a row does.
    """
    if taken.records >= DRIFT_FEWEST and taken.unreadable > DRIFT_SHARE * taken.records:
        return f"{taken.unreadable} of {taken.records} records"
    if brought or taken.records == 0:
        return None
    row = store.unreadable_in_a_row()
    if row is None or (row < DRIFT_FEWEST and not desk.patient):
        return None
    return f"of {counted(taken.records, 'new record')} of a page none can be read, though earlier ones could"


def _rounds(records: Sequence[RawRecord]) -> Iterator[list[RawRecord]]:
    """The records in lists in which no upstream id stands twice: revisions of one record follow each other."""
    waiting = [replace(item, upstream_id=short_name(item.upstream_id)) for item in records]
    while waiting:
        now: dict[str, RawRecord] = {}
        later: list[RawRecord] = []
        for record in waiting:
            if record.upstream_id in now:
                later.append(record)
            else:
                now[record.upstream_id] = record
        yield list(now.values())
        waiting = later


def _fresh(
    feed: Feed, records: Sequence[RawRecord], latest: Mapping[str, Latest], store: FeedPage, now: datetime
) -> tuple[list[RawRecord], list[RawRecord]]:
    """Those that are not known, and those that could not be read before; under the revision by which they are kept."""
    named = [replace(record, revision=short_name(record.revision)) for record in records]
    seen = store.seen([record_id(feed.id, record.upstream_id, record.revision) for record in named])
    fresh: list[RawRecord] = []
    again: list[RawRecord] = []
    gone: list[str] = []
    there: list[str] = []
    for record in named:
        before = latest.get(record.upstream_id)
        mark = hashlib.sha256(record.content).hexdigest()
        name = record_id(feed.id, record.upstream_id, record.revision)
        known = seen.get(name)
        if record.doubtful and (before is None or not before.observations):
            # Nothing of it counts, and what waits of it goes on waiting for whoever decides, who is told.
            gone += [] if before is None else [before.record]
            continue
        if before is not None and (before.sha256, before.deleted) == (mark, record.deleted):
            if known is None:
                # Kept all the same: sent once more after a later revision, it must not pass for news.
                store.keep([(_kept(name, record, Outcome.UNCHANGED), ())], now)
            there.append(before.record)
        elif known is None:
            fresh.append(record)
        elif known is Outcome.UNREADABLE:
            again.append(record)
        elif record.revision == mark and before is not None:
            # Named by its content, and that is what an earlier version said: the upstream has gone back to it.
            fresh.append(replace(record, revision=short_name(f"{mark} after {before.revision}")))
    store.say_whether_gone(gone, gone=True)
    store.say_whether_gone(there, gone=False)
    return fresh, again


def _understand(desk: Desk, record: RawRecord, now: datetime) -> _Understood:
    feed = desk.feed
    name = record_id(feed.id, record.upstream_id, record.revision)
    kept = _kept(name, record, Outcome.DELETED)
    if record.deleted:
        return _Understood(kept, doubtful=record.doubtful)
    try:
        said = desk.connector.read(record)
        if isinstance(said, Draft):
            kept, drafts = replace(kept, outcome=Outcome.MAPPED), [replace(said, source=said.source or feed.title)]
        else:
            drafts, failed = _map(feed, record.upstream_id, said)
            outcome = Outcome.UNMAPPED if failed else Outcome.MAPPED
            missing = missing_fields(said)
            kept = replace(kept, outcome=outcome, day=said.day, mismatches=failed, missing=missing)
        reports = read_drafts(drafts, desk.indicators, desk.timeline.last_day(now), desk.timeline)
    except FeedFormatError as error:
        return _Understood(replace(kept, outcome=Outcome.UNREADABLE, why=printable(error.detail)))
    except InvalidObservationError as error:
        return _Understood(replace(kept, outcome=Outcome.UNREADABLE, why=printable(str(error))))
    observations = tuple(
        observation_of(report, feed.author, *_instants(desk, report.observed_on, report.indicator, now))
        for report in reports
    )
    return _Understood(kept if reports == [] else replace(kept, day=reports[0].observed_on), observations)


def _kept(name: str, record: RawRecord, outcome: Outcome) -> Kept:
    return Kept(name, record.upstream_id, record.revision, record.content, record.deleted, outcome)


def _map(feed: Feed, upstream_id: str, incident: Incident) -> tuple[list[Draft], tuple[Mismatch, ...]]:
    """A draft for every rule that matches; where none does, why. What is older than the feed wants matches none."""
    if incident.day < feed.since:
        return [], (Mismatch("since", f"from {feed.since}", f"on {incident.day}"),)
    found = [(rule, mismatch(incident, rule)) for rule in feed.rules]
    drafts = [
        draft_of(
            incident,
            rule,
            name=f"{feed.title} {upstream_id}",
            origin=_origin(feed, upstream_id, incident, rule),
            source=feed.title,
        )
        for rule, why in found
        if why is None
    ]
    return drafts, () if drafts else tuple(why for _, why in found if why is not None)


def _origin(feed: Feed, upstream_id: str, incident: Incident, rule: Rule) -> str:
    if upstream_id in feed.same_as:
        return feed.same_as[upstream_id]
    # Named by day and place, not by the first of the incidents: they come, go and are revised in any order.
    return f"{feed.id}/{shared_key(incident, rule) or upstream_id}"


def _instants(desk: Desk, day: date, indicator: Indicator, now: datetime) -> tuple[datetime, datetime | None]:
    """When an observation counts as known, and when it was entered, where that is not the same.

    What comes in counts from now on, however old: so no earlier instant's evidence ever changes, and a backtest sees
    what was known. Only the very first take-in of a feed declared `history: true` is dated back, as shipped history is
    (the end of its day plus the indicator's delay): that assumes that a watch would then have known from elsewhere what
    the upstream tells now, which whoever declares it must be ready to defend. Later old news is never dated back, nor
    is what is left of a first take-in that broke off: odds may have been read in between.
    """
    since = known_since(desk.timeline, day, indicator.delay_days)
    return (since, now) if desk.feed.history and desk.first and since < now else (now, None)


@dataclass(frozen=True, slots=True)
class _Settled:
    """What is to be written of one record."""

    kept: Kept
    write: tuple[Observation, ...]
    items: tuple[ReviewItem, ...]


def _settle(
    desk: Desk, group: Sequence[_Understood], latest: Mapping[str, Latest], store: FeedPage, now: datetime
) -> Taken:
    """Write what records say, and what becomes of them."""
    held = {
        name for item in group if item.kept.upstream_id in latest for name in latest[item.kept.upstream_id].observations
    }
    known = store.standing(held.union(said.id for item in group for said in item.observations))
    shared = store.shared(held, {item.kept.upstream_id for item in group}) if held else set[str]()
    settled = [_plan(desk, item, latest.get(item.kept.upstream_id), known, shared, now) for item in group]
    writes = [said for item in settled for said in item.write]
    added = set(store.record(writes).added) if writes else set[str]()
    store.keep([(item.kept, item.items) for item in settled], now)
    written = {said.id: said for said in writes if said.id in added}.values()
    return Taken(
        unmapped=sum(item.kept.outcome is Outcome.UNMAPPED for item in settled),
        deleted=sum(item.kept.deleted for item in settled),
        added=sum(said.supersedes is None for said in written),
        corrected=sum(said.supersedes is not None and not said.withdrawn for said in written),
        retracted=sum(said.withdrawn for said in written),
        queued=sum(len(item.items) for item in settled),
    )


def _plan(
    desk: Desk,
    understood: _Understood,
    latest: Latest | None,
    known: Mapping[str, Standing],
    shared: Collection[str],
    now: datetime,
) -> _Settled:
    feed, kept, new = desk.feed, understood.kept, understood.observations
    plan = plan_revision(
        [known[name] for name in ([] if latest is None else latest.observations)],
        new,
        author=feed.author,
        now=now,
        reason=_reason(understood),
        review=feed.review,
        doubtful=understood.doubtful,
        met={item.id: known[item.id] for item in new if item.id in known},
        dismissed=_dismissed(desk, latest, now),
        shared=shared,
    )
    items = tuple(
        ReviewItem(
            item_id(kept.id, place),
            feed.id,
            kept.id,
            now,
            proposal.action,
            draft_from(proposal.observation),
            proposal.target,
            proposal.why,
        )
        for place, proposal in enumerate(plan.propose)
    )
    outcome = _outcome(kept, plan, asked=bool(new))
    return _Settled(replace(kept, outcome=outcome, observations=plan.stands_as), plan.write, items)


def _reason(understood: _Understood) -> str:
    kept = understood.kept
    if understood.doubtful:
        return "not in its file any more"
    if kept.deleted:
        return "deleted upstream"
    return "no rule matches any more" if kept.outcome is Outcome.UNMAPPED else f"revised upstream ({kept.revision})"


def _outcome(kept: Kept, plan: Plan, *, asked: bool) -> Outcome:
    if plan.propose:
        return Outcome.WAITING
    return Outcome.DISMISSED if asked and not plan.stands_as else kept.outcome


def _dismissed(desk: Desk, latest: Latest | None, now: datetime) -> list[Observation]:
    found: list[Observation] = []
    for draft in () if latest is None else latest.dismissed:
        if draft.indicator in desk.indicators:
            (report,) = read_drafts([draft], desk.indicators, desk.timeline.last_day(now), desk.timeline)
            found.append(observation_of(report, desk.feed.author, now, None))
    return found


def draft_from(item: Observation) -> Draft:
    """An observation as text that a person may change before it counts."""
    return Draft(
        indicator=item.indicator,
        observed_on=item.observed_on.isoformat(),
        value=repr(item.value),
        grade=str(item.grade),
        origin=item.origin,
        summary=item.summary,
        source=item.source,
        coverage="" if item.coverage is None else repr(item.coverage),
        links=" ".join(item.links),
    )
