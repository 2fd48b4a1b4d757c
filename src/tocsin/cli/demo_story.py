"""What happens in a demonstration while it answers: odds of earlier weeks, or the chronicle played week by week."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import typer

from tocsin.bootstrap.service import open_service
from tocsin.bootstrap.worker import make_sampler
from tocsin.cli.fit import DEFAULT_DEADLINE, DEFAULT_SEED, run_fit
from tocsin.domain.errors import FitInterruptedError, StoreError
from tocsin.domain.figures import percent
from tocsin.domain.shift import shifts
from tocsin.jobs.alarm import make_alarm
from tocsin.usecases.alert_overview import overview
from tocsin.usecases.read_odds import read_odds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from threading import Event

    from tocsin.bootstrap.demo_clock import DemoClock
    from tocsin.bootstrap.service import Service
    from tocsin.domain.odds import Odds
    from tocsin.domain.theater import Theater
    from tocsin.settings import Settings
    from tocsin.usecases.ports import Sampler
    from tocsin.usecases.read_odds import Reading

DAY = date(2016, 3, 8)
"""The day after the attack on Ben Guerdane."""
EARLIER = (date(2016, 2, 23), date(2016, 3, 1), date(2016, 3, 6))
"""Days before it whose odds are told as well, so that the board has something to compare with."""
FIRST, LAST = date(2016, 2, 9), date(2016, 12, 27)
"""The weeks of a replay: from a month before Ben Guerdane to the end of the chronicle."""
AFTER = timedelta(minutes=30)
"""So long after the day has ended the demonstration begins: what was known by its end is in the odds."""
_LOOK_SECONDS = 0.2


def replayed_days(last: date = LAST) -> Iterator[date]:
    """The days at whose ends a replay stops, a week apart; Ben Guerdane's next day is one of them.

    >>> from itertools import islice
    >>> [f"{day:%m-%d}" for day in islice(replayed_days(), 6)]
    ['02-09', '02-16', '02-23', '03-01', '03-08', '03-15']
    """
    day = FIRST
    while day <= last:
        yield day
        day += timedelta(weeks=1)


@dataclass(eq=False, slots=True)
class Story:
    """What a demonstration does by itself, in the process that watches the one that answers.

    Attributes:
        settings: Of the demonstration's store.
        theater: Its theater.
        service: The store.
        clock: That of the demonstration.
        stopped: Set when it is to end.
        sampler: One for all fits, so that the model is compiled once.
        made: Told of each fit and publication of ours, so that they are not taken for somebody's.
    """

    settings: Settings
    theater: Theater
    service: Service
    clock: DemoClock
    stopped: Event
    made: Callable[[], None]
    sampler: Sampler
    _at: datetime | None = None
    _rang: set[tuple[str, int]] = field(default_factory=set)

    def tell_earlier(self) -> None:
        """Fit and state the odds of some days before, then those of the day itself; the shown clock stays."""
        for day in EARLIER:
            self._step(self.theater.timeline.close_of(day))
        self._step(self.theater.timeline.close_of(DAY), fitted=True)
        self._at = None

    def replay(self, days: Sequence[date], every: float) -> None:
        """Stop at the end of each of some days, some seconds apart at least: move the clock, fit, state, judge."""
        before: Reading | None = None
        for day in days:
            if self.stopped.is_set():
                return
            instant = self.theater.timeline.close_of(day)
            self.clock.set(instant)
            began = datetime.now(UTC)
            before = self._tell(day, before, instant)
            self.stopped.wait(max(0.0, every - (datetime.now(UTC) - began).total_seconds()))

    def watch(self) -> None:
        """State odds and judge alerts as things come in, until it is stopped."""
        alarm = make_alarm(self.settings, self.service, self._now)
        while not self.stopped.wait(_LOOK_SECONDS):
            try:
                alarm.bell.look()
            except StoreError as error:
                typer.echo(f"the store could not be read: {error}", err=True)
                self.stopped.wait(5.0)

    def _now(self) -> datetime:
        return self.clock() if self._at is None else self._at

    def _step(self, instant: datetime, *, fitted: bool = False) -> None:
        if self.stopped.is_set():
            return
        self._at = instant
        if not fitted:
            self._fit(instant)
        make_alarm(self.settings, self.service, self._now).bell.look()
        self.made()

    def _fit(self, instant: datetime) -> None:
        try:
            run_fit(
                self.service,
                self.settings,
                self.theater,
                instant,
                DEFAULT_SEED,
                DEFAULT_DEADLINE,
                instant,
                self.sampler,
            )
        except FitInterruptedError:
            self.stopped.set()
        self.made()

    def _tell(self, day: date, before: Reading | None, instant: datetime) -> Reading | None:
        service = self.service
        self._step(instant)
        if self.stopped.is_set():
            return before
        after = read_odds(
            self.theater, ledger=service.ledger, fits=service.fits, codec=service.codec, as_of=instant, reasons=False
        )
        typer.echo(f"\n{day}: {self._reports(day)}", err=True)
        moved = () if before is None else shifts(before.odds, after.odds)
        lines = [_moved(item.before, item.after) for item in moved if item.beyond_noise]
        typer.echo(
            "\n".join(lines) or ("  the first odds" if before is None else "  no odds moved beyond noise"), err=True
        )
        for item in overview(self.theater.id, rules=service.rules, book=service.alerts, now=instant):
            episode = (item.rule.id, 0 if item.kept is None else item.kept.alert.episode)
            if item.rings and episode not in self._rang:
                self._rang.add(episode)
                typer.echo(f"  ALERT ({item.rule.severity}): {item.rule.title}", err=True)
        return after

    def _reports(self, day: date) -> str:
        since = self.theater.timeline.close_of(day - timedelta(weeks=1))
        names = [item.id for item in self.theater.indicators]
        known = self.service.ledger.observations(names, self.theater.timeline.close_of(day), day - timedelta(weeks=6))
        fresh = [item for item in known if item.recorded_at > since]
        told = "; ".join(item.summary for item in fresh[:3] if item.summary)
        more = f"; and {len(fresh) - 3} more" if len(fresh) > 3 else ""  # noqa: PLR2004 (those that are told)
        return f"{told}{more}" if told else "nothing was reported"


def _moved(before: Odds, after: Odds) -> str:
    sign = "▲" if after.probability > before.probability else "▼"
    return (
        f"  {sign} {after.scenario} within {after.horizon_days} days: {percent(before.probability)} → "
        f"{percent(after.probability)}"
    )


@dataclass(frozen=True, slots=True)
class Tally:
    """How many fits and publications of a demonstration's store are its own, kept in the file that marks its folder."""

    file: Path

    def read(self) -> tuple[int, int]:
        """Fits and publications; one fit where the file says nothing of it."""
        try:
            said = json.loads(self.file.read_text(encoding="utf-8"))
            return int(said["fits"]), int(said["publications"])
        except (OSError, ValueError, KeyError, TypeError):
            return 1, 0

    def write(self, fits: int, publications: int) -> None:
        """Keep how many there are."""
        said = {"made by": "tocsin demo", "fits": fits, "publications": publications}
        self.file.write_text(json.dumps(said) + "\n", encoding="utf-8")


def open_story(
    settings: Settings, theater_id: str, clock: DemoClock, stopped: Event, tell: Callable[[Story], None], mark: Path
) -> None:
    """Open the store and have a story told in it, counting what it makes."""
    with open_service(settings, clock=None) as service:
        theater = service.catalog.theater(theater_id)
        late = datetime.max.replace(tzinfo=UTC)
        tally = Tally(mark)

        def made() -> None:
            fits = len(service.fits.recorded(theater_id, late))
            tally.write(fits, len(service.publications.publications(theater_id, late)))

        tell(Story(settings, theater, service, clock, stopped, made, make_sampler(settings)))
