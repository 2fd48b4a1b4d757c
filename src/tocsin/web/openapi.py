"""The description of the interface: what FastAPI derives, and what holds for every operation."""

from __future__ import annotations

import json
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from tocsin.web.access import Allow, right_of
from tocsin.web.schemas.problem import MEDIA_TYPE, ProblemBody, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fastapi import FastAPI

router = APIRouter(tags=["operation"])
_SCHEMAS = "#/components/schemas/"
_PROBLEM = {"schema": {"$ref": f"{_SCHEMAS}ProblemBody"}}
_SCHEMES: dict[str, Any] = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key, made by: tocsin key add"},
    "session": {"type": "apiKey", "in": "cookie", "name": "tocsin", "description": "What POST /api/v1/session sets."},
}
# What the layer around all routes may answer to any request: see `request.RequestCare`.
_ANY = (413, 422, 429, 503)
_SECURED = (401, 403)
_WITH_BODY = (400, 408, 415)
_METHODS = {"get", "post", "put", "patch", "delete"}


class Description:
    """The description of one application, derived when somebody asks for it first: it takes a second."""

    def __init__(self, app: FastAPI) -> None:
        """Describe an application whose routes are all placed."""
        self._app = app

    @cached_property
    def whole(self) -> dict[str, Any]:
        """The OpenAPI document."""
        found = self._app.openapi()
        components = found.setdefault("components", {})
        components["securitySchemes"] = _SCHEMES
        schemas = components.setdefault("schemas", {})
        schemas["ProblemBody"] = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schemas["ProblemBody"].pop("$defs", {})
        rights = dict(_rights(self._app))
        examples = json.loads(files("tocsin.web").joinpath("examples.json").read_text(encoding="utf-8"))
        for path, operations in found["paths"].items():
            for method, operation in operations.items():
                if method in _METHODS:
                    _complete(operation, rights[path, method], named="{" in path)
                    _exemplify(operation, f"{method.upper()} {path}", examples)
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        return _named_apart(found)

    @cached_property
    def text(self) -> bytes:
        """The document as JSON."""
        return json.dumps(self.whole, ensure_ascii=False, separators=(",", ":")).encode()


def _named_apart(document: dict[str, Any]) -> dict[str, Any]:
    """The same, where two modules' schemas of one name are named after both, such as `ObservationState`.

    Makers of clients name their classes by titles, and leave out what would be the second of a name.
    """
    schemas, text = document["components"]["schemas"], json.dumps(document)
    apart = {name: _joined(*name.split("__")[-2:]) for name in schemas if "__" in name}
    for name, new in apart.items():
        text = text.replace(json.dumps(name), json.dumps(new)).replace(f'"{_SCHEMAS}{name}"', f'"{_SCHEMAS}{new}"')
    named: dict[str, Any] = json.loads(text)
    for new in apart.values():
        named["components"]["schemas"][new]["title"] = new
    return named


def _joined(module: str, own: str) -> str:
    return "".join(part.title() for part in module.split("_")) + own


def _rights(app: FastAPI) -> Iterator[tuple[tuple[str, str], Allow | None]]:
    for route in app.routes:
        if isinstance(route, APIRoute):
            for method in route.methods or ():
                yield (route.path_format, method.lower()), right_of(route)


def _complete(operation: dict[str, Any], allow: Allow | None, *, named: bool) -> None:
    """Who may, and every problem that it may be answered with, in the one form that problems have."""
    secured = allow is not None and allow.right is not None
    operation["security"] = []
    if allow is not None and allow.right is not None:
        operation["security"] = [*([{"key": []}] if allow.keys else []), {"session": []}]
        operation["x-right"] = allow.right.value
    answers = operation["responses"]
    statuses = {*_ANY, *(_SECURED if secured else ()), *(_WITH_BODY if "requestBody" in operation else ())}
    if named or any(parameter["name"] == "theater" for parameter in operation.get("parameters", ())):
        statuses.add(404)
    for status in sorted(statuses):
        answers.setdefault(str(status), {"description": when(status)})
    for status, answer in answers.items():
        if int(status) >= 400:  # noqa: PLR2004 (where errors begin)
            answer["content"] = {MEDIA_TYPE: _PROBLEM}
        # JSON before CSV: makers of clients take the first form that they can read.
        elif "content" in answer:
            answer["content"] = dict(sorted(answer["content"].items(), key=lambda form: form[0] != "application/json"))


def _exemplify(operation: dict[str, Any], name: str, examples: Mapping[str, Any]) -> None:
    """What a real store answered, beside what bodies say of themselves."""
    for status, answer in operation["responses"].items():
        content = answer.get("content", {}).get("application/json")
        if content is not None and f"{name} {status}" in examples:
            content["example"] = examples[f"{name} {status}"]
    sent = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if sent is not None and name in examples:
        sent["example"] = examples[name]


@router.get("/openapi.json", response_class=Response, include_in_schema=False)
async def describe(request: Request, _: Annotated[None, Depends(Allow(None))]) -> Response:
    """This interface as an OpenAPI document."""
    description: Description = request.app.state.description
    return Response(await run_in_threadpool(lambda: description.text), media_type="application/json")
