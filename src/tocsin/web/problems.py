"""Errors as RFC 9457 problems: a stable type, what went wrong, and what to do."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match
from structlog.contextvars import get_contextvars

from tocsin.domain import errors
from tocsin.domain.instants import write_instant
from tocsin.web.pace import note_caller
from tocsin.web.problem_types import TYPES
from tocsin.web.refusals import refusal_of, shown

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

    from tocsin.domain.version import Version

_TOLD = 10
_BAD_REQUEST = 400
_NOT_ALLOWED = 405
_NO_ADDRESS = "there is no such address; /api/v1/openapi.json has all there are"
_UNREADABLE = "the body cannot be read; accepted: UTF-8 in the form that Content-Type names, not nested without end"
MEDIA_TYPE = "application/problem+json"
TYPE = "urn:tocsin:problem:"
# Every error that can be raised has an entry of its own, so that nobody forgets to think of one; `problem_types` says
# what each type means and what to do about it.
STATUS: dict[type[errors.TocsinError], tuple[int, str]] = {
    errors.InvalidInputError: (422, "invalid-input"),
    errors.InvalidDeclarationError: (422, "invalid-input"),
    errors.InvalidObservationError: (422, "invalid-input"),
    errors.ConflictError: (409, "conflict"),
    errors.SettledOtherwiseError: (409, "conflict"),
    errors.UnknownNameError: (404, "unknown-name"),
    errors.UnknownIdError: (404, "unknown-id"),
    errors.NotSignedInError: (401, "not-signed-in"),
    errors.IdentityProviderError: (503, "identity-provider"),
    errors.NotAllowedError: (403, "not-allowed"),
    errors.SessionWantedError: (403, "session-wanted"),
    errors.NoFitError: (409, "no-fit"),
    errors.OutdatedFitError: (409, "outdated-fit"),
    errors.RefitWantedError: (409, "refit-wanted"),
    errors.FitRejectedError: (409, "fit-rejected"),
    errors.FitInterruptedError: (503, "fit-interrupted"),
    errors.SamplerFailedError: (500, "internal"),
    errors.JobBusyError: (409, "busy"),
    errors.JobOvertakenError: (409, "busy"),
    errors.JobInterruptedError: (503, "fit-interrupted"),
    errors.KeyReusedError: (422, "key-reused"),
    errors.RequestAtWorkError: (409, "at-work"),
    errors.ServerBusyError: (429, "busy-server"),
    errors.WorkStoppedError: (503, "stopped"),
    errors.TooManyAttemptsError: (429, "too-many-attempts"),
    errors.LastAdminError: (409, "last-admin"),
    errors.DamagedArtifactError: (503, "damaged-draws"),
    errors.DamagedBackupError: (500, "internal"),
    errors.StoreError: (503, "store-unavailable"),
    errors.DamagedStoreError: (503, "store-unavailable"),
    errors.FeedUnavailableError: (503, "feed-unavailable"),
    errors.FeedRefusedError: (503, "feed-unavailable"),
    errors.FeedFormatError: (503, "feed-unavailable"),
    errors.FetchRefusedError: (503, "feed-unavailable"),
    errors.UnserializableRecipeError: (500, "internal"),
    errors.TocsinError: (500, "internal"),
}


HTTP = {
    400: "unreadable",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    408: "too-slow",
    413: "too-large",
    415: "unknown-type",
    422: "invalid-input",
    429: "too-many-requests",
    503: "busy-server",
}
ANSWERED = {"cross-site", "shown-once"}
"""Types of what is answered without an error's being raised."""


def install_problems(app: FastAPI) -> None:
    """Answer every error with a problem."""
    app.add_exception_handler(errors.TocsinError, _of_tocsin)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)


def problem(status: int, slug: str, detail: str, **more: object) -> JSONResponse:
    """A problem as an answer: what its type means, what is so here, what to do, and its id in the log."""
    kind = TYPES[slug]
    body = {"type": f"{TYPE}{slug}", "title": kind.meaning, "status": status, "detail": detail, "to_do": kind.to_do}
    body |= more
    request = get_contextvars().get("request")
    if request is not None:
        body["request"] = request
    return JSONResponse(body, status, media_type=MEDIA_TYPE)


def problem_of(error: errors.TocsinError, status: int | None = None) -> JSONResponse:
    """The problem that an error is; with a status where a route answers it otherwise than the tree does."""
    mapped, slug = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    answer = problem(mapped if status is None else status, slug, _detail(error), **_more(error))
    answer.headers.update(_headers(error))
    return answer


