"""What a fit was of: fingerprints of what was declared and of what was counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.ensemble.cells import lay_out_cells, lay_out_window
from tocsin.ensemble.futures import begin
from tocsin.ensemble.recipe import fingerprint

if TYPE_CHECKING:
    from tocsin.domain.evidence import Evidence
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.design import Design


FORMULA = 9
"""Raised whenever evidence, futures or the prior are computed otherwise, so that old fits are not taken for new."""


def declared(theater: Theater, design: Design) -> str:
    """The fingerprint of structure, priors and horizons."""
    horizons = {scenario.id: scenario.horizons for scenario in theater.scenarios}
    return fingerprint({"design": design, "horizons": horizons, "formula": FORMULA})


def counted(theater: Theater, design: Design, evidence: Evidence) -> str:
    """The fingerprint of evidence: cells, occurrences, and where the future begins."""
    return fingerprint(
        {
            "cells": lay_out_cells(design, evidence.cells),
            "window": lay_out_window(design, evidence),
            "start": begin(theater, design, evidence),
        }
    )
