"""Fits: what was sampled when, how well, and the draws themselves."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import InvalidInputError, OutdatedFitError, Problem, UnknownNameError
from tocsin.domain.fit import Fit
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.draws import Draws
from tocsin.ensemble.identity import declared as declared_of
from tocsin.web.access import Allow
from tocsin.web.asked import AsOf, instant_of
from tocsin.web.cursors import AskedCursor, Limit, Place, read_cursor
from tocsin.web.declared import COMPUTED, READ, TABLE
from tocsin.web.etags import holds, with_tag
from tocsin.web.heavy import in_turn
from tocsin.web.means import Acting, Means
from tocsin.web.negotiation import AskedForm, liked_of
from tocsin.web.schemas.fit import FitBody
from tocsin.web.schemas.problem import problems
from tocsin.web.tables import Asked, PageBody, cut, give

router = APIRouter(tags=["fits"])
_Reader = Annotated[Principal, Depends(Allow(Right.READ))]
_ZIP, _CSV = "application/zip", "text/csv"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_DRAWS = {200: {"description": "The draws.", "content": {_ZIP: _BINARY, _CSV: {"schema": {"type": "string"}}}}}


@router.get("/theaters/{theater}/fits", response_model=PageBody[FitBody], responses=TABLE)
def list_fits(
    theater: str,
    asked: Asked,
    means: Acting,
    _: _Reader,
    as_of: AsOf = None,
    cursor: AskedCursor = None,
    limit: Limit = 100,
) -> Response:
    """Every fit on record at an instant, the last recorded first; rejected ones with the reasons."""
    declared = means.service.catalog.theater(theater)
    instant = instant_of(as_of, declared.timeline, means.clock())
    question = {"list": "fits", "of": (theater, as_of)}
    begun = read_cursor(cursor, question, (datetime, str))
    fits = means.service.fits.recorded(theater, instant)
    left = fits if begun is None else [fit for fit in fits if _place(fit) < begun]
    return asked.page(FitBody, cut(left, limit, question, _place), FitBody.of, as_of=instant)


def _place(fit: Fit) -> Place:
    return fit.recorded_at, fit.id


@router.get("/fits/{fit}", response_model=FitBody, responses=READ)
def show_fit(fit: str, request: Request, means: Acting, principal: _Reader) -> Response:
    """One fit."""
    return give(request, FitBody.of(_find(means, fit, principal)))


def _find(means: Means, name: str, principal: Principal) -> Fit:
    """The fit of that id; UnknownNameError for none, and for one of a theater that they may not see."""
    found = means.service.fits.find(name) if name.isprintable() else None  # PostgreSQL has no place for a NUL
    if found is None or not principal.may(Right.READ, found.theater):
        raise UnknownNameError("fit", name, [])
    return found


@router.get("/fits/{fit}/draws", response_class=Response, responses=_DRAWS | READ | COMPUTED | problems(406))
async def download_draws(
    fit: str, request: Request, means: Acting, principal: _Reader, named: AskedForm = None
) -> Response:
    """The draws of a fit: as the Zarr zip that is stored, or as CSV with one draw a row and its parameters by name.

    The zip's tag and `Repr-Digest` are its SHA-256, the same that the fit has on record. In CSV a fit of declared
    files that have changed since is refused: nobody can tell any more what its parameters are called.
    """
    kind = _draws_kind(request, named)
    return await in_turn(request, principal, lambda _: _draws(fit, request, means, principal, kind))


def _draws(fit: str, request: Request, means: Means, principal: Principal, kind: str) -> Response:
    found = _find(means, fit, principal)
    tag = f'"{found.sha256}"' if kind == _ZIP else f'"{found.sha256}-csv"'
    if holds(request, tag):
        return with_tag(request, Response(headers={"Vary": "Accept"}), tag)
    labels = [] if kind == _ZIP else _labels(means, found)
    data = means.service.fits.draws(found)
    headers = {"Vary": "Accept", "Content-Disposition": f'attachment; filename="{found.id}.{_ENDING[kind]}"'}
    if kind == _ZIP:
        digest = base64.b64encode(bytes.fromhex(found.sha256)).decode()
        headers["Repr-Digest"] = f"sha-256=:{digest}:"
        return with_tag(request, Response(data, headers=headers, media_type=_ZIP), tag)
    draws = means.service.codec.decode(data).draws
    answer = StreamingResponse(_lines(draws, labels), headers=headers, media_type="text/csv; charset=utf-8")
    return with_tag(request, answer, tag)


_ENDING = {_ZIP: "zarr.zip", _CSV: "csv"}


def _draws_kind(request: Request, named: str | None) -> str:
    by_name = {"zip": _ZIP, "csv": _CSV}
    if named is not None:
        if named not in by_name:
            raise InvalidInputError([Problem("", None, "format", repr(named), "zip or csv")])
        return by_name[named]
    kind = liked_of(request.headers.get("accept", "*/*"), (_ZIP, _CSV))
    if kind is None:
        raise HTTPException(406, f"draws are given as {_ZIP} or {_CSV}; Accept takes neither")
    return kind


def _labels(means: Means, fit: Fit) -> list[str]:
    theater = means.service.catalog.theater(fit.theater)
    design = lay_out(theater)
    if fit.declared != declared_of(theater, design):
        raise OutdatedFitError(fit.id, theater.id, theater.timeline.name_instant(fit.as_of))
    return list(design.labels)


def _lines(draws: Draws, labels: list[str]) -> Iterator[bytes]:
    """A header, then a line for each draw: chain and place in it, both from 1, and each parameter to the last bit."""
    quoted = ['"{}"'.format(label.replace('"', '""')) for label in labels]
    yield f"{','.join(['chain', 'draw', *quoted])}\r\n".encode()
    in_chain = len(draws) // draws.chains
    for place, row in enumerate(draws.parameters):
        chain, draw = divmod(place, in_chain)
        yield f"{chain + 1},{draw + 1},{','.join(map(repr, row.tolist()))}\r\n".encode()
