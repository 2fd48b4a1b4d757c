"""Feed files: one shape for each kind, and the domain's feed."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from tocsin.catalog.elicited import Day, Line, Shape
from tocsin.catalog.rules import RuleFile, SameAsFile, rule_of
from tocsin.catalog.spans import interval_of
from tocsin.domain.feed import Feed

if TYPE_CHECKING:
    from tocsin.domain.feed import Option

_KIND = "folder, csv-url, json-url, rss, ucdp-ged, ucdp-ged-csv, acled or gdelt"
_EVERY = r"^[1-9][0-9]{0,2} (minute|hour|day)s?$"
_LONGEST_SILENCE = 400

_Address = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^https?://[^\s@]+$")]
_ADDRESS_FORM = "an http or https address, without a name or password in it"
_Yearly = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}\.1$")]
_Monthly = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}\.0\.([1-9]|1[0-2])$")]
_COLUMN = "the column that holds it"


class FeedFile(Shape):
    """What every kind of feed has."""

    model_config = ConfigDict(title="Tocsin feed")

    title: Line = Field(description="a short name in one line; observations name it as their source")
    every: str = Field(pattern=_EVERY, description='how often to ask, such as "15 minutes", "6 hours" or "1 day"')
    since: Day = Field(description="the first day (YYYY-MM-DD) that is of interest")
    review: bool = Field(description="true or false: a person confirms each observation before it counts")
    expected: int = Field(
        ge=1, le=_LONGEST_SILENCE, description=f"days without anything new that are usual, from 1 to {_LONGEST_SILENCE}"
    )
    history: bool = Field(
        default=False,
        description="true or false: what the first take-in brings counts as known when it would usually have been",
    )
    same_as: list[SameAsFile] = Field(
        default=[], description="a list of record, origin and reason: what other sources report too"
    )


class IncidentFeedFile(FeedFile):
    """A feed of incidents, which rules turn into observations."""

    rules: list[RuleFile] = Field(min_length=1, description="at least one rule by which records become observations")


class FolderFile(FeedFile):
    """A folder in which somebody puts files of observations, in the form that is imported."""

    kind: Literal["folder"] = Field(description=_KIND)
    path: Line = Field(description="a folder: absolute, or below the data folder TOCSIN_HOME")
    complete: bool = Field(
        description="true or false: each file always holds everything, so what is gone from it is withdrawn"
    )
    rules: list[RuleFile] = Field(default=[], max_length=0, description="no rules: the files hold observations already")


class ColumnsFile(Shape):
    """Which column of a table holds which field of an incident."""

    day: Line = Field(description="the column that holds the day; a table without days holds no incidents")
    kind: Line | None = Field(default=None, description=_COLUMN)
    country: Line | None = Field(default=None, description=_COLUMN)
    area: Line | None = Field(default=None, description=_COLUMN)
    place: Line | None = Field(default=None, description=_COLUMN)
    latitude: Line | None = Field(default=None, description=_COLUMN)
    longitude: Line | None = Field(default=None, description=_COLUMN)
    actors: Line | None = Field(default=None, description=_COLUMN)
    deaths: Line | None = Field(default=None, description=_COLUMN)
    text: Line | None = Field(default=None, description=_COLUMN)
    links: Line | None = Field(default=None, description=_COLUMN)


class UrlFile(IncidentFeedFile):
    """A table at an address."""

    address: _Address = Field(description=_ADDRESS_FORM)
    id: list[Line] = Field(min_length=1, description="the columns that together name a row, for as long as it exists")
    columns: ColumnsFile = Field(description="which column holds what; in JSON, dots reach into nested objects")
    complete: bool = Field(
        description="true or false: the table always holds all rows, so what is gone from it is withdrawn"
    )


class CsvUrlFile(UrlFile):
    """A CSV file at an address."""

    kind: Literal["csv-url"] = Field(description=_KIND)


class JsonUrlFile(UrlFile):
    """A JSON file at an address."""

    kind: Literal["json-url"] = Field(description=_KIND)
    records: str = Field(default="", description="the dotted path to the list of rows; left out where the file is it")


class RssFile(IncidentFeedFile):
    """Articles in RSS or Atom; they only suggest, and a person decides."""

    kind: Literal["rss"] = Field(description=_KIND)
    address: _Address = Field(description=_ADDRESS_FORM)
    review: Literal[True] = Field(description="true: an article is no observation before a person has read it")


class UcdpGedFile(IncidentFeedFile):
    """The UCDP Georeferenced Event Dataset by its API."""

    kind: Literal["ucdp-ged"] = Field(description=_KIND)
    yearly: _Yearly = Field(description='the first yearly edition to take in, in quotes, such as "25.1"')
    monthly: _Monthly | None = Field(
        default=None,
        description='the first monthly edition to take in, in quotes, such as "26.0.1"; none if left out',
    )
    countries: list[int] = Field(
        min_length=1, description="Gleditsch-Ward numbers, such as 616 for Tunisia and 620 for Libya"
    )


class UcdpGedCsvFile(IncidentFeedFile):
    """A yearly CSV file of the UCDP Georeferenced Event Dataset, zipped or not."""

    kind: Literal["ucdp-ged-csv"] = Field(description=_KIND)
    source: Line = Field(
        description="an https address, or the path of a file: absolute, or below the data folder TOCSIN_HOME"
    )
    countries: list[Line] = Field(min_length=1, description="names of countries, as UCDP writes them")


class AcledFile(IncidentFeedFile):
    """The Armed Conflict Location & Event Data Project by its API."""

    kind: Literal["acled"] = Field(description=_KIND)
    countries: list[Line] = Field(min_length=1, description="names of countries, as ACLED writes them")


class GdeltFile(IncidentFeedFile):
    """The event files of GDELT 2.0."""

    kind: Literal["gdelt"] = Field(description=_KIND)
    countries: list[Line] = Field(min_length=1, description="FIPS 10-4 codes, such as TS for Tunisia and LY for Libya")
    codes: list[Line] = Field(default=[], description='how CAMEO codes of wanted events begin, in quotes, such as "14"')


AnyFeedFile = Annotated[
    FolderFile | CsvUrlFile | JsonUrlFile | RssFile | UcdpGedFile | UcdpGedCsvFile | AcledFile | GdeltFile,
    Field(discriminator="kind", title="Tocsin feed"),
]

FEED_SHAPES: dict[str, type[FeedFile]] = {
    "folder": FolderFile,
    "csv-url": CsvUrlFile,
    "json-url": JsonUrlFile,
    "rss": RssFile,
    "ucdp-ged": UcdpGedFile,
    "ucdp-ged-csv": UcdpGedCsvFile,
    "acled": AcledFile,
    "gdelt": GdeltFile,
}

_SHARED = {*FeedFile.model_fields, "kind", "rules"}


def feed_of(name: str, declared: AnyFeedFile) -> Feed:
    """The feed of that id; what only its kind has becomes its options."""
    own = {key: value for key, value in declared.model_dump(exclude_none=True).items() if key not in _SHARED}
    return Feed(
        id=name,
        title=declared.title,
        kind=declared.kind,
        options=MappingProxyType({key: _option(value) for key, value in own.items()}),
        every=interval_of(declared.every),
        since=declared.since,
        review=declared.review,
        expected_days=declared.expected,
        history=declared.history,
        rules=tuple(rule_of(rule) for rule in declared.rules),
        same_as=MappingProxyType({item.record: item.origin for item in declared.same_as}),
    )


def _option(value: object) -> Option:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return MappingProxyType(value)
    if isinstance(value, str | bool | int | float | date):
        return value
    raise TypeError(f"{value!r} is no option of a feed")
