"""What is wrong with a request: each field as the client wrote it, its value, and what is accepted, in our words."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from pydantic import BaseModel, Tag

from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.observation import judge_drafts
from tocsin.web.asked import PRINTABLE, instant_of
from tocsin.web.schemas.draft import BODIES, half_read
from tocsin.web.schemas.texts import HALVED, ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fastapi import Request
    from fastapi.dependencies.models import Dependant
    from fastapi.exceptions import RequestValidationError
    from pydantic.fields import FieldInfo

    from tocsin.web.means import Means

_LIMITS = {"greater_than_equal", "less_than_equal"}
_SHOWN = 200
_MOST = 100  # problems of a request that are told: each costs time and room, and a small body may hold 200,000
_SECRET_FIELDS = {"password", "present"}
_PATTERNS = {
    ID: "an id: 16 to 64 of the digits 0 to 9 and a to f",
    PRINTABLE: "text without a zero character",
    "^[!-~]{1,200}$": "1 to 200 visible ASCII characters",
}
_WORDS = {
    "missing": "a value, as it cannot be left out",
    "string_type": "text",
    "string_unicode": HALVED,
    "string_too_short": "text of at least {min_length:,} characters",
    "string_too_long": "text of at most {max_length:,} characters",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of fewer digits",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "greater_than": "a number above {gt:,}",
    "greater_than_equal": "a number from {ge:,} on",
    "less_than": "a number below {lt:,}",
    "less_than_equal": "a number up to {le:,}",
    "list_type": "a list",
    "too_short": "a list of at least {min_length:,}",
    "too_long": "a list of at most {max_length:,}",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "model_type": "a JSON object",
    "model_attributes_type": "a JSON object",
    "dict_type": "a JSON object",
    "value_error": "{error}",
}
"""By pydantic's name for what it refuses; `{…}` is what it knows of the limit."""
_DAY = "a day of the calendar as YYYY-MM-DD"
_INSTANT = "an instant with its offset, such as 2016-03-08T18:00:00+01:00"


def refusal_of(error: RequestValidationError, request: Request) -> InvalidInputError:
    """What is wrong with a request whose form is: what its content would be refused for is told with it.

    At most so much as somebody reads; of the rest no more than how much there is at least.
    """
    body = getattr(getattr(request.scope.get("route"), "body_field", None), "field_info", None)
    kind = None if body is None else body.annotation
    items = error.errors()
    asked = _parameters(getattr(request.scope.get("route"), "dependant", None))
    form = [_problem(item, kind, asked) for item in items[:_MOST]]
    room = _MOST - len(form)
    content = _content(error.body, kind, form, request, room) if room else []
    return InvalidInputError([*form, *content[:room]], len(items) - len(form) + max(0, len(content) - room))


def shown(value: object, place: Iterable[object] = ()) -> str:
    """How a value is repeated to whoever sent it: its beginning, as it may be megabytes, and never a password."""
    named = {str(part) for part in place} | (set(value) if isinstance(value, dict) else set())
    if named & _SECRET_FIELDS:
        return "(not shown)"
    try:
        text = repr(value) if isinstance(value, str | bytes) else json.dumps(value, ensure_ascii=False, default=repr)
    except RecursionError:
        return "nested too deeply to be shown"
    return _begun(_spelled(text))


