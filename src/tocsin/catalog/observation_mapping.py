"""Mapping files: how the columns of somebody else's file become observations; their shape."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema, field_validator
from pydantic import model_validator as _model_validator

from tocsin.catalog.document import parse_document
from tocsin.catalog.elicited import Line, Shape, refusal
from tocsin.catalog.shape import read_shape
from tocsin.domain.errors import InvalidDeclarationError
from tocsin.domain.grading import parse_grade
from tocsin.domain.observation_mapping import FIELDS, ObservationMapping, Source

_SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_PROBES = (datetime(1931, 12, 31), datetime(2016, 2, 3))  # noqa: DTZ001 (days only)
_DAY_FORM = "a form of days with year (%Y), month (%m) and day (%d), such as %d.%m.%Y; %y would leave the century open"


def _as_text(value: object) -> object:
    """Numbers as they are written in cells: 0 as "0"."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


_Word = Annotated[
    str,
    BeforeValidator(_as_text),
    StringConstraints(strip_whitespace=True, pattern=r"\S"),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"\S"}, {"type": "number"}]}),
]


class SourceFile(Shape):
    """Where one field comes from: a column, or the same text for every row."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["column"]}, {"required": ["constant"]}],
            "dependentRequired": {"values": ["column"], "other_values": ["values"]},
        }
    )

    column: Line | None = Field(default=None, description="the name of a column")
    constant: _Word | None = Field(default=None, description="the text or number that holds for every row")
    values: dict[str, _Word] | None = Field(
        default=None, min_length=1, description="what each word of the column means, such as {none: 0}"
    )
    other_values: Literal["refused", "as written"] = Field(
        default="refused", description="refused or as written: what becomes of words that values does not list"
    )

    @_model_validator(mode="after")
    def _one_way(self) -> SourceFile:
        if (self.column is None) == (self.constant is None):
            accepted = "either a column or a constant"
            raise refusal(accepted)
        if self.values is not None and self.column is None:
            accepted = "values beside a column only: a constant is what it is"
            raise refusal(accepted)
        if self.values is None and "other_values" in self.model_fields_set:
            accepted = "other_values beside values only"
            raise refusal(accepted)
        return self


class DayFile(SourceFile):
    """Where the day comes from, and how it is written."""

    format: Line | None = Field(default=None, description=_DAY_FORM)

    @field_validator("format")
    @classmethod
    def _whole_day(cls, form: str | None) -> str | None:
        if form is not None and not _keeps_days(form):
            raise refusal(_DAY_FORM)
        return form


class FieldsFile(Shape):
    """One key for each field of an observation that the file speaks of."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["grade"]}, {"required": ["reliability", "credibility"]}],
            "dependentRequired": {"reliability": ["credibility"], "credibility": ["reliability"]},
        }
    )

    observed_on: DayFile = Field(description="column and format: the day that it happened")
    indicator: SourceFile | None = Field(default=None, description="column or constant: an indicator id")
    value: SourceFile = Field(description="column or constant: a number")
    grade: SourceFile | None = Field(default=None, description="column or constant: an Admiralty grade such as B2")
    reliability: SourceFile | None = Field(default=None, description="column or constant: a letter from A to F")
    credibility: SourceFile | None = Field(default=None, description="column or constant: a digit from 1 to 6")
    origin: SourceFile | None = Field(default=None, description="column or constant: who the report comes from")
    summary: SourceFile | None = Field(default=None, description="column or constant: what was reported")
    source: SourceFile | None = Field(default=None, description="column or constant: who reported it")
    through: SourceFile | None = Field(default=None, description="column: the last day of a total, counts only")
    coverage: SourceFile | None = Field(default=None, description="column or constant: above 0 and up to 1")
    links: SourceFile | None = Field(default=None, description="column or constant: web addresses")

    @_model_validator(mode="after")
    def _graded_in_one_way(self) -> FieldsFile:
        found = [name for name in ("grade", "reliability", "credibility") if getattr(self, name) is not None]
        if found not in (["grade"], ["reliability", "credibility"]):
            accepted = "either grade or both reliability and credibility"
            raise refusal(accepted)
        return self

    @field_validator("grade")
    @classmethod
    def _known_grade(cls, grade: SourceFile | None) -> SourceFile | None:
        words = [] if grade is None else [grade.constant, *(grade.values or {}).values()]
        if any(word is not None and parse_grade(word.upper()) is None for word in words):
            accepted = "an Admiralty grade: reliability A to F and credibility 1 to 6, such as B2"
            raise refusal(accepted)
        return grade


class ObservationMappingFile(Shape):
    """How the columns of a foreign file are read."""

    model_config = ConfigDict(title="Tocsin import mapping")

    separator: Literal["comma", "semicolon", "tab", "bar"] = Field(
        default="comma", description="comma, semicolon, tab or bar: what stands between cells"
    )
    fields: FieldsFile = Field(description="observed_on, value, grade and others, each with a column or constant")
    ignored: list[Line] = Field(default=[], description="a list of the columns that are not used")

    @_model_validator(mode="after")
    def _used_or_not(self) -> ObservationMappingFile:
        both = {item.column for item in self.sources().values()} & set(self.ignored)
        if both:
            accepted = f"each column read or ignored, not both: {', '.join(sorted(map(str, both)))}"
            raise refusal(accepted)
        return self

    def sources(self) -> dict[str, SourceFile]:
        """Where each field comes from, by its name."""
        every = ((name, getattr(self.fields, name)) for name in FIELDS)
        return {name: item for name, item in every if item is not None}


def read_observation_mapping(content: bytes, file: str) -> ObservationMapping:
    """The mapping that a YAML file declares, or InvalidDeclarationError with everything wrong with it."""
    document, problems = parse_document(file, content)
    declared = None if document is None else read_shape(document, ObservationMappingFile, problems)
    if problems or declared is None:
        raise InvalidDeclarationError(problems)
    found = declared.sources()
    return ObservationMapping(
        sources={name: _source(item, item.column) for name, item in found.items() if item.column is not None},
        constants={name: item.constant for name, item in found.items() if item.constant is not None},
        ignored=tuple(declared.ignored),
        separator=_SEPARATORS[declared.separator],
    )


def _source(declared: SourceFile, column: str) -> Source:
    form = declared.format if isinstance(declared, DayFile) else None
    return Source(column, form, declared.values, declared.other_values == "as written")


def _keeps_days(form: str) -> bool:
    """A day that is written in it is read back as that day."""
    try:
        return all(datetime.strptime(day.strftime(form), form).date() == day.date() for day in _PROBES)  # noqa: DTZ007
    except (ValueError, IndexError):
        return False
