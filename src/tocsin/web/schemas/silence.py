"""Silences as bodies."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from tocsin.domain.silence import Silence
from tocsin.usecases.silencing import covered
from tocsin.web.schemas.instants import in_utc
from tocsin.web.schemas.texts import Name, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.domain.alert_rule import AlertRule

_SILENCE: dict[str, Any] = {
    "id": "9f1c33b0a2de48b6a4f5f0c5f6d8e1aa",
    "theater": "tunisia",
    "rule": "offensive-*",
    "severity": "*",
    "begins_at": "2016-03-07T22:00:00.000000Z",
    "ends_at": "2016-03-08T06:00:00.000000Z",
    "author": "grace",
    "comment": "an exercise at the border",
    "in_force": True,
    "rules": ["tunisia/offensive-likely"],
}


class SilenceBody(BaseModel):
    """Nothing is said of some rules for a while."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SILENCE]})

    id: str
    theater: str = Field(description="A theater, or a pattern.")
    rule: str = Field(description="A rule, or a pattern.")
    severity: str = Field(description="A severity, or a pattern.")
    begins_at: datetime
    ends_at: datetime
    author: str
    comment: str
    in_force: bool
    rules: list[str] = Field(description="The rules that it is about, of the theaters that you may see.")

    @classmethod
    def of(cls, silence: Silence, rules: Iterable[AlertRule], now: datetime) -> Self:
        """The body of a silence; `rules` are those that its reader may see."""
        return cls(
            id=silence.id,
            theater=silence.theater,
            rule=silence.rule,
            severity=silence.severity,
            begins_at=silence.begins_at,
            ends_at=silence.ends_at,
            author=silence.author,
            comment=silence.comment,
            in_force=silence.begins_at <= now < silence.ends_at,
            rules=sorted(f"{rule.theater}/{rule.id}" for rule in covered(silence, rules)),
        )


class NewSilence(BaseModel):
    """A silence that is wanted. In patterns `*` stands for anything, `?` for one character."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "theater": "tunisia",
                    "rule": "offensive-*",
                    "ends_at": "2016-03-08T07:00:00+01:00",
                    "comment": "an exercise at the border",
                }
            ]
        },
    )

    theater: Name = Field(description="A theater, or a pattern; whoever sees some theaters names one of them.")
    rule: Name = Field("*", description="A rule, or a pattern.")
    severity: Name = Field("*", description="A severity, or a pattern.")
    begins_at: Annotated[AwareDatetime, AfterValidator(in_utc)] | None = Field(
        None, description="From when; null for now."
    )
    ends_at: Annotated[AwareDatetime, AfterValidator(in_utc)] = Field(description="Until when; 366 days at most.")
    comment: Text = Field(description="Why, for whoever wonders about it later.")

    def silence(self, now: datetime) -> Silence:
        """What is wanted, without an id and an author."""
        begins_at = (self.begins_at or now).astimezone(UTC)
        return Silence("", self.theater, self.rule, self.severity, begins_at, self.ends_at, "", self.comment)
