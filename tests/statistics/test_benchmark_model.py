from __future__ import annotations

import pytest
from pytensor.compile.mode import Mode

from benchmarks.plain_sampler import largest_difference
from support.evidence import random_evidence
from support.theaters import full_theater
from tocsin.ensemble.cells import lay_out_cells, lay_out_window
from tocsin.ensemble.design import lay_out

_UNCOMPILED = Mode(linker="py", optimizer="fast_run")  # compiling takes a minute, and evaluates the same expressions


@pytest.mark.parametrize("seed", [3, 5])
def test_the_benchmark_compares_with_the_same_model(seed: int) -> None:
    """The vectorized plain model has the log-density of ours, to rounding, over evidence of every kind."""
    theater = full_theater(window=30)
    evidence = random_evidence(theater, seed, cells=80)
    design = lay_out(theater)
    # With no coverage a cell says nothing, and no evidence that is derived has such cells.
    cells = lay_out_cells(design, [cell for cell in evidence.cells if cell.coverage > 0])
    window = lay_out_window(design, evidence)
    assert largest_difference(design, cells, window, points=3, mode=_UNCOMPILED) < 1e-6
