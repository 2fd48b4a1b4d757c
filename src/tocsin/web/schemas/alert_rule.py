"""Alert rules as bodies."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from tocsin.catalog.alert_rule_document import document_of
from tocsin.web.schemas.texts import HALVED, Name

if TYPE_CHECKING:
    from tocsin.domain.timeline import Timeline
    from tocsin.usecases.alert_rules import KnownRule

_DEEPEST = 6
_RULE: dict[str, Any] = {
    "title": "An offensive at the border is likely",
    "reason": "The desk calls the border command and moves the next collection round forward.",
    "severity": "critical",
    "kind": "level",
    "scenario": "border-offensive",
    "horizon": 30,
    "at": 0.4,
    "clear_at": 0.3,
    "pending": {"publications": 2},
    "keep_firing": "6 hours",
    "destinations": ["desk"],
}


def _plain(value: object, depth: int = 0) -> None:
    """ValueError for what no file could hold."""
    if depth > _DEEPEST:
        msg = "a mapping of a few levels"
        raise ValueError(msg)
    if isinstance(value, str):
        if "\0" in value:
            msg = "text without a zero character, at which databases stop reading"
            raise ValueError(msg)
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ValueError(HALVED)
    for part in [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ():
        _plain(part, depth + 1)


def _document(value: dict[str, Any]) -> dict[str, Any]:
    _plain(value)
    return value


type _Rule = Annotated[dict[str, Any], AfterValidator(_document)]


class SetRuleBody(BaseModel):
    """An alert rule that is to be set, as a file would declare it (schemas/alert-rule.json, docs/alerts.md)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"rule": _RULE}]})

    rule: _Rule = Field(description="Title, reason, severity, kind and what the kind needs.")

    @property
    def document(self) -> str:
        """The rule as a file would hold it."""
        return json.dumps(self.rule, ensure_ascii=False)


class NewRuleBody(SetRuleBody):
    """An alert rule that is to be set anew."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"theater": "tunisia", "id": "offensive-likely", "rule": _RULE}]},
    )

    theater: Name
    id: Name = Field(description="Its id in the theater.")


class AlertRuleBody(BaseModel):
    """An alert rule, and where it comes from."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "theater": "tunisia",
                    "id": "offensive-likely",
                    "source": "set",
                    "version": 1,
                    "set_by": "grace",
                    "set_at": "2016-03-01T08:00:00.000000Z",
                    "rule": _RULE,
                }
            ]
        }
    )

    theater: str
    id: str
    source: Literal["file", "set"] = Field(description="A file, which is changed there, or somebody who set it here.")
    version: int | None = Field(description="Counts the versions of a rule that was set; null for a file.")
    set_by: str | None
    set_at: datetime | None
    rule: dict[str, Any] = Field(description="As a file declares it.")

    @classmethod
    def of(cls, known: KnownRule, timeline: Timeline) -> Self:
        """The body of a rule."""
        version = known.set
        return cls(
            theater=known.rule.theater,
            id=known.rule.id,
            source="file" if version is None else "set",
            version=None if version is None else version.version,
            set_by=None if version is None else version.by,
            set_at=None if version is None else version.at,
            rule=document_of(known.rule, timeline),
        )
