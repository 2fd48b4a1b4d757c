"""Comma-separated text as records with their line numbers; nothing is guessed."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_BYTES = 64 * 1024 * 1024
"""Larger files are refused before they are read."""

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SAVE_AS_UTF8 = "UTF-8 text; save the file again as UTF-8 (in a spreadsheet: “CSV UTF-8”)"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_FIRST_LINE = 1


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the line on which it begins (quoted text may run over several) and its cells by column."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What could be read: the header, empty where there was none, and the records of its shape."""

    header: tuple[str, ...] = ()
    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """What a file's header may name, and what it must; `known_as` says which the known ones are."""

    required: Sequence[str]
    optional: Sequence[str] = ()
    known_as: str = "one of"

    @property
    def known(self) -> tuple[str, ...]:
        """All of them, required first."""
        return (*self.required, *self.optional)

    def name_problems(self, names: Sequence[str], where: str, what: str) -> list[tuple[str, str, str]]:
        """Field, value and what is accepted for everything wrong with names of columns, wherever they stand."""
        problems = [
            (where, f"{name!r} twice", f"each {what} once") for name, times in Counter(names).items() if times > 1
        ]
        accepted = f"{self.known_as} {','.join(self.known)}"
        unknown = [name for name in dict.fromkeys(names) if name not in self.known]
        problems += [(what, repr(name), accepted) for name in unknown]
        missing = [name for name in self.required if name not in names]
        return problems + [(where, f"without {name!r}", f"a {what} {name!r}") for name in missing]


def read_records(data: bytes, place: str, columns: Columns, separator: str = ",") -> tuple[Sheet, list[Problem]]:
    """The records that have the header's shape, and a problem for everything else.

    Args:
        data: The file: UTF-8 (a byte order mark is fine), separated as said, with a header line.
        place: The name of the file, for problems.
        columns: The columns to accept. A file may have them in any order.
        separator: What stands between cells.
    """
    if no_text := [Problem(place, line, *what) for line, *what in unreadable(data)]:
        return Sheet(), no_text
    rows, problems = _rows(data.decode("utf-8-sig"), place, separator)
    if not rows:
        nothing = Problem(place, None, "content", "empty", "a header line and records under it")
        return Sheet(), problems or [nothing]
    (header_line, header), *body = rows
    if other := _other_separator(header, separator):
        accepted = f"{_SEPARATORS[separator]}, as in: {separator.join(columns.known)}"
        return Sheet(), [Problem(place, header_line, "separator", other, accepted)]
    problems += [Problem(place, header_line, *what) for what in columns.name_problems(header, "header", "column")]
    records: list[Record] = []
    for line, cells in body:
        if len(cells) == len(header):
            records.append(Record(line, dict(zip(header, cells, strict=True))))
        else:
            problems.append(Problem(place, line, "record", f"{len(cells)} cells long", _shape(header, cells)))
    if not body and not problems:
        problems.append(Problem(place, None, "content", "a header only", "at least one record; nothing to import"))
    return Sheet(tuple(header), tuple(records)), problems


def unreadable(data: bytes) -> Iterator[tuple[int | None, str, str, str]]:
    """Line, field, value and what is accepted, for everything that keeps the bytes from being text."""
    if len(data) > MAX_BYTES:
        yield None, "size", f"{len(data):,} bytes", f"at most {MAX_BYTES:,} bytes; split the file"
        return
    if data.startswith(_UTF16):
        yield _FIRST_LINE, "encoding", f"UTF-16 (it begins with byte {data[0]:#04x})", _SAVE_AS_UTF8
        return
    for line, content in enumerate(data.split(b"\n"), start=1):
        if b"\0" in content:
            yield line, "text", f"a zero byte, at byte {content.index(0) + 1} of the line", _SAVE_AS_UTF8
        try:
            content.decode()
        except UnicodeDecodeError as error:
            place = f"byte {content[error.start]:#04x}, at byte {error.start + 1} of the line"
            yield line, "encoding", place, _SAVE_AS_UTF8


def _rows(text: str, place: str, separator: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """Every row that is not blank with the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, list[str]]] = []
    problems: list[Problem] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return rows, problems
        except csv.Error as error:
            value, accepted, hopeless = _quoting(str(error))
            problems.append(Problem(place, line, "record", value, accepted))
            if hopeless:
                return rows, problems
        else:
            if any(cells):
                rows.append((line, cells))


def _quoting(said: str) -> tuple[str, str, bool]:
    """Value, what is accepted, and whether what follows is lost too."""
    if "unexpected end" in said:
        return 'cut off inside a quoted text (a " is never closed)', 'a closing " for every opening one', True
    if "field limit" in said:
        limit = csv.field_size_limit()
        return "too long in one cell", f'at most {limit:,} characters a cell; is a " left open?', True
    return (
        f"badly quoted ({said})",
        'a comma or the end of the line after a closing "; double a " inside text',
        False,
    )


def _other_separator(header: Sequence[str], separator: str) -> str | None:
    """The name of another separator, where the header has one cell and such a mark in it."""
    alone = header[0] if len(header) == 1 else ""
    return next((name for mark, name in _SEPARATORS.items() if mark != separator and mark in alone), None)


def _shape(header: Sequence[str], cells: Sequence[str]) -> str:
    hint = "is the line cut off?" if len(cells) < len(header) else 'text with a comma in it stands between "'
    return f"{len(header)} cells, as the header has; {hint}"
