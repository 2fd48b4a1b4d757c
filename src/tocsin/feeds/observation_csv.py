"""Observations as comma-separated text: the form of shipped history and of imports."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidObservationError, Problem
from tocsin.domain.observation import Draft
from tocsin.feeds.csv_records import Columns, Record, read_records

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_GRADE_COLUMNS = ("grade", "reliability", "credibility")
_COLUMNS = Columns(
    required=("observed_on", "indicator", "value"),
    optional=(*_GRADE_COLUMNS, "origin", "summary", "source", "coverage", "links"),
)
_WRITTEN = ("observed_on", "indicator", "value", "grade", "origin", "summary", "source")


def read_observation_csv(data: bytes, place: str) -> list[Draft]:
    r"""The drafts that a file holds, or InvalidObservationError with everything wrong with its form.

    Columns `observed_on`, `indicator`, `value`, and `grade` or both `reliability` and `credibility`;
    `origin`, `summary`, `source`, `coverage` and `links` (separated by blanks) may be left out. What the cells say is
    judged later, by whoever believes drafts.

    >>> read_observation_csv(b"observed_on,indicator,value,grade\n2016-03-07,a/b,1,B2\n", "x.csv")[0].grade
    'B2'
    """
    sheet, problems = read_records(data, place, _COLUMNS)
    if sheet.header:
        problems += _grade_column_problems(sheet.header, place)
    if problems:
        raise InvalidObservationError(problems)
    return [_draft(record, place) for record in sheet.records]


def write_observation_csv(drafts: Iterable[Draft]) -> bytes:
    """Drafts in the form that is read, all but their coverage and links."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_WRITTEN)
    writer.writerows([getattr(draft, name) for name in _WRITTEN] for draft in drafts)
    return text.getvalue().encode()


def _grade_column_problems(header: Collection[str], place: str) -> list[Problem]:
    found = [name for name in _GRADE_COLUMNS if name in header]
    if found in (["grade"], ["reliability", "credibility"]):
        return []
    accepted = "either a column 'grade' (such as B2) or both 'reliability' (B) and 'credibility' (2)"
    return [Problem(place, None, "header", "with " + (" and ".join(found) or "no grade"), accepted)]


def _draft(record: Record, place: str) -> Draft:
    cells = record.cells
    return Draft(
        indicator=cells["indicator"],
        observed_on=cells["observed_on"],
        value=cells["value"],
        grade=_grade(cells),
        origin=cells.get("origin", ""),
        summary=cells.get("summary", ""),
        source=cells.get("source", ""),
        coverage=cells.get("coverage", ""),
        place=place,
        line=record.line,
        links=cells.get("links", ""),
    )


def _grade(cells: dict[str, str]) -> str:
    if "grade" in cells:
        return cells["grade"]
    reliability, credibility = cells["reliability"], cells["credibility"]
    if len(reliability) == len(credibility) == 1:
        return reliability + credibility
    # Joined, "" and "B2" would pass for a grade; so the refusal shows both cells as they are.
    return f"reliability {reliability!r} and credibility {credibility!r}"
