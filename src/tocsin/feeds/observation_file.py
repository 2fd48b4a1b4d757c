"""Files of observations, in either form and with any declared mapping, as drafts that nobody believes yet."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tocsin.domain.errors import Problem
from tocsin.domain.observation import Draft
from tocsin.feeds.csv_records import Columns, Record, read_records
from tocsin.feeds.json_records import read_json_records

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from tocsin.domain.observation_mapping import ObservationMapping, Source

_GRADE_COLUMNS = ("grade", "reliability", "credibility")
_MAPPED = "a column that the mapping reads, or lists under ignored:"

type _Cell = Callable[[str], str | None]
"""What a cell means; None where it means nothing that is accepted."""


class Form(StrEnum):
    """How records are written down."""

    CSV = "csv"
    JSONL = "jsonl"


ENDINGS = {".csv": Form.CSV, ".tsv": Form.CSV, ".txt": Form.CSV, ".jsonl": Form.JSONL, ".ndjson": Form.JSONL}
"""The form of files by how their names end."""


def form_of(ending: str) -> Form | None:
    """The form of a file whose name ends so, such as ".csv"; None where that does not tell."""
    return ENDINGS.get(ending.lower())


def read_observation_file(
    data: bytes, place: str, form: Form, mapping: ObservationMapping
) -> tuple[list[Draft], list[Problem]]:
    """The drafts that a file holds, and everything wrong with its form.

    A record that is not of the form is a problem; one of which only a cell cannot be read by the mapping is a problem
    and a draft, so that the rest of it can be judged too. What cells say is judged by whoever believes drafts.
    """
    columns = Columns(mapping.required, mapping.optional, "one of" if mapping.own else _MAPPED)
    if form is Form.CSV:
        sheet, problems = read_records(data, place, columns, mapping.separator)
        if mapping.own and sheet.header:
            problems += [Problem(place, None, *what) for what in _grade_problems(sheet.header, "header")]
        records: Collection[Record] = sheet.records
    else:
        records, problems = read_json_records(data, place, columns)
        if mapping.own:
            problems += [
                Problem(place, item.line, *what) for item in records for what in _grade_problems(item.cells, "record")
            ]
    return list(_drafts(records, place, mapping, problems)), problems


def _grade_problems(names: Collection[str], where: str) -> list[tuple[str, str, str]]:
    found = [name for name in _GRADE_COLUMNS if name in names]
    if found in (["grade"], ["reliability", "credibility"]):
        return []
    accepted = "either a column 'grade' (such as B2) or both 'reliability' (B) and 'credibility' (2)"
    return [(where, "with " + (" and ".join(found) or "no grade"), accepted)]


def _drafts(
    records: Collection[Record], place: str, mapping: ObservationMapping, problems: list[Problem]
) -> Iterator[Draft]:
    taken = [(name, source, _meaning(source)) for name, source in mapping.sources.items()]
    for record in records:
        said = dict(mapping.constants)
        for name, source, meaning in taken:
            cell = record.cells.get(source.column)
            if cell is None:
                continue
            if meaning is None:
                said[name] = cell
                continue
            meant = meaning(cell)
            said[name] = cell if meant is None else meant
            if meant is None:
                problems.append(Problem(place, record.line, name, repr(cell), _wanted(source)))
        yield _draft(said, place, record.line)


def _meaning(source: Source) -> _Cell | None:
    """How a cell of a column is read; None where it is taken as it is."""
    form, words = source.day_form, source.words
    if form is not None:
        return _Days(form).read
    if words is None:
        return None
    if source.others:
        return lambda cell: words.get(cell.strip(), cell)
    return lambda cell: words.get(cell.strip())


class _Days:
    """Reads days of one form; a file has far fewer days than rows, so each text is read once."""

    def __init__(self, form: str) -> None:
        self._form = form
        self._known: dict[str, str | None] = {}

    def read(self, cell: str) -> str | None:
        if cell not in self._known:
            self._known[cell] = self._parse(cell.strip())
        return self._known[cell]

    def _parse(self, text: str) -> str | None:
        try:
            return datetime.strptime(text, self._form).date().isoformat()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            return None


def _wanted(source: Source) -> str:
    if source.day_form is not None:
        return f"a day of the calendar as {source.day_form}, the format that the mapping declares for {source.column!r}"
    return f"one of the values that the mapping declares for {source.column!r}: {', '.join(source.words or ())}"


def _draft(said: Mapping[str, str], place: str, line: int) -> Draft:
    return Draft(
        indicator=said.get("indicator", ""),
        observed_on=said.get("observed_on", ""),
        value=said.get("value", ""),
        grade=_grade(said),
        origin=said.get("origin", ""),
        summary=said.get("summary", ""),
        source=said.get("source", ""),
        coverage=said.get("coverage", ""),
        place=place,
        line=line,
        links=said.get("links", ""),
        through=said.get("through", ""),
    )


def _grade(said: Mapping[str, str]) -> str:
    if "reliability" not in said or "credibility" not in said:
        return said.get("grade", "")
    reliability, credibility = said["reliability"], said["credibility"]
    if len(reliability) == len(credibility) == 1:
        return reliability + credibility
    # Joined, "" and "B2" would pass for a grade; so the refusal shows both cells as they are.
    return f"reliability {reliability!r} and credibility {credibility!r}"
