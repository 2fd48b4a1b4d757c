"""Track records of links and sources as bodies."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from tocsin.domain.link_record import AHEAD_DAYS, Verdict
from tocsin.domain.source_record import AGAINST
from tocsin.web.schemas.score import SpanBody

if TYPE_CHECKING:
    from tocsin.domain.link_record import LinkRecord
    from tocsin.domain.proportion import Proportion
    from tocsin.domain.source_record import SourceRecord
    from tocsin.usecases.track_links import TrackedLinks


class ProportionBody(BaseModel):
    """A share of cases, with its 90 % interval (Wilson)."""

    hits: int
    cases: int
    share: float
    low: float
    high: float


class EffectBody(SpanBody):
    """Median and central 90 %."""

    median: float


class LinkRecordBody(BaseModel):
    """A declared link beside what was observed. Nothing follows from it by itself."""

    scenario: str
    indicator: str
    shift: bool = Field(
        description="The effect is a measure's shift in baseline spreads; otherwise the multiplier when the scenario "
        "is developing."
    )
    declared: SpanBody = Field(description="The declared 90 % range.")
    learned: EffectBody | None = Field(description="From the fit's draws; null without a fit of the declared files.")
    kept: float | None = Field(description="The share of the declared range's width that is left, on the log scale.")
    verdict: Verdict
    before: ProportionBody | None = Field(
        description=f"In how many steps with an occurrence of the scenario, or up to {AHEAD_DAYS} days before one, the "
        "indicator was seen. Null where there are none of which anything is known, and of measures."
    )
    otherwise: ProportionBody | None = Field(description="In how many of the other steps it was seen.")
    own_rule: bool = Field(description="The scenario's rule counts this indicator: it comes first by definition.")

    @classmethod
    def of(cls, item: LinkRecord) -> Self:
        """The body of a link's record."""
        low, high = item.declared
        return cls(
            scenario=item.scenario,
            indicator=item.indicator,
            shift=item.shift,
            declared=SpanBody(low=low, high=high),
            learned=None if item.learned is None else EffectBody.model_validate(item.learned, from_attributes=True),
            kept=item.kept,
            verdict=item.verdict,
            before=_proportion(item.before),
            otherwise=_proportion(item.otherwise),
            own_rule=item.own_rule,
        )


class LinkHeadBody(BaseModel):
    """What stands beside the links."""

    fit: str | None = Field(description="The last accepted fit of the files as declared; null where there is none.")
    fitted_as_of: datetime | None

    @classmethod
    def of(cls, tracked: TrackedLinks) -> Self:
        """The head of tracked links."""
        fit = tracked.fit
        return cls(fit=None if fit is None else fit.id, fitted_as_of=None if fit is None else fit.as_of)


class LinksBody(LinkHeadBody):
    """The links in order of declaration."""

    items: list[LinkRecordBody]
    next: str | None


class SourceRecordBody(BaseModel):
    """What became of the reports of a source; each counts under the first of these that is so."""

    source: str = Field(description="As reports name it; empty for those that name none.")
    reports: int = Field(description="Corrections and retractions are not counted as reports of their own.")
    retracted: int
    corrected: int = Field(description="To another day, value or indicator; a new grade is no correction.")
    overruled: int = Field(description="They met a rule, and a person judged later that the window came out no.")
    contradicted: int = Field(
        description=f"{AGAINST} independent trusted origins say otherwise of the same day, and none the same."
    )
    confirmed: int = Field(
        description="An independent trusted origin says the same of the day, or they met the rule of a yes that stands."
    )
    untested: int
    stood: ProportionBody = Field(description="The share of all not found wrong: an upper bound, as few are tested.")
    right: ProportionBody | None = Field(description="The share of those tested that were right; null where none were.")

    @classmethod
    def of(cls, item: SourceRecord) -> Self:
        """The body of a source's record, which has the same parts."""
        return cls.model_validate(item, from_attributes=True)


def _proportion(item: Proportion | None) -> ProportionBody | None:
    return None if item is None else ProportionBody.model_validate(item, from_attributes=True)
