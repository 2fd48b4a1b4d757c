"""Random evidence for the small theater: every kind, any coverage and trust, empty and huge counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from tocsin.domain.evidence import Alternative, Cell, Evidence, derive_evidence
from tocsin.domain.indicator import Kind

if TYPE_CHECKING:
    from tocsin.domain.theater import Theater

DAY = date(2016, 3, 8)


def empty_evidence(theater: Theater) -> Evidence:
    """Nothing known."""
    return derive_evidence(theater, [], theater.timeline.close_of(DAY))


def random_evidence(theater: Theater, seed: int, cells: int) -> Evidence:
    """Cells drawn at random, an event that occurred, and a threshold that was crossed."""
    random = np.random.default_rng(seed)
    steps = theater.timeline.window
    drawn = tuple(_cell(theater, random, steps) for _ in range(cells))
    return replace(
        empty_evidence(theater),
        cells=drawn,
        occurred={"coup": (1, steps - 2), "offensive": (int(random.integers(steps)),), "decline": (1,)},
        watched={"coup": 0, "decline": 2},  # the decline occurred before it was watched: whoever records it looked
    )


def _cell(theater: Theater, random: np.random.Generator, steps: int) -> Cell:
    indicator = theater.indicators[random.integers(len(theater.indicators))]
    coverage = float(random.choice([0.0, 1.0, random.uniform(0.01, 0.99)]))
    values = [_value(indicator.kind, random, coverage) for _ in range(random.integers(1, 4))]
    trusts = random.dirichlet(np.ones(len(values) + 1))[:-1]
    if random.random() < 0.3:
        trusts = trusts / trusts.sum()
    if random.random() < 0.2:
        trusts = trusts * 1e-9
    alternatives = tuple(Alternative(value, float(trust)) for value, trust in zip(values, trusts, strict=True))
    return Cell(indicator.id, int(random.integers(steps)), coverage, alternatives, ("report",))


def _value(kind: Kind, random: np.random.Generator, coverage: float) -> float:
    if kind is Kind.MEASURE:
        return float(random.normal(1.5, 2.0))
    if coverage == 0:
        return 0.0  # with no coverage nothing can have been seen
    most = {Kind.COUNT: 5, Kind.PRESENCE: 2, Kind.ORDINAL: 3}[kind]
    value = float(random.integers(most))
    return float(random.integers(1000, 200_000)) if kind is Kind.COUNT and random.random() < 0.2 else value
