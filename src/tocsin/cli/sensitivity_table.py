"""What moves the odds of a fit, as a table."""

from __future__ import annotations

import math

from tocsin.cli.tables import print_table, start_table
from tocsin.domain.fit import Fit
from tocsin.domain.sensitivity import SLIGHT, Sensitivity, verdict
from tocsin.ensemble.sensitivity import GROUPS

_HEADINGS = ("scenario", "evidence", "ranges", *GROUPS, "scaled ranges", "noise", "scaled evidence", "noise")
_NOTES = f"""
evidence ×: what all the evidence has multiplied the prior's odds by
ranges ×÷: by how much the odds would rise or fall if the middle of every declared range were {SLIGHT:g} of its standard
  deviation off (15 % of its width), each in its own direction; then the same for one group of ranges alone
scaled: power-scaling sensitivity to the width of the ranges and to the weight of the evidence. It tells something where
  it exceeds both 0.05 and its noise, which chance alone reaches one time in twenty; where both ranges and evidence do,
  they may pull the odds apart"""


def print_sensitivity(fit: Fit) -> None:
    """One row a scenario: the response to the ranges, whole and by group, what the evidence did, power scaling."""
    table = start_table(_HEADINGS, left={"scenario"})
    for found in fit.sensitivity:
        table.add_row(*_row(found))
    words = (f"  {found.scenario}: {_in_words(fit, found)}" for found in fit.sensitivity)
    print_table("sensitivity of the odds by the longest horizon", table, [*words, _NOTES])


def _row(found: Sensitivity) -> tuple[str, ...]:
    scaled = (found.ranges_scaled, found.ranges_noise, found.evidence_scaled, found.evidence_noise)
    return (
        found.scenario,
        f"×{math.exp(found.moved):.2f}",
        *(f"×÷{math.exp(response):.2f}" for response in (found.response, *found.by_group.values())),
        *(f"{value:.3f}" for value in scaled),
    )


def _in_words(fit: Fit, found: Sensitivity) -> str:
    return "prior only, so prior-driven: no observation was known" if fit.prior_only else verdict(found)
