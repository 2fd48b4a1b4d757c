"""Observations: graded reports, append-only, with the day it happened and the instant we knew."""

from __future__ import annotations

import difflib
import hashlib
import json
import math
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from tocsin.domain.attachment import LINK_FORM, bad_links, read_links
from tocsin.domain.errors import InvalidObservationError, Problem
from tocsin.domain.grading import Grade, parse_grade
from tocsin.domain.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tocsin.domain.indicator import Indicator
    from tocsin.domain.timeline import Timeline
from tocsin.domain.indicator import Kind
from tocsin.domain.timeline import read_day

ID_DIGITS = 16
EARLIEST = date(1900, 1, 1)
"""No report is of an earlier day: no record of conflicts reaches back so far, and the year 216 is a slip."""

_GRADE_FORM = "an Admiralty grade: reliability A to F and credibility 1 to 6, such as B2"
_COVERAGE_FORM = "a number above 0 and up to 1, or nothing for the declared one"
_FORMULA_SIGNS = "=+-@\t\r"


@dataclass(frozen=True, slots=True)
class Observation:
    """One graded report about one indicator.

    `recorded_at` is the instant from which it counts as known; history that was entered afterwards has in `entered_at`
    the instant at which it was really written down. Reports of one `origin` are echoes of one report and count once.
    With `through` it is a total: what was counted in all from `observed_on` to that day, both included.
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
    through: date | None = None

    @property
    def last_day(self) -> date:
        """The last day that it speaks of."""
        return self.observed_on if self.through is None else self.through

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
            # Only where it is there: a report of one day keeps the id that it had before there were totals.
            *([] if self.through is None else [["through", self.through.isoformat()]]),
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def written_from(self, instant: datetime) -> Observation:
        """This as it is where it was not written down before an instant."""
        if self.entered_at is None:
            return replace(self, recorded_at=max(self.recorded_at, instant))
        return replace(self, entered_at=max(self.entered_at, instant))

    def named(self) -> Observation:
        """This with the id that comes from its content.

        So the same report has the same id in every store, and names in notes and links keep their meaning.
        """
        return replace(self, id=self.fingerprint()[:ID_DIGITS])

    def version(self) -> Version:
        """This as a conflict tells it."""
        days = f"on {self.observed_on}" if self.through is None else f"from {self.observed_on} through {self.through}"
        says = f"{self.indicator} {days}: {self.value:g} at {self.grade}"
        return Version(self.id, says, self.author, self.written_at, self.reason, withdrawn=self.withdrawn)


@dataclass(frozen=True, slots=True)
class Draft:
    """An observation as text that somebody typed or a file holds, before it is believed.

    `place` is the file it stands in ("" when typed) and `line` its line there. `links` are separated by blanks.
    `through` is the last day of a total, empty for a report of one day.
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
    through: str = ""


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
    through: date | None = None


def read_drafts(
    drafts: Iterable[Draft], indicators: Mapping[str, Indicator], today: date, timeline: Timeline | None = None
) -> list[Report]:
    """Every draft as a report, or InvalidObservationError with every problem of every draft.

    Args:
        drafts: What to read.
        indicators: The declared indicators by id.
        today: The last day that is not in the future, in the theater's time zone.
        timeline: The theater's, in one step of which a total must lie; None where no theater is at hand.
    """
    reports, problems = judge_drafts(drafts, indicators, today, timeline)
    if problems:
        raise InvalidObservationError(problems)
    return reports


def judge_drafts(
    drafts: Iterable[Draft], indicators: Mapping[str, Indicator], today: date, timeline: Timeline | None = None
) -> tuple[list[Report], list[Problem]]:
    """The drafts that can be believed, and every problem of every other; arguments as in `read_drafts`."""
    problems: list[Problem] = []
    read = (_read(draft, indicators, today, timeline, problems) for draft in drafts)
    return [report for report in read if report is not None], problems


def _read(
    draft: Draft,
    indicators: Mapping[str, Indicator],
    today: date,
    timeline: Timeline | None,
    problems: list[Problem],
) -> Report | None:
    indicator = indicators.get(draft.indicator)
    day = read_day(draft.observed_on)
    through = read_day(draft.through)
    value = _number(draft.value)
    grade = parse_grade(draft.grade.strip().upper())
    coverage = _coverage(draft.coverage)
    links = read_links(draft.links)
    refused = [
        ("indicator", draft.indicator, _indicator_wanted(draft.indicator, indicators)),
        ("observed_on", draft.observed_on, _day_wanted(day, today)),
        (
            "through",
            draft.through,
            _through_wanted(day, through, today, indicator, timeline) if draft.through else None,
        ),
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
    days = draft.observed_on if through is None else f"{draft.observed_on}…{draft.through}"
    origin = draft.origin or f"{draft.source or 'unnamed'}/{draft.indicator}/{days}"
    return Report(indicator, day, value, grade, origin, draft.summary, draft.source, coverage, links, through)


def _indicator_wanted(name: str, known: Mapping[str, Indicator]) -> str | None:
    if name in known:
        return None
    near = difflib.get_close_matches(name, known, n=3)
    return f"a declared indicator; did you mean {' or '.join(near)}?" if near else f"one of {', '.join(known)}"


def _day_wanted(day: date | None, today: date) -> str | None:
    if day is None:
        return "a day of the calendar as YYYY-MM-DD"
    if day < EARLIEST:
        return f"a day from {EARLIEST.isoformat()} on: is a digit of the year missing?"
    return f"a day that has begun: {today.isoformat()} or earlier" if day > today else None


def _through_wanted(
    first: date | None, last: date | None, today: date, indicator: Indicator | None, timeline: Timeline | None
) -> str | None:
    if last is None or first is None:
        return "the last day of a total as YYYY-MM-DD, or nothing for a report of one day"
    if indicator is not None and indicator.kind is not Kind.COUNT:
        return f"nothing: totals are of counts, and {indicator.id} is of kind {indicator.kind}"
    if not first < last <= today:
        return f"a day after observed_on that has begun: {today.isoformat()} or earlier"
    if timeline is not None and timeline.number(first) != timeline.number(last):
        end = timeline.end_of(timeline.number(first))
        return f"a day in the same {timeline.step} as observed_on: {end.isoformat()} or earlier; split the total there"
    return None


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


def reason_problems(reason: str, done: str) -> list[Problem]:
    """What is wrong with the reason why something is done, such as: "4f2a1c is changed"."""
    wanted = _text_wanted(reason) if reason.strip() else f"in words, why {done}"
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
    return {item.id: state_of(item, changed_by.get(item.id)) for item in known}


def state_of(item: Observation, changed_by: Observation | None) -> tuple[State, str | None]:
    """What had become of an observation that another had superseded, or none, and which id did that; see `states`."""
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
