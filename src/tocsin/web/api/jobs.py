"""What runs by itself: jobs and workers as they are on record, and feeds."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from tocsin.domain.access import Principal, Right
from tocsin.usecases.watch_feeds import watch_feeds
from tocsin.web.access import Allow
from tocsin.web.declared import TABLE
from tocsin.web.means import Acting
from tocsin.web.schemas.job import FeedBody, JobsBody, RunBody, WorkerBody, WorkersBody
from tocsin.web.tables import Asked, Page, PageBody

router = APIRouter(tags=["operation"])
_Operator = Annotated[Principal, Depends(Allow(Right.OPERATE))]


@router.get("/jobs", response_model=JobsBody, responses=TABLE)
def list_jobs(asked: Asked, means: Acting, principal: _Operator) -> Response:
    """What is on record of runs: all that are running or open and the latest of each job; and the workers.

    When each job is due next is told by `tocsin jobs`: the timetable is the worker's.
    """
    book = means.service.jobs
    runs = [run for run in book.standing(means.clock()) if _seen(principal, run.job)]
    runs.sort(key=lambda run: (run.job, run.slot, run.id))
    workers = WorkersBody(workers=[WorkerBody.of(item) for item in book.workers()])
    return asked.page(RunBody, Page(runs, None), RunBody.of, more=workers)


def _seen(principal: Principal, job: str) -> bool:
    """Whether they may know of a job: one that is about a theater bears its name after the first stroke."""
    theater = job.partition("/")[2].partition("/")[0]
    return not theater or principal.may(Right.OPERATE, theater)


@router.get("/feeds", response_model=PageBody[FeedBody], responses=TABLE)
def list_feeds(asked: Asked, means: Acting, principal: _Operator) -> Response:
    """The feeds of the theaters that you may see: what they brought, when they last answered, what is wrong."""
    feeds = [item for item in means.service.catalog.feeds.values() if principal.may(Right.OPERATE, item.theater)]
    watched = watch_feeds(feeds, book=means.service.feeds, now=means.clock())
    return asked.page(FeedBody, Page(watched, None), FeedBody.of)
