"""Mapping rules in feed files: their shape, and the domain's rules."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from tocsin.catalog.elicited import Day, Line, Shape, Text, refusal
from tocsin.catalog.names import ID, ID_FORM
from tocsin.domain.mapping import Box, Keywords, Near, Rule
from tocsin.domain.sphere import Point

FARTHEST_KM = 1000.0
"""A rule that reaches farther from a line means a country, and should say so."""

_Longitude = Annotated[float, Field(ge=-180, le=180)]
_Latitude = Annotated[float, Field(ge=-90, le=90)]
_Phrase = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"\w")]
_Kind = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^*\n]+\*?$")]


class BoxFile(Shape):
    """A rectangle of degrees; west and south are negative."""

    west: _Longitude = Field(description="degrees from -180 to 180")
    east: _Longitude = Field(description="degrees above west, up to 180")
    south: _Latitude = Field(description="degrees from -90 to 90")
    north: _Latitude = Field(description="degrees above south, up to 90")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not (self.west < self.east and self.south < self.north):
            raise refusal("a box whose west is below its east and whose south is below its north")
        return self


class PointFile(Shape):
    """A place in degrees; south and west are negative."""

    latitude: _Latitude = Field(description="degrees north, from -90 to 90")
    longitude: _Longitude = Field(description="degrees east, from -180 to 180")


class NearFile(Shape):
    """Everything within so many kilometers of a line."""

    km: float = Field(gt=0, le=FARTHEST_KM, description=f"kilometers above 0 and up to {FARTHEST_KM:g}")
    line: list[PointFile] = Field(min_length=1, description="points, in their order along the line")


class KeywordsFile(Shape):
    """Words, or phrases, that a text must have; whole words, in any case of letters."""

    any: list[_Phrase] = Field(default=[], description="words or phrases of which the text has one")
    all: list[_Phrase] = Field(default=[], description="words or phrases of which the text has every one")
    none: list[_Phrase] = Field(default=[], description="words or phrases of which the text has none")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.any or self.all or self.none):
            raise refusal("at least one of any, all and none")
        return self


class RuleFile(Shape):
    """Which incidents are one observation each of an indicator. Everything declared must hold."""

    id: Line = Field(description=f"a name for the rule: {ID_FORM}")
    indicator: Line = Field(description="the id of an indicator of this theater")
    value: float = Field(description="the value of the observation, as the indicator's kind takes it")
    grade: str = Field(pattern=r"^[A-F][1-6]$", description="an Admiralty grade, such as B2")
    reason: Text = Field(description="text that says why such an incident is such an observation, at that grade")
    place: Line | None = Field(default=None, description="one line that names what within and near mean")
    country: Line | None = Field(default=None, description="the country, as the upstream writes it")
    areas: list[Line] = Field(default=[], description="first administrative areas, as the upstream writes them")
    within: list[BoxFile] = Field(default=[], description="boxes of west, east, south and north; one of them holds it")
    near: NearFile | None = Field(default=None, description="km and line: within so many kilometers of the line")
    kinds: list[_Kind] = Field(
        default=[], description="types as the upstream names them; a * at the end stands for any ending"
    )
    actor_contains: Line | None = Field(default=None, description="text in an actor's name, with its capitals")
    keywords: KeywordsFile | None = Field(default=None, description="any, all and none: words that the text has")
    min_deaths: int | None = Field(default=None, ge=0, description="a whole number: at least so many deaths")
    first_day: Day | None = Field(default=None, description="the first day (YYYY-MM-DD) that counts")
    last_day: Day | None = Field(default=None, description="the last day (YYYY-MM-DD) that counts")
    once_a_day_and_place: bool = Field(
        default=False, description="true or false: what happens on one day at one place counts once"
    )

    @field_validator("id")
    @classmethod
    def _is_id(cls, name: str) -> str:
        if ID.fullmatch(name) is None:
            raise refusal(ID_FORM)
        return name

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.within or self.near is not None) and self.place is None:
            raise refusal("a line `place` that says in words what within and near mean")
        if self.first_day is not None and self.last_day is not None and self.last_day < self.first_day:
            accepted = f"a last_day on or after first_day, which is {self.first_day}"
            raise refusal(accepted)
        return self


class SameAsFile(Shape):
    """A record that other sources report too, under one origin, so that it counts once."""

    record: Line = Field(description='the id that the upstream gives it, as text: "205521"')
    origin: Line = Field(description="the origin of the other report")
    reason: Line = Field(description="one line that says what it is")


def rule_of(declared: RuleFile) -> Rule:
    """The rule as the domain keeps it."""
    near, keywords = declared.near, declared.keywords
    return Rule(
        id=declared.id,
        indicator=declared.indicator,
        value=declared.value,
        grade=declared.grade,
        reason=declared.reason,
        place=declared.place or "",
        country=declared.country or "",
        areas=tuple(declared.areas),
        within=tuple(Box(box.west, box.east, box.south, box.north) for box in declared.within),
        near=None if near is None else Near(tuple(Point(at.latitude, at.longitude) for at in near.line), near.km),
        kinds=tuple(declared.kinds),
        actor_contains=declared.actor_contains or "",
        keywords=None if keywords is None else Keywords(tuple(keywords.any), tuple(keywords.all), tuple(keywords.none)),
        min_deaths=declared.min_deaths,
        first_day=declared.first_day,
        last_day=declared.last_day,
        once_a_day_and_place=declared.once_a_day_and_place,
    )
