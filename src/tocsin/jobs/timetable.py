"""The timetable: what runs when, and why. The one place where a job is declared."""

from __future__ import annotations

from datetime import time, timedelta
from functools import partial
from typing import TYPE_CHECKING

from tocsin.bootstrap.feeds import missing_settings
from tocsin.domain.answer import KEPT
from tocsin.domain.instants import show_age
from tocsin.domain.plural import counted
from tocsin.domain.slot import Daily, Every, OnNeed, OnOrder
from tocsin.jobs.care import (
    VERIFY,
    back_up_store,
    publish_theater,
    remind_of,
    settle_theater,
    take_in,
    verify_all,
    watch_over,
)
from tocsin.usecases.order_fit import fit_ordered
from tocsin.usecases.refit import refit_theater
from tocsin.usecases.run_job import Job, Lane
from tocsin.usecases.want_refit import want_refit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tocsin.bootstrap.service import Service
    from tocsin.domain.slot import Want
    from tocsin.domain.theater import Theater
    from tocsin.settings import Settings
    from tocsin.usecases.answer_ports import AnswerBook
    from tocsin.usecases.job_ports import JobBook
    from tocsin.usecases.refit import Fitter
    from tocsin.usecases.run_job import Turn

_KEPT = timedelta(days=90)
_LONG = timedelta(hours=6)
"""What reads the whole store, or the whole of an upstream's history, may take hours."""


def make_timetable(settings: Settings, service: Service, fitter: Fitter) -> tuple[Job, ...]:
    """Every job, in the order in which they are begun when several are due at once."""
    return (
        *_feeds(settings, service),
        *_refits(settings, service, fitter),
        *_statements(settings, service),
        *_care(settings, service),
    )


def _feeds(settings: Settings, service: Service) -> Iterator[Job]:
    for feed in service.catalog.feeds.values():
        # Without its credential a feed is off: to ask would only be refused.
        if not missing_settings(feed, settings):
            yield Job(
                name=f"ingest/{feed.id}",
                schedule=Every(feed.every),
                why=f"{feed.title} has something new about as often",
                run=partial(take_in, service, settings, feed),
                deadline=_LONG,
            )


def _refits(settings: Settings, service: Service, fitter: Fitter) -> Iterator[Job]:
    quiet, at_most = (
        timedelta(minutes=minutes) for minutes in (settings.refit_quiet_minutes, settings.refit_at_most_minutes)
    )
    # The fit's own deadline runs from when a process takes it up, and processes may have to be started.
    deadline = timedelta(minutes=10, seconds=2 * settings.fit_deadline_seconds)
    for theater in service.catalog.theaters.values():
        refit = partial(refit_theater, theater, fits=service.fits, events=service.events, fitter=fitter)
        wanted, ordered, nightly = f"refit-wanted/{theater.id}", fit_ordered(theater.id), f"refit-nightly/{theater.id}"
        yield Job(
            name=wanted,
            schedule=OnNeed(timedelta(minutes=1), quiet, at_most),
            why="so much came in, or so much changed, that weights cannot follow; analysts enter reports in batches",
            run=partial(refit, job=wanted),
            lane=Lane.FITS,
            want=partial(_want, service, theater),
            deadline=deadline,
        )
        yield Job(
            name=ordered,
            schedule=OnOrder(),
            why="somebody wants it now, and only a worker can sample",
            run=partial(refit, job=ordered),
            lane=Lane.FITS,
            deadline=deadline,
        )
        yield Job(
            name=nightly,
            schedule=Daily(settings.nightly_at, theater.timeline.zone),
            why="weights wear thin within weeks, and nobody reads the odds at night",
            run=partial(refit, job=nightly),
            lane=Lane.FITS,
            deadline=deadline,
        )


def _want(service: Service, theater: Theater, now: datetime) -> Want | None:
    return want_refit(theater, ledger=service.ledger, fits=service.fits, codec=service.codec, as_of=now)


def _statements(settings: Settings, service: Service) -> Iterator[Job]:
    for theater in service.catalog.theaters.values():
        yield Job(
            name=f"publish/{theater.id}",
            schedule=Every(timedelta(minutes=10)),
            why="what was never stated cannot be scored; odds that have not moved are stated once a day",
            run=partial(publish_theater, service, theater),
        )
        yield Job(
            name=f"settle/{theater.id}",
            schedule=Daily(time(1, 0), theater.timeline.zone),
            why="a rule settles its windows once the reports of the day before have had time to come in",
            run=partial(settle_theater, service, settings, theater),
        )
        yield Job(
            name=f"remind/{theater.id}",
            schedule=Daily(time(7, 0), theater.timeline.zone),
            why="an indicator that nobody looks at any more drifts back to its prior without a word",
            run=partial(remind_of, service, theater),
        )
        yield Job(
            name=f"watch/{theater.id}",
            schedule=Daily(time(7, 0), theater.timeline.zone),
            why="a feed that fails, falls silent or changes its form says nothing by itself, and is missed weeks later",
            run=partial(watch_over, service, settings, theater),
        )


def _care(settings: Settings, service: Service) -> Iterator[Job]:
    yield Job(
        name="backup",
        schedule=Daily(time(3, 0), "UTC"),
        why="a disk fails without warning; a backup that was not read back is none",
        run=partial(back_up_store, settings),
        deadline=_LONG,
    )
    yield Job(
        name=VERIFY,
        schedule=Daily(time(5, 0), "UTC"),
        why="what was said must stay what was said, and damage be found while good backups are still kept",
        run=partial(verify_all, service),
        deadline=_LONG,
    )
    yield Job(
        name="forget-runs",
        schedule=Daily(time(4, 0), "UTC"),
        why=f"runs that ended {_KEPT.days} days ago explain nothing any more, and the record would grow for ever",
        run=partial(_forget, service.jobs),
    )
    yield Job(
        name="forget-answers",
        schedule=Every(timedelta(hours=1)),
        why="an answer is repeated to whoever did not hear it for a day, and after that only takes room",
        run=partial(_forget_answers, service.answers),
    )


def _forget_answers(book: AnswerBook, turn: Turn) -> str:
    return f"{book.forget(turn.now - KEPT)} answers removed that were given {show_age(KEPT.total_seconds())} ago"


def _forget(book: JobBook, turn: Turn) -> str:
    return f"{counted(book.forget(turn.slot - _KEPT), 'run')} removed that ended {_KEPT.days} days ago or earlier"
