"""Ranks as figures: for each quantity a histogram, and the ECDF less the line with its simultaneous band."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

_ROOT = Path(__file__).parents[2]
os.environ.setdefault("MPLCONFIGDIR", str(_ROOT / ".cache" / "matplotlib"))

import numpy as np  # noqa: E402 - after Matplotlib's folder is set
from arviz_stats.ecdf_utils import compute_ecdf  # noqa: E402
from matplotlib import rc_context  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

from support.calibration import band  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from tocsin.ensemble.design import Floats

# Read on white as well as on black paper: gray letters, one blue, no background.
INK, BLUE = "#7d8590", "#3987d8"
_BINS, _MOST_COLUMNS = 20, 5
STYLE = {
    "svg.hashsalt": "tocsin",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.edgecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    **dict.fromkeys(("text.color", "axes.titlecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
}


def draw_places(name: str, places: Mapping[str, Floats], confidence: float) -> None:
    """Replace `docs/studies/<name>.svg` by one panel a quantity; `confidence` is that of each band."""
    columns = min(len(places), _MOST_COLUMNS)
    rows = -(-len(places) // columns)
    with rc_context(STYLE):
        figure = Figure(figsize=(2.3 * columns, 2.5 * rows), layout="constrained")
        panels = figure.subfigures(rows, columns, squeeze=False).ravel()
        for panel, (quantity, values) in zip(panels, places.items(), strict=False):
            panel.set_facecolor("none")
            panel.suptitle(f"{quantity} ({len(values)})", fontsize=9.5, color=INK)
            above, below = panel.subplots(2, 1, sharex=True, height_ratios=(1, 2))
            _histogram(above, values)
            _ecdf(below, values, confidence)
        figure.savefig(
            _ROOT / "docs" / "studies" / f"{name}.svg",
            transparent=True,
            metadata={"Date": None, "Creator": None},
        )


def _histogram(axes: Axes, values: Floats) -> None:
    axes.hist(values, bins=np.linspace(0, 1, _BINS + 1), histtype="stepfilled", color=BLUE, alpha=0.75)
    axes.axhline(len(values) / _BINS, color=INK, linewidth=0.8)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _ecdf(axes: Axes, values: Floats, confidence: float) -> None:
    points, lower, upper = band(len(values), confidence)
    axes.fill_between(points, lower - points, upper - points, color=INK, alpha=0.3, linewidth=0)
    axes.plot(points, compute_ecdf(values, points) - points, color=BLUE, linewidth=1.4)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1], ["0", "½", "1"])
