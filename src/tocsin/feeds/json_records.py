"""JSON lines as records with their line numbers: one object a line, its values text or numbers; nothing is guessed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tocsin.domain.errors import Problem
from tocsin.feeds.csv_records import Columns, Record, unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

_OBJECT = 'one JSON object a line, such as {"observed_on": "2016-03-07", "value": 1}'
_VALUE = "text or a number; leave the name out where there is nothing to say"


def read_json_records(data: bytes, place: str, columns: Columns) -> tuple[list[Record], list[Problem]]:
    """The records whose names and values are of the form, and a problem for everything else.

    Blank lines are passed over. Numbers keep the digits that they are written with.
    """
    problems = [Problem(place, line, *what) for line, *what in unreadable(data)]
    if problems:
        return [], problems
    records: list[Record] = []
    for line, text in enumerate(data.decode("utf-8-sig").split("\n"), start=1):
        if text.strip():
            cells, found = _read(text, columns)
            problems += [Problem(place, line, *what) for what in found]
            if not found:
                records.append(Record(line, cells))
    if not records and not problems:
        problems.append(Problem(place, None, "content", "empty", _OBJECT))
    return records, problems


def _read(text: str, columns: Columns) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """The cells of a line, and field, value and what is accepted for everything wrong with it."""
    try:
        # Pairs become a list of this class, so that an object inside is told from the line's own names.
        pairs = json.loads(text, object_pairs_hook=_Pairs, parse_int=str, parse_float=str, parse_constant=_Constant)
    except json.JSONDecodeError as error:
        return {}, [("record", f"no JSON ({error.msg}, at character {error.pos + 1} of the line)", _OBJECT)]
    except RecursionError:
        return {}, [("record", "nested too deeply", _OBJECT)]
    if not isinstance(pairs, _Pairs):
        return {}, [("record", f"JSON, but no object: {text.strip()[:40]!r}", _OBJECT)]
    problems = columns.name_problems([name for name, _ in pairs], "record", "name")
    problems += [(name, shown, _VALUE) for name, value in pairs if (shown := _no_cell(value)) is not None]
    return {name: str(value) for name, value in pairs}, problems


class _Pairs(list[tuple[str, object]]):
    """The names and values of one JSON object, in order and with those that stand twice."""


class _Constant(str):
    """NaN or Infinity, which JSON has not and Python reads."""

    __slots__ = ()


def _no_cell(value: object) -> str | None:
    """How a value is shown that is neither text nor a number; None where it is."""
    if isinstance(value, _Constant):
        return str(value)
    if isinstance(value, str):
        return _unstorable(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return "an object" if isinstance(value, _Pairs) else "a list"


def _unstorable(text: str) -> str | None:
    """Escapes can spell what no UTF-8 file holds: half a character, or a zero, at which databases stop reading."""
    if "\0" in text:
        return "text with a zero character in it"
    return "text with half a character in it (a lone surrogate)" if _halved(text) else None


def _halved(text: Sequence[str]) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)
