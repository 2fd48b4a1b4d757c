"""What stands at the address itself: where things are for programs, and for people the way to the board."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from tocsin.web.access import Allow
from tocsin.web.negotiation import liked_of, table_json
from tocsin.web.schemas.operation import EntranceBody
from tocsin.web.schemas.problem import when

router = APIRouter(tags=["operation"])
_SEE_OTHER = 303
_FORMS = ("application/json", "text/html")
_PLACES = {
    "description": "describe",
    "theaters": "list_theaters",
    "session": "open_session",
    "problems": "list_problems",
    "health": "tell_health",
    "readiness": "tell_readiness",
    "metrics": "tell_metrics",
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": EntranceBody},
    303: {"description": "To a browser: the board."},
    406: {"description": when(406)},
}


@router.get("/", dependencies=[Depends(Allow(None))], response_class=Response, responses=_ANSWERS)
async def show_entrance(request: Request) -> Response:
    """Where things are, as JSON; a browser is led to the board."""
    form = liked_of(request.headers.get("accept", "*/*"), _FORMS)
    if form is None:
        raise HTTPException(406, f"this is given as {' or '.join(_FORMS)}; Accept takes neither")
    found = {name: str(request.app.url_path_for(route)) for name, route in _PLACES.items()}
    if form != _FORMS[0]:
        return RedirectResponse("/theaters", _SEE_OTHER, headers={"Vary": "Accept"})
    return Response(table_json(EntranceBody(**found).model_dump()), headers={"Vary": "Accept"}, media_type=form)
