"""Which indicator can tell of which scenario at all: the paths of the model's graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tocsin.ensemble.design import Design


def informs(design: Design) -> NDArray[np.bool_]:
    """(I, S): whether a reading of the indicator today can tell of the scenario's future occurrence.

    By d-separation (Pearl 1988, Probabilistic Reasoning in Intelligent Systems, section 3.3), given all past evidence
    and occurrences:

    - a reading tells of the present pressure of the scenarios that the indicator is linked to;
    - and of those that share an indicator with them, however many apart: what has been observed of a common effect
      makes its causes dependent. Every declared indicator is taken as observed; where one never was, its path is not
      open, and what is reported over it is sampling noise;
    - a reading tells of its own indicator's rate, and so of the rules that count it;
    - an event's occurrence hangs on its pressure, a threshold's on every pressure that its rule's indicator is linked
      to;
    - a future occurrence adds pressure by couplings, and so leads on to further occurrences. Nothing leads back: past
      occurrences are known, which cuts their source off from what they did, and of the future nothing is observed.
    """
    indicators, scenarios = len(design.indicators), len(design.scenarios)
    linked = np.zeros((indicators, scenarios), dtype=bool)
    linked[design.link_indicator, design.link_scenario] = True
    present = linked @ _closed(linked.T @ linked)
    drives = np.zeros((scenarios, scenarios), dtype=bool)
    drives[design.event_scenario, design.event_scenario] = True
    occurrence = np.zeros((indicators, scenarios), dtype=bool)
    for rule in design.rules:
        drives[linked[rule.indicator], rule.scenario] = True
        occurrence[rule.indicator, rule.scenario] = True
    coupled = np.zeros((scenarios, scenarios), dtype=bool)
    coupled[design.coupling_source, design.coupling_target] = True
    pressure = present
    for _ in range(scenarios):  # a path passes no scenario twice
        occurrence |= pressure @ drives
        pressure = present | occurrence @ coupled
    return np.asarray(occurrence | pressure @ drives)


def _closed(adjacent: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The reflexive, transitive closure of a relation (S, S)."""
    reached = adjacent | np.eye(len(adjacent), dtype=bool)
    for _ in range(len(adjacent)):
        reached = reached @ reached
    return reached
