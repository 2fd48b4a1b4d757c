"""What stands at the address itself, until there is a board: where things are."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.exceptions import HTTPException

from tocsin.web.access import Allow
from tocsin.web.negotiation import liked_of, table_json
from tocsin.web.schemas.operation import EntranceBody
from tocsin.web.schemas.problem import when

router = APIRouter(tags=["operation"])
_FORMS = ("application/json", "text/html")
_PLACES = {
    "description": ("describe", "The API, described by OpenAPI"),
    "theaters": ("list_theaters", "The theaters, by API key or session"),
    "session": ("open_session", "Sign in: POST name and password"),
    "problems": ("list_problems", "What each type of problem means"),
    "health": ("tell_health", "Whether this process lives"),
    "readiness": ("tell_readiness", "Whether it can answer"),
    "metrics": ("tell_metrics", "Metrics for Prometheus"),
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": EntranceBody, "content": {"text/html": {"schema": {"type": "string"}}}},
    406: {"description": when(406)},
}


@router.get("/", dependencies=[Depends(Allow(None))], response_class=Response, responses=_ANSWERS)
async def show_entrance(request: Request) -> Response:
    """Where things are: as JSON, or as a page without scripts and styles where a browser asks."""
    form = liked_of(request.headers.get("accept", "*/*"), _FORMS)
    if form is None:
        raise HTTPException(406, f"this is given as {' or '.join(_FORMS)}; Accept takes neither")
    found = {name: str(request.app.url_path_for(route)) for name, (route, _) in _PLACES.items()}
    content = table_json(EntranceBody(**found).model_dump()) if form == _FORMS[0] else _page(found).encode()
    return Response(content, headers={"Vary": "Accept"}, media_type=form)


def _page(found: dict[str, str]) -> str:
    lines = [f'<li><a href="{escape(found[name])}">{escape(said)}</a></li>' for name, (_, said) in _PLACES.items()]
    head = '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Tocsin</title>\n<h1>Tocsin</h1>'
    return "\n".join([head, "<ul>", *lines, "</ul>", "</html>", ""])
