"""Statements to chain and to damage."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from tocsin.domain.fit import Fit
from tocsin.domain.odds import Interval, Status
from tocsin.domain.publication import Publication, StatedOdds

if TYPE_CHECKING:
    from collections.abc import Sequence

DRAWS = b"draws"
STATED_AT = datetime(2016, 3, 9, 6, 30, tzinfo=UTC)


def stated_odds(scenario: str = "offensive", probability: float = 0.3, **changes: object) -> StatedOdds:
    """What is said of one scenario by 30 days."""
    plain = StatedOdds(
        scenario=scenario,
        horizon_days=30,
        closes_on=date(2016, 4, 7),
        probability=probability,
        interval50=Interval(0.2, 0.4),
        interval90=Interval(0.1, 0.5),
        prior=0.05,
        prior_driven=False,
        error=0.004,
        words="unlikely",
        rule="field/attack counted at least 4 times within 6 weeks",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def statement(number: int = 0, **changes: object) -> Publication:
    """What is stated on the number-th day after 9 March 2016, not recorded yet."""
    stated_at = STATED_AT + timedelta(days=number)
    opens_on = date(2016, 3, 9) + timedelta(days=number)
    plain = Publication(
        number=0,
        theater="full",
        stated_at=stated_at,
        as_of=stated_at,
        fit="f" * 16,
        fitted_as_of=STATED_AT - timedelta(hours=6),
        evidence=f"{number:064x}",
        status=Status.LIVE,
        reason="daily",
        note="",
        opens_on=opens_on,
        foresight=True,
        odds=(stated_odds(closes_on=opens_on + timedelta(days=29)),),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def chained(statements: Sequence[Publication]) -> list[Publication]:
    """Statements as a chain."""
    chain: list[Publication] = []
    for item in statements:
        chain.append(item.chained(chain[-1] if chain else None))
    return chain


def stating_fit() -> Fit:
    """The fit that states them, for a store in which publications refer to it; its draws are `DRAWS`."""
    at = STATED_AT - timedelta(hours=6)
    sha256 = hashlib.sha256(DRAWS).hexdigest()
    return Fit("f" * 16, "full", at, at, "f" * 64, "d", "c", 1, None, (), (), sha256, 0.0, 0.0)
