"""Alert rule files: one shape for each kind, and the domain's rule."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING, Annotated, Literal, Self, get_args

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from tocsin.catalog.elicited import Day, Line, Shape, Text, refusal
from tocsin.catalog.spans import interval_of
from tocsin.domain import alert_rule as domain
from tocsin.domain.odds import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.domain.timeline import Timeline

_KIND = "level, certainty, change, stale-fit, silent-feed, overdue-indicator or tripwire"
_SPAN = r"^[1-9][0-9]{0,3} (minute|hour|day|week)s?$"
_SPAN_FORM = 'such as "30 minutes", "6 hours", "2 days" or "4 weeks"'
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_LONGEST_WINDOW = 366

_A_MOVE = timedelta(days=1)
_Span = Annotated[str, StringConstraints(pattern=_SPAN)]
_Clock = Annotated[str, StringConstraints(pattern=_CLOCK)]
_Share = Annotated[float, Field(gt=0, lt=1)]
_Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEK: tuple[_Weekday, ...] = get_args(_Weekday)


class PendingFile(Shape):
    """How long the condition must hold before it rings."""

    time: _Span | None = Field(default=None, description=f"how long it must hold, {_SPAN_FORM}")
    publications: int = Field(
        default=1, ge=1, le=100, description="how many publications in a row must meet it, from 1 to 100"
    )


class EscalationFile(Shape):
    """Who is told when nobody acknowledges."""

    after: _Span = Field(description=f"how long nobody has acknowledged it, {_SPAN_FORM}")
    to: list[Line] = Field(min_length=1, description="ids of the destinations that are told then")


class ActiveFile(Shape):
    """When its notices are told, by the theater's clocks."""

    days: list[_Weekday] = Field(
        default=list(WEEK), min_length=1, description="days of the week on which the hours begin, such as [monday]"
    )
    begin: _Clock = Field(alias="from", description='a time such as "06:00", in quotes')
    end: _Clock = Field(
        alias="to", description='a time such as "22:00", in quotes; before `from` it is of the next day'
    )


class AlertRuleFile(Shape):
    """What every kind of rule has."""

    model_config = ConfigDict(title="Tocsin alert rule")

    title: Line = Field(description="what it is about, in one line: a notice begins with it")
    reason: Text = Field(description="text that says why somebody wants to be told, and what they will do")
    severity: Literal["information", "warning", "critical"] = Field(description="information, warning or critical")
    owner: Line | None = Field(default=None, description="the account or team that answers for it")
    destinations: list[Line] = Field(default=[], description="ids of the destinations that are told; none: the log")
    pending: PendingFile = Field(
        default=PendingFile(), description="time and publications: how long it must hold before it rings"
    )
    keep_firing: _Span | None = Field(
        default=None,
        description=f"how long it must have cleared before the alert ends, {_SPAN_FORM}; of a change since the last "
        "notice 1 day where nothing is said",
    )
    escalate: EscalationFile | None = Field(default=None, description="after and to: who is told if nobody answers")
    repeat: _Span | None = Field(
        default=None, description=f"how often it is told again while nobody has acknowledged it, {_SPAN_FORM}"
    )
    active: ActiveFile | None = Field(default=None, description="days, from and to: when its notices are told")
    inhibited_by: list[Line] = Field(default=[], description="ids of rules of this theater that say it already")


class OddsRuleFile(AlertRuleFile):
    """A rule on the odds of a scenario within a horizon."""

    scenario: Line = Field(description="the id of a scenario of this theater")
    horizon: int = Field(ge=1, description="one of the scenario's horizons, in days")
    rings_on: list[Literal["fitted", "live", "provisional", "refit wanted", "prior only"]] = Field(
        default=["fitted", "live"],
        min_length=1,
        description="statuses of odds that may ring: fitted, live, provisional, refit wanted, prior only",
    )
    absent_after: _Span = Field(
        default="36 hours", description=f"after how long without a publication there are no data, {_SPAN_FORM}"
    )


