"""Observations as comma-separated text: the form of shipped history."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidObservationError
from tocsin.domain.observation_mapping import own_columns
from tocsin.feeds.observation_file import Form, read_observation_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.domain.observation import Draft

_WRITTEN = ("observed_on", "indicator", "value", "grade", "origin", "summary", "source")


def read_observation_csv(data: bytes, place: str) -> list[Draft]:
    r"""The drafts that a file holds, or InvalidObservationError with everything wrong with its form.

    Columns `observed_on`, `indicator`, `value`, and `grade` or both `reliability` and `credibility`;
    `origin`, `summary`, `source`, `coverage` and `links` (separated by blanks) may be left out. What the cells say is
    judged later, by whoever believes drafts.

    >>> read_observation_csv(b"observed_on,indicator,value,grade\n2016-03-07,a/b,1,B2\n", "x.csv")[0].grade
    'B2'
    """
    drafts, problems = read_observation_file(data, place, Form.CSV, own_columns())
    if problems:
        raise InvalidObservationError(problems)
    return drafts


def write_observation_csv(drafts: Iterable[Draft]) -> bytes:
    """Drafts in the form that is read, all but their coverage and links."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_WRITTEN)
    writer.writerows([getattr(draft, name) for name in _WRITTEN] for draft in drafts)
    return text.getvalue().encode()
