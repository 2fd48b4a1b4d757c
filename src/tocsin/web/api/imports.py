"""Imports: files of observations, taken whole or not at all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Query, Request, Response

from tocsin.bootstrap.incoming import read_incoming, read_mapping
from tocsin.domain.access import Principal, Right
from tocsin.domain.batch import Fate
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.feeds.observation_file import Form
from tocsin.usecases.import_observations import import_observations
from tocsin.usecases.ports import in_silence
from tocsin.usecases.preview_import import preview_import
from tocsin.web.access import Allow
from tocsin.web.asked import AsOf, instant_of
from tocsin.web.brought import BY_TYPE, MULTIPART, brought_files
from tocsin.web.effect import write_and_tell
from tocsin.web.heavy import in_turn
from tocsin.web.idempotency import KEYED, KeyedRoute
from tocsin.web.means import Acting
from tocsin.web.schemas.batch import BatchBody
from tocsin.web.schemas.change import ChangeBody
from tocsin.web.schemas.problem import problems

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tocsin.domain.theater import Theater
    from tocsin.usecases.judge_import import Incoming
    from tocsin.usecases.ports import Progress
    from tocsin.web.brought import Files
    from tocsin.web.means import Means

router = APIRouter(tags=["observations"], route_class=KeyedRoute, dependencies=KEYED)
_ROW = "observed_on,indicator,value,grade,source,summary\n2016-03-07,violence/border-attack,1,A1,ministry,At dawn\n"
_PARTS: dict[str, Any] = {
    "type": "object",
    "required": ["file"],
    "additionalProperties": False,
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "CSV or JSON lines."},
        "mapping": {
            "type": "string",
            "format": "binary",
            "description": "A YAML file that says which column is which field.",
        },
    },
}
_BODY: dict[str, Any] = {
    "required": True,
    "content": {kind: {"schema": {"type": "string"}} for kind in BY_TYPE}
    | {"text/csv": {"schema": {"type": "string"}, "example": _ROW}, MULTIPART: {"schema": _PARTS}},
}
# What is read takes many times the room of the file, so files wait for each other.
_AT_ONCE = CapacityLimiter(1)


@router.post(
    "/theaters/{theater}/observations/import",
    status_code=201,
    responses={
        200: {"description": "What it would do, where it is a dry run.", "model": BatchBody},
        **problems(404, 409, 413, 415, 422),
    },
    openapi_extra={"requestBody": _BODY},
)
async def import_a_file(
    theater: str,
    request: Request,
    response: Response,
    means: Acting,
    principal: Annotated[Principal, Depends(Allow(Right.OBSERVE))],
    *,
    dry_run: Annotated[bool, Query(description="Check everything and tell what it would do; record nothing.")] = False,
    history: Annotated[
        bool, Query(description="Old news: each row counts as known from the end of its day plus the delay.")
    ] = False,
    indicator: Annotated[str | None, Query(description="What all rows are about, where no column says so.")] = None,
    form: Annotated[
        Form | None, Query(alias="format", description="What the file is, where its type misleads.")
    ] = None,
    as_of: AsOf = None,
) -> BatchBody:
    """Record every row of a file, or none with everything that is wrong with any.

    The columns are those of `tocsin import`; the same file twice is the file once. `as_of` goes with `dry_run`.
    """
    declared = means.service.catalog.theater(theater)
    if as_of is not None and not dry_run:
        accepted = "nothing, or dry_run=true: what is recorded is recorded now"
        raise InvalidInputError([Problem("", None, "as_of", repr(as_of), accepted)])
    async with brought_files(request, form) as files:
        read = partial(_read, files, indicator, declared)
        if dry_run:
            response.status_code = 200
            instant = instant_of(as_of, declared.timeline, means.clock())
            look = partial(_preview, means, declared, read, principal.name, instant, history=history)
            return await in_turn(request, principal, lambda report: look(report=report))
        work = partial(_import, means, declared, read, principal.name, history=history)
        return await to_thread.run_sync(work, limiter=_AT_ONCE)


def _read(
    files: Files, indicator: str | None, theater: Theater, report: Callable[[Progress], None] = in_silence
) -> Incoming:
    mapping = read_mapping(files.mapping, indicator, theater, option="the parameter indicator")
    return read_incoming([files.file], mapping, report, option="the parameter format")


def _import(means: Means, theater: Theater, read: Callable[[], Incoming], author: str, *, history: bool) -> BatchBody:
    incoming, now = read(), means.clock()
    work = partial(
        import_observations,
        incoming,
        theater,
        ledger=means.service.ledger,
        now=now,
        author=author,
        history=history,
    )
    told = write_and_tell(means, theater, now, work, lambda done: done.count(Fate.NEW) > 0)
    return BatchBody.of(told.written, told.change, told.no_odds, dry_run=False)


def _preview(
    means: Means,
    theater: Theater,
    read: Callable[..., Incoming],
    author: str,
    as_of: datetime,
    *,
    history: bool,
    report: Callable[[Progress], None],
) -> BatchBody:
    found = preview_import(
        read(report=report),
        theater,
        ledger=means.service.ledger,
        fits=means.service.fits,
        codec=means.service.codec,
        now=means.clock(),
        as_of=as_of,
        author=author,
        history=history,
        report=report,
    )
    moved = found.movement
    change = None if moved is None else ChangeBody.of(moved.before, moved.after)
    return BatchBody.of(found.batch, change, found.no_odds, dry_run=True)
