"""Alerts as bodies: how they stand, their steps, and what people say to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from tocsin.domain.alert import Cause, Phase, Sign
from tocsin.domain.alert_rule import Severity
from tocsin.domain.notice import Quiet
from tocsin.web.schemas.texts import Name, Text

if TYPE_CHECKING:
    from tocsin.domain.notice import Acknowledgement, Assignment
    from tocsin.usecases.alert_overview import Overview
    from tocsin.usecases.alert_ports import AlertStep

_MOST_HOURS = 24 * 30
_Hours = Annotated[int, Field(strict=True, ge=1, le=_MOST_HOURS)]


class AcknowledgementBody(BaseModel):
    """Somebody has an alert in hand."""

    episode: int = Field(description="Which time that the alert fired.")
    by: str
    at: datetime
    until: datetime | None = Field(description="When it runs out; null: when the alert is over.")
    note: str

    @classmethod
    def of(cls, said: Acknowledgement) -> Self:
        """The body of an acknowledgement."""
        return cls(episode=said.episode, by=said.by, at=said.at, until=said.until, note=said.note)


class AssignmentBody(BaseModel):
    """Somebody was asked to take an alert up."""

    episode: int = Field(description="Which time that the alert fired.")
    to: str
    by: str
    at: datetime
    note: str

    @classmethod
    def of(cls, said: Assignment) -> Self:
        """The body of an assignment."""
        return cls(episode=said.episode, to=said.to, by=said.by, at=said.at, note=said.note)


_ALERT: dict[str, Any] = {
    "theater": "tunisia",
    "rule": "offensive-likely",
    "title": "An offensive at the border is likely",
    "severity": "critical",
    "owner": "the desk",
    "phase": "firing",
    "since": "2016-03-07T09:12:41.000000Z",
    "episode": 1,
    "cause": "it was met for long enough",
    "why": "odds of 43.1 % are at or above 40.0 %",
    "publication": 12,
    "judged_at": "2016-03-07T10:42:41.000000Z",
    "told": 1,
    "told_at": "2016-03-07T09:12:41.000000Z",
    "waits": True,
    "quiet": None,
    "acknowledged": None,
    "assigned": {
        "episode": 1,
        "to": "ada",
        "by": "grace",
        "at": "2016-03-07T09:20:00.000000Z",
        "note": "call the border command first",
    },
}


class AlertBody(BaseModel):
    """How the alert of a rule stands."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ALERT]})

    theater: str
    rule: str
    title: str
    severity: Severity
    owner: str = Field(description="The account or team that answers for the rule; empty for nobody.")
    phase: Phase | None = Field(description="Where it stands; null where it was never judged.")
    since: datetime | None
    episode: int = Field(description="How often it has begun to fire.")
    cause: Cause | None = Field(description="Why it took its last step; null before the first.")
    why: str | None = Field(description="What was read then, in words.")
    publication: int | None = Field(description="Number of the publication that was read then.")
    judged_at: datetime | None = Field(description="When it was judged last with any change.")
    told: int = Field(description="How many notices there were of its last episode.")
    told_at: datetime | None
    waits: bool = Field(description="It fires, as far as is known, and nobody has it in hand.")
    quiet: Quiet | None = Field(description="Why nothing is said of it now.")
    acknowledged: AcknowledgementBody | None = Field(description="Who has the present episode in hand.")
    assigned: AssignmentBody | None = Field(description="Who was asked to take the present episode up.")

    @classmethod
    def of(cls, item: Overview) -> Self:
        """The body of an alert."""
        rule, step = item.rule, item.step
        alert = None if item.kept is None else item.kept.alert
        told = None if item.kept is None else item.kept.told
        return cls(
            theater=rule.theater,
            rule=rule.id,
            title=rule.title,
            severity=rule.severity,
            owner=rule.owner,
            phase=None if alert is None else alert.phase,
            since=None if alert is None else alert.since,
            episode=0 if alert is None else alert.episode,
            cause=None if step is None else step.transition.cause,
            why=None if step is None else step.transition.reading.why,
            publication=None if step is None else step.publication,
            judged_at=None if item.kept is None else item.kept.judged_at,
            told=0 if told is None else told.count,
            told_at=None if told is None else told.last_at,
            waits=item.waits,
            quiet=item.quiet,
            acknowledged=None if item.in_hand is None else AcknowledgementBody.of(item.in_hand),
            assigned=None if item.asked is None else AssignmentBody.of(item.asked),
        )


class StepBody(BaseModel):
    """One step of an alert."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": 4,
                    "theater": "tunisia",
                    "rule": "offensive-likely",
                    "episode": 1,
                    "before": "pending",
                    "after": "firing",
                    "cause": "it was met for long enough",
                    "at": "2016-03-07T09:12:41.000000Z",
                    "publication": 12,
                    "sign": "met",
                    "why": "odds of 43.1 % are at or above 40.0 %",
                    "value": 0.431,
                    "limit": 0.4,
                    "error": 0.003,
                }
            ]
        }
    )

    number: int = Field(description="Its place among all steps of the store.")
    theater: str
    rule: str
    episode: int
    before: Phase
    after: Phase
    cause: Cause
    at: datetime
    publication: int | None = Field(description="Number of the publication that was read.")
    sign: Sign = Field(description="What the reading says of the condition.")
    why: str = Field(description="The same in words.")
    value: float | None = Field(description="What was compared.")
    limit: float | None = Field(description="What it was compared with.")
    error: float = Field(description="Its Monte Carlo standard error; 0 where it is exact.")

    @classmethod
    def of(cls, step: AlertStep) -> Self:
        """The body of a step."""
        taken = step.transition
        return cls(
            number=step.number,
            theater=step.theater,
            rule=step.rule,
            episode=step.episode,
            before=taken.before,
            after=taken.after,
            cause=taken.cause,
            at=taken.at,
            publication=step.publication,
            sign=taken.reading.sign,
            why=taken.reading.why,
            value=taken.reading.value,
            limit=taken.reading.limit,
            error=taken.reading.error,
        )


class TakingUp(BaseModel):
    """Taking an alert up."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"note": "calling the border command", "hours": 4}]}
    )

    note: Text = Field("", description="What you do about it.")
    hours: _Hours | None = Field(None, description="For how many hours; null: until the alert is over.")

    @property
    def lasts(self) -> timedelta | None:
        """For how long."""
        return None if self.hours is None else timedelta(hours=self.hours)


class Assigning(BaseModel):
    """Asking somebody to take an alert up."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"to": "ada", "note": "call the border command first"}]}
    )

    to: Name = Field(description="The name of an account that may acknowledge alerts of the theater.")
    note: Text = Field("", description="What they are asked to do.")


class Snoozing(BaseModel):
    """Leaving an alert unsaid for some hours."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"hours": 8, "comment": "known; the desk meets at eight"}]}
    )

    hours: _Hours = Field(description="For how many hours.")
    comment: Text = Field(description="Why, for whoever wonders about it later.")
