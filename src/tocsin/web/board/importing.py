"""Importing a file of observations: first what it would do, then all of its rows or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response

from tocsin.domain.errors import InvalidInputError
from tocsin.web.board.page import Observer, PageRoute, render
from tocsin.web.brought import brought_files
from tocsin.web.importing import Wanted, import_files, preview_files
from tocsin.web.means import Acting

if TYPE_CHECKING:
    from tocsin.web.means import Means
    from tocsin.web.schemas.batch import BatchBody

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_CREATED, _REFUSED = 201, 422
_History = Annotated[bool, Query()]
_Indicator = Annotated[str, Query()]


@router.get("/theaters/{theater}/observations/import")
def show_import(
    request: Request,
    theater: str,
    means: Acting,
    _: Observer,
    history: _History = False,  # noqa: FBT002 (a parameter of the address)
    indicator: _Indicator = "",
) -> Response:
    """Where a file is chosen."""
    return _page(request, means, theater, history=history, indicator=indicator)


@router.post("/theaters/{theater}/observations/import")
async def import_file(
    request: Request,
    theater: str,
    means: Acting,
    principal: Observer,
    *,
    dry_run: Annotated[bool, Query()] = False,
    history: _History = False,
    indicator: _Indicator = "",
) -> Response:
    """Every row, or none with everything that is wrong with any; with `dry_run` only what it would do."""
    declared = means.service.catalog.theater(theater)
    try:
        async with brought_files(request, None) as files:
            wanted = Wanted(declared, files, indicator or None, history=history)
            if dry_run:
                batch = await preview_files(request, means, principal, wanted, means.clock())
            else:
                batch = await import_files(means, principal, wanted)
    except InvalidInputError as error:
        return _page(request, means, theater, error=error, history=history, indicator=indicator, status=_REFUSED)
    status = 200 if dry_run else _CREATED
    return _page(request, means, theater, batch=batch, history=history, indicator=indicator, status=status)


def _page(
    request: Request,
    means: Means,
    theater: str,
    *,
    history: bool,
    indicator: str,
    batch: BatchBody | None = None,
    error: InvalidInputError | None = None,
    status: int = 200,
) -> Response:
    declared = means.service.catalog.theater(theater)
    problems = () if error is None else error.problems
    return render(
        request,
        "import.html",
        status=status,
        theater=declared,
        batch=batch,
        problems=problems,
        untold=0 if error is None else error.untold,
        history=history,
        indicator=indicator,
    )
