"""Alerts beside the timetable: what rings and what is sent cannot wait for the next slot of a job."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from tocsin.bootstrap.delivering import delivery_means
from tocsin.bootstrap.service import now
from tocsin.jobs.bell import LOOK_SECONDS, Bell
from tocsin.jobs.clock import STOP_SECONDS, done
from tocsin.jobs.courier import Courier
from tocsin.jobs.runner import in_a_thread
from tocsin.usecases.alert_ports import AlertMeans
from tocsin.usecases.compose_notice import compose_notice
from tocsin.usecases.ring import ring
from tocsin.usecases.tell_movement import tell_movement

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tocsin.bootstrap.service import Service
    from tocsin.settings import Settings
    from tocsin.usecases.ring import Rung

_AGAIN_SECONDS = 5.0  # after a look that failed: the store is away, and the log need not say so ten times a second


@dataclass(frozen=True, eq=False, slots=True)
class Alarm:
    """The bell and the courier of a worker, each in a thread of its own: who delivers does not wait for who judges."""

    bell: Bell
    courier: Courier

    def start(self, stopped: threading.Event) -> list[threading.Thread]:
        """Look every so often until `stopped` is set; the threads, which end by themselves soon after.

        Attempts at work are given some seconds to end then.
        """

        def ring() -> None:
            _look(self.bell.look, stopped)

        def send() -> None:
            _look(self.courier.look, stopped)
            self.courier.stop(STOP_SECONDS)

        threads = [threading.Thread(target=work, daemon=True) for work in (ring, send)]
        for thread in threads:
            thread.start()
        return threads


def _look(look: Callable[[], None], stopped: threading.Event) -> None:
    wait = 0.0
    while not stopped.wait(wait):
        wait = LOOK_SECONDS if done(look) else _AGAIN_SECONDS


def make_alarm(settings: Settings, service: Service, clock: Callable[[], datetime] = now) -> Alarm:
    """The alarm of a worker on a store; InvalidInputError where the mail settings cannot be used."""
    means = AlertMeans(
        alerts=service.alerts,
        publications=service.publications,
        ledger=service.ledger,
        fits=service.fits,
        feeds=service.feeds,
        compose=partial(compose_notice, address=settings.public_address),
        explain=partial(tell_movement, ledger=service.ledger, fits=service.fits, codec=service.codec),
    )

    def ring_theater(name: str, at: datetime, state: bool) -> Rung:  # noqa: FBT001 (the bell calls it)
        theater, found = service.catalog.theater(name), service.rules.of(name)
        rung = ring(
            theater,
            found.rules,
            means=means,
            codec=service.codec,
            now=at,
            state=state,
            unreadable=found.problems,
        )
        return replace(rung, judged=replace(rung.judged, problems={**found.problems, **rung.judged.problems}))

    bell = Bell(list(service.catalog.theaters), service.events, ring_theater, clock, time.monotonic)
    return Alarm(bell, Courier(delivery_means(settings, service, clock), in_a_thread))
