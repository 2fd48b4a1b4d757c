"""A fit's row, for tests of what keeps it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from tocsin.domain.diagnosis import Diagnosis
from tocsin.domain.fit import Fit
from tocsin.domain.sensitivity import Sensitivity

NOON = datetime(2016, 3, 8, 12, tzinfo=UTC)
_HEALTHY = Diagnosis(1.002, 1900.5, 1500.25, 0.0, 0.8, 0.004, 4000)


def fit_of(name: str, draws: bytes) -> Fit:
    """An accepted fit as of noon, with a seed of 64 bits."""
    return Fit(
        id=name,
        theater="tunisia",
        as_of=NOON,
        recorded_at=NOON + timedelta(minutes=1),
        recipe=name * 4,
        declared=name * 2,
        counted=name * 3,
        seed=2**64 - 1,
        diagnosis=_HEALTHY,
        rejections=(),
        sensitivity=(Sensitivity("coup", 0.31, {"links": 0.3, "hazards": 0.1}, -1.7, 0.04, 0.06, 0.2, 0.03),),
        sha256=hashlib.sha256(draws).hexdigest(),
        compile_seconds=0.0,
        sample_seconds=12.5,
    )
