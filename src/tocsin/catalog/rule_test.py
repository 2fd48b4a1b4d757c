"""Rule test files: odds that are stated step by step, and what alert rules must do of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema, field_validator

from tocsin.catalog.elicited import Line, Shape, refusal

_SPAN = r"[1-9][0-9]{0,3} (minute|hour|day|week)s?"
_SPAN_FORM = 'such as "30 minutes", "6 hours", "2 days" or "4 weeks"'
_AFTER_FORM = f"start, or how long after it, {_SPAN_FORM}"
_INSTANT_FORM = 'an instant with its offset, such as "2016-03-08T06:00:00Z"'
_NUMBER = r"(0?\.[0-9]+)"
_TOKEN = re.compile(
    rf"(?:(?P<gap>_)|(?P<first>{_NUMBER})(?:\.\.(?P<last>{_NUMBER}))?)(?:\*(?P<times>[1-9][0-9]{{0,3}}))?"
)
_SERIES_FORM = (
    "probabilities strictly between 0 and 1, one for each step: 0.2 once, 0.2*5 five times, 0.2..0.6*5 five from one "
    "to the other, _ for nothing stated; such as 0.2*5 _*3 0.2..0.6*5"
)
LONGEST = 5_000
"""So many steps at most."""

_Span = Annotated[str, StringConstraints(pattern=f"^{_SPAN}$")]
_After = Annotated[str, StringConstraints(pattern=f"^(start|{_SPAN})$")]
_Status = Literal["fitted", "live", "provisional", "refit wanted", "prior only"]
_Phase = Literal["normal", "pending", "firing", "recovering", "no data"]
_Kind = Literal["fired", "lost", "found", "escalated", "reminded", "resolved"]


def _instant(value: object) -> datetime:
    try:
        if isinstance(value, str) and (instant := datetime.fromisoformat(value)).tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise refusal(_INSTANT_FORM)


def _as_text(value: object) -> object:
    """A series of one number, as YAML reads it."""
    return str(value) if isinstance(value, float) else value


_Instant = Annotated[datetime, BeforeValidator(_instant)]
_Odds = Annotated[str, BeforeValidator(_as_text), WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}]})]


def expanded(series: str) -> list[float | None] | None:
    """The probabilities of a series, None for nothing stated; None for what is no series.

    >>> expanded("0.2*2 _ 0.25..0.75*3")
    [0.2, 0.2, None, 0.25, 0.5, 0.75]
    >>> expanded("0.2 x3") is None
    True
    """
    found: list[float | None] = []
    for token in series.split():
        match = _TOKEN.fullmatch(token)
        if match is None:
            return None
        times = int(match["times"] or 1)
        if match["gap"]:
            found += [None] * times
            continue
        first = float(match["first"])
        last = first if match["last"] is None else float(match["last"])
        if not (0.0 < first < 1.0 and 0.0 < last < 1.0) or (match["last"] is not None and times < 2):  # noqa: PLR2004
            return None
        found += [first + (last - first) * place / max(1, times - 1) for place in range(times)]
    return found if 0 < len(found) <= LONGEST else None


class SeriesFile(Shape):
    """What is stated of one scenario and horizon, step by step."""

    scenario: Line = Field(description="the id of a scenario of the theater")
    horizon: int = Field(ge=1, description="one of the scenario's horizons, in days")
    odds: _Odds = Field(description=_SERIES_FORM)
    error: float = Field(
        default=0.001, ge=0, lt=0.5, description="their Monte Carlo standard error, at least 0 and below 0.5"
    )
    spread50: float = Field(default=0.05, ge=0, lt=1, description="half the width of their 50 % intervals, below 1")
    spread90: float = Field(default=0.1, ge=0, lt=1, description="half the width of their 90 % intervals, below 1")

    @field_validator("odds")
    @classmethod
    def _a_series(cls, odds: str) -> str:
        if expanded(odds) is None:
            raise refusal(f"{_SERIES_FORM}; at most {LONGEST} steps")
        return odds


class StatusFile(Shape):
    """Of which status odds are for a while; otherwise they are live."""

    begin: _After = Field(alias="from", description=_AFTER_FORM)
    end: _After = Field(alias="to", description=f"before this: {_AFTER_FORM}")
    status: _Status = Field(description="fitted, live, provisional, refit wanted or prior only")


class SilenceFile(Shape):
    """Which rules are silenced for a while."""

    begin: _After = Field(alias="from", description=_AFTER_FORM)
    end: _After = Field(alias="to", description=f"before this: {_AFTER_FORM}")
    rule: Line = Field(default="*", description='the id of a rule, or a pattern such as "offensive-*"')


class TakenUpFile(Shape):
    """Somebody takes an alert up."""

    at: _After = Field(description=_AFTER_FORM)
    rule: Line | None = Field(default=None, description="one of the rules, which may be left out where there is one")
    lasts: _Span | None = Field(default=None, description=f"for how long, {_SPAN_FORM}; left out, until it is over")


class ExpectationFile(Shape):
    """How an alert must stand at an instant, and what was told of it since the last one."""

    at: _After = Field(description=_AFTER_FORM)
    rule: Line | None = Field(default=None, description="one of the rules, which may be left out where there is one")
    phase: _Phase | None = Field(default=None, description="normal, pending, firing, recovering or no data")
    told: list[_Kind] | None = Field(
        default=None,
        description="all that was told since the expectation before: fired, lost, found, escalated, reminded, resolved",
    )


class RuleTestFile(Shape):
    """A test of alert rules."""

    model_config = ConfigDict(title="Tocsin rule test")

    title: Line = Field(description="what it shows, in one line")
    theater: Line = Field(description="the id of a theater")
    rules: list[Line] = Field(min_length=1, description="ids of alert rules of the theater, on odds; all are judged")
    start: _Instant = Field(description=_INSTANT_FORM)
    step: _Span = Field(description=f"from one statement to the next, {_SPAN_FORM}")
    judged_every: _Span = Field(
        default="10 minutes", description=f"how often rules are judged between statements, {_SPAN_FORM}"
    )
    series: list[SeriesFile] = Field(min_length=1, description="scenario, horizon and odds of each series")
    statuses: list[StatusFile] = Field(default=[], description="from, to and status: where odds are not live")
    silences: list[SilenceFile] = Field(default=[], description="from, to and rule: what is silenced")
    taken_up: list[TakenUpFile] = Field(default=[], description="at, rule and lasts: what is taken up once judged then")
    expect: list[ExpectationFile] = Field(min_length=1, description="at, rule, phase and told: what must come of it")
