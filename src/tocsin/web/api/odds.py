"""The odds of a theater: of now from memory, of any instant from the store."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import TocsinError
from tocsin.domain.odds import Status
from tocsin.domain.theater import Theater
from tocsin.usecases.desk import Desk
from tocsin.usecases.desk_answer import Answer
from tocsin.web.access import Allow, right_of
from tocsin.web.asked import AsOf, instant_of
from tocsin.web.etags import lines_of, names
from tocsin.web.heavy import in_turn
from tocsin.web.means import Acting, Means, means_of
from tocsin.web.negotiation import AskedForm, Form, answer_table, table_json, wanted_form
from tocsin.web.schemas.odds import JointOddsBody, OddsBody, OverdueBody, TheaterOddsBody
from tocsin.web.tables import columns_of, flat

_Reader = Annotated[Principal, Depends(Allow(Right.READ))]
_SECOND = timedelta(seconds=1)
_TABLES: dict[str, type[BaseModel]] = {"odds": OddsBody, "joint": JointOddsBody, "overdue": OverdueBody}
_BESIDE = {"odds": ["reason"], "joint": ["as_of", "fit", "age_seconds", "status", "reason"], "overdue": ["asked_at"]}
"""What each row of a table says that JSON says once for all of them."""
_AGEING = {"as_of", "asked_at", "age_seconds"}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": TheaterOddsBody,
        "description": "The odds as JSON or, where it is asked for, as CSV: a row a scenario and horizon.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
        "headers": {"ETag": {"description": "Of what was said, ages left out.", "schema": {"type": "string"}}},
    },
    304: {"description": "Nothing but ages has changed since the answer with the ETag that If-None-Match names."},
}


@dataclass(frozen=True, slots=True)
class _Body:
    """An answer written down: at most a second old, and only for as long as nothing else has changed."""

    theater: Theater
    answer: Answer
    made: datetime
    etag: str
    content: bytes
    headers: tuple[tuple[bytes, bytes], ...]

    def serves(self, answer: Answer | None, now: datetime) -> bool:
        return self.answer is answer and self.made <= now < self.made + _SECOND

    def response(self, if_none_match: str | None) -> Response:
        if names(if_none_match, self.etag):
            return _unchanged(self.etag)
        response = Response()
        response.body, response.raw_headers = self.content, list(self.headers)
        return response


class _Bodies:
    """The bodies of one application, by theater and form."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, Form], _Body] = {}
        self._looking: asyncio.Future[None] | None = None

    def keep_looking(self, desk: Desk) -> asyncio.Future[None] | None:
        """Have the store looked at in a thread before somebody has to wait for that; all who ask share one look."""
        if desk.looks_soon and (self._looking is None or self._looking.done()):
            self._looking = asyncio.get_running_loop().run_in_executor(None, _look, desk)
        return self._looking


def _look(desk: Desk) -> None:
    # Whoever asks next looks by itself then, and hears of it.
    with contextlib.suppress(TocsinError):
        desk.look()


def _bodies(request: Request) -> _Bodies:
    state = request.app.state
    if not hasattr(state, "odds_bodies"):
        state.odds_bodies = _Bodies()
    return cast("_Bodies", state.odds_bodies)


class _Prepared(APIRoute):
    """A route that gives what is written down already without reading parameters that were not sent.

    Who asks is told apart as ever, by the route's own policy.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The usual handler, behind one that may have an answer ready."""
        usual, allow = super().get_route_handler(), right_of(self)

        async def handle(request: Request) -> Response:
            if allow is not None and not request.scope["query_string"]:
                await allow(request)
                ready = await _ready(request, await means_of(request), request.path_params["theater"])
                if ready is not None:
                    return ready
            return await usual(request)

        return handle


async def _ready(request: Request, means: Means, theater: str) -> Response | None:
    """The odds of now, where they are written down and hold; None where somebody has to see to that first."""
    bodies, desk, now, asked = _bodies(request), means.desk, means.clock(), time.monotonic()
    body = bodies.kept.get((theater, wanted_form(request)))
    if body is None:
        return None
    answer, looking = desk.held(body.theater, now, asked), bodies.keep_looking(desk)
    if answer is None and looking is not None:
        await asyncio.shield(looking)
        answer = desk.held(body.theater, now, asked)
    return body.response(lines_of(request, "if-none-match")) if body.serves(answer, now) else None


router = APIRouter(tags=["odds"], route_class=_Prepared)


