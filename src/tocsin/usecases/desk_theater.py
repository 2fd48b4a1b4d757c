"""What the desk keeps of one theater."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from threading import Lock
from typing import TYPE_CHECKING

from tocsin.domain.errors import NoFitError
from tocsin.domain.evidence import derive_evidence, first_day_with_bearing
from tocsin.usecases.desk_answer import FOREVER, Answer, span
from tocsin.usecases.desk_changes import EVERYTHING, Changes, changes_for
from tocsin.usecases.desk_futures import KeptFutures, likely_evidence, thinned
from tocsin.usecases.desk_overdue import overdue
from tocsin.usecases.read_odds import Footing, Standing, bring_up, choose_footing, read_standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.domain.observation import Observation
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.ensemble import Ensemble
    from tocsin.usecases.desk_ahead import Ahead, Proceed
    from tocsin.usecases.desk_recent import Recent
    from tocsin.usecases.ports import DrawsCodec, EventBook, FitBook, Ledger

_EVENTS = 500  # of more, all is read again
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, eq=False, slots=True)
class Keeping:
    """The store, and what all theaters share of memory.

    Attributes:
        ledger: Observations.
        fits: Fits.
        codec: Reads their draws.
        events: What changed.
        ensembles: By id of the fit.
        futures: By where they begin.
        past: Answers about instants that have passed, by theater, instant, and whether they tell what counted most.
        ahead: Does what nobody waits for; None where nothing is done ahead.
    """

    ledger: Ledger
    fits: FitBook
    codec: DrawsCodec
    events: EventBook
    ensembles: Recent[str, Ensemble]
    futures: KeptFutures
    past: Recent[tuple[str, datetime, bool], Answer]
    ahead: Ahead | None


@dataclass(frozen=True, slots=True)
class Mark:
    """What must have changed where anything that rests on a theater's odds has, but for ages and the instant itself.

    Attributes:
        theater: Its id.
        changes: How often something has come in that bears on it, in this process.
        since: From which instant on all of it is the same.
        until: Before which instant, or the same where it is that one instant alone.
    """

    theater: str
    changes: int
    since: datetime
    until: datetime


@dataclass(frozen=True, eq=False, slots=True)
class _Ground:
    """What the latest answers rest on: a footing, and from which instant to before which one no other fit is latest."""

    footing: Footing
    since: datetime
    until: datetime


class TheaterDesk:
    """Answers about one theater. One thread computes at a time, others wait and get what it found.

    An instant not before any that was asked about is taken for the present: what was read for it is kept, and of what
    comes in only that is read. About earlier ones it answers from the store.
    """

    def __init__(self, theater: Theater, keeping: Keeping) -> None:
        """Nothing is read yet."""
        self.theater = theater
        self.current: tuple[int, Answer] | None = None
        """The last event that it counts, and the answer: replaced, never changed, so that any thread may look."""
        self._keeping = keeping
        self._indicators = frozenset(indicator.id for indicator in theater.indicators)
        self._present, self._past = Lock(), Lock()
        self._seen: int | None = None
        self._latest = _NEVER
        self._observations: dict[str, Observation] = {}
        self._since: date | None = None
        self._ground: _Ground | None = None
        self._changes = 0

    def answer(self, as_of: datetime, last: int) -> Answer:
        """The answer as of an instant, which counts every event up to the `last`; NoFitError where there is none."""
        with self._present:
            self._catch_up(last)
            current = None if self.current is None else self.current[1]
            if current is not None and current.holds(as_of):
                return current.at(as_of)
            if as_of >= self._latest:
                return self._stand_now(as_of)
        return self.look_back(as_of, last, reasons=False)

    def mark(self, as_of: datetime, last: int) -> Mark:
        """The mark of an instant, when every event up to the `last` counts; NoFitError where there are no odds then."""
        with self._present:
            self._catch_up(last)
            changes = self._changes
            current = None if self.current is None else self.current[1]
            if (current is None or not current.holds(as_of)) and as_of >= self._latest:
                current = self._stand_now(as_of)
            if current is None or not current.holds(as_of):
                return Mark(self.theater.id, changes, as_of, as_of)
        return Mark(self.theater.id, changes, current.since, current.until)

    def look_back(self, as_of: datetime, last: int, *, reasons: bool) -> Answer:
        """The answer as of an instant from the store, with what counted most or without."""
        keeping, key = self._keeping, (self.theater.id, as_of, reasons)
        with self._past:
            with self._present:
                self._catch_up(last)
                changes = self._changes
            found = keeping.past.get(key)
            if found is None:
                found = self._stand_then(as_of, reasons=reasons)
                with self._present:
                    # What came in meanwhile may bear on it, and has swept already.
                    if changes == self._changes:
                        keeping.past.put(key, found)
        return found

    def prepare(self, proceed: Proceed) -> None:
        """Simulate the futures that are likely to be wanted next."""
        with self._present:
            ground, as_of = self._ground, self._latest
            observations = list(self._observations.values())
        if ground is not None and ground.footing.then is not None:
            fit, then = ground.footing.fit, ground.footing.then
            coming = likely_evidence(self.theater, observations, as_of)
            self._keeping.futures.prepare(self.theater, fit, self._ensemble(ground.footing), then, coming, proceed)

    def _catch_up(self, last: int) -> None:
        """Forget what events since the last look have made untrue, and read the few observations that they name."""
        if self._seen is None:
            self._seen = last
        if self._seen >= last:
            return
        events = self._keeping.events.after(self._seen, _EVENTS)
        whole = len(events) < _EVENTS
        changes = changes_for(self.theater.id, self._indicators, events) if whole else EVERYTHING
        if not changes.nothing:
            self.current = None
            self._changes += 1
            self._apply(changes)
        self._seen = max(last, events[-1].number) if whole and events else last
        if self.current is not None:
            self.current = self._seen, self.current[1]

    def _apply(self, changes: Changes) -> None:
        new = None if changes.observations is None else self._look_up(changes.observations)
        if new is None:
            self._since = None
        if changes.fits or new is None:
            self._ground = None
            self._sweep(_NEVER)
        elif new:
            known_from = min(item.recorded_at for item in new)
            # A fit may be of instants from then on, and have counted other evidence than it seems now.
            if self._ground is not None and known_from <= self._ground.since:
                self._ground = None
            self._sweep(known_from)

    def _sweep(self, since: datetime) -> None:
        self._keeping.past.drop(lambda key: key[0] == self.theater.id and key[1] >= since)

    def _look_up(self, ids: Sequence[str]) -> list[Observation]:
        """The theater's own among some new observations; their echoes and versions are known from now on too."""
        ledger = self._keeping.ledger
        new = [item for name in ids for item in ledger.named(name) if item.id == name]
        new = [item for item in new if item.indicator in self._indicators]
        if new and self._since is not None:
            related = ledger.observations(self._indicators, FOREVER, date.max, {item.origin for item in new})
            self._observations.update((item.id, item) for item in related)
        return new

    def _stand_now(self, as_of: datetime) -> Answer:
        ahead = self._keeping.ahead
        if ahead is None:
            found = self._compute_now(as_of)
        else:
            with ahead.answering():
                found = self._compute_now(as_of)
            ahead.want(self.theater.id, self.prepare)
        return found

    def _compute_now(self, as_of: datetime) -> Answer:
        ground = self._ground
        if ground is None or not ground.since <= as_of < ground.until:
            ground = self._ground = self._choose_ground(as_of)
        known = self._known(first_day_with_bearing(self.theater, ground.footing.fit.as_of))
        changes = [item.recorded_at for item in known]
        since, until = span(self.theater.timeline, as_of, [*changes, ground.since, ground.until])
        found = self._told(ground.footing, known, as_of, (since, until), reasons=False)
        self._latest = as_of
        self.current = self._seen or 0, found
        return found

    def _choose_ground(self, as_of: datetime) -> _Ground:
        accepted = self._keeping.fits.accepted(self.theater.id, FOREVER)
        by_then = [fit for fit in accepted if fit.as_of <= as_of]
        if not by_then:
            raise NoFitError(self.theater.id, self.theater.timeline.name_instant(as_of))
        later = (fit.as_of for fit in accepted if fit.as_of > as_of)
        return _Ground(
            choose_footing(self.theater, by_then, self._known), by_then[0].as_of, min(later, default=FOREVER)
        )

    def _known(self, since: date) -> list[Observation]:
        """What will ever be known, as far as the store says, that bears on the days from one on."""
        if self._since is None or since < self._since:
            found = self._keeping.ledger.observations(self._indicators, FOREVER, since)
            self._observations = {item.id: item for item in found}
            self._since = since
        return list(self._observations.values())

    def _stand_then(self, as_of: datetime, *, reasons: bool) -> Answer:
        """From the store, as `read_odds` does."""
        accepted = self._keeping.fits.accepted(self.theater.id, as_of)
        if not accepted:
            raise NoFitError(self.theater.id, self.theater.timeline.name_instant(as_of))
        seen: list[Observation] = []

        def known(since: date) -> list[Observation]:
            seen[:] = self._keeping.ledger.observations(self._indicators, as_of, since)
            return seen

        footing = choose_footing(self.theater, accepted, known)
        if footing.then is None:
            known(first_day_with_bearing(self.theater, as_of))  # it may not have been asked for
        return self._told(footing, seen, as_of, (as_of, as_of), reasons=reasons)

    def _told(
        self,
        footing: Footing,
        known: Sequence[Observation],
        as_of: datetime,
        holds: tuple[datetime, datetime],
        *,
        reasons: bool,
    ) -> Answer:
        """What stands on a footing, told."""
        theater, fit = self.theater, footing.fit
        standing = Standing.as_fitted(fit, self._ensemble(footing), footing.then, footing.reason)
        if footing.then is not None:
            now = derive_evidence(theater, known, as_of)
            source = self._keeping.futures.source(fit, standing.ensemble, footing.then, now)
            standing = bring_up(theater, standing, footing.then, now, source)
        bearing = first_day_with_bearing(theater, as_of)
        late = overdue(theater, known, bearing, as_of, ledger=self._keeping.ledger)
        return Answer(read_standing(theater, standing, as_of, reasons=reasons), late, *holds)

    def _ensemble(self, footing: Footing) -> Ensemble:
        """The decoded draws of a fit, which the theaters that were asked about last have in memory."""
        keeping, fit = self._keeping, footing.fit
        found = keeping.ensembles.get(fit.id)
        if found is None:
            found = thinned(keeping.codec.decode(keeping.fits.draws(fit)))
            keeping.ensembles.put(fit.id, found)
        return found
