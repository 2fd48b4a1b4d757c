"""Fits: what is recorded of one run of the sampler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.diagnosis import Diagnosis
    from tocsin.domain.sensitivity import Sensitivity


@dataclass(frozen=True, slots=True)
class Fit:
    """One run of the sampler on the evidence of one instant.

    Attributes:
        id: The first 16 hexadecimal digits of `recipe`.
        theater: Id of the theater.
        as_of: The instant whose evidence was fitted.
        recorded_at: The instant at which the fit was recorded.
        recipe: SHA-256 of everything that decides the draws: design, evidence, seed, sampler settings, versions.
        declared: Fingerprint of the structure, priors and horizons that were fitted.
        counted: Fingerprint of the evidence that was fitted.
        seed: Seed of the sampler and of the futures.
        diagnosis: Sampler health; None where there was nothing to fit and the draws are the prior's own.
        rejections: Why it was rejected; empty when it was accepted.
        sensitivity: What moves the odds of each scenario.
        sha256: SHA-256 of the stored draws.
        compile_seconds: Wall time to compile the model, 0 where it was ready.
        sample_seconds: Wall time to sample and to simulate futures.
    """

    id: str
    theater: str
    as_of: datetime
    recorded_at: datetime
    recipe: str
    declared: str
    counted: str
    seed: int
    diagnosis: Diagnosis | None
    rejections: tuple[str, ...]
    sensitivity: tuple[Sensitivity, ...]
    sha256: str
    compile_seconds: float
    sample_seconds: float

    @property
    def accepted(self) -> bool:
        """The fit passed the gate."""
        return not self.rejections

    @property
    def prior_only(self) -> bool:
        """There was no evidence: the draws are the prior's own."""
        return self.diagnosis is None
