"""What the timetable's jobs come to, each in a sentence; the work itself is the use cases'."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from tocsin.bootstrap.backup import save_backup
from tocsin.bootstrap.feeds import missing_settings, take_feed
from tocsin.domain.chain import noted_head
from tocsin.domain.errors import DamagedStoreError, FeedUnavailableError
from tocsin.domain.plural import counted
from tocsin.usecases.publish import publish
from tocsin.usecases.remind import remind
from tocsin.usecases.settle import settle
from tocsin.usecases.verify import verify
from tocsin.usecases.watch_feeds import watch_feeds

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from tocsin.bootstrap.service import Service
    from tocsin.domain.feed import Feed
    from tocsin.domain.theater import Theater
    from tocsin.settings import Settings
    from tocsin.usecases.ports import Progress
    from tocsin.usecases.run_job import Turn

VERIFY = "verify"
"""Name of the job whose outcome notes the head of the chain."""
_TOLD = 3  # more would not fit into a line; the command has all of them
_LONGEST = 200
_LOG = structlog.get_logger("tocsin.jobs")


def take_in(service: Service, settings: Settings, feed: Feed, turn: Turn) -> str:
    """Take in what a feed has that is new; FeedError where it fails, and what came before that stays."""
    state = service.feeds.state(feed.id)
    if state.retry_at is not None and turn.now < state.retry_at:
        # Not done: the run waits as long as the feed is to be left alone, and is attempted again then.
        raise FeedUnavailableError(feed.id, state.problem, (state.retry_at - turn.now).total_seconds())
    taken = take_feed(service, feed.id, settings, lambda _: turn.check())  # told after each page
    return (
        f"{counted(taken.records, 'new record')}: {taken.added} added, {taken.corrected} corrected, "
        f"{taken.retracted} withdrawn, {taken.queued} for review, {taken.unmapped} unmapped, "
        f"{taken.unreadable} unreadable"
    )


def feeds_missing(service: Service, settings: Settings, theater: Theater) -> Callable[[str, date], str | None]:
    """For an indicator and a day: why what its feeds say up to then is not complete; None where it is.

    A feed that has not answered since that day ended may still bring a report of it, also where it has been switched
    off since. An indicator without feeds, or whose feeds are off and never answered, is the analysts' to watch.
    """
    feeding: dict[str, list[tuple[Feed, date | None]]] = {}
    for feed in service.catalog.feeds.values():
        if feed.theater == theater.id:
            at = service.feeds.state(feed.id).succeeded_at
            if at is None and missing_settings(feed, settings):
                continue
            answered = None if at is None else theater.timeline.last_day(at)
            for indicator in {rule.indicator for rule in feed.rules}:
                feeding.setdefault(indicator, []).append((feed, answered))

    def missing(indicator: str, day: date) -> str | None:
        late = [feed for feed, answered in feeding.get(indicator, ()) if answered is None or answered <= day]
        return "; ".join(_why_late(feed, settings, day) for feed in late) or None

    return missing


def _why_late(feed: Feed, settings: Settings, day: date) -> str:
    unset = missing_settings(feed, settings)
    if not unset:
        return f"{feed.id} has not answered since {day}"
    return f"{feed.id} is off: {' and '.join(unset)} {'is' if len(unset) == 1 else 'are'} not set"


def publish_theater(service: Service, theater: Theater, turn: Turn) -> str:
    """State the odds where there is anything new to say."""
    done = publish(
        theater,
        ledger=service.ledger,
        fits=service.fits,
        codec=service.codec,
        publications=service.publications,
        now=turn.now,
    )
    return f"not published: {done.why}" if done.publication is None else f"{done.publication.number}: {done.why}"


def settle_theater(service: Service, settings: Settings, theater: Theater, turn: Turn) -> str:
    """Settle every window whose answer is known."""
    done = settle(
        theater,
        ledger=service.ledger,
        publications=service.publications,
        resolutions=service.resolutions,
        now=turn.now,
        missing=feeds_missing(service, settings, theater),
        check=turn.check,
    )
    said = [f"{counted(len(done.recorded), 'window')} settled", f"{done.open} open"]
    said += [f"{window.scenario} of {window.opened_on} waits: {why}" for window, why in done.waiting[:_TOLD]]
    return "; ".join(said)


def remind_of(service: Service, theater: Theater, turn: Turn) -> str:
    """Name what is overdue."""
    found = remind(theater, ledger=service.ledger, now=turn.now)
    if not found:
        return "nothing is overdue"
    named = "; ".join(f"{item.indicator or theater.id}: {item.why}" for item in found[:_TOLD])
    return f"{len(found)} overdue: {named}"


def watch_over(service: Service, settings: Settings, theater: Theater, turn: Turn) -> str:
    """Name the feeds that fail, have gone silent or changed character, and log a warning for each fault."""
    feeds = [feed for feed in service.catalog.feeds.values() if feed.theater == theater.id]
    on = [feed for feed in feeds if not missing_settings(feed, settings)]
    watched = watch_feeds(on, book=service.feeds, now=turn.now)
    faults = [(item.feed.id, fault) for item in watched for fault in item.unwell]
    for feed, fault in faults:
        _LOG.warning("feed unwell", feed=feed, fault=fault)
    if not faults:
        return f"feeds as usual: {len(on)}, off: {len(feeds) - len(on)}"
    named = "; ".join(f"{feed} {fault[:_LONGEST]}" for feed, fault in faults[:_TOLD])
    return f"feeds unwell: {len({feed for feed, _ in faults})} of {len(on)}: {named}; see: tocsin feeds"


def verify_all(service: Service, turn: Turn) -> str:
    """Look at everything that was recorded; DamagedStoreError where anything is broken.

    The chain must still hold the head that was found when all was well last: what was cut off since is found so.
    """
    before = service.jobs.last_done(VERIFY)
    found = verify(
        publications=service.publications,
        resolutions=service.resolutions,
        fits=service.fits,
        inspection=service.inspection,
        now=turn.now,
        head=None if before is None else noted_head(before.outcome or ""),
        check=turn.check,
    )
    if found.faults:
        named = "; ".join(f"{fault.part} {fault.where}: {fault.what}" for fault in found.faults[:_TOLD])
        message = f"{counted(len(found.faults), 'fault')}: {named}; see: tocsin verify"
        raise DamagedStoreError(message)
    head = "" if found.head is None else f", head {found.head}"
    looked_at = f"{counted(found.publications, 'publication')} and {counted(found.fits, 'fit')}"
    return f"{looked_at} are as they were written{head}"


def back_up_store(settings: Settings, turn: Turn) -> str:
    """Write a verified backup, or leave nothing of it where its worker stops."""

    def report(progress: Progress) -> None:
        turn.check()
        turn.report(progress)

    path, removed = save_backup(settings, now=turn.now, report=report)
    return f"{path.name} written and verified, {len(removed)} old ones removed"
