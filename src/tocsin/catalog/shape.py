"""Holds a document to a shape and says what is wrong with it, at its line, in the shape's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast, get_args

from pydantic import ValidationError

from tocsin.catalog.document import Document, Loc, shown
from tocsin.catalog.elicited import Shape
from tocsin.catalog.names import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from tocsin.domain.errors import Problem


def read_shape[T: Shape](document: Document, shape: type[T], problems: list[Problem]) -> T | None:
    """The document in that shape, or None with every problem added to `problems`."""
    try:
        return shape.model_validate(document.data)
    except ValidationError as error:
        problems.extend(_problems(document, shape, error))
        return None


def read_kind[T: Shape](document: Document, shapes: Mapping[str, type[T]], problems: list[Problem]) -> T | None:
    """The document in the shape that its `kind` names.

    Without a known kind, the keys that every kind has are still judged.
    """
    data = cast("dict[str, object]", document.data)
    kind = data.get("kind")
    shape = shapes.get(kind) if isinstance(kind, str) else None
    if shape is not None:
        return read_shape(document, shape, problems)
    names = list(shapes)
    accepted = f"{', '.join(names[:-1])} or {names[-1]}"
    problems.append(document.problem(("kind",), shown(kind) if "kind" in data else "missing", accepted))
    problems.extend(_problems_of_shared_keys(document, list(shapes.values())))
    return None


def _problems_of_shared_keys(document: Document, shapes: list[type[Shape]]) -> Iterator[Problem]:
    every: list[Problem] = []
    read_shape(document, shapes[0], every)
    shared = set.intersection(
        *(
            {
                name
                for name, field in shape.model_fields.items()
                if shapes[0].model_fields.get(name) is field or _same(field, shapes[0].model_fields.get(name))
            }
            for shape in shapes
        )
    ) - {"kind"}
    yield from (problem for problem in every if problem.field.split(".")[0].split("[")[0] in shared)


def _same(one: FieldInfo, other: FieldInfo | None) -> bool:
    return other is not None and one.annotation == other.annotation


def _problems(document: Document, shape: type[Shape], error: ValidationError) -> Iterator[Problem]:
    for detail in error.errors(include_url=False):
        loc: Loc = tuple(part for part in detail["loc"] if part != "[key]")
        if detail["input"] is None and detail["type"] not in {"missing", "refused"}:
            continue  # an empty value, which the document has refused already
        value, accepted = _said(detail, shape, loc)
        yield document.problem(loc, value, accepted)


def _said(detail: ErrorDetails, shape: type[Shape], loc: Loc) -> tuple[str, str]:
    if detail["type"] == "refused":
        missing = detail["input"] is None
        return "missing" if missing else shown(_plain(detail["input"])), detail["ctx"]["accepted"]
    if detail["type"] == "extra_forbidden":
        around = _innermost(shape, loc[:-1])
        known = [] if around is None else [field.alias or name for name, field in around.model_fields.items()]
        return "an unknown key", f"{', '.join(known)}{nearest(str(loc[-1]), known)}"
    field = _field(shape, loc)
    accepted = (field.description if field is not None else None) or detail["msg"]
    return "missing" if detail["type"] == "missing" else shown(detail["input"]), accepted


def _plain(value: object) -> object:
    """A shape that was read before it was refused is shown as the mapping that it was."""
    if isinstance(value, Shape):
        return {}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _field(shape: type[Shape], loc: Loc) -> FieldInfo | None:
    """The innermost field that a path leads through."""
    found: FieldInfo | None = None
    inside: type[Shape] | None = shape
    for part in loc:
        if isinstance(part, int):
            continue
        field = None if inside is None else _named(inside, part)
        if field is None:
            break
        found, inside = field, _shape_in(field.annotation)
    return found


def _innermost(shape: type[Shape], loc: Loc) -> type[Shape] | None:
    field = _field(shape, loc)
    return shape if field is None else _shape_in(field.annotation)


def _named(shape: type[Shape], key: str) -> FieldInfo | None:
    return next((field for name, field in shape.model_fields.items() if key in {name, field.alias}), None)


def _shape_in(annotation: Any) -> type[Shape] | None:  # noqa: ANN401 - an annotation can be anything
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        return annotation
    inner = (_shape_in(argument) for argument in get_args(annotation))
    return next((shape for shape in inner if shape is not None), None)