@router.get("/theaters/{theater}/odds", responses=_ANSWERS, response_class=Response)
async def show_odds(
    request: Request,
    theater: str,
    means: Acting,
    principal: _Reader,
    *,
    as_of: AsOf = None,
    reasons: Annotated[bool, Query(description="With what counted most, which takes a second.")] = False,
    table: Annotated[Literal["odds", "joint", "overdue"], Query(description="Which one a CSV holds.")] = "odds",
    format: AskedForm = None,  # noqa: A002 (its name in the address)
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The odds of every scenario by every horizon, alone and together, and what is overdue.

    JSON has all three; as CSV each is a table of its own.
    """
    form = wanted_form(request, format)
    if_none_match = None if if_none_match is None else lines_of(request, "if-none-match")
    declared = means.service.catalog.theater(theater)
    now = means.clock()
    other = form is Form.CSV and table != "odds"
    if as_of is None and not reasons and not other:
        return await _of_now(request, means, declared, now, form, if_none_match)
    instant = instant_of(as_of, declared.timeline, now)
    if instant == now and not reasons and not other:
        return await _of_now(request, means, declared, now, form, if_none_match)
    return await in_turn(
        request,
        principal,
        lambda _: _of_then(means.desk, declared, instant, (form, table), if_none_match, reasons=reasons),
    )


async def _of_now(
    request: Request, means: Means, theater: Theater, now: datetime, form: Form, if_none_match: str | None
) -> Response:
    bodies, desk, asked = _bodies(request), means.desk, time.monotonic()
    bodies.keep_looking(desk)
    answer = desk.held(theater, now, asked)
    if answer is None:
        found = await run_in_threadpool(desk.answer, theater, now)
        # What is held may be of a later instant by now, and what is asked for is what was found.
        answer = desk.held(theater, now, asked) or found
    body = bodies.kept.get((theater.id, form))
    if body is None or not body.serves(answer, now):
        body = bodies.kept[theater.id, form] = _written(theater, answer, now, form, body)
    return body.response(if_none_match)


def _written(theater: Theater, answer: Answer, now: datetime, form: Form, before: _Body | None) -> _Body:
    said = TheaterOddsBody.of_answer(theater.id, answer.at(now), reasons=False)
    kept = before is not None and before.answer is answer
    etag = before.etag if before is not None and kept else _etag(said, form, _day(theater, answer, now))
    response = _written_down(said, form, etag)
    return _Body(theater, answer, now, etag, bytes(response.body), tuple(response.raw_headers))


def _day(theater: Theater, answer: Answer, now: datetime) -> str:
    """The day that horizons run from; none where the odds are of their fit's instant."""
    if answer.reading.odds[0].status is Status.REFIT_WANTED:
        return ""
    return f"{theater.timeline.last_day(now)} {theater.timeline.last_ended(now)}"


def _of_then(
    desk: Desk,
    theater: Theater,
    instant: datetime,
    wanted: tuple[Form, str],
    if_none_match: str | None,
    *,
    reasons: bool,
) -> Response:
    answer = desk.explain(theater, instant) if reasons else desk.answer(theater, instant)
    said = TheaterOddsBody.of_answer(theater.id, answer, reasons=reasons)
    form, table = wanted
    etag = _etag(said, form, f"{instant.isoformat()} {table}")
    if names(if_none_match, etag):
        return _unchanged(etag)
    return _written_down(said, form, etag, table)


def _written_down(said: TheaterOddsBody, form: Form, etag: str, table: str = "odds") -> Response:
    body = said.model_dump(mode="json", exclude={"counted_most"} if said.counted_most is None else None)
    kind = _TABLES[table]
    beside = {name: body[name] for name in _BESIDE[table]}
    return answer_table(
        form,
        [flat(kind, item) | beside for item in body[table]],
        [*columns_of(kind), *beside],
        body=body,
        headers={**_validators(etag), "Tocsin-As-Of": body["asked_at"]},
    )


def _etag(said: TheaterOddsBody, form: Form, when: str) -> str:
    """What was said, without ages: the fit, its status and declarations, and what the evidence makes of it."""
    content = said.model_dump(mode="json", exclude=_AGEING)
    for item in content["odds"]:
        for name in _AGEING & item.keys():
            del item[name]
    return f'W/"{hashlib.sha256(table_json([content, when])).hexdigest()[:32]}-{form.value}"'


def _validators(etag: str) -> dict[str, str]:
    return {"ETag": etag, "Cache-Control": "private, no-cache"}


def _unchanged(etag: str) -> Response:
    return Response(status_code=304, headers={**_validators(etag), "Vary": "Accept"})
