"""The reliability curves of a run as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from support.calibration_figure import BLUE, INK, STYLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from benchmarks.views.calibration import Reliability

_NAMES = {"nafrica_sahel_12": "12 countries", "global": "all countries"}
_BINS = 20


def draw_reliability(found: Sequence[tuple[str, Reliability]], to: Path) -> None:
    """One panel a scope: the isotonic curve, its consistency band, and below it how often each chance was stated."""
    with rc_context(STYLE):
        figure = Figure(figsize=(3.6 * len(found), 4.2), layout="constrained")
        panels = figure.subplots(2, len(found), sharex=True, height_ratios=(4, 1), squeeze=False)
        for column, (scope, reliability) in enumerate(found):
            _curve(panels[0, column], _NAMES.get(scope, scope), reliability)
            _said(panels[1, column], reliability)
        figure.savefig(to, transparent=True, metadata={"Date": None, "Creator": None})


def _curve(axes: Axes, name: str, found: Reliability) -> None:
    axes.set_title(f"{name} ({len(found.chance):,})", fontsize=9.5)
    _, kept = np.unique(np.round(found.chance, 3), return_index=True)  # thousands of points look the same
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8)
    axes.fill_between(found.chance[kept], found.low[kept], found.high[kept], color=INK, alpha=0.3, linewidth=0)
    axes.plot(found.chance[kept], found.recalibrated[kept], color=BLUE, linewidth=1.4)
    axes.set_ylabel("share that came")
    axes.set_ylim(-0.02, 1.02)


def _said(axes: Axes, found: Reliability) -> None:
    axes.hist(found.chance, bins=_BINS, range=(0, 1), color=BLUE, alpha=0.75, log=True)
    axes.set_xlabel("chance as stated")
    axes.set_ylabel("times")
    axes.set_xlim(0, 1)
