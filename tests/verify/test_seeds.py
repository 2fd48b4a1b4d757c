from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from support.studies import write_study
from tocsin.ensemble.odds import estimate, even_weights

if TYPE_CHECKING:
    from support.kit import Kit

DAY = date(2016, 3, 8)
SEEDS = range(1, 11)


def test_ten_seeds_pass_the_gate_and_agree_within_their_monte_carlo_error(kit: Kit) -> None:
    """Each odds is within four of its stated standard errors of the mean over ten seeds."""
    stated: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for seed in SEEDS:
        fit = kit.fit(DAY, seed=seed)
        assert fit.accepted, (seed, fit.rejections)
        futures = kit.ensemble(fit).futures
        for position, scenario in enumerate(kit.theater.scenarios):
            for days in scenario.horizons:
                value = estimate(futures, position, days, even_weights(futures))
                stated.setdefault((scenario.id, days), []).append((value.probability, value.error))
    lines = [
        f"| {name} | {days} | {100 * min(p for p, _ in values):.2f}–{100 * max(p for p, _ in values):.2f} % | "
        f"{100 * max(error for _, error in values):.2f} |"
        for (name, days), values in stated.items()
    ]
    write_study(
        "seeds",
        "Odds do not hang on the seed",
        f"The Tunisia theater as of {DAY}, fitted with {len(SEEDS)} seeds; all passed the gate. Lowest and highest\n"
        "odds of the ten, and the largest Monte Carlo error that any of them stated, in points.\n\n"
        "| scenario | days | odds | stated error |\n|---|---|---|---|\n" + "\n".join(lines),
    )
    for key, values in stated.items():
        mean = sum(chance for chance, _ in values) / len(values)
        for chance, error in values:
            assert abs(chance - mean) < 4 * error, (key, values)
