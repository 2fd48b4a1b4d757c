"""Observations as they are sent: one, or several that are taken together or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Discriminator, Field, JsonValue, Tag

from tocsin.domain.observation import Draft
from tocsin.web.schemas.texts import Day, Name, Number, Text

MOST = 1_000
"""Observations that one request may hold; a file may hold more, see the import."""

_EXAMPLE: dict[str, JsonValue] = {
    "indicator": "violence/border-attack",
    "observed_on": "2016-03-07",
    "value": 1,
    "grade": "A1",
    "origin": "ben-guerdane-2016-03-07",
    "summary": "Armed men attacked the barracks and the police post at Ben Guerdane at dawn.",
    "source": "Ministry of the Interior",
    "links": ["https://example.org/statement.pdf"],
}


class DraftBody(BaseModel):
    """One report about one indicator, before it is believed."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    indicator: Name = Field(description="Id of one of the theater's indicators.")
    observed_on: Day = Field(description="The day on which it happened, in the theater's time zone.")
    through: Day | None = Field(
        None, description="Last day of a total, which contains what was reported singly; counts only, within one step."
    )
    value: Number = Field(description="What was seen; 0 means looked and not seen.")
    grade: Name = Field(description="Admiralty grade: reliability A to F and credibility 1 to 6, such as B2.")
    origin: Text = Field(
        "", description="Reports of one origin are echoes and count once; made of the others if empty."
    )
    summary: Text = Field("", description="What was reported, in a sentence.")
    source: Text = Field("", description="Who reported it.")
    coverage: Annotated[Number, Field(gt=0, le=1)] | None = Field(
        None, description="Chance that it would have been seen; the indicator's declared one if there is none."
    )
    links: list[Text] = Field(
        default_factory=list, max_length=50, description="Web addresses of what stands behind it."
    )

    def draft(self, place: str = "") -> Draft:
        """This as text that nobody believes yet, from a place in the body."""
        return Draft(
            indicator=self.indicator,
            observed_on=self.observed_on.isoformat(),
            value=repr(self.value),
            grade=self.grade,
            origin=self.origin,
            summary=self.summary,
            source=self.source,
            coverage="" if self.coverage is None else repr(self.coverage),
            place=place,
            links=" ".join(self.links),
            through="" if self.through is None else self.through.isoformat(),
        )


class OneBody(DraftBody):
    """One observation to record."""

    history: bool = Field(
        default=False,
        strict=True,
        description="Old news: it counts as known from the end of its day plus its indicator's delay.",
    )

    def drafts(self) -> list[Draft]:
        """It alone."""
        return [self.draft()]


class ManyBody(BaseModel):
    """Observations to record, all of them or none."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"observations": [_EXAMPLE]}]})

    observations: list[DraftBody] = Field(min_length=1, max_length=MOST)
    history: bool = Field(default=False, strict=True, description="As for one, of all of them.")

    def drafts(self) -> list[Draft]:
        """All of them, each with its place."""
        return [item.draft(f"observations[{place}]") for place, item in enumerate(self.observations)]


def _kind(value: object) -> str:
    several = "observations" in value if isinstance(value, dict) else isinstance(value, ManyBody)
    return "several" if several else "one"


type ObservationsBody = Annotated[
    Annotated[OneBody, Tag("one")] | Annotated[ManyBody, Tag("several")], Discriminator(_kind)
]
"""One observation, or `{"observations": […]}`."""


class ImaginedBody(BaseModel):
    """A report to imagine."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"indicator": "group/pledge-publication", "value": 1}]}
    )

    indicator: Name = Field(description="Id of one of the theater's indicators.")
    value: Number = Field(description="What would be seen; 0 means looked and not seen.")
    observed_on: Day | None = Field(None, description="The day; that of `as_of` if there is none.")
    grade: Name = Field("A1", description="Admiralty grade.")
    origin: Text = Field("", description="Reports of one origin are echoes and count once.")
    coverage: Annotated[Number, Field(gt=0, le=1)] | None = Field(
        None, description="Chance that it would have been seen; the indicator's declared one if there is none."
    )


class WhatIfBody(BaseModel):
    """What is imagined."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"observations": [{"indicator": "group/pledge-publication", "value": 1}]}]},
    )

    observations: list[ImaginedBody] = Field(min_length=1, max_length=MOST)

    def drafts(self, day: date) -> list[Draft]:
        """As text, each with its place; of a day, where none is named."""
        return [
            Draft(
                indicator=item.indicator,
                observed_on=(day if item.observed_on is None else item.observed_on).isoformat(),
                value=repr(item.value),
                grade=item.grade,
                origin=item.origin,
                coverage="" if item.coverage is None else repr(item.coverage),
                place=f"observations[{place}]",
            )
            for place, item in enumerate(self.observations)
        ]


BODIES = (OneBody, ManyBody, WhatIfBody)
"""The bodies that hold observations."""


def half_read(sent: object) -> Iterator[tuple[Draft, frozenset[str]]]:
    """What can be judged of observations in a body of the wrong form: each with the fields that are of their type."""
    if not isinstance(sent, dict):
        return
    several = sent.get("observations")
    items = (
        [(f"observations[{place}]", item) for place, item in enumerate(several[:MOST])]
        if isinstance(several, list)
        else [("", sent)]
    )
    for place, item in items:
        if isinstance(item, dict):
            typed: dict[str, Any] = {
                name: text for name in _FIELDS if (text := _as_text(name, item.get(name))) is not None
            }
            yield Draft(**{**dict.fromkeys(_NEEDED, ""), **typed}, place=place), frozenset(typed)


_NEEDED = ("indicator", "observed_on", "value", "grade")
_NUMBERS = ("value", "coverage")
_FIELDS = (*_NEEDED, "through", "origin", "summary", "source", "coverage", "links")


def _as_text(name: str, value: object) -> str | None:
    """A field as a draft has it; None where it is of another type, or left out."""
    if name in _NUMBERS:
        return repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    if name == "links":
        whole = isinstance(value, list) and all(isinstance(link, str) for link in value)
        return " ".join(cast("list[str]", value)) if whole else None
    return value if isinstance(value, str) else None
