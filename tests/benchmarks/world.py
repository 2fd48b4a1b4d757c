"""What suites share: the Tunisia kit and its refits, made when first asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from benchmarks.clock import timed
from support.kit import SEED, Kit, open_kit
from tocsin.domain.evidence import derive_evidence
from tocsin.ensemble.cells import CellArrays, WindowArrays, lay_out_cells, lay_out_window
from tocsin.ensemble.design import Design, lay_out
from tocsin.inference.sample import NutsSampler

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from pathlib import Path

    from tocsin.domain.fit import Fit
    from tocsin.domain.observation import Observation

DAY = date(2016, 3, 8)
_REFITS = 3


@dataclass(frozen=True)
class Refits:
    """A first fit, which compiles, and refits by the same worker with other seeds."""

    first: Fit
    fits: list[Fit]
    seconds: list[float]


@dataclass
class World:
    """The folder that a run works in, and how it tells what it is doing."""

    home: Path
    stack: ExitStack
    say: Callable[[str], None]

    @cached_property
    def kit(self) -> Kit:
        """The Tunisia kit with all its shipped observations, and one sampler."""
        return self.stack.enter_context(open_kit(self.home, NutsSampler(), datetime.now(UTC)))

    @cached_property
    def refits(self) -> Refits:
        """Fits of the Tunisia theater as of 8 March 2016."""
        self.say("first fit, which compiles")
        first = self.kit.fit(DAY)
        fits: list[Fit] = []
        seconds: list[float] = []
        for number in range(1, _REFITS + 1):
            self.say(f"refit {number} of {_REFITS}")
            with timed(seconds):
                fits.append(self.kit.fit(DAY, seed=SEED + number))
        return Refits(first, fits, seconds)


def effective(fit: Fit) -> float:
    """The smallest bulk effective draws of what is watched; NaN of a prior."""
    return math.nan if fit.diagnosis is None else fit.diagnosis.ess_bulk


def known(kit: Kit, day: date) -> list[Observation]:
    """The observations of the theater that are known at the end of a day."""
    names = [indicator.id for indicator in kit.theater.indicators]
    return kit.service.ledger.observations(names, kit.theater.timeline.close_of(day))


def model_inputs(kit: Kit, day: date) -> tuple[Design, CellArrays, WindowArrays]:
    """What a model of the theater is built from."""
    evidence = derive_evidence(kit.theater, known(kit, day), kit.theater.timeline.close_of(day))
    design = lay_out(kit.theater)
    return design, lay_out_cells(design, evidence.cells), lay_out_window(design, evidence)
