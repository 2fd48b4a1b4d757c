"""What a fit has learned: each declared range beside what the evidence leaves of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tocsin.domain.errors import OutdatedFitError
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.identity import declared

if TYPE_CHECKING:
    from tocsin.domain.fit import Fit
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import DrawsCodec, FitBook

_REACH = 1.6448536269514722
"""Standard deviations from the mean of a normal distribution to the ends of its middle 90 %."""


@dataclass(frozen=True, slots=True)
class Learned:
    """One parameter on the scale on which its prior is normal: the logarithm, for rates and multipliers.

    Attributes:
        label: Block and what it is of, such as `link[border-offensive, violence/border-attack]`.
        prior_low: Lower end of the declared 90 % range.
        prior_high: Upper end.
        low: Lower end of the 90 % interval of the draws.
        middle: Their median.
        high: Upper end.
        kept: Standard deviation of the draws over that of the prior: 1 where nothing was learned.
        moved: Mean of the draws less that of the prior, in prior standard deviations.
    """

    label: str
    prior_low: float
    prior_high: float
    low: float
    middle: float
    high: float
    kept: float
    moved: float

    @property
    def told(self) -> float:
        """How much the evidence says of it: by how far it moved, and by how much of the range is gone."""
        return abs(self.moved) + max(0.0, 1.0 - self.kept)


def learned(theater: Theater, fit: Fit, *, fits: FitBook, codec: DrawsCodec) -> tuple[Learned, ...]:
    """Every parameter of a fit, those first of which the evidence says most.

    OutdatedFitError where the declared files have changed since: nobody can tell any more which range is which.
    """
    design = lay_out(theater)
    if fit.declared != declared(theater, design):
        raise OutdatedFitError(fit.id, theater.id, theater.timeline.name_instant(fit.as_of))
    parameters = codec.decode(fits.draws(fit)).draws.parameters
    low, middle, high = np.quantile(parameters, (0.05, 0.5, 0.95), axis=0)
    mean, sd = parameters.mean(axis=0), parameters.std(axis=0)
    found = [
        Learned(
            label=label,
            prior_low=float(design.mean[place] - _REACH * design.sd[place]),
            prior_high=float(design.mean[place] + _REACH * design.sd[place]),
            low=float(low[place]),
            middle=float(middle[place]),
            high=float(high[place]),
            kept=float(sd[place] / design.sd[place]),
            moved=float((mean[place] - design.mean[place]) / design.sd[place]),
        )
        for place, label in enumerate(design.labels)
    ]
    return tuple(sorted(found, key=lambda item: -item.told))
