"""How a foreign file says what observations say: which column is which field, in which form, and what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = (
    "observed_on",
    "indicator",
    "value",
    "grade",
    "reliability",
    "credibility",
    "origin",
    "summary",
    "source",
    "coverage",
    "links",
    "through",
)
"""What a record may say, by the names that Tocsin's own files use."""
ALWAYS = FIELDS[:3]
"""What every record must say, beside its grade."""


@dataclass(frozen=True, slots=True)
class Source:
    """The column that a field is read off.

    Attributes:
        column: Its name.
        day_form: How it writes days, in the directives of `strptime`; None where a cell is taken as it is.
        words: What its words mean; None where they mean themselves.
        others: Words that `words` does not list mean themselves; otherwise they are refused.
    """

    column: str
    day_form: str | None = None
    words: Mapping[str, str] | None = None
    others: bool = False


@dataclass(frozen=True, slots=True)
class ObservationMapping:
    """What each field is read off, or always is.

    Attributes:
        sources: By field.
        constants: By field: what the file does not say.
        ignored: Columns that are known and not used; a column that is neither is refused.
        separator: Between the cells of a comma-separated file that has another mark there.
        own: The file has Tocsin's own columns, of which only some must be there.
    """

    sources: Mapping[str, Source]
    constants: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    separator: str = ","
    own: bool = False

    def always(self, name: str, text: str) -> ObservationMapping:
        """This with one more constant."""
        return replace(self, constants={**self.constants, name: text})

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that must be there."""
        needed = [name for name in self.sources if not self.own or name in ALWAYS]
        return tuple(dict.fromkeys(self.sources[name].column for name in needed))

    @property
    def optional(self) -> tuple[str, ...]:
        """The columns that may be there."""
        more = [item.column for item in self.sources.values()]
        return tuple(name for name in dict.fromkeys((*more, *self.ignored)) if name not in self.required)

    @property
    def indicators(self) -> tuple[str, ...]:
        """The indicators that it names itself."""
        always = self.constants.get("indicator")
        words = self.sources["indicator"].words if "indicator" in self.sources else None
        return tuple(dict.fromkeys([*([] if always is None else [always]), *(words or {}).values()]))


def own_columns(indicator: str | None = None) -> ObservationMapping:
    """The mapping of Tocsin's own files; with an indicator, of those about that one, which have no column for it."""
    if indicator is None:
        return ObservationMapping({name: Source(name) for name in FIELDS}, own=True)
    sources = {name: Source(name) for name in FIELDS if name != "indicator"}
    return ObservationMapping(sources, {"indicator": indicator}, own=True)


def about(found: ObservationMapping, indicator: str | None, place: str, option: str) -> ObservationMapping:
    """A declared mapping of a file that is about an indicator, which one of the two must name and not both.

    InvalidInputError otherwise; `place` is where the mapping stands, and `option` how the indicator is named beside it.
    """
    declares: Source | str | None = found.sources.get("indicator") or found.constants.get("indicator")
    if (declares is None) == (indicator is None):
        value = "missing" if indicator is None else f"in the mapping and as {option} {indicator}"
        accepted = f"one of the two: fields.indicator in the mapping, or {option}"
        raise InvalidInputError([Problem(place, None, "indicator", value, accepted)])
    return found if indicator is None else found.always("indicator", indicator)
