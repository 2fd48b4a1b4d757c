"""What somebody brings to be imported, whichever way they bring it: read by its form and mapping, and not believed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from tocsin.catalog.observation_mapping import read_observation_mapping
from tocsin.domain.errors import Problem
from tocsin.domain.observation_mapping import about, own_columns
from tocsin.feeds.observation_file import ENDINGS, read_observation_file
from tocsin.usecases.judge_import import Incoming
from tocsin.usecases.ports import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tocsin.domain.observation import Draft
    from tocsin.domain.observation_mapping import ObservationMapping
    from tocsin.domain.theater import Theater
    from tocsin.feeds.observation_file import Form


@dataclass(frozen=True, slots=True)
class Brought:
    """A file: its name, its form (None where that is not known), and its content, read when its turn comes."""

    name: str
    form: Form | None
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A declared mapping as it stands in a file."""

    content: bytes
    name: str


def read_mapping(
    declares: MappingFile | None, indicator: str | None, theater: Theater, *, option: str
) -> ObservationMapping:
    """How files are to be read: by a declared mapping or as Tocsin's own.

    InvalidInputError where the mapping cannot be used; UnknownNameError where it names an indicator that the theater
    has not. `option` is how the indicator that all rows are about is named beside a mapping.
    """
    if declares is None:
        found = own_columns(indicator)
    else:
        found = about(read_observation_mapping(declares.content, declares.name), indicator, declares.name, option)
    for name in found.indicators:
        theater.indicator(name)
    return found


def read_incoming(
    files: Sequence[Brought], mapping: ObservationMapping, report: Callable[[Progress], None], *, option: str
) -> Incoming:
    """What all the files hold, and everything that is wrong with their form; `option` is how a form is named."""
    drafts: list[Draft] = []
    problems: list[Problem] = []
    for number, file in enumerate(files):
        report(Progress("reading", number, len(files)))
        if file.form is None:
            accepted = f"a file that ends in {', '.join(ENDINGS)}, or {option}"
            problems.append(Problem(file.name, None, "ending", repr(PurePath(file.name).suffix), accepted))
            continue
        found, wrong = read_observation_file(file.read(), file.name, file.form, mapping)
        drafts += found
        problems += wrong
    report(Progress("reading", len(files), len(files)))
    return Incoming(drafts, problems)