def _begun(text: str) -> str:
    """A text, or the beginning of one that is long."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text):,} characters)"


def _spelled(text: str) -> str:
    """A text whose halved characters are spelled out, as no UTF-8 can hold them."""
    return text.encode("utf-8", "backslashreplace").decode()


def _parameters(dependant: Dependant | None) -> dict[str, FieldInfo]:
    """The parameters of a route, and of all that it depends on, by name."""
    if dependant is None:
        return {}
    found = {field.alias: field.field_info for field in (*dependant.query_params, *dependant.path_params)}
    for item in dependant.dependencies:
        found |= _parameters(item)
    return found


def _problem(item: Mapping[str, Any], body: object, asked: Mapping[str, FieldInfo]) -> Problem:
    source, *loc = item["loc"]
    kind, context = item["type"], item.get("ctx", {})
    if kind == "json_invalid":
        return Problem("", None, "body", "no JSON", f"JSON; this goes wrong at character {loc[0]}")
    if source != "body":
        # Of what may be repeated in an address, each is written the same.
        accepted = _span(asked.get(str(loc[0]))) if kind in _LIMITS else ""
        accepted = accepted or _accepted(kind, context, [])
        return Problem("", None, _spelled(str(loc[0])), _found(item), accepted)
    place, path, known, info = _trace(loc, body)
    accepted = _accepted(kind, context, known, str(loc[-1]) if loc else "")
    if kind == "missing" and info is not None:
        accepted += _form(info)
    if kind in _LIMITS:
        accepted = _span(info) or accepted
    return Problem(
        place, None, _begun(_spelled(path)) or "body", _found(item), accepted if path or loc else "a JSON body"
    )


def _form(info: FieldInfo) -> str:
    """What a field is to hold, as far as its declaration says so in few words."""
    if info.examples:
        return f"; such as {json.dumps(info.examples[0], ensure_ascii=False, default=str)}"
    return "" if info.description is None else f": {info.description}"


def _span(info: FieldInfo | None) -> str:
    """From where to where a number may lie, where both ends are included; empty for others."""
    ends: dict[str, object] = {}
    for limit in () if info is None else info.metadata:
        ends |= {name: getattr(limit, name) for name in ("ge", "le") if hasattr(limit, name)}
    if len(ends) < 2:  # noqa: PLR2004 (both)
        return ""
    return "a number from {ge:,} to {le:,}".format(**{name: _short(end) for name, end in ends.items()})


def _found(item: Mapping[str, Any]) -> str:
    return "missing" if item["type"] == "missing" else shown(item.get("input"), item["loc"])


def _accepted(kind: str, context: Mapping[str, Any], known: Sequence[str], name: str = "") -> str:
    if kind == "extra_forbidden":
        near = get_close_matches(name[:_SHOWN], known, n=1)
        return f"only the fields {', '.join(known)}" + (f"; did you mean {near[0]}?" if near else "")
    if kind == "string_pattern_mismatch":
        pattern = context["pattern"]
        return _PATTERNS.get(pattern, f"text of the form {pattern}")
    if kind.startswith(("datetime", "timezone")):
        return _INSTANT
    if kind.startswith("date_"):
        return _DAY
    words = _WORDS.get(kind, f"something that is not refused as {kind}")
    return words.format(**{name: _short(item) for name, item in context.items()})


def _short(limit: object) -> object:
    """A limit as people write it: 1 and not 1.0."""
    return int(limit) if isinstance(limit, float) and limit.is_integer() else limit


def _trace(loc: Sequence[str | int], body: object) -> tuple[str, str, list[str], FieldInfo | None]:
    """Where a problem lies as the client wrote it, what could stand there, and how it is declared.

    It lies in an item of a list, if any, and there in a field.

    The kinds of body that we tell apart have names that no client knows; they are left out.
    """
    place, path, at = "", "", body
    known: list[str] = []
    info: FieldInfo | None = None
    for part in loc:
        if isinstance(part, int):
            path = f"{path}[{part}]"
        elif part in (kinds := _kinds(at)):
            at = kinds[part]
        else:
            model = _model(at)
            known = [] if model is None else list(model.model_fields)
            if path.endswith("]"):
                place, path = f"{place}.{path}".strip("."), ""
            path = f"{path}.{part}".strip(".")
            info = model.model_fields[part] if model is not None and part in known else None
            at = None if info is None else info.annotation
    return place, path, known, info


def _kinds(annotation: object) -> dict[str, object]:
    """The kinds of body that an annotation tells apart, by their tags."""
    found: dict[str, object] = {}
    for member in get_args(annotation):
        if get_origin(member) is Annotated:
            kind, *marks = get_args(member)
            found.update({mark.tag: kind for mark in marks if isinstance(mark, Tag)})
    return found


def _model(annotation: object) -> type[BaseModel] | None:
    """The first body in an annotation, such as the one that a list is of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model(part)) is not None), None)


def _content(sent: object, kind: object, form: Sequence[Problem], request: Request, room: int) -> list[Problem]:
    """What observations would be refused for besides their form; nothing of other bodies, or of fields named in it.

    Observations are judged until there is no room for what is found.
    """
    means: Means = request.app.state.means
    theater = means.service.catalog.theaters.get(request.path_params.get("theater", ""))
    bodies = [_model(item) for item in (kind, *_kinds(kind).values())]
    if theater is None or not any(item in BODIES for item in bodies):
        return []
    found: list[Problem] = []
    now = means.clock()
    try:
        now = instant_of(request.query_params.get("as_of"), theater.timeline, now)
    except InvalidInputError as error:
        found.extend(error.problems)
    told = {(item.file, item.field.partition("[")[0]) for item in form}
    for draft, fields in half_read(sent):
        if len(found) > room:
            break
        _, problems = judge_drafts(
            [draft], means.service.catalog.indicators(theater.id), theater.timeline.last_day(now), theater.timeline
        )
        found.extend(item for item in problems if item.field in fields and (item.file, item.field) not in told)
    return found
