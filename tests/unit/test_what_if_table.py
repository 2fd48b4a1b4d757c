"""What would be, as a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from support.fits import fit_of
from support.theaters import full_theater
from tocsin.cli.whatif import print_what_if
from tocsin.domain.odds import Interval, Odds, Status
from tocsin.usecases.read_odds import Reading
from tocsin.usecases.what_if import WhatIf

if TYPE_CHECKING:
    import pytest

_AS_OF = datetime(2016, 3, 8, 23, tzinfo=UTC)
_REAL = Odds(
    scenario="coup",
    horizon_days=90,
    probability=0.046,
    interval50=Interval(0.03, 0.06),
    interval90=Interval(0.012, 0.098),
    prior=0.061,
    prior_driven=False,
    error=0.0031,
    words="very unlikely",
    warning=None,
    status=Status.FITTED,
    as_of=_AS_OF,
    fit="00f1e2d3c4b5a697",
    age_seconds=timedelta(days=2).total_seconds(),
)
_IMAGINED = replace(_REAL, probability=0.45, interval90=Interval(0.04, 0.92), status=Status.PROVISIONAL, words="even")


def _reading(odds: Odds) -> Reading:
    return Reading(fit_of("f" * 16, b"draws"), (odds,), (), _AS_OF, None, {}, {})


def test_the_odds_as_they_are_stand_with_their_interval_status_and_age_too(capsys: pytest.CaptureFixture[str]) -> None:
    """As those that would be do: either may be quoted."""
    print_what_if(WhatIf(_reading(_REAL), _reading(_IMAGINED)), full_theater(), "field/attack=1")
    lines = capsys.readouterr().out.splitlines()
    (row,) = [line for line in lines if line.strip().startswith("coup")]
    assert "4.6 %" in row
    assert "1.2–9.8 %" in row
    assert "45 %" in row
    assert "4.0–92 %" in row
    assert [line.partition(" · ")[0] for line in lines if line.startswith("status")] == [
        "status as it is: fitted",
        "status if so: provisional",
    ]
    assert all("2 d 0 h before the instant asked" in line for line in lines if line.startswith("status"))
    assert any(line.startswith("! provisional if so:") for line in lines)
