"""Likelihoods broken on purpose: what is fitted is not what was simulated, and calibration must say so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.domain.evidence import Cell
    from tocsin.ensemble.design import Design


def coverage_ignored(design: Design, cells: tuple[Cell, ...]) -> tuple[Design, tuple[Cell, ...]]:
    """As if everything that happened had been seen."""
    return design, tuple(replace(cell, coverage=1.0) for cell in cells)


def trust_ignored(design: Design, cells: tuple[Cell, ...]) -> tuple[Design, tuple[Cell, ...]]:
    """As if every report were right: the mixture with the baseline is left out."""
    return design, tuple(
        replace(cell, alternatives=tuple(replace(item, trust=1.0) for item in cell.alternatives)) for cell in cells
    )


def evidence_doubled(design: Design, cells: tuple[Cell, ...]) -> tuple[Design, tuple[Cell, ...]]:
    """As if the log-likelihood were twice what it is."""
    return design, cells + cells


def links_halved(design: Design, cells: tuple[Cell, ...]) -> tuple[Design, tuple[Cell, ...]]:
    """As if links entered with half their effect: a kernel compiled of another structure."""
    return replace(design, link_scale=0.5 * design.link_scale), cells
