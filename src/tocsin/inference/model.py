"""The one generic model, in PyMC. A theater and its evidence are data to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from tocsin.inference.kernel import Data, Structure
from tocsin.inference.op import LogLikelihood

if TYPE_CHECKING:
    from tocsin.ensemble.cells import CellArrays, WindowArrays
    from tocsin.ensemble.design import Design


def model_structure(design: Design) -> Structure:
    """What the likelihood reads of a design."""
    return Structure(*(getattr(design, name) for name in Structure._fields))


def model_data(cells: CellArrays, window: WindowArrays) -> Data:
    """The evidence and occurrences, packed."""
    with np.errstate(divide="ignore"):
        log_coverage = np.log(cells.coverage)
    return Data(
        cell_index=np.stack([cells.step, cells.indicator, np.diff(cells.first)]),
        cell_weight=np.stack([cells.coverage, cells.log_background, log_coverage]),
        alternative=np.stack([cells.value, cells.log_trust]),
        window=np.concatenate([window.exposure, window.happened, window.occurred]),
    )


def build_model(design: Design, cells: CellArrays, window: WindowArrays) -> pm.Model:
    """The PyMC model: standard normal parameters and innovations, and the likelihood of everything known.

    Parameters are stated in standard deviations from their prior means, which is the scale that the sampler starts
    from. The structure is constant; the evidence is data that may change its length from call to call, so one compiled
    model serves every refit and every backtest origin of a theater.
    """
    coords = {"parameter": design.labels, "part": range(design.parts), "when": range(design.steps)}
    with pm.Model(coords=coords) as model:
        standard = pm.Normal("standard", dims="parameter")
        innovation = pm.Normal("innovation", dims=("part", "when"))
        structure = [pt.constant(array) for array in model_structure(design)]
        data = [pm.Data(name, array) for name, array in model_data(cells, window)._asdict().items()]
        pm.Potential("evidence", LogLikelihood()(standard, innovation, *structure, *data)[0])
    return model
