"""Alert rules: those that files declare, and those that are set here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response

from tocsin.domain.access import Principal, Right
from tocsin.domain.errors import InvalidInputError, Problem, UnknownNameError
from tocsin.usecases.alert_ports import SetRule
from tocsin.usecases.alert_rules import KnownRule
from tocsin.web.access import Allow
from tocsin.web.cursors import AskedCursor, Limit, read_cursor
from tocsin.web.declared import READ, TABLE
from tocsin.web.etags import tag_of, tags_in, with_tag
from tocsin.web.idempotency import KEYED, KeyedRoute
from tocsin.web.means import Acting, Means
from tocsin.web.negotiation import table_json
from tocsin.web.overseen import seen_theaters
from tocsin.web.problems import problem
from tocsin.web.schemas.alert_rule import AlertRuleBody, NewRuleBody, SetRuleBody
from tocsin.web.schemas.problem import problems
from tocsin.web.tables import Asked, PageBody, after, cut

router = APIRouter(tags=["alerts"], route_class=KeyedRoute)
_Reader = Annotated[Principal, Depends(Allow(Right.READ))]
_Admin = Annotated[Principal, Depends(Allow(Right.ADMINISTER))]
_IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=2_000,
        description='The version that you saw, in quotes: "3", as its ETag says. Where another one stands the answer '
        "is 412, and nothing is written. Left out, or `*`: whichever stands.",
    ),
]


@router.get("/alert-rules", response_model=PageBody[AlertRuleBody], responses=TABLE)
def list_alert_rules(
    asked: Asked, means: Acting, principal: _Reader, cursor: AskedCursor = None, limit: Limit = 100
) -> Response:
    """The alert rules of the theaters that you may see, those of files and those that were set."""
    names = seen_theaters(principal, means.service.catalog)
    question = {"list": "alert-rules", "of": names}
    begun = read_cursor(cursor, question, (str, str))
    found = [_body(means, known) for name in names for _, known in sorted(means.service.rules.of(name).known.items())]
    page = cut(after(found, begun, _place), limit, question, _place)
    return asked.page(AlertRuleBody, page, lambda body: body)


@router.post(
    "/alert-rules",
    status_code=201,
    response_model=AlertRuleBody,
    responses=problems(404, 409, 413, 422),
    dependencies=KEYED,
)
def make_alert_rule(body: NewRuleBody, request: Request, means: Acting, principal: _Admin) -> Response:
    """Set a rule of a new id. It is judged from now on, on what is stated then."""
    if not principal.may(Right.ADMINISTER, body.theater) or body.theater not in means.service.catalog.theaters:
        raise UnknownNameError("theater", body.theater, seen_theaters(principal, means.service.catalog))
    last = means.service.rules.last(body.theater, body.id)
    if last is not None and last.document is not None:
        return _stands(body.theater, body.id, last, 409)
    return _put(request, means, principal, (body.theater, body.id, body.document), last, 201)


@router.get("/alert-rules/{theater}/{rule}", response_model=AlertRuleBody, responses=READ)
def show_alert_rule(theater: str, rule: str, request: Request, means: Acting, _: _Reader) -> Response:
    """One alert rule. The ETag of one that was set is its version."""
    known = means.service.rules.rule(means.service.catalog.theater(theater).id, rule)
    return _answer(request, means, known)


@router.put(
    "/alert-rules/{theater}/{rule}",
    response_model=AlertRuleBody,
    responses=problems(404, 409, 412, 413, 422),
    dependencies=KEYED,
)
def set_alert_rule(
    theater: str,
    rule: str,
    body: SetRuleBody,
    request: Request,
    means: Acting,
    principal: _Admin,
    if_match: _IfMatch = None,
) -> Response:
    """Set a rule, new or anew. What had been read for another condition does not count toward the new one."""
    declared = means.service.catalog.theater(theater)
    last = means.service.rules.last(declared.id, rule)
    if not _meant(if_match, last):
        return _stands(declared.id, rule, last, 412)
    return _put(request, means, principal, (declared.id, rule, body.document), last, 200)


@router.delete(
    "/alert-rules/{theater}/{rule}", status_code=204, responses=problems(404, 409, 412, 422), dependencies=KEYED
)
def remove_alert_rule(theater: str, rule: str, means: Acting, principal: _Admin, if_match: _IfMatch = None) -> Response:
    """Remove a rule that was set. Its alert is judged no more; what it was stays on record."""
    declared = means.service.catalog.theater(theater)
    last = means.service.rules.last(declared.id, rule)
    if not _meant(if_match, last):
        return _stands(declared.id, rule, last, 412)
    version = None if last is None else last.version
    removed = means.service.rules.remove(declared.id, rule, version, principal.name, means.clock())
    if removed is None:
        return _stands(declared.id, rule, means.service.rules.last(declared.id, rule), 409)
    return Response(status_code=204)


def _put(
    request: Request,
    means: Means,
    principal: Principal,
    wanted: tuple[str, str, str],
    last: SetRule | None,
    status: int,
) -> Response:
    theater, rule, document = wanted
    version = 1 if last is None else last.version + 1
    known = means.service.rules.put(SetRule(theater, rule, version, document, principal.name, means.clock()))
    if known is None:
        return _stands(theater, rule, means.service.rules.last(theater, rule), 409)
    return _answer(request, means, known, status)


def _answer(request: Request, means: Means, known: KnownRule, status: int = 200) -> Response:
    body = _body(means, known)
    answer = Response(table_json(body.model_dump(mode="json")), status, media_type="application/json")
    tag = None if body.version is None else f'"{body.version}"'
    if request.method == "GET":
        return with_tag(request, answer, tag)
    answer.headers["ETag"] = tag or tag_of(bytes(answer.body))
    return answer


def _body(means: Means, known: KnownRule) -> AlertRuleBody:
    return AlertRuleBody.of(known, means.service.catalog.theater(known.rule.theater).timeline)


def _place(body: AlertRuleBody) -> tuple[str, str]:
    return body.theater, body.id


def _meant(if_match: str | None, last: SetRule | None) -> bool:
    """Whether the version that stands is one that the header names; InvalidInputError where that is no list of tags."""
    stands = last is not None and last.document is not None
    if if_match is None:
        return True
    if if_match.strip() == "*":
        return stands
    tags = tags_in(if_match)
    if tags is None:
        accepted = 'the version that you saw, in quotes, such as "3"'
        raise InvalidInputError([Problem("", None, "If-Match", repr(if_match), accepted)])
    return last is not None and stands and f'"{last.version}"' in tags


def _stands(theater: str, rule: str, last: SetRule | None, status: int) -> Response:
    """Another version stands than the one that was meant."""
    stands = last is not None and last.document is not None
    now = f"version {last.version}, set by {last.by}" if last is not None and stands else "none"
    detail = (
        f"of alert rule {theater}/{rule} {now} stands; nothing was written. Look at it (GET "
        f"/api/v1/alert-rules/{theater}/{rule}), and set it anew (PUT, If-Match) if yours still holds"
    )
    return problem(
        status,
        "conflict",
        detail,
        version=last.version if last is not None and stands else None,
    )
