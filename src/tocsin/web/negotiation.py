"""In which form an answer is given: JSON, or CSV where a table is asked for as one."""

from __future__ import annotations

import csv
import io
import json
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Response
from starlette.exceptions import HTTPException

from tocsin.domain.errors import InvalidInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fastapi import Request

_FORMULA_SIGNS = "=+-@\t\r"


class Form(StrEnum):
    """How a table is written down."""

    JSON = "json"
    CSV = "csv"

    @property
    def media_type(self) -> str:
        """What the answer's header says."""
        return "application/json" if self is Form.JSON else "text/csv; charset=utf-8"


AskedForm = Annotated[
    str | None, Query(alias="format", description="csv or json; where it is left out, the header Accept decides.")
]


def wanted_form(request: Request, named: str | None = None) -> Form:
    """The form that a request wants: what `format` names, else what `Accept` likes best, of equals JSON.

    InvalidInputError where `format` names another; 406 where `Accept` takes neither.
    """
    if named is not None:
        if named not in set(Form):
            raise InvalidInputError([Problem("", None, "format", repr(named), "csv or json")])
        return Form(named)
    form = _liked(request.headers.get("accept", "*/*"))
    if form is None:
        raise HTTPException(406, "this is given as application/json or text/csv; Accept takes neither")
    return form


@lru_cache(maxsize=256)
def _liked(accept: str) -> Form | None:
    liked = liked_of(accept, tuple(form.media_type.partition(";")[0] for form in Form))
    return next((form for form in Form if form.media_type.partition(";")[0] == liked), None)


@lru_cache(maxsize=256)
def liked_of(accept: str, offers: tuple[str, ...]) -> str | None:
    """Of media types that are offered, the one that `Accept` likes best, of equals the first; None where it likes none.

    A type says more than a range of them does (RFC 9110, 12.5.1).
    """
    liking: dict[str, tuple[int, float]] = {}
    for entry in accept.split(","):
        media, *parameters = (part.strip().lower() for part in entry.split(";"))
        exactness = -media.count("*")
        for offer in offers:
            meant = media in {offer, "*/*", f"{offer.partition('/')[0]}/*"}
            if meant and (offer not in liking or exactness >= liking[offer][0]):
                liking[offer] = exactness, _quality(parameters)
    best = max(offers, key=lambda offer: liking.get(offer, (0, 0.0))[1])
    return best if liking.get(best, (0, 0.0))[1] > 0 else None


def _quality(parameters: Iterable[str]) -> float:
    for name, _, value in (parameter.partition("=") for parameter in parameters):
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def answer_table(
    form: Form,
    rows: Sequence[Mapping[str, object]],
    columns: Sequence[str],
    *,
    body: object = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A table as an answer.

    Args:
        form: See `wanted_form`.
        rows: One object a row; a key that a row lacks is empty.
        columns: The header of the CSV, in order, whatever rows there are.
        body: What the JSON says; the rows alone where it is None.
        headers: Of the answer, beside its type.
    """
    content = table_csv(rows, columns) if form is Form.CSV else table_json(rows if body is None else body)
    # The two share an address, so whoever keeps answers must tell them apart.
    return Response(content, headers={"Vary": "Accept", **(headers or {})}, media_type=form.media_type)


def table_json(body: object) -> bytes:
    """A body as JSON; ValueError for a number that JSON does not have."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def table_csv(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> bytes:
    """Rows as CSV (RFC 4180): None is empty, truth is true or false, a list has blanks between its items.

    A text that a spreadsheet would run as a formula has an apostrophe before it; numbers are left alone.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_harmless(row.get(name)) for name in columns] for row in rows)
    return text.getvalue().encode()


def _harmless(value: object) -> str:
    """The cell of a value; somebody who opens the file must not run what a source wrote in its summary."""
    cell = _cell(value)
    return f"'{cell}" if cell[:1] in _FORMULA_SIGNS and isinstance(value, str | list | tuple) and cell else cell


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return " ".join(_cell(item) for item in value)
    return str(value)
