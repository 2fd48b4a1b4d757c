"""Learn what all countries share, once: `python -m benchmarks.views.learn` writes learned.json and says the ranges.

Empirical Bayes by the scores of forecasts, not by the likelihood of the months: the parameters are those with which
forecasts 3 to 14 months ahead, made each October from 2000 to 2015 for all countries, would have scored best. The
likelihood of one month ahead asks for another, quicker model, and that one forecasts worse so far ahead.
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize

from benchmarks.views.folder import DEATHS, NON_STATE, ONE_SIDED, read_folder
from benchmarks.views.grid import CountLaw, GridModel
from benchmarks.views.months import FIRST_AHEAD, LAST_AHEAD, months_of, origin_of
from benchmarks.views.rivals import AT_LEAST
from tocsin.ensemble.count_scores import DEATH_BINS

if TYPE_CHECKING:
    import pandas as pd

WINDOWS = range(2001, 2017)
"""Whose outcomes are learned from: December 2016 is the last month that is looked at."""
LEARNED = Path(__file__).parent / "learned.json"

_MOST = 1000  # CRPS of counts cut at this: a few wars would decide everything else
_CLIP = 0.001
_ROUNDS = 10  # more gain less than a part in ten thousand each, along a ridge
_WEIGHTS = (4.0, 1.0, 0.125)  # of log score, IGN and CRPS, so that each has about a third of the sum
_COLUMNS = (DEATHS, ONE_SIDED, NON_STATE)
_START = (6.4, -8.4, 4.5, -15.0, 1.2, -6.2, 3.9, -8.7, 0.7, -6.0, 2.2, -10.0, 1.1)


def model_of(point: np.ndarray) -> GridModel:
    """The model at a point: log half-life, then baseline, link, log dispersion and power of each count."""
    rows = np.asarray(point[1:]).reshape(len(_COLUMNS), 4)
    return GridModel(math.exp(point[0]), {name: CountLaw(*row) for name, row in zip(_COLUMNS, rows, strict=True)}, 161)


class Loss:
    """The weighted sum of three scores over all training windows and countries."""

    def __init__(self, panel: pd.DataFrame) -> None:
        known = panel[panel.index.get_level_values("month_id") <= months_of(WINDOWS[-1])[-1]]
        rows = known.reset_index()
        table = {name: rows.pivot_table(index="country_id", columns="month_id", values=name) for name in _COLUMNS}
        self.first = int(table[DEATHS].columns[0])
        self.counts = {name: values.to_numpy(dtype=np.float64) for name, values in table.items()}
        edges = np.floor(DEATH_BINS[1:])  # the largest count below each
        fine = np.concatenate([np.arange(30), np.round(np.geomspace(30, _MOST, 70))])
        self.at_most = np.unique(np.concatenate([fine, edges, [AT_LEAST - 1.0]]))
        self.width = np.diff(np.append(self.at_most, self.at_most[-1] + 1.0))
        self.bins = np.searchsorted(self.at_most, edges)
        self.deadly = int(np.searchsorted(self.at_most, AT_LEAST - 1.0))

    def __call__(self, model: GridModel) -> float:
        """The loss of a model."""
        return float(np.dot(_WEIGHTS, self.scores(model)))

    def scores(self, model: GridModel) -> np.ndarray:
        """(3,) mean log score of 25 or more deaths, IGN, and CRPS of counts cut at 1,000."""
        origins = {origin_of(window) - self.first: window for window in WINDOWS}
        total, rows = np.zeros(3), 0
        for origin, chances in model.filtered(self.counts, origins):
            months = range(FIRST_AHEAD, LAST_AHEAD + 1)
            for ahead, below in zip(months, model.ahead(chances, months, self.at_most), strict=True):
                then = self.counts[DEATHS][:, origin + ahead]
                seen = np.isfinite(self.counts[DEATHS][:, origin]) & np.isfinite(then)
                total += self._sums(below[seen], then[seen])
                rows += int(seen.sum())
        return total / rows

    def _sums(self, below: np.ndarray, then: np.ndarray) -> np.ndarray:
        chance = np.clip(1.0 - below[:, self.deadly], _CLIP, 1.0 - _CLIP)
        log = -np.log(np.where(then >= AT_LEAST, chance, 1.0 - chance)).sum()
        steps = np.concatenate([np.zeros((len(then), 1)), below[:, self.bins], np.ones((len(then), 1))], axis=1)
        place = np.searchsorted(DEATH_BINS, then, side="right") - 1
        inside = np.diff(steps, axis=1)[np.arange(len(then)), place]
        ign = -np.log2((1000.0 * inside + 1.0) / (1000.0 + len(DEATH_BINS))).sum()
        # ∫ (F(x) − 1{y ≤ x})² dx, count by count; within a cell of several counts F is taken as even.
        reached = np.clip((self.at_most + self.width - then[:, None]) / self.width, 0.0, 1.0)
        crps = (((1.0 - reached) * below**2 + reached * (1.0 - below) ** 2) @ self.width).sum()
        return np.array([log, ign, crps])


def ranges(model: GridModel) -> dict[str, tuple[float, float]]:
    """The ranges that the kit declares, by what they are of: narrow, around what was learned."""
    found = {"half-life": (0.9 * model.half_life, model.half_life / 0.9)}
    for name, law in model.laws.items():
        found[f"{name}, baseline"] = math.exp(law.baseline - 0.1), math.exp(law.baseline + 0.1)
        found[f"{name}, multiplier"] = math.exp(2 * law.link - 0.1), math.exp(2 * law.link + 0.1)
        found[f"{name}, dispersion"] = math.exp(law.log_dispersion - 0.1), math.exp(law.log_dispersion + 0.1)
        found[f"{name}, dispersion_power"] = law.power - 0.015, law.power + 0.015
    return found


def main() -> None:
    """Learn, tell each round, write."""
    loss = Loss(read_folder(Path(__file__).parent / "data").panel)

    def tell(point: np.ndarray) -> None:
        print(f"{loss(model_of(point)):.5f}  {np.round(point, 3).tolist()}", file=sys.stderr, flush=True)

    found = optimize.minimize(
        lambda point: loss(model_of(point)),
        _START,
        method="BFGS",
        callback=tell,
        options={"eps": 2e-3, "gtol": 1e-3, "maxiter": _ROUNDS},
    )
    best = model_of(found.x)
    scores = dict(zip(("log", "ign", "crps_to_1000"), (float(score) for score in loss.scores(best)), strict=True))
    learned = {
        "windows": [WINDOWS[0], WINDOWS[-1]],
        "scores": {name: round(score, 5) for name, score in scores.items()},
        "half_life_months": round(best.half_life, 1),
        "laws": {name: {key: round(value, 4) for key, value in asdict(law).items()} for name, law in best.laws.items()},
    }
    LEARNED.write_text(json.dumps(learned, indent=2) + "\n", encoding="utf-8")
    print(LEARNED.read_text(encoding="utf-8"))
    for name, (low, high) in ranges(best).items():
        print(f"{name}: {{low: {low:.4g}, high: {high:.4g}}}")


if __name__ == "__main__":
    main()
