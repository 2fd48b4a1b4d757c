"""Imports: files of observations, taken whole or not at all."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.feeds.observation_file import Form
from tocsin.web.access import Allow
from tocsin.web.asked import AsOf, instant_of
from tocsin.web.brought import BY_TYPE, MULTIPART, brought_files
from tocsin.web.idempotency import KEYED, KeyedRoute
from tocsin.web.importing import Wanted, import_files, preview_files
from tocsin.web.means import Acting
from tocsin.web.schemas.batch import BatchBody
from tocsin.web.schemas.problem import problems

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
        wanted = Wanted(declared, files, indicator, history=history)
        if dry_run:
            response.status_code = 200
            instant = instant_of(as_of, declared.timeline, means.clock())
            return await preview_files(request, means, principal, wanted, instant)
        return await import_files(means, principal, wanted)
