from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

from support.studies import write_study
from tocsin.domain.sensitivity import SLIGHT, Sensitivity, prior_driven

if TYPE_CHECKING:
    from support.kit import Kit

DAYS = (date(2015, 10, 5), date(2016, 3, 8))
SEEDS = range(1, 11)
LIMIT = 0.05  # of the paper


def _by_paper(item: Sensitivity) -> bool:
    return item.ranges_scaled >= LIMIT > item.evidence_scaled


def _span(values: list[float], form: str = ".3f") -> str:
    return f"{min(values):{form}}–{max(values):{form}}"


def _row(day: date, found: list[Sensitivity]) -> str:
    driven = sum(prior_driven(item.response, item.moved) for item in found)
    cells = (
        f"{day}",
        found[0].scenario,
        _span([item.ranges_scaled for item in found]),
        _span([item.ranges_noise for item in found]),
        _span([item.evidence_scaled for item in found]),
        _span([item.evidence_noise for item in found]),
        str(sum(_by_paper(item) for item in found)),
        f"×÷{_span([math.exp(item.response) for item in found], '.2f')}",
        f"×{_span([math.exp(item.moved) for item in found], '.2f')}",
        str(driven),
    )
    return f"| {' | '.join(cells)} |"


def test_the_label_does_not_change_with_the_seed(kit: Kit) -> None:
    """Ten seeds on a quiet day and on that of Ben Guerdane: the same label, and responses within a quarter."""
    rows = []
    for day in DAYS:
        fits = [kit.fit(day, seed=seed) for seed in SEEDS]
        for position in range(len(kit.theater.scenarios)):
            found = [fit.sensitivity[position] for fit in fits]
            rows.append(_row(day, found))
            assert len({prior_driven(item.response, item.moved) for item in found}) == 1, rows[-1]
            responses = [item.response for item in found]
            middle = sum(responses) / len(responses)
            assert max(abs(value - middle) for value in responses) < 0.25 * middle, rows[-1]
    write_study(
        "prior-sensitivity",
        "How far odds hang on the ranges: what can be told from 4,000 draws",
        f"The Tunisia theater with {len(SEEDS)} seeds on two days. Scaled: power-scaling sensitivity to the width of\n"
        "the ranges and to the likelihood, with the noise that chance alone reaches one time in twenty. By the paper:\n"
        f"seeds in which ranges reach {LIMIT} and the likelihood does not. Ranges: what slightly other middles (half\n"
        f"a standard deviation, {SLIGHT:g}) would multiply or divide the odds by. Evidence: what all of it has\n"
        "multiplied the prior's odds by. Label: seeds in which the odds are called prior-driven.\n\n"
        "| day | scenario | scaled ranges | noise | scaled evidence | noise | by the paper | ranges | evidence |"
        " label |\n|---|---|---|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n\n"
        "Scaling the width of a range that the evidence leaves alone moves odds in second order only, and a\n"
        "hundred ranges scaled together make as much noise as signal. The likelihood's scaled sensitivity stands out\n"
        "of its noise where evidence speaks now; it does not tell of evidence that has done its work (odds divided\n"
        "by five, and another such silence would change little). Hence the label compares two changes in log-odds\n"
        "that can be told: what slightly other middles would do, and what all the evidence has done.",
    )
