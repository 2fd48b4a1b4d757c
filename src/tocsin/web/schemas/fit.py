"""Fits as bodies."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from tocsin.domain.sensitivity import verdict

if TYPE_CHECKING:
    from tocsin.domain.diagnosis import Diagnosis
    from tocsin.domain.fit import Fit


class DiagnosisBody(BaseModel):
    """Sampler health, each number the worst over what it covers; null where it could not be had, which rejects."""

    rhat: float | None = Field(description="Largest rank-normalized R-hat.", examples=[1.002])
    ess_bulk: float | None = Field(description="Smallest bulk effective sample size.")
    ess_tail: float | None = Field(description="Smallest tail effective sample size.")
    divergent_share: float | None = Field(description="Divergent transitions over draws.")
    bfmi: float | None = Field(description="Smallest Bayesian fraction of missing information.")
    odds_error: float | None = Field(description="Largest Monte Carlo standard error of any probability.")
    draws: int

    @classmethod
    def of(cls, diagnosis: Diagnosis) -> Self:
        """The body of a diagnosis."""
        return cls(
            rhat=_finite(diagnosis.rhat),
            ess_bulk=_finite(diagnosis.ess_bulk),
            ess_tail=_finite(diagnosis.ess_tail),
            divergent_share=_finite(diagnosis.divergent_share),
            bfmi=_finite(diagnosis.bfmi),
            odds_error=_finite(diagnosis.odds_error),
            draws=diagnosis.draws,
        )


def _finite(number: float) -> float | None:
    """JSON has no other numbers."""
    return number if math.isfinite(number) else None


class SensitivityBody(BaseModel):
    """What moves the odds of one scenario by its longest horizon, in log-odds."""

    scenario: str
    response: float | None = Field(description="To slightly other middles of all declared ranges.")
    moved: float | None = Field(description="What all the evidence has done.")
    verdict: str


class FitBody(BaseModel):
    """One run of the sampler on the evidence of one instant."""

    id: str = Field(examples=["9c1f5e02ab34d678"])
    theater: str
    as_of: datetime = Field(description="The instant whose evidence was fitted.")
    recorded_at: datetime
    accepted: bool
    rejections: list[str] = Field(description="Why it was rejected; empty where it was accepted.")
    prior_only: bool = Field(description="There was no evidence: the draws are the prior's own.")
    diagnosis: DiagnosisBody | None
    sensitivity: list[SensitivityBody]
    recipe: str = Field(description="SHA-256 of everything that decides the draws.")
    declared: str = Field(description="Fingerprint of the declared files.")
    counted: str = Field(description="Fingerprint of the evidence.")
    seed: str = Field(description="As text: it may use all 64 bits, more than a JavaScript number holds.")
    sha256: str = Field(description="Of the stored draws.")
    compile_seconds: float
    sample_seconds: float

    @classmethod
    def of(cls, fit: Fit) -> Self:
        """The body of a fit."""
        return cls(
            id=fit.id,
            theater=fit.theater,
            as_of=fit.as_of,
            recorded_at=fit.recorded_at,
            accepted=fit.accepted,
            rejections=list(fit.rejections),
            prior_only=fit.prior_only,
            diagnosis=None if fit.diagnosis is None else DiagnosisBody.of(fit.diagnosis),
            sensitivity=[
                SensitivityBody(
                    scenario=item.scenario,
                    response=_finite(item.response),
                    moved=_finite(item.moved),
                    verdict=verdict(item),
                )
                for item in fit.sensitivity
            ],
            recipe=fit.recipe,
            declared=fit.declared,
            counted=fit.counted,
            seed=str(fit.seed),
            sha256=fit.sha256,
            compile_seconds=fit.compile_seconds,
            sample_seconds=fit.sample_seconds,
        )
