"""Tables as answers: JSON or CSV, a page at a time, with their tag."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_args

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from tocsin.domain.instants import write_instant
from tocsin.web.cursors import Place, make_cursor
from tocsin.web.etags import with_tag
from tocsin.web.negotiation import AskedForm, Form, answer_table, table_json, wanted_form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime


class PageBody[T](BaseModel):
    """A page of rows; `next` is the cursor of the page after it, null at the end."""

    items: list[T]
    next: str | None


@dataclass(frozen=True, eq=False, slots=True)
class Page[R]:
    """A page of what a list holds, and where it goes on; None at the end."""

    rows: Sequence[R]
    cursor: str | None


def cut[R](rows: Sequence[R], limit: int, question: Mapping[str, object], place: Callable[[R], Place]) -> Page[R]:
    """The first `limit` of rows that lie after a cursor; one more than that tells that there is a page after it."""
    shown = rows[:limit]
    return Page(shown, make_cursor(question, place(shown[-1])) if len(rows) > limit else None)


def after[R](rows: Sequence[R], begun: Place | None, place: Callable[[R], Place]) -> Sequence[R]:
    """The rows, in order of their place, that come after one."""
    return rows if begun is None else [row for row in rows if place(row) > begun]


@dataclass(frozen=True, eq=False, slots=True)
class Asking:
    """A request, and the form that it wants."""

    request: Request
    form: Form

    def page[R](
        self,
        kind: type[BaseModel],
        page: Page[R],
        row: Callable[[R], BaseModel],
        *,
        as_of: datetime | None = None,
        more: BaseModel | None = None,
    ) -> Response:
        """A page of a table, each row as a body of a kind; `more` is what the JSON says beside the rows.

        `as_of` is the instant that it is read at. It stands in a header, so that what does not change has one tag.
        """
        rows = [row(item).model_dump(mode="json") for item in page.rows]
        headers = _read_at(as_of)
        if page.cursor is not None:
            address = self.request.url.include_query_params(cursor=page.cursor)
            headers["Link"] = f'<{address.path}?{address.query}>; rel="next"'
        beside = {} if more is None else more.model_dump(mode="json")
        body = {**beside, "items": rows, "next": page.cursor}
        lines = [flat(kind, item) for item in rows] if self.form is Form.CSV else rows
        answer = answer_table(self.form, lines, columns_of(kind), body=body, headers=headers)
        return with_tag(self.request, answer)


def give(request: Request, body: BaseModel, as_of: datetime | None = None) -> Response:
    """One thing as JSON, with its tag."""
    content = table_json(body.model_dump(mode="json"))
    return with_tag(request, Response(content, headers=_read_at(as_of), media_type="application/json"))


def _read_at(as_of: datetime | None) -> dict[str, str]:
    return {} if as_of is None else {"Tocsin-As-Of": write_instant(as_of)}


async def _asking(request: Request, named: AskedForm = None) -> Asking:
    return Asking(request, wanted_form(request, named))


type Asked = Annotated[Asking, Depends(_asking)]


def columns_of(kind: type[BaseModel]) -> list[str]:
    """The columns of a table of such bodies: of what is nested one for each part, named by its path in the JSON."""
    found: list[str] = []
    for name, field in kind.model_fields.items():
        nested = _nested(field.annotation)
        if nested is not None:
            found.extend(f"{name}.{part}" for part in columns_of(nested))
        else:
            found.append(name)
    return found


def flat(kind: type[BaseModel], item: Mapping[str, Any]) -> dict[str, object]:
    """A body as JSON has it, as a row of such a table."""
    row: dict[str, object] = {}
    for name, field in kind.model_fields.items():
        value, nested = item[name], _nested(field.annotation)
        if nested is not None:
            row |= {} if value is None else {f"{name}.{part}": cell for part, cell in flat(nested, value).items()}
        else:
            deep = isinstance(value, dict) or (
                isinstance(value, list) and any(isinstance(x, dict | list) for x in value)
            )
            row[name] = json.dumps(value, ensure_ascii=False) if deep else value
    return row


def _nested(annotation: object) -> type[BaseModel] | None:
    """The body that a field holds, if it holds one or nothing."""
    kinds = [item for item in (annotation, *get_args(annotation)) if isinstance(item, type)]
    if isinstance(annotation, type) or type(None) in kinds:
        return next((item for item in kinds if issubclass(item, BaseModel)), None)
    return None
