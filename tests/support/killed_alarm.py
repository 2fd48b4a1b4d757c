"""A worker's alarm that kills its own process at a named point, as a power cut would.

Run as `python -m support.killed_alarm POINT INSTANT`, with the settings in the environment.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NoReturn

from sqlalchemy import Engine, event

from tocsin.bootstrap.service import Service, open_service
from tocsin.jobs import alarm
from tocsin.jobs.courier import Courier
from tocsin.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.jobs.alarm import Alarm


class Point(StrEnum):
    """Where the process ends."""

    BEFORE_PUBLICATION = "before the odds are published"
    AFTER_PUBLICATION = "after they are, before anything is judged"
    BEFORE_RECORD = "after judging, before the record"
    BEFORE_COMMIT = "within the record's transaction"
    AFTER_RECORD = "after the record, before the claim"
    AFTER_CLAIM = "after the claim, before the send"
    IN_SEND = "while the receiver has the message and has not answered"
    BEFORE_MARK = "after the send, before the mark"
    AFTER_MARK = "after the mark"


KILLED_BY_RECEIVER = Point.IN_SEND
"""That point is reached where the receiver is: whoever runs it kills the process."""


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


@dataclass(frozen=True)
class _Deadly:
    """A book that lets everything pass, and kills around one call: before it, after it, or at its commit."""

    book: object
    name: str
    before: bool = False
    within: bool = False

    def __getattr__(self, name: str) -> object:
        call: Callable[..., object] = getattr(self.book, name)
        if name != self.name:
            return call

        def deadly(*given: object, **named: object) -> object:
            if self.before:
                _die()
            if self.within:
                event.listen(Engine, "commit", lambda _: _die())
            done = call(*given, **named)
            if done:  # a claim of nothing is no claim
                _die()
            return done

        return deadly


def _deadly(service: Service, point: Point) -> Service:
    match point:
        case Point.BEFORE_PUBLICATION | Point.AFTER_PUBLICATION:
            before = point is Point.BEFORE_PUBLICATION
            return replace(service, publications=_Deadly(service.publications, "append", before=before))
        case Point.BEFORE_RECORD | Point.BEFORE_COMMIT | Point.AFTER_RECORD:
            before, within = point is Point.BEFORE_RECORD, point is Point.BEFORE_COMMIT
            return replace(service, alerts=_Deadly(service.alerts, "record", before=before, within=within))
        case Point.AFTER_CLAIM:
            return replace(service, deliveries=_Deadly(service.deliveries, "claim"))
        case Point.BEFORE_MARK | Point.AFTER_MARK:
            before = point is Point.BEFORE_MARK
            return replace(service, deliveries=_Deadly(service.deliveries, "end", before=before))
        case Point.IN_SEND:
            return service


def run_alarm(service: Service, now: datetime) -> None:
    """All that a worker's alarm does at an instant, in this thread."""
    made: Alarm = alarm.make_alarm(read_settings(), service, lambda: now)
    made.bell.look()
    Courier(made.courier._means, lambda attempt: attempt()).look()


if __name__ == "__main__":
    named, at = sys.argv[1:]
    instant = datetime.fromisoformat(at)
    with open_service(read_settings(), lambda: instant) as opened:
        run_alarm(_deadly(opened, Point(named)), instant)
