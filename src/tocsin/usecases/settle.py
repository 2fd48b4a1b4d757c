"""Settle the windows of threshold scenarios from what has been observed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.domain.indicator import Collection
from tocsin.domain.observation import effective
from tocsin.domain.overdue import trusted_days, unattended_day
from tocsin.domain.resolution import How, Outcome, Resolution, Window, standing, windows_of
from tocsin.domain.scenario import Threshold
from tocsin.domain.settlement import Verdict, count_reports, looks_back_to, rule_text, settle_window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date, datetime

    from tocsin.domain.indicator import Indicator
    from tocsin.domain.observation import Observation
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import Ledger, PublicationBook, ResolutionBook

AUTHOR = "the rule"
_RULE_GONE = Verdict(Outcome.OPEN, "the rule that was declared when it opened is not declared any more; judge it")


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of it.

    Attributes:
        recorded: The resolutions that were recorded.
        waiting: The windows that have ended and cannot be settled yet, each with the reason.
        open: How many windows have not ended.
        left_to_people: How many are settled by judgement, which no rule overrides.
    """

    recorded: tuple[Resolution, ...]
    waiting: tuple[tuple[Window, str], ...]
    open: int
    left_to_people: int


def settle(
    theater: Theater,
    *,
    ledger: Ledger,
    publications: PublicationBook,
    resolutions: ResolutionBook,
    now: datetime,
    missing: Callable[[str, date], str | None],
    check: Callable[[], None] = lambda: None,
) -> Settled:
    """Settle by its rule every window whose answer is known; run again, it changes nothing.

    A window is settled yes as soon as its rule is met, no once it has ended, reports would be here, and data are
    complete. Where a later report or correction turns the answer, a resolution is recorded that supersedes the former.

    Args:
        theater: The theater.
        ledger: What has been observed.
        publications: What was stated, which opened the windows.
        resolutions: How they were settled.
        now: The present instant.
        missing: Why what an indicator's feeds say up to a day is not complete; None where it is.
        check: Called between windows; what it raises ends it, and nothing is recorded.
    """
    observations = ledger.observations([indicator.id for indicator in theater.indicators], now)
    windows = windows_of(publications.publications(theater.id, now))
    stands = standing(resolutions.resolutions(theater.id, now))
    fresh: list[Resolution] = []
    waiting: list[tuple[Window, str]] = []
    still_open = judged = 0
    for window, verdict in verdicts(theater, windows.values(), observations, now, missing):
        check()
        before = stands.get(window.key)
        if before is not None and before.how is How.JUDGED:
            judged += 1
        elif before is not None and verdict is _RULE_GONE:
            continue  # what it settled stays settled
        elif (changed := _changed(window, verdict, before, now)) is not None:
            fresh.append(changed)
        elif verdict.outcome is Outcome.OPEN and window.closes_on <= theater.timeline.last_ended(now):
            waiting.append((window, verdict.reason))
        else:
            still_open += verdict.outcome is Outcome.OPEN
    return Settled(resolutions.record(fresh), tuple(waiting), still_open, judged)


def verdicts(
    theater: Theater,
    windows: Iterable[Window],
    observations: Sequence[Observation],
    now: datetime,
    missing: Callable[[str, date], str | None],
) -> Iterator[tuple[Window, Verdict]]:
    """What its rule says of each window that has one, as it was declared when the window opened; see `settle`."""
    attended = trusted_days(theater, effective(observations, now))
    by_rule: dict[tuple[str, str], list[Window]] = defaultdict(list)
    for window in windows:
        if window.rule:
            by_rule[window.scenario, window.rule].append(window)
    declared = {(item.id, rule_text(item, theater.timeline)): item.mechanism for item in theater.scenarios}
    for key, alike in by_rule.items():
        rule = declared.get(key)
        if not isinstance(rule, Threshold):
            yield from ((window, _RULE_GONE) for window in alike)
            continue
        indicator = theater.indicator(rule.indicator)
        counted = count_reports(theater, rule.indicator, observations, now)
        last_heard = theater.timeline.last_ended(now) - timedelta(days=indicator.delay_days)
        for window in alike:
            unknown = None
            if window.closes_on <= last_heard:
                begin = looks_back_to(window, rule, theater.timeline)
                unknown = _unknown(indicator, begin, window.closes_on, attended) or missing(
                    indicator.id, window.closes_on
                )
            verdict = settle_window(window, rule, counted, theater.timeline, last_heard=last_heard, unknown=unknown)
            yield window, verdict


def _unknown(indicator: Indicator, begin: date, end: date, attended: Sequence[date]) -> str | None:
    """Why silence from one day to another says nothing; None where it says that nothing was there."""
    if indicator.collection is not Collection.CONTINUOUS or indicator.since is None:
        return f"{indicator.id} is collected occasionally, so what was not reported may still have been; judge it"
    if begin < indicator.since:
        return f"{indicator.id} is collected since {indicator.since} only, the rule looks back to {begin}; judge it"
    unattended = unattended_day(attended, begin, end)
    if unattended is not None:
        return f"nobody is known to have looked on {unattended}: no report that counts within a quarter year; judge it"
    return None


def _changed(window: Window, verdict: Verdict, before: Resolution | None, now: datetime) -> Resolution | None:
    """The resolution to record, if the verdict is another than the one that stands."""
    if verdict.outcome is (Outcome.OPEN if before is None else before.outcome):
        return None
    turned = "" if before is None else f"superseding {before.id}, which said {before.outcome}: "
    return Resolution(
        theater=window.theater,
        scenario=window.scenario,
        opened_on=window.opened_on,
        horizon_days=window.horizon_days,
        publication=window.publication,
        outcome=verdict.outcome,
        settled_at=now,
        how=How.RULE,
        author=AUTHOR,
        reason=turned + verdict.reason,
        reports=verdict.reports,
        supersedes=None if before is None else before.id,
    ).named()
