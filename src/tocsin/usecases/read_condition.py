"""Read the condition of an alert rule off publications, fits, feeds and the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tocsin.domain.alert_reading import read_odds_rule, read_staleness, read_tripwire
from tocsin.domain.alert_rule import Staleness, Tripwire, Watched
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
    """What is to be read of a rule's condition at an instant; None where there never was anything to read.

    What was never there has not vanished: a theater in which nothing was published yet has no alerts without data.

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
            return _read_staleness(condition, theater, means, at)
        case Tripwire():
            return _read_tripwire(condition, theater, means.ledger, at)
        case _ if publication is None:
            return None
        case _:
            return read_odds_rule(
                rule, condition, publication, alert, lambda then: means.publications.latest(theater.id, then), at
            )


def _read_staleness(condition: Staleness, theater: Theater, means: JudgingMeans, at: datetime) -> Reading | None:
    match condition.of:
        case Watched.FIT:
            fits = means.fits.accepted(theater.id, at)
            since = fits[0].as_of if fits else None
        case Watched.FEED:
            since = means.feeds.state(f"{theater.id}/{condition.subject}").new_at
        case Watched.INDICATOR:
            overdue = _is_overdue(theater, condition.subject, means.ledger, at)
            return read_staleness(condition, None, overdue=overdue)
    return None if since is None else read_staleness(condition, at - since)


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
    mark = 0 if written is None else (written[1] - _EPOCH) // timedelta(microseconds=1)
    return read_tripwire(condition, count, mark)
