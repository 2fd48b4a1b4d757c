"""Shifts: what became of each of the odds between two readings, and whether that is more than noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.elicitation import logit
from tocsin.domain.news import noise_between

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.domain.odds import Odds


@dataclass(frozen=True, slots=True)
class Shift:
    """The odds of one scenario and horizon, before and after.

    Attributes:
        before: As they were.
        after: As they are.
        log_odds: logit(after) − logit(before), in nats; None where either is certain, as that has no finite log-odds.
        beyond_noise: They moved by more than two standard errors of both together.
    """

    before: Odds
    after: Odds
    log_odds: float | None
    beyond_noise: bool


def shifts(before: Iterable[Odds], after: Iterable[Odds]) -> tuple[Shift, ...]:
    """The shift of each scenario and horizon that both readings have, in the order of the later one."""
    old = {(item.scenario, item.horizon_days): item for item in before}
    return tuple(
        _shift(old[item.scenario, item.horizon_days], item)
        for item in after
        if (item.scenario, item.horizon_days) in old
    )


def _shift(before: Odds, after: Odds) -> Shift:
    sure = not all(0.0 < item.probability < 1.0 for item in (before, after))
    log_odds = None if sure else logit(after.probability) - logit(before.probability)
    moved = math.fabs(after.probability - before.probability)
    return Shift(before, after, log_odds, beyond_noise=moved > noise_between(before.error, after.error))
