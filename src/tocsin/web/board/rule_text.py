"""Alert rules as the text that a file would hold, and samples to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.domain.theater import Theater

_WIDTH = 100


def as_yaml(document: Mapping[str, object]) -> str:
    """A rule's document as YAML, its fields in the order in which they were given."""
    return yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=_WIDTH)


def samples(theater: Theater) -> dict[str, str]:
    """By kind of condition, a rule of this theater to begin with."""
    scenario = theater.scenarios[0]
    odds = {"scenario": scenario.id, "horizon": scenario.horizons[0]}
    rhythmic = next((item.id for item in theater.indicators if item.expect_every_days is not None), None)
    counted = next((item.id for item in theater.indicators if item.kind == "count"), theater.indicators[0].id)
    told = {"title": "What it is about, as a notice begins", "reason": "What the desk does when it rings"}
    kinds: dict[str, dict[str, object]] = {
        "level": {**odds, "at": 0.4, "clear_at": 0.3, "pending": {"publications": 2}, "keep_firing": "6 hours"},
        "certainty": {**odds, "above": 0.1, "chance": 0.75},
        "change": {**odds, "by": 0.05, "scale": "points", "direction": "up", "since": {"window": "1 week"}},
        "stale-fit": {"older_than": "2 days"},
        "tripwire": {"indicator": counted, "at_least": 2, "within_days": 14},
    }
    if rhythmic is not None:  # what has no declared rhythm is never overdue
        kinds["overdue-indicator"] = {"indicator": rhythmic}
    return {
        kind: as_yaml({**told, "severity": "warning", "kind": kind, **fields, "destinations": []})
        for kind, fields in kinds.items()
    }
