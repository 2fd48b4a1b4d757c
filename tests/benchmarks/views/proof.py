"""The benchmarks' own scores from their draws: what proves that the scoring here is the challenge's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.signal import resample

from benchmarks.views.folder import ROW
from tocsin.ensemble.count_scores import crps, ignorance

if TYPE_CHECKING:
    from benchmarks.views.folder import Folder

_ROUNDING = 1e-6
_STRETCHED = 1000
_MODEL = "conflictology"


@dataclass(frozen=True, slots=True)
class Proof:
    """How far the scores computed here are from those in the files, at most, over so many rows."""

    rows: int
    crps: float
    ign: float

    @property
    def holds(self) -> bool:
        """They agree, or there was nothing to compare."""
        return max(self.crps, self.ign) < _ROUNDING

    @property
    def words(self) -> str:
        """For people."""
        if not self.rows:
            return f"no draws, scores and outcomes of {_MODEL} to reproduce: the scoring is not proven on these files"
        verdict = "reproduced" if self.holds else "NOT REPRODUCED"
        return (
            f"{_MODEL}'s own scores from its draws: {verdict} over {self.rows} rows, off by at most "
            f"{self.crps:.1e} (CRPS) and {self.ign:.1e} (IGN)"
        )


def prove_scoring(folder: Folder) -> Proof:
    """Score conflictology's draws and compare with what its file says, row by row."""
    stated = folder.scores[folder.scores["model"] == _MODEL].set_index(ROW)[["crps", "ign"]].astype(float)
    outcome = folder.outcome()
    shared = folder.draws.dropna().index.intersection(stated.index)
    seen = outcome.reindex(pd.MultiIndex.from_arrays([shared.get_level_values(name) for name in outcome.index.names]))
    shared = shared[seen.notna().to_numpy()]
    if not len(shared):
        return Proof(0, 0.0, 0.0)
    # The challenge's own evaluation stretches short ensembles to 1,000 draws before it counts them in bins (Fourier
    # interpolation along the draws, what falls below 0 set to 0), and scores CRPS on the draws as they came.
    draws, truth = folder.draws.loc[shared].to_numpy(), seen.dropna().to_numpy()
    stretched = np.maximum(resample(draws, _STRETCHED, axis=1), 0.0)
    return Proof(
        len(shared),
        float(np.max(np.abs(crps(draws, truth) - stated.loc[shared, "crps"]))),
        float(np.max(np.abs(ignorance(stretched, truth) - stated.loc[shared, "ign"]))),
    )
