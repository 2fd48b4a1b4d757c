"""The observations that ship with the declared indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidObservationError, Problem
from tocsin.feeds.observation_csv import read_observation_csv

if TYPE_CHECKING:
    from pathlib import Path

    from tocsin.domain.observation import Draft

_SOURCE_ENDING = ".source.csv"  # an upstream's own rows, kept beside what was made of them


def shipped_drafts(root: Path) -> list[Draft]:
    """Every row of every `<subject>/observations/*.csv` below a folder, in order of path and line.

    Files that end in `.source.csv` are left out. InvalidObservationError with every problem of every file.
    """
    drafts: list[Draft] = []
    problems: list[Problem] = []
    for path in sorted(root.glob("*/observations/*.csv")):
        if path.name.endswith(_SOURCE_ENDING):
            continue
        try:
            drafts.extend(read_observation_csv(path.read_bytes(), path.relative_to(root).as_posix()))
        except InvalidObservationError as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidObservationError(problems)
    return drafts
