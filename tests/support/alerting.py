"""A store in which a theater's odds are stated, and alert rules that are judged on it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from support.alerts import START
from support.publications import DRAWS, stated_odds, statement, stating_fit
from support.theaters import full_theater
from tocsin.domain.alert_rule import Level
from tocsin.domain.delivery import Message
from tocsin.store.alert import AlertShelf
from tocsin.store.event import EventShelf
from tocsin.store.feed import FeedShelf
from tocsin.store.fit import FitShelf
from tocsin.store.observation import ObservationLedger
from tocsin.store.publication import PublicationShelf
from tocsin.store.silence import SilenceShelf
from tocsin.usecases.alert_ports import AlertMeans
from tocsin.usecases.judge_alerts import judge_alerts

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Engine

    from tocsin.domain.alert import Cause
    from tocsin.domain.alert_rule import AlertRule
    from tocsin.domain.notice import NoticeKind
    from tocsin.domain.publication import Publication
    from tocsin.domain.theater import Theater
    from tocsin.usecases.alert_ports import AlertBook, Judged, Occasion


def say(occasion: Occasion) -> Message:
    """A message in two words."""
    said = f"{occasion.rule.id} {occasion.notice.kind}"
    return Message(occasion.notice.id, occasion.notice.at, said, said, f"<p>{said}</p>", {"rule": occasion.rule.id})


@dataclass
class Alarm:
    """A theater that is watched by some rules, and everything on record of them."""

    engine: Engine
    means: AlertMeans
    rules: list[AlertRule]
    theater: Theater = field(default_factory=full_theater)
    stated: int = 0

    @property
    def book(self) -> AlertBook:
        """The record of alerts."""
        return self.means.alerts

    @property
    def silences(self) -> SilenceShelf:
        """The record of silences."""
        return SilenceShelf(self.engine)

    @property
    def events(self) -> EventShelf:
        """The record of events."""
        return EventShelf(self.engine)

    def publish(self, probability: float, at: datetime = START, **changes: object) -> Publication:
        """State the odds at an instant."""
        newest = self.means.publications.newest("full")
        self.stated += 1
        said = statement(
            stated_at=at,
            as_of=at,
            evidence=f"{self.stated:064x}",
            odds=(stated_odds(probability=probability, error=0.001),),
            **changes,
        )
        recorded = self.means.publications.append(said, None if newest is None else newest.number)
        assert recorded is not None
        return recorded

    def judge(self, at: datetime = START) -> Judged:
        """Judge the rules at an instant."""
        return judge_alerts(self.theater, self.rules, self.means, at)

    def causes(self, rule: str = "rule") -> list[Cause]:
        """Why the alert of a rule took each of its steps."""
        return [step.transition.cause for step in self.book.steps("full", 0, 10_000, rule)]

    def kinds(self, rule: str = "rule") -> list[NoticeKind]:
        """What was told of a rule, in order."""
        return [kept.notice.kind for kept in self.book.notices("full", rule)]


def alarm(engine: Engine, folder: Path, *rules: AlertRule) -> Alarm:
    """A store with the fit that states everything; nothing is stated yet."""
    fits = FitShelf(engine, folder / "fits")
    fits.save(stating_fit(), DRAWS, "test")
    means = AlertMeans(
        alerts=AlertShelf(engine),
        publications=PublicationShelf(engine),
        ledger=ObservationLedger(engine),
        fits=fits,
        feeds=FeedShelf(engine),
        compose=say,
        explain=lambda *_: (),
    )
    return Alarm(engine, means, list(rules))


class Raced:
    """A record of alerts that somebody else changes each time before it is written, as often as told."""

    def __init__(self, book: AlertBook, meanwhile: Callable[[], object], times: int = 1) -> None:
        """Let something happen before each of so many writings."""
        self._book, self._meanwhile, self._times = book, meanwhile, times

    def __getattr__(self, name: str) -> object:
        return getattr(self._book, name)

    def record(self, theater: str, judged: Judged) -> bool:
        """Too late, if what happens changes anything."""
        if self._times:
            self._times -= 1
            self._meanwhile()
        return self._book.record(theater, judged)


def race(alarm: Alarm, meanwhile: Callable[[], object], at: datetime = START, times: int = 1) -> Judged:
    """Judge while something else happens to the record."""
    raced: AlertBook = Raced(alarm.book, meanwhile, times)  # type: ignore[assignment]
    return judge_alerts(alarm.theater, alarm.rules, replace(alarm.means, alerts=raced), at)


def level(at: float, clear_at: float) -> Level:
    """A level of the odds that are stated."""
    return Level("offensive", 30, at, clear_at)