class LevelFile(OddsRuleFile):
    """The odds are at or above a level."""

    kind: Literal["level"] = Field(description=_KIND)
    at: _Share = Field(description="a probability strictly between 0 and 1, such as 0.3 for 30 %")
    clear_at: _Share = Field(description="a probability below `at`: at or below it the alert clears")

    @model_validator(mode="after")
    def _lower(self) -> Self:
        if self.clear_at >= self.at:
            accepted = f"a clear_at below at, which is {self.at}"
            raise refusal(accepted)
        return self


class CertaintyFile(OddsRuleFile):
    """The odds are above a level with some chance, over what is uncertain about the present."""

    kind: Literal["certainty"] = Field(description=_KIND)
    above: _Share = Field(description="a probability strictly between 0 and 1")
    chance: float = Field(
        description="0.05, 0.25, 0.75 or 0.95: those that a publication's intervals tell",
        json_schema_extra={"enum": list(domain.CHANCES)},
    )

    @field_validator("chance")
    @classmethod
    def _told(cls, chance: float) -> float:
        if chance not in domain.CHANCES:
            raise refusal("0.05, 0.25, 0.75 or 0.95: those that a publication's intervals tell")
        return chance


class SinceFile(Shape):
    """What odds are compared with."""

    notice: Literal[True] | None = Field(default=None, description="true: the odds when the rule last told somebody")
    window: _Span | None = Field(default=None, description=f"the odds that stood so long ago, {_SPAN_FORM}")
    day: Day | None = Field(default=None, description="the odds that stood when this day (YYYY-MM-DD) began")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(part is not None for part in (self.notice, self.window, self.day)) != 1:
            raise refusal("exactly one of notice, window and day")
        return self