def unseen_version(changed: str, standing: Version) -> JSONResponse:
    """The problem that the version of an observation that stands is none of those in a header."""
    detail = (
        f"of observation {changed} another version stands than those in If-Match; nothing was written\n"
        f"  now: {standing}\nlook at it, and change {standing.id} if yours still holds"
    )
    versions = {"standing": _version(standing)}
    return problem(412, "conflict", detail, changed=changed, versions=versions)


def _headers(error: errors.TocsinError) -> dict[str, str]:
    if isinstance(error, errors.RequestAtWorkError | errors.ServerBusyError):
        return {"Retry-After": str(error.retry_after_seconds)}
    if isinstance(error, errors.TooManyAttemptsError):
        return {"Retry-After": str(error.wait_seconds)}
    return {"WWW-Authenticate": "Bearer"} if isinstance(error, errors.NotSignedInError) else {}


async def answer_error(request: Request, error: Exception) -> JSONResponse:
    """The problem that an error of ours, or of a request's form, is answered with."""
    return await (_of_validation if isinstance(error, RequestValidationError) else _of_tocsin)(request, error)


async def _of_tocsin(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, errors.TocsinError):
        raise error
    return problem_of(error)


def _detail(error: errors.TocsinError) -> str:
    if not isinstance(error, errors.InvalidInputError) or len(error.problems) <= _TOLD:
        return str(error)
    told = [str(item) for item in error.problems[:_TOLD]]
    untold = f", and at least {error.untold:,} that are not listed" if error.untold else ""
    return "\n".join([*told, f"… and {len(error.problems) - _TOLD} more, in `problems`{untold}"])


def _more(error: errors.TocsinError) -> dict[str, Any]:
    if isinstance(error, errors.InvalidInputError):
        fields = ("file", "line", "field", "value", "accepted")
        return {"problems": [{name: getattr(item, name) for name in fields} for item in error.problems]}
    if isinstance(error, errors.ConflictError):
        versions = {"yours": error.meant, "standing": error.standing}
        return {"changed": error.changed, "versions": {name: _version(item) for name, item in versions.items()}}
    if isinstance(error, errors.SettledOtherwiseError):
        return {"versions": {"yours": error.seen, "standing": error.standing}}
    return {}


def _version(item: Version) -> dict[str, object]:
    return asdict(item) | {"written_at": write_instant(item.written_at)}


async def _of_validation(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    kind = request.headers.get("content-type", "")
    if isinstance(error.body, bytes) and error.body:  # what is no JSON by its type comes as it is
        return problem(415, "unknown-type", f"Content-Type is {shown(kind)}; accepted: application/json")
    refusal = refusal_of(error, request)
    if any(item["type"] == "json_invalid" for item in error.errors()):
        return problem(_BAD_REQUEST, "unreadable", str(refusal), **_more(refusal))
    return problem_of(refusal)


async def _of_http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    try:
        note_caller(request, None)  # where no route has: who asks for what is not there asks all the same
    except HTTPException as busy:
        error = busy
    if error.status_code == _NOT_ALLOWED:
        methods = sorted(_methods(request))
        detail = f"{request.method} is not taken here; accepted: {', '.join(methods)}"
        error = HTTPException(_NOT_ALLOWED, detail, {"Allow": ", ".join(methods)})
    return of_http(error)


def _methods(request: Request) -> set[str]:
    """What all routes of an address take; what is answered to GET is answered to HEAD: see `head`."""
    found: set[str] = set()
    for route in request.app.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return found | ({"HEAD"} if "GET" in found else set())


def of_http(error: HTTPException) -> JSONResponse:
    """A problem for what the framework itself refuses."""
    slug = HTTP.get(error.status_code, "http")
    said = str(error.detail)
    if error.status_code == _BAD_REQUEST or said == "Not Found":  # the framework's own words help nobody
        said = _UNREADABLE if error.status_code == _BAD_REQUEST else _NO_ADDRESS
    answer = problem(error.status_code, slug, said)
    answer.headers.update(error.headers or {})
    return answer


def internal_problem() -> JSONResponse:
    """A problem for what nobody foresaw; what it was is in the log, and not for whoever asked."""
    detail = "something went wrong here; the log has it under this request's id, and nothing was half written"
    return problem(500, "internal", detail)
