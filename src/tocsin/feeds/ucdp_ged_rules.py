"""The declared rules by which events of the UCDP Georeferenced Event Dataset become observations."""

from __future__ import annotations

from datetime import date
from enum import IntEnum
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from tocsin.domain.errors import InvalidDeclarationError, Problem


class Violence(IntEnum):
    """UCDP's `type_of_violence`."""

    STATE_BASED = 1
    NON_STATE = 2
    ONE_SIDED = 3

    @property
    def words(self) -> str:
        """As the codebook and the rules write it."""
        return self.name.lower().replace("_", "-")


def _violence(words: object) -> object:
    return {kind.words: kind for kind in Violence}.get(words, words) if isinstance(words, str) else words


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Box(_Declared):
    """A rectangle of degrees, its edges included; west and south are negative."""

    west: float = Field(ge=-180, le=180)
    east: float = Field(ge=-180, le=180)
    south: float = Field(ge=-90, le=90)
    north: float = Field(ge=-90, le=90)

    @model_validator(mode="after")
    def _ordered(self) -> Box:
        if not (self.west < self.east and self.south < self.north):
            raise ValueError("west must be below east and south below north")
        return self

    def holds(self, latitude: float, longitude: float) -> bool:
        """The point is in the box."""
        return self.west <= longitude <= self.east and self.south <= latitude <= self.north


class Rule(_Declared):
    """Which events are one observation each of an indicator. Everything declared must hold.

    With `once_a_day_and_place`, events of one day and one place share an origin: together they count once.
    """

    id: str
    reason: str
    indicator: str
    value: float
    grade: str
    place: str
    country: str
    within: tuple[Box, ...] = Field(min_length=1)
    types: tuple[Annotated[Violence, BeforeValidator(_violence)], ...] = Field(min_length=1)
    first_day: date
    last_day: date
    actor_contains: str = ""
    min_best_deaths: int = Field(default=0, ge=0)
    once_a_day_and_place: bool = False


class SameAs(_Declared):
    """An event that other sources report too, under one origin, so that it counts once."""

    event: int
    origin: str
    reason: str


class Rules(_Declared):
    """A rules file: the edition of the dataset, the rules in order, and the events known from elsewhere."""

    source: str
    rules: tuple[Rule, ...] = Field(min_length=1)
    same_as: tuple[SameAs, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Rules:
        for names in ([rule.id for rule in self.rules], [item.event for item in self.same_as]):
            if len(set(names)) < len(names):
                raise ValueError("every rule id, and every event under same_as, may stand only once")
        return self


def read_rules(data: bytes, place: str) -> Rules:
    """The rules that a YAML file declares, or InvalidDeclarationError with everything wrong with it."""
    try:
        return Rules.model_validate(yaml.safe_load(data))
    except ValidationError as error:
        raise InvalidDeclarationError(_problems(error, data, place)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        raise InvalidDeclarationError([Problem(place, line, "YAML", str(error), "a YAML mapping")]) from error


def _problems(error: ValidationError, data: bytes, place: str) -> list[Problem]:
    tree = yaml.compose(data, Loader=yaml.SafeLoader)
    paths = [item["loc"] for item in error.errors()]
    problems: list[Problem] = []
    for item in error.errors():
        path = item["loc"]
        # A list whose only part was refused is called too short as well: that is noise.
        if item["type"] == "too_short" and any(other[: len(path)] == path != other for other in paths):
            continue
        field = ".".join(map(str, path)) or "file"
        value = "missing" if item["type"] == "missing" else repr(item["input"])
        accepted = f"what the rules form asks for ({item['msg']})"
        problems.append(Problem(place, _line(tree, path), field, value, accepted))
    return problems


def _line(node: yaml.Node | None, path: tuple[int | str, ...]) -> int | None:
    """The line of the declared part that a path leads to, or of the nearest part around it."""
    if node is None:
        return None
    for step in path:
        if isinstance(node, yaml.MappingNode):
            inner = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            inner = node.value[step]
        else:
            inner = None
        if inner is None:
            break
        node = inner
    return int(node.start_mark.line) + 1
