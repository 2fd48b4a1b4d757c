"""Rows of a table that somebody else writes: CSV with any further columns, or a list of JSON objects."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from tocsin.domain.errors import FeedFormatError
from tocsin.feeds.json_rows import MAX_JSON_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is laid out.

    Attributes:
        form: What it is written in.
        id_columns: Columns that together name a row, for as long as the row exists.
        columns: For each field of an incident that the table fills, its column; `day` is needed. In JSON, a dotted path
            reaches into nested objects.
        records: In JSON, the dotted path to the list of rows; empty where the document is that list.
        complete: The table always holds all rows, so that one which is gone has been withdrawn.
    """

    form: Literal["csv", "json"]
    id_columns: tuple[str, ...]
    columns: Mapping[str, str]
    records: str = ""
    complete: bool = False

    def cell(self, row: Mapping[str, Any], column: str) -> Any:  # noqa: ANN401 (whatever JSON may hold)
        """What stands in a column; None where it is missing."""
        if self.form == "csv":
            return row.get(column)
        return _reached(row, column)

    @property
    def declared(self) -> tuple[str, ...]:
        """All columns that must be there."""
        return tuple(dict.fromkeys((*self.id_columns, *self.columns.values())))


def read_rows(feed: str, data: bytes, layout: Layout) -> Iterator[dict[str, Any]]:
    """The rows in their order, one at a time; FeedFormatError where it is no such table.

    A CSV must have every declared column. Objects may leave out what they do not know, so a column is missing from JSON
    only where no row has it.
    """
    return _csv_rows(feed, data, layout) if layout.form == "csv" else _json_rows(feed, data, layout)


def _csv_rows(feed: str, data: bytes, layout: Layout) -> Iterator[dict[str, Any]]:
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline=""), strict=True)
    try:
        header = next(reader, [])
        twice = [name for name, times in Counter(header).items() if times > 1]
        if twice:
            raise FeedFormatError(feed, f"the header names {twice[0][:60]!r} twice")
        _check_columns(feed, header, [column for column in layout.declared if column not in header])
        for cells in reader:
            if len(cells) == len(header):
                yield dict(zip(header, cells, strict=True))
            elif cells:
                raise FeedFormatError(
                    feed, f"line {reader.line_num} has {len(cells)} cells; accepted: {len(header)}, as the header has"
                )
    except (csv.Error, UnicodeDecodeError) as error:
        raise FeedFormatError(feed, f"after line {reader.line_num}, the table is not CSV in UTF-8 ({error})") from error


def _json_rows(feed: str, data: bytes, layout: Layout) -> Iterator[dict[str, Any]]:
    if len(data) > MAX_JSON_BYTES:
        raise FeedFormatError(feed, f"the JSON is {len(data):,} bytes long; accepted: {MAX_JSON_BYTES:,}")
    try:
        document = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise FeedFormatError(feed, f"the answer is not JSON ({str(error)[:100]})") from error
    rows = _reached(document, layout.records) if layout.records else document
    if not isinstance(rows, list):
        raise FeedFormatError(feed, f"there is no list at {layout.records or 'the top'!r}; {_came(document)}")
    odd = next((number for number, row in enumerate(rows, start=1) if not isinstance(row, dict)), None)
    if odd is not None:
        raise FeedFormatError(feed, f"row {odd} is {str(rows[odd - 1])[:60]!r}; accepted: an object")
    if rows:
        gone = [name for name in layout.declared if all(_reached(row, name) is None for row in rows)]
        _check_columns(feed, rows[0], gone)
    yield from rows


def _reached(document: Any, path: str) -> Any:  # noqa: ANN401 (whatever JSON may hold)
    """What lies at a dotted path; None where nothing does."""
    for step in path.split("."):
        if not isinstance(document, dict):
            return None
        document = document.get(step)
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _check_columns(feed: str, came: Iterable[str], missing: list[str]) -> None:
    if missing:
        named = ", ".join(repr(name[:60]) for name in islice(came, _SHOWN)) or "nothing"
        raise FeedFormatError(feed, f"the column {missing[0]!r} is missing; there came: {named}")


def _came(document: Any) -> str:  # noqa: ANN401 (as above)
    if isinstance(document, dict):
        return f"there came an object of {', '.join(repr(name[:60]) for name in islice(document, _SHOWN)) or 'nothing'}"
    return f"there came {str(document)[:60]!r}"