class ChangeFile(OddsRuleFile):
    """The odds have moved."""

    kind: Literal["change"] = Field(description=_KIND)
    by: float = Field(gt=0, description="a number above 0: 0.05 is five points; 0.7 log-odds double rare odds")
    scale: Literal["points", "log-odds"] = Field(description="points or log-odds")
    direction: Literal["up", "down", "either"] = Field(description="up, down or either")
    since: SinceFile = Field(description="one of notice: true, window and day")
    floor: float = Field(
        default=0.0, ge=0, lt=1, description="from 0 to below 1: odds that were and are below it do not ring"
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.scale == "points" and self.by >= 1:
            raise refusal("a by below 1, as no odds move by more points")
        return self


class StaleFitFile(AlertRuleFile):
    """No fit that was accepted has seen what was known lately."""

    kind: Literal["stale-fit"] = Field(description=_KIND)
    older_than: _Span = Field(description=f"age of what the last accepted fit saw, {_SPAN_FORM}")


class SilentFeedFile(AlertRuleFile):
    """A feed has brought nothing new for too long."""

    kind: Literal["silent-feed"] = Field(description=_KIND)
    feed: Line = Field(description="the id of a feed of this theater")
    older_than: _Span = Field(description=f"time since it last brought something new, {_SPAN_FORM}")


class OverdueIndicatorFile(AlertRuleFile):
    """An indicator is overdue against the rhythm that its own file declares."""

    kind: Literal["overdue-indicator"] = Field(description=_KIND)
    indicator: Line = Field(description="the id of an indicator of this theater that expects reports")


class TripwireFile(AlertRuleFile):
    """So many events were counted within a window up to today."""

    kind: Literal["tripwire"] = Field(description=_KIND)
    indicator: Line = Field(description="the id of an indicator of this theater whose kind is count or presence")
    at_least: int = Field(ge=1, le=10_000, description="a whole number from 1 to 10000")
    within_days: int = Field(ge=1, le=_LONGEST_WINDOW, description=f"days up to today, from 1 to {_LONGEST_WINDOW}")


AnyAlertRuleFile = Annotated[
    LevelFile | CertaintyFile | ChangeFile | StaleFitFile | SilentFeedFile | OverdueIndicatorFile | TripwireFile,
    Field(discriminator="kind", title="Tocsin alert rule"),
]

ALERT_RULE_SHAPES: dict[str, type[AlertRuleFile]] = {
    "level": LevelFile,
    "certainty": CertaintyFile,
    "change": ChangeFile,
    "stale-fit": StaleFitFile,
    "silent-feed": SilentFeedFile,
    "overdue-indicator": OverdueIndicatorFile,
    "tripwire": TripwireFile,
}


def alert_rule_of(theater: str, name: str, declared: AnyAlertRuleFile, timeline: Timeline) -> domain.AlertRule:
    """The rule as the domain keeps it."""
    more: Mapping[str, object] = {}
    if isinstance(declared, OddsRuleFile):
        more = {
            "rings_on": frozenset(Status(item) for item in declared.rings_on),
            "absent_after": interval_of(declared.absent_after),
        }
    condition = _condition(declared, timeline)
    return domain.AlertRule(
        id=name,
        theater=theater,
        title=declared.title,
        reason=declared.reason,
        condition=condition,
        severity=domain.Severity(declared.severity),
        owner=declared.owner or "",
        destinations=tuple(declared.destinations),
        pending_for=_span(declared.pending.time) or timedelta(0),
        pending_publications=declared.pending.publications,
        keep_firing_for=_span(declared.keep_firing) or _usually_kept(condition),
        escalate_after=None if declared.escalate is None else interval_of(declared.escalate.after),
        escalates_to=() if declared.escalate is None else tuple(declared.escalate.to),
        repeat_every=_span(declared.repeat),
        active=None if declared.active is None else _hours(declared.active, timeline),
        inhibited_by=tuple(declared.inhibited_by),
        **more,  # type: ignore[arg-type]
    )


def _usually_kept(condition: domain.Condition) -> timedelta:
    """A move since the last notice is over once it is told, and yet somebody must see it and take it up."""
    return _A_MOVE if domain.tells_moves(condition) else timedelta(0)


def _condition(declared: AnyAlertRuleFile, timeline: Timeline) -> domain.Condition:
    match declared:
        case StaleFitFile():
            return domain.Staleness(domain.Watched.FIT, "", interval_of(declared.older_than))
        case SilentFeedFile():
            return domain.Staleness(domain.Watched.FEED, declared.feed, interval_of(declared.older_than))
        case OverdueIndicatorFile():
            return domain.Staleness(domain.Watched.INDICATOR, declared.indicator, None)
        case TripwireFile():
            return domain.Tripwire(declared.indicator, declared.at_least, declared.within_days)
        case _:
            return _odds_condition(declared, timeline)


def _odds_condition(declared: LevelFile | CertaintyFile | ChangeFile, timeline: Timeline) -> domain.OddsCondition:
    match declared:
        case LevelFile():
            return domain.Level(declared.scenario, declared.horizon, declared.at, declared.clear_at)
        case CertaintyFile():
            return domain.Certainty(declared.scenario, declared.horizon, declared.above, declared.chance)
        case ChangeFile():
            return domain.Change(
                declared.scenario,
                declared.horizon,
                declared.by,
                domain.Scale(declared.scale),
                domain.Direction(declared.direction),
                _baseline(declared.since, timeline),
                declared.floor,
            )


def _baseline(declared: SinceFile, timeline: Timeline) -> domain.Baseline:
    if declared.window is not None:
        return domain.SinceWindow(interval_of(declared.window))
    if declared.day is not None:
        return domain.SinceInstant(timeline.close_of(declared.day - timedelta(days=1)))
    return domain.SinceNotice()


def _hours(declared: ActiveFile, timeline: Timeline) -> domain.ActiveHours:
    days = frozenset(WEEK.index(day) for day in declared.days)
    return domain.ActiveHours(days, time.fromisoformat(declared.begin), time.fromisoformat(declared.end), timeline.zone)


def _span(text: str | None) -> timedelta | None:
    return None if text is None else interval_of(text)
