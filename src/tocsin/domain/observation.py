"""Observations: graded reports, append-only, with the day it happened and the instant we knew."""

from __future__ import annotations

import difflib
import hashlib
import json
import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from tocsin.domain.attachment import LINK_FORM, bad_links, read_links
from tocsin.domain.errors import InvalidObservationError, Problem, Version
from tocsin.domain.grading import Grade, parse_grade

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from tocsin.domain.indicator import Indicator
from tocsin.domain.timeline import read_day

ID_DIGITS = 16

_GRADE_FORM = "an Admiralty grade: reliability A to F and credibility 1 to 6, such as B2"
_COVERAGE_FORM = "a number above 0 and up to 1, or nothing for the declared one"
_FORMULA_SIGNS = "=+-@\t\r"


@dataclass(frozen=True, slots=True)
class Observation:
    """One graded report about one indicator.

    `recorded_at` is the instant from which it counts as known; history that was entered afterwards has in `entered_at`
    the instant at which it was really written down. Reports of one `origin` are echoes of one report and count once.
    `coverage` overrides the indicator's declared one. `links` are web addresses of what stands behind it.
    A later observation that names this one in `supersedes` replaces it (a correction) or, with `withdrawn`, removes
    it (a retraction), and says why in `reason`; nothing is edited. A version is superseded once at most.
    """

    id: str
    indicator: str
    observed_on: date
    value: float
    grade: Grade
    origin: str
    summary: str
    source: str
    author: str
    recorded_at: datetime
    coverage: float | None = None
    supersedes: str | None = None
    withdrawn: bool = False
    entered_at: datetime | None = None
    reason: str = ""
    links: tuple[str, ...] = ()

    @property
    def written_at(self) -> datetime:
        """The instant at which it was really written down."""
        return self.recorded_at if self.entered_at is None else self.entered_at

    def fingerprint(self) -> str:
        """SHA-256 of what the report says, without who recorded it when and why: the same content is the same report.

        Links are content: a document more or less is another thing said. Their order is not. The reason is none: two
        analysts who make the same correction for reasons in other words agree, and a correction that is sent again
        with its reason mended is the same correction.
        """
        content = [
            self.indicator,
            self.observed_on.isoformat(),
            float(self.value) + 0.0,  # 1 and 1.0, and 0.0 and -0.0, are one value
            str(self.grade),
            self.origin,
            self.summary,
            self.source,
            self.coverage,
            self.supersedes,
            self.withdrawn,
            *sorted(self.links),
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def named(self) -> Observation:
        """This with the id that comes from its content.

        So the same report has the same id in every store, and names in notes and links keep their meaning.
        """
        return replace(self, id=self.fingerprint()[:ID_DIGITS])

    def version(self) -> Version:
        """This as a conflict tells it."""
        says = f"{self.indicator} on {self.observed_on}: {self.value:g} at {self.grade}"
        return Version(self.id, says, self.author, self.written_at, self.reason, withdrawn=self.withdrawn)


@dataclass(frozen=True, slots=True)
class Draft:
    """An observation as text that somebody typed or a file holds, before it is believed.

    `place` is the file it stands in ("" when typed) and `line` its line there. `links` are separated by blanks.
    """

    indicator: str
    observed_on: str
    value: str
    grade: str
    origin: str = ""
    summary: str = ""
    source: str = ""
    coverage: str = ""
    place: str = ""
    line: int | None = None
    links: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A draft whose every field was accepted."""

    indicator: Indicator
    observed_on: date
    value: float
    grade: Grade
    origin: str
    summary: str
    source: str
    coverage: float | None
    links: tuple[str, ...]


def read_drafts(drafts: Iterable[Draft], indicators: Mapping[str, Indicator], today: date) -> list[Report]:
    """Every draft as a report, or InvalidObservationError with every problem of every draft.

    Args:
        drafts: What to read.
        indicators: The declared indicators by id.
        today: The last day that is not in the future, in the theater's time zone.
    """
    problems: list[Problem] = []
    reports = [report for draft in drafts if (report := _read(draft, indicators, today, problems)) is not None]
    if problems:
        raise InvalidObservationError(problems)
    return reports


def _read(draft: Draft, indicators: Mapping[str, Indicator], today: date, problems: list[Problem]) -> Report | None:
    indicator = indicators.get(draft.indicator)
    day = read_day(draft.observed_on)
    value = _number(draft.value)
    grade = parse_grade(draft.grade.strip().upper())
    coverage = _coverage(draft.coverage)
    links = read_links(draft.links)
    refused = [
        ("indicator", draft.indicator, _indicator_wanted(draft.indicator, indicators)),
        ("observed_on", draft.observed_on, _day_wanted(day, today)),
        ("value", draft.value, _value_wanted(value, indicator)),
        ("grade", draft.grade, _GRADE_FORM if grade is None else None),
        ("coverage", draft.coverage, _COVERAGE_FORM if draft.coverage and coverage is None else None),
        *((name, text, _text_wanted(text)) for name, text in _texts(draft)),
        *(("links", link, LINK_FORM) for link in bad_links(links)),
    ]
    found = [Problem(draft.place, draft.line, name, repr(text), wanted) for name, text, wanted in refused if wanted]
    problems.extend(found)
    if found or indicator is None or day is None or value is None or grade is None:
        return None
    origin = draft.origin or f"{draft.source or 'unnamed'}/{draft.indicator}/{draft.observed_on}"
    return Report(indicator, day, value, grade, origin, draft.summary, draft.source, coverage, links)


def _indicator_wanted(name: str, known: Mapping[str, Indicator]) -> str | None:
    if name in known:
        return None
    near = difflib.get_close_matches(name, known, n=3)
    return f"a declared indicator; did you mean {' or '.join(near)}?" if near else f"one of {', '.join(known)}"


def _day_wanted(day: date | None, today: date) -> str | None:
    if day is None:
        return "a day of the calendar as YYYY-MM-DD"
    return f"a day that has begun: {today.isoformat()} or earlier" if day > today else None


def _value_wanted(value: float | None, indicator: Indicator | None) -> str | None:
    if indicator is None:
        return "a finite number" if value is None else None
    wanted = indicator.value_problem(math.nan if value is None else value)
    return f"{wanted} ({indicator.id} is of kind {indicator.kind})" if wanted else None


def _texts(draft: Draft) -> tuple[tuple[str, str], ...]:
    return ("origin", draft.origin), ("summary", draft.summary), ("source", draft.source)


def _text_wanted(text: str) -> str | None:
    if text[:1] not in _FORMULA_SIGNS or not text:
        return None
    return "text that does not begin with =, +, -, @ or a tab (a spreadsheet would run it)"


def _number(text: str) -> float | None:
    try:
        # Python reads 1_000 and other scripts' digits as numbers; nobody else does.
        number = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _coverage(text: str) -> float | None:
    number = _number(text)
    return number if number is not None and 0 < number <= 1 else None


def reason_problems(reason: str, changed: str) -> list[Problem]:
    """What is wrong with the reason for a change of the observation `changed`."""
    wanted = _text_wanted(reason) if reason.strip() else f"in words, why {changed} is changed"
    return [Problem("", None, "reason", repr(reason), wanted)] if wanted else []


class State(StrEnum):
    """What has become of an observation."""

    STANDS = "stands"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    RETRACTION = "retraction"
    """It withdraws another, and says nothing itself."""


def states(observations: Iterable[Observation], as_of: datetime) -> dict[str, tuple[State, str | None]]:
    """By id, what had become at an instant of each observation known by then, and which id did that.

    What stands is what `effective` gives. A retraction names what it withdraws.
    """
    known = [observation for observation in observations if observation.recorded_at <= as_of]
    changed_by = {item.supersedes: item for item in known if item.supersedes is not None}
    return {item.id: _state(item, changed_by.get(item.id)) for item in known}


def _state(item: Observation, changed_by: Observation | None) -> tuple[State, str | None]:
    if item.withdrawn:
        return State.RETRACTION, item.supersedes
    if changed_by is None:
        return State.STANDS, None
    return State.WITHDRAWN if changed_by.withdrawn else State.SUPERSEDED, changed_by.id


def effective(observations: Iterable[Observation], as_of: datetime) -> tuple[Observation, ...]:
    """The observations that stand at an instant: known by then, not superseded by then, not withdrawn.

    The order is by day, then instant, then id, so that everything derived from it repeats bit for bit.
    """
    known = [observation for observation in observations if observation.recorded_at <= as_of]
    replaced = {observation.supersedes for observation in known}
    standing = (item for item in known if item.id not in replaced and not item.withdrawn)
    return tuple(sorted(standing, key=lambda item: (item.observed_on, item.recorded_at, item.id)))
