"""A fit that fails the gate in practice, in a theater built to diverge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from support.kit import Kit, open_kit
from tocsin.domain.odds import Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tocsin.usecases.ports import Sampler

SUNDAY, TUESDAY = date(2016, 3, 6), date(2016, 3, 8)
NOW = datetime(2026, 11, 1, tzinfo=UTC)

# One reading of a price whose spread may be anything from 0.001 to 10: where the spread is small, pressure must be
# almost exactly so, and the posterior narrows to a funnel (Neal 2003, Slice sampling, section 8). The many degrees of
# freedom make its walls steep, and the grade leaves no doubt: with any the walls would have a top and hold no danger.
DECLARED = {
    "models/strait/theater.yaml": """\
title: Strait
summary: A theater built to diverge.
step: week
window: 8
time_zone: Africa/Tunis
indicators: [strait/claim, strait/price]
grades: {A1: 0.9999999999999}
""",
    "models/strait/scenarios/closure.yaml": """\
title: Closure
kind: event
proposition: The strait is closed.
opened: 2016-03-01
horizons: [30]
resolution: {rule: It is announced., does_not_count: [a threat]}
pressure:
  fast_half_life: {low: 2, high: 8, unit: weeks, reason: fades in a month}
base_rate: {low: 0.05, high: 0.2, within: year, reason: uncommon}
hazard_link: {low: 4, high: 15, reason: near when developing}
watched_since: 2016-01-04
links:
  - {indicator: strait/claim, multiplier: {low: 2, high: 9, reason: claims come first}}
  - {indicator: strait/price, shift: {low: 0.5, high: 4, reason: freight grows dear}}
""",
    "indicators/strait/claim.yaml": """\
title: Claim
definition: Somebody claims the strait.
kind: presence
unit: seen or not
collection: {mode: occasional, coverage: 0.7, delay_days: 0}
baseline: {low: 0.1, high: 0.6, per: week, reason: now and then}
""",
    "indicators/strait/price.yaml": """\
title: Price of freight
definition: Mean price of a container.
kind: measure
unit: thousands
collection: {mode: occasional, coverage: 1, delay_days: 0}
baseline:
  mean: {low: -1, high: 3, reason: hardly known}
  spread: {low: 0.001, high: 10, reason: not known at all}
  degrees_of_freedom: 10000
""",
    "indicators/strait/observations/desk.csv": """\
observed_on,indicator,value,grade
2016-02-03,strait/claim,0,A1
2016-02-24,strait/claim,1,A1
2016-03-08,strait/price,2.9,A1
""",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the declared files in `catalog`."""
    folder = tmp_path_factory.mktemp("strait")
    for name, text in DECLARED.items():
        path = folder / "catalog" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def strait(home: Path, sampler: Sampler) -> Iterator[Kit]:
    """The theater in a store of its own."""
    with open_kit(home, sampler, NOW, name="strait", catalog=home / "catalog") as opened:
        yield opened


def _tocsin(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tocsin", *words],
        env=os.environ | {"TOCSIN_HOME": str(home), "TOCSIN_CATALOG": str(home / "catalog")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.fault(6)
def test_a_rejected_fit_is_kept_with_its_reasons_and_the_last_accepted_one_goes_on_serving(
    strait: Kit, home: Path
) -> None:
    """The sampler and the gate as in service, the real store, and what the command line says of it."""
    good = strait.fit(SUNDAY)
    assert good.accepted
    before = strait.read(SUNDAY)

    bad = strait.fit(TUESDAY)
    assert not bad.accepted
    assert any(reason.startswith("divergent share") for reason in bad.rejections)

    fits = strait.service.fits
    assert fits.find(bad.id) == bad
    assert len(strait.ensemble(bad).draws) == 4000  # for whoever looks into what went wrong
    assert fits.accepted("strait", bad.as_of) == [good]

    after = strait.read(TUESDAY)
    assert after.fit == good
    assert {item.fit for item in after.odds} == {good.id}
    assert {item.age_seconds for item in after.odds} == {(bad.as_of - good.as_of).total_seconds()} == {2 * 86_400.0}
    assert {item.status for item in after.odds} <= {Status.LIVE, Status.PROVISIONAL, Status.REFIT_WANTED}
    assert strait.read(SUNDAY).odds == before.odds

    refused = _tocsin(home, "fit", "strait", "--as-of", "2016-03-08")
    assert refused.returncode == 1
    assert f"fit {bad.id} as of the end of 2016-03-08: rejected; R-hat " in refused.stdout
    assert refused.stderr.endswith(f"fit {bad.id} was rejected: {'; '.join(bad.rejections)}\n")
    shown = _tocsin(home, "odds", "strait", "--as-of", "2016-03-08", "--json")
    assert shown.returncode == 0, shown.stderr
    for row, item in zip(json.loads(shown.stdout), after.odds, strict=True):
        assert (row["fit"], row["age_seconds"]) == (good.id, item.age_seconds)
        assert row["probability"] == item.probability
