"""Read the condition of an alert rule off publications, fits, feeds and the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tocsin.domain.alert import Phase
from tocsin.domain.alert_reading import read_missing, read_odds_rule, read_staleness, read_tripwire
from tocsin.domain.alert_rule import Staleness, Tripwire, Watched
from tocsin.domain.indicator import Collection
from tocsin.domain.observation import effective
from tocsin.domain.overdue import reminders
from tocsin.domain.settlement import count_reports

if TYPE_CHECKING:
    from tocsin.domain.alert import Alert, Reading
    from tocsin.domain.alert_rule import AlertRule
    from tocsin.domain.publication import Publication
    from tocsin.domain.theater import Theater
    from tocsin.usecases.judging_ports import JudgingMeans
    from tocsin.usecases.ports import Ledger

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_condition(
    rule: AlertRule,
    alert: Alert,
    publication: Publication | None,
    *,
    theater: Theater,
    means: JudgingMeans,
    at: datetime,
) -> Reading | None:
    """What is to be read of a rule's condition at an instant; None where it is about odds and none were ever stated.

    What was never there has not vanished: a theater in which nothing was published yet has no alerts without data.
    What never came is late all the same, from when somebody began to wait for it.

    Args:
        rule: The rule.
        alert: Its alert as it stands.
        publication: What had been stated last by then, for rules on odds.
        theater: Its theater.
        means: Where all else is read.
        at: The instant.
    """
    condition = rule.condition
    match condition:
        case Staleness():
            return _read_staleness(condition, alert, theater, means, at)
        case Tripwire():
            return _read_tripwire(condition, theater, means.ledger, at)
        case _ if publication is None:
            return None
        case _:
            return read_odds_rule(
                rule, condition, publication, alert, lambda then: means.publications.latest(theater.id, then), at
            )


def _read_staleness(condition: Staleness, alert: Alert, theater: Theater, means: JudgingMeans, at: datetime) -> Reading:
    match condition.of:
        case Watched.FIT:
            fits = means.fits.accepted(theater.id, at)
            since = fits[0].as_of if fits else None
        case Watched.FEED:
            state = means.feeds.state(f"{theater.id}/{condition.subject}")
            since = state.new_at or state.started_at
        case Watched.INDICATOR:
            overdue = _is_overdue(theater, condition.subject, means.ledger, at)
            return read_staleness(condition, None, overdue=overdue)
    if since is not None:
        return read_staleness(condition, at - since)
    # It goes on once it was met: since when it has been awaited is not kept.
    waited = None if alert.phase is not Phase.NORMAL else at - alert.since
    return read_missing(condition, waited, met=alert.met_since is not None)


def _is_overdue(theater: Theater, name: str, ledger: Ledger, at: datetime) -> bool:
    """Whether `remind` would say so, without reading more of the ledger than what decides it."""
    indicator = theater.indicator(name)
    first = None
    if indicator.expect_every_days is not None:
        rhythm = timedelta(days=indicator.expect_every_days + indicator.delay_days)
        first = theater.timeline.last_day(at) - rhythm  # the last report that counts is of this day or later, or late
        if indicator.since is not None and indicator.since >= first:
            first = None  # where none has come yet, it matters whether one came before it was collected
    known = ledger.observations([name], at, first)
    return any(item.indicator == name for item in reminders(theater, known, at))


def _read_tripwire(condition: Tripwire, theater: Theater, ledger: Ledger, at: datetime) -> Reading:
    """By what threshold rules count; something new is to be read once something was written about the indicator."""
    timeline = theater.timeline
    today = timeline.last_day(at)
    first = today - timedelta(days=condition.within_days - 1)
    written = ledger.written([condition.indicator], at, None)
    # A total that reaches into the window begins in the same step.
    known = ledger.observations([condition.indicator], at, timeline.start_of(timeline.number(first)))
    counted = count_reports(theater, condition.indicator, known, at)
    count = sum(item.value for item in counted if first <= item.day <= today)
    reported = any(first <= item.last_day <= today for item in effective(known, at))
    mark = 0 if written is None else (written[1] - _EPOCH) // timedelta(microseconds=1)
    whole = _is_known(theater, condition, at, reported=reported, ledger=ledger)
    return read_tripwire(condition, count, mark, known=whole)


def _is_known(theater: Theater, condition: Tripwire, at: datetime, *, reported: bool, ledger: Ledger) -> bool:
    """Whether a count below the line says that there was no more: somebody has looked, or silence means none."""
    indicator = theater.indicator(condition.indicator)
    if indicator.since is not None and indicator.since > theater.timeline.last_day(at):
        return False
    if indicator.collection is Collection.CONTINUOUS:
        return True
    return reported and not _is_overdue(theater, condition.indicator, ledger, at)
