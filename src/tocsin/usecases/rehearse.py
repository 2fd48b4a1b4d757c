"""Rehearse alert rules: what they would have done of some statements, on a clock of their own.

Nothing is decided here. Rules are judged by `judge_alerts`, as a worker does; only the record is in memory.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING

from tocsin.domain.delivery import Message
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.notice import Acknowledgement
from tocsin.usecases.alert_ports import KeptNotice, Standing
from tocsin.usecases.judge_alerts import judge_alerts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from tocsin.domain.alert_rule import AlertRule
    from tocsin.domain.publication import Publication
    from tocsin.domain.rule_test import TakenUp
    from tocsin.domain.silence import Silence
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.explain import Part
    from tocsin.usecases.alert_ports import AlertStep, Judged, KeptAlert, Occasion, Said
    from tocsin.usecases.feed_ports import FeedBook
    from tocsin.usecases.ports import FitBook, Ledger

_ACTOR = "the rehearsal"


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What rules would have done.

    Attributes:
        steps: The steps that their alerts took, in order.
        notices: What would have been told, in order.
        problems: Why rules could not be judged, by rule.
    """

    steps: tuple[AlertStep, ...]
    notices: tuple[KeptNotice, ...]
    problems: Mapping[str, str]


def rehearse(
    theater: Theater,
    rules: Collection[AlertRule],
    *,
    stated: Iterable[Publication],
    clock: Iterable[datetime],
    silences: Sequence[Silence] = (),
    taken_up: Sequence[TakenUp] = (),
) -> Rehearsed:
    """Judge some rules at each instant of a clock, on what had been stated by then; nothing is put on record.

    Args:
        theater: Their theater.
        rules: The rules; those on anything but odds are told in `problems`.
        stated: What is stated, also before the clock begins.
        clock: When rules are judged, rising; what is taken up at one of its instants is so once they were judged.
        silences: Those that there are.
        taken_up: Which alerts are taken up, and when. What does not fire then is not.
    """
    record = _Record(silences)
    said = _Stated(stated)
    means = _Means(record, said)
    problems: dict[str, str] = {}
    left = sorted(taken_up, key=lambda item: item.at)
    for now in clock:
        said.now = now
        problems |= judge_alerts(theater, rules, means, now).problems
        while left and left[0].at <= now:
            record.take_up(left.pop(0))
    return Rehearsed(tuple(record.steps), tuple(record.notices), problems)


def ticks(begin: datetime, end: datetime, every: timedelta, besides: Iterable[datetime] = ()) -> list[datetime]:
    """From one instant through another: every so often, and at some instants besides."""
    found = {begin, end, *(instant for instant in besides if begin <= instant <= end)}
    count = (end - begin) // every
    return sorted(found.union(begin + number * every for number in range(count + 1)))


@dataclass(frozen=True, eq=False, slots=True)
class _Means:
    """What judging works with where there is no store."""

    alerts: _Record
    publications: _Stated

    @property
    def ledger(self) -> Ledger:
        raise _nothing("observations")

    @property
    def fits(self) -> FitBook:
        raise _nothing("fits")

    @property
    def feeds(self) -> FeedBook:
        raise _nothing("feeds")

    def compose(self, occasion: Occasion) -> Message:
        said = f"{occasion.rule.id} {occasion.notice.kind}"
        return Message(occasion.notice.id, occasion.notice.at, said, said, "", {})

    def explain(self, *asked: object) -> tuple[Part, ...]:
        del asked  # nobody reads the messages
        return ()


def _nothing(what: str) -> InvalidInputError:
    return InvalidInputError([Problem("", None, "kind", f"one on {what}", "level, certainty or change")])


class _Stated:
    """Publications, as a store would give them at an instant: what is stated later is not there yet."""

    now: datetime

    def __init__(self, stated: Iterable[Publication]) -> None:
        self._items = sorted(stated, key=lambda item: item.number)
        self._numbers = [item.number for item in self._items]
        # Where a clock was put back, what was stated next stood from then on all the same.
        self._instants = list(accumulate((item.stated_at for item in self._items), max))

    def latest(self, theater: str, as_of: datetime) -> Publication | None:
        del theater  # all are of one
        place = bisect_right(self._instants, as_of)
        return self._items[place - 1] if place else None

    def newest(self, theater: str) -> Publication | None:
        return self.latest(theater, self.now)

    def page(self, theaters: Collection[str], as_of: datetime, after: int, limit: int) -> list[Publication]:
        del theaters
        first, last = bisect_right(self._numbers, after), bisect_right(self._instants, min(as_of, self.now))
        return self._items[first : min(last, first + limit)]


@dataclass(eq=False, slots=True)
class _Record:
    """The record of alerts, in memory."""

    silences: Sequence[Silence]
    kept: dict[str, KeptAlert] = field(default_factory=dict)
    steps: list[AlertStep] = field(default_factory=list)
    notices: list[KeptNotice] = field(default_factory=list)

    def standing(self, theater: str, now: datetime) -> Standing:
        del theater
        return Standing(dict(self.kept), tuple(item for item in self.silences if item.ends_at > now))

    def record(self, theater: str, judged: Judged) -> bool:
        self.kept |= {rule: replace(kept, version=kept.version + 1) for rule, kept in judged.alerts.items()}
        for step in judged.steps:
            self.steps.append(replace(step, number=len(self.steps) + 1))
        for item in judged.tellings:
            number = len(self.notices) + 1
            self.notices.append(KeptNotice(theater, item.rule, item.notice, item.publication, number))
        return True

    def said(self, theater: str, rule: str, episode: int) -> Said | None:
        del theater, rule, episode  # no rule goes away in a rehearsal
        return None

    def take_up(self, said: TakenUp) -> None:
        kept = self.kept.get(said.rule)
        if kept is not None:  # of what does not fire, it says nothing of the next episode
            taken = Acknowledgement(kept.alert.episode, _ACTOR, said.at, said.until, "")
            self.kept[said.rule] = replace(kept, acknowledged=taken)
