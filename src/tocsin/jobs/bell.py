"""The bell: what comes in is stated and judged at once, and everything each minute, as time makes alerts too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from tocsin.domain.errors import StoreError, TocsinError
from tocsin.domain.event import EventKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tocsin.usecases.alert_ports import Judged
    from tocsin.usecases.ports import EventBook
    from tocsin.usecases.ring import Rung

LOOK_SECONDS = 0.1
"""How often the number of the last event is asked for: one indexed row, and most of what a notice waits for."""
SWEEP_SECONDS = 60.0

_MOVES = {EventKind.OBSERVATIONS_RECORDED, EventKind.FIT_ACCEPTED, EventKind.WINDOW_SETTLED}
"""What odds may move by, so that they are to be stated anew."""
_BEARS = _MOVES | {
    EventKind.ODDS_PUBLISHED,
    EventKind.SILENCE_BEGUN,
    EventKind.SILENCE_ENDED,
    EventKind.RULE_CHANGED,
}
"""What alerts are to be judged after."""
_PAGE = 500


class Bell:
    """Follows the events of a store, and has the alerts of the theaters that they are about judged.

    An error with one theater keeps no other waiting, and is tried again with the next sweep.
    """

    def __init__(
        self,
        theaters: Sequence[str],
        events: EventBook,
        ring: Callable[[str, datetime, bool], Rung],
        now: Callable[[], datetime],
        elapsed: Callable[[], float],
    ) -> None:
        """Nothing has been looked at; `ring` takes a theater, an instant, and whether odds are to be stated."""
        self._theaters = theaters
        self._events = events
        self._ring = ring
        self._now = now
        self._elapsed = elapsed
        self._seen: int | None = None
        self._swept = 0.0
        self._log = structlog.get_logger("tocsin.alerts")

    def look(self) -> None:
        """Judge what is to be judged; StoreError where the store is away."""
        if self._seen is None or self._elapsed() - self._swept >= SWEEP_SECONDS:
            self._sweep()
            return
        if self._events.last() == self._seen:
            return
        judged, stated = set[str](), set[str]()
        while page := self._events.after(self._seen, _PAGE):
            for event in page:
                about = {event.theater} if event.theater else set(self._theaters)
                if event.kind in _BEARS:
                    judged |= about
                if event.kind in _MOVES:
                    stated |= about
            self._seen = page[-1].number
        for theater in self._theaters:
            if theater in judged:
                self._try(theater, state=theater in stated)

    def _sweep(self) -> None:
        """All theaters, whatever has happened: also what a process that was killed had seen and not judged."""
        self._seen = self._events.last()
        self._swept = self._elapsed()
        for theater in self._theaters:
            self._try(theater, state=True)

    def _try(self, theater: str, *, state: bool) -> None:
        try:
            rung = self._ring(theater, self._now(), state)
        except StoreError:
            self._seen = None  # what was read is to be read again, once the store is back
            raise
        except TocsinError as error:
            self._log.error("alerts could not be judged", theater=theater, why=str(error))
        except Exception:  # noqa: BLE001 (whatever is wrong with one theater, the others are judged)
            self._log.exception("alerts could not be judged", theater=theater)
        else:
            if not rung.judged.recorded:
                self._seen = None  # others changed the record each time: once more, at the next look
            _tell(self._log.bind(theater=theater), rung.judged)


def _tell(log: structlog.stdlib.BoundLogger, judged: Judged) -> None:
    for rule, why in judged.problems.items():
        log.error("a rule could not be judged", rule=rule, why=why)
    if not judged.recorded:
        log.info("others changed the record of alerts each time; all is judged again")
        return
    for step in judged.steps:
        transition = step.transition
        log.info("alert", rule=step.rule, phase=transition.after.value, cause=transition.cause.value)
