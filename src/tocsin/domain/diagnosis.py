"""The gate: sampler health numbers and the verdict on a fit."""

from __future__ import annotations

from dataclasses import dataclass

MAX_RHAT = 1.01
MIN_ESS = 400.0
MAX_DIVERGENT_SHARE = 0.001
MIN_BFMI = 0.3
MAX_ODDS_ERROR = 0.01


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Sampler health, each number the worst over what it covers.

    Attributes:
        rhat: Largest rank-normalized split R-hat of any scenario's log-hazard or current pressure.
        ess_bulk: Smallest bulk effective sample size of the same.
        ess_tail: Smallest tail effective sample size of the same.
        divergent_share: Divergent transitions over draws.
        bfmi: Smallest Bayesian fraction of missing information of any chain.
        odds_error: Largest Monte Carlo standard error of any published probability (1 point is 0.01).
        draws: Draws kept.
    """

    rhat: float
    ess_bulk: float
    ess_tail: float
    divergent_share: float
    bfmi: float
    odds_error: float
    draws: int


def rejections(diagnosis: Diagnosis) -> tuple[str, ...]:
    """Why a fit is rejected; empty when it is accepted.

    Limits: Vehtari et al. (2021), Rank-normalization, folding, and localization, Bayesian Analysis 16(2), for R-hat and
    effective sizes; Betancourt (2016), arXiv:1604.00695, for BFMI. Each is written so that NaN fails it.
    """
    checks = (
        (diagnosis.rhat < MAX_RHAT, f"R-hat {diagnosis.rhat:.4f} is not below {MAX_RHAT}"),
        (
            diagnosis.ess_bulk > MIN_ESS,
            f"bulk effective draws {diagnosis.ess_bulk:.0f} are not above {MIN_ESS:.0f}",
        ),
        (
            diagnosis.ess_tail > MIN_ESS,
            f"tail effective draws {diagnosis.ess_tail:.0f} are not above {MIN_ESS:.0f}",
        ),
        (
            diagnosis.divergent_share < MAX_DIVERGENT_SHARE,
            f"divergent share {diagnosis.divergent_share:.4%} is not below {MAX_DIVERGENT_SHARE:.1%}",
        ),
        (diagnosis.bfmi > MIN_BFMI, f"BFMI {diagnosis.bfmi:.2f} is not above {MIN_BFMI}"),
        (
            diagnosis.odds_error < MAX_ODDS_ERROR,
            f"Monte Carlo error of the odds, {diagnosis.odds_error * 100:.2f} points, is not below 1 point",
        ),
    )
    return tuple(reason for holds, reason in checks if not holds)
