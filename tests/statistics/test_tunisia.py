from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from support.kit import SEED, FilteredLedger, Kit, MemoryFits
from tocsin.domain.elicitation import Normal
from tocsin.domain.errors import (
    DamagedArtifactError,
    FitInterruptedError,
    InvalidObservationError,
    NoFitError,
    RefitWantedError,
)
from tocsin.domain.evidence import Cell, derive_evidence
from tocsin.domain.grading import parse_grade
from tocsin.domain.observation import Draft
from tocsin.domain.odds import Status
from tocsin.domain.scenario import Event
from tocsin.ensemble.cells import lay_out_cells
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.likelihood import cell_log_likelihood
from tocsin.ensemble.odds import estimate, even_weights
from tocsin.usecases.fit import Means, fit_theater
from tocsin.usecases.ports import Ledger, Limits, Recorded
from tocsin.usecases.read_odds import read_odds
from tocsin.usecases.what_if import WhatIf, what_if

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tocsin.domain.fit import Fit
    from tocsin.domain.observation import Observation
    from tocsin.ensemble.ensemble import Ensemble

DAY = date(2016, 3, 8)
OFFENSIVE, CRACKDOWN = ("border-offensive", 30), ("security-crackdown", 30)


@dataclass(frozen=True)
class AddedLedger:
    """A ledger with one observation more."""

    whole: Ledger
    more: Observation

    def record(self, observations: Sequence[Observation]) -> Recorded:
        raise NotImplementedError

    def await_writers(self) -> None:
        """Nobody writes."""

    def observations(self, indicators: Collection[str], as_of: datetime, *bearing: object) -> list[Observation]:
        return [*self.whole.observations(indicators, as_of, *bearing), self.more]


class DamagedOnce(MemoryFits):
    """A fit book whose draws are found damaged until they are saved again."""

    saved = 0

    def save(self, fit: Fit, draws: bytes, actor: str) -> None:
        super().save(fit, draws, actor)
        self.saved += 1

    def draws(self, fit: Fit) -> bytes:
        if self.saved < 2:
            raise DamagedArtifactError(fit.id, "bitten off by a test")
        return super().draws(fit)


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def _known(kit: Kit) -> list[Observation]:
    names = [indicator.id for indicator in kit.theater.indicators]
    return kit.service.ledger.observations(names, kit.theater.timeline.close_of(DAY))


def test_the_fit_of_the_chronicle_passes_the_gate(tunisia_fit: Fit) -> None:
    """Every health number is far from its limit."""
    assert tunisia_fit.accepted
    health = tunisia_fit.diagnosis
    assert health is not None
    assert health.rhat < 1.01
    assert min(health.ess_bulk, health.ess_tail) > 1000
    assert health.divergent_share == 0


def test_ben_guerdane_moves_the_offensive_and_the_crackdown_up(kit: Kit, tunisia_fit: Fit) -> None:
    """Two fits: with the reports of 7 March and without them."""
    without = kit.fit(DAY, keep=lambda item: item.observed_on < date(2016, 3, 7))
    before, after = kit.probabilities(without), kit.probabilities(tunisia_fit)
    for scenario in (OFFENSIVE, CRACKDOWN):
        # Ten Monte Carlo errors of half a point: no accident of sampling.
        assert after[scenario] > before[scenario] + (0.05 if scenario == OFFENSIVE else 0.005)


def test_taking_every_observation_away_gives_exactly_the_prior(kit: Kit, tunisia_fit: Fit) -> None:
    """The same numbers as the prior beside the posterior, and they say what they are."""
    nothing = kit.fit(DAY, keep=lambda _: False)
    assert nothing.prior_only
    assert kit.probabilities(nothing) == dict(kit.ensemble(tunisia_fit).prior)
    assert kit.probabilities(nothing) == dict(kit.ensemble(nothing).prior)


def _moved_by(kit: Kit, ensemble: Ensemble, cells: list[Cell], scenario: str, days: int) -> float:
    """The change in log-odds that cells of the last step make to an ensemble, by weighting its draws."""
    design = lay_out(kit.theater)
    position = design.scenarios.index(scenario)
    recent = ensemble.draws.recent[:, :, [-1] * len(cells)].astype(np.float64)
    likelihood = cell_log_likelihood(design, ensemble.draws.parameters, recent, lay_out_cells(design, cells))
    weights = np.exp(likelihood.sum(axis=1))
    after = estimate(ensemble.futures, position, days, weights / weights.sum())
    before = estimate(ensemble.futures, position, days, even_weights(ensemble.futures))
    return _log_odds(after.probability) - _log_odds(before.probability)


def _reported(kit: Kit, *changes: dict[str, object]) -> list[Cell]:
    """What reports of 7 March alone say: no silence, as nothing else is kept."""
    model = next(item for item in _known(kit) if item.indicator == "violence/border-attack")
    reports = [replace(model, **({"id": str(place)} | change)) for place, change in enumerate(changes)]  # type: ignore[arg-type]
    evidence = derive_evidence(kit.theater, reports, kit.theater.timeline.close_of(DAY))
    return [cell for cell in evidence.cells if not cell.silent]


def test_the_loss_of_a_leader_alone_moves_the_offensive_down(kit: Kit) -> None:
    """On the prior's own draws, so that nothing else speaks."""
    prior = kit.ensemble(kit.fit(DAY, keep=lambda _: False))
    loss = {"indicator": "group/leadership-loss", "observed_on": date(2016, 3, 7), "origin": "strike"}
    assert _moved_by(kit, prior, _reported(kit, loss), *OFFENSIVE) < -0.05


def test_a_better_grade_moves_more_and_an_echo_moves_nothing_further(kit: Kit) -> None:
    """E5 < F6 < A1, on the prior's own draws; the echo leaves the evidence as it was."""
    prior = kit.ensemble(kit.fit(DAY, keep=lambda _: False))
    attack = {"observed_on": date(2016, 3, 7), "origin": "one"}

    def moved(*grades: str) -> float:
        reports = [attack | {"grade": parse_grade(grade)} for grade in grades]
        return _moved_by(kit, prior, _reported(kit, *reports), *OFFENSIVE)

    assert 0 < moved("E5") < moved("F6") < moved("A1")
    assert moved("A1", "E5", "F6") == moved("A1")


def test_rows_after_the_day_count_only_once_they_are_known(kit: Kit, tunisia_fit: Fit) -> None:
    """As of 11 March the clashes of 8 to 10 March count, as of 8 March they do not."""
    assert all(item.observed_on <= date(2016, 3, 7) for item in _known(kit))
    later = kit.fit(date(2016, 3, 11))
    assert later.id != tunisia_fit.id
    assert kit.probabilities(later)[OFFENSIVE] > kit.probabilities(tunisia_fit)[OFFENSIVE] + 0.1


def test_the_same_recipe_is_not_run_twice(kit: Kit, tunisia_fit: Fit) -> None:
    """It would give the same bits, so the recorded fit is the answer."""
    assert kit.fit(DAY) == tunisia_fit


def test_odds_of_a_later_instant_are_live_and_say_how_old_the_fit_is(kit: Kit, tunisia_fit: Fit) -> None:
    """Read a day later, without a fit of that day: what came in since counts, the fit is a day old."""
    reading = kit.read(date(2016, 3, 9))
    assert reading.fit == tunisia_fit
    assert {item.age_seconds for item in reading.odds} == {86_400.0}
    assert {item.status for item in reading.odds} == {Status.LIVE}
    assert {item.as_of for item in reading.odds} == {kit.theater.timeline.close_of(date(2016, 3, 9))}
    assert {item.status for item in kit.read(DAY).odds} == {Status.FITTED}


def test_long_after_the_fit_its_own_odds_are_shown_and_a_refit_is_wanted(kit: Kit, tunisia_fit: Fit) -> None:
    """Two years on nothing that the fit knew of pressure is left; its odds stay, with their instant and age."""
    assert tunisia_fit.accepted
    reading = kit.read(date(2018, 3, 8))
    assert {item.status for item in reading.odds} == {Status.REFIT_WANTED}
    assert {item.as_of for item in reading.odds} == {reading.fit.as_of}
    found = {(item.scenario, item.horizon_days): item.probability for item in reading.odds}
    assert found == kit.probabilities(reading.fit)


@pytest.mark.parametrize("change", ["scenario gone", "horizon added", "range changed"])
def test_odds_of_a_fit_on_other_declarations_stand_as_they_were(kit: Kit, tunisia_fit: Fit, change: str) -> None:
    """Each number stays with its own scenario and horizon, and a refit is wanted."""
    theater = kit.theater
    last = theater.scenarios[-1]
    assert isinstance(last.mechanism, Event)
    changed = {
        "scenario gone": replace(theater, scenarios=theater.scenarios[1:], couplings=()),
        "horizon added": replace(
            theater, scenarios=(*theater.scenarios[:-1], replace(last, horizons=(60, 90, 180, 365)))
        ),
        "range changed": replace(
            theater,
            scenarios=(
                *theater.scenarios[:-1],
                replace(last, mechanism=replace(last.mechanism, base_hazard=Normal(-4.0, 0.3))),
            ),
        ),
    }[change]
    reading = replace(kit, theater=changed).read(DAY)
    assert {item.status for item in reading.odds} == {Status.REFIT_WANTED}
    found = {(item.scenario, item.horizon_days): item.probability for item in reading.odds}
    assert found == kit.probabilities(tunisia_fit)
    assert reading.counted_most == {}


def test_of_fits_on_several_declarations_the_one_on_these_answers(kit: Kit, tunisia_fit: Fit) -> None:
    """A range changed, fitted, and changed back: the first fit answers again, though another was recorded since."""
    other = replace(tunisia_fit, id="other", recipe="other", declared="other", recorded_at=kit.now + timedelta(hours=1))
    kit.service.fits.save(other, kit.service.fits.draws(tunisia_fit), "test")
    reading = kit.read(DAY)
    assert reading.fit == tunisia_fit
    assert {item.status for item in reading.odds} == {Status.FITTED}


def test_history_entered_after_the_fit_counts_at_once(kit: Kit, tunisia_fit: Fit) -> None:
    """However old its day: the odds are live, not "fitted", and an attack more moves them up."""
    model = next(item for item in _known(kit) if item.indicator == "violence/border-attack")
    late = replace(model, id="late", origin="late", entered_at=tunisia_fit.recorded_at + timedelta(minutes=1))
    reading = read_odds(
        kit.theater,
        ledger=AddedLedger(kit.service.ledger, late),
        fits=kit.service.fits,
        codec=kit.service.codec,
        as_of=kit.theater.timeline.close_of(DAY),
        reasons=False,
    )
    assert {item.status for item in reading.odds} == {Status.LIVE}
    found = {(item.scenario, item.horizon_days): item.probability for item in reading.odds}
    assert found[OFFENSIVE] > kit.probabilities(tunisia_fit)[OFFENSIVE] + 0.05


def test_damaged_draws_are_made_again(kit: Kit) -> None:
    """A fit whose stored draws cannot be trusted is run again, and gives the same bits."""
    book = DamagedOnce()
    means = Means(FilteredLedger(kit.service.ledger, lambda _: False), book, kit.sampler, kit.service.codec)
    fits = [
        fit_theater(
            kit.theater,
            means=means,
            as_of=kit.theater.timeline.close_of(DAY),
            now=kit.now,
            seed=SEED,
            actor="test",
            limits=Limits(600.0, lambda: False, lambda: 0.0),
            report=lambda _: None,
        )
        for _ in range(2)
    ]
    assert book.saved == 2
    assert fits[0].sha256 == fits[1].sha256


def test_no_odds_without_a_fit(kit: Kit, tunisia_fit: Fit) -> None:
    """Before the first fit's instant there is nothing to read, and the error says what to run."""
    assert tunisia_fit.accepted
    with pytest.raises(NoFitError, match="run: tocsin fit tunisia --as-of 2015-01-01"):
        kit.read(date(2015, 1, 1))


def test_every_number_comes_with_all_that_must_stand_beside_it(kit: Kit, tunisia_fit: Fit) -> None:
    """Interval, prior, error, words, status, instant, fit and age; and the prior has its own number."""
    assert tunisia_fit.accepted
    odds = kit.read(DAY).odds
    assert len(odds) == sum(len(scenario.horizons) for scenario in kit.theater.scenarios)
    for item in odds:
        assert 0 < item.interval90.low <= item.interval50.low <= item.interval50.high <= item.interval90.high < 1
        assert 0 < item.probability < 1
        assert 0 < item.prior < 1
        assert 0 < item.error < 0.01
        assert item.words


def test_odds_rise_with_the_horizon(kit: Kit, tunisia_fit: Fit) -> None:
    """What has happened by day 90 has happened by day 180."""
    chances = kit.probabilities(tunisia_fit)
    for scenario in kit.theater.scenarios:
        by_horizon = [chances[scenario.id, days] for days in scenario.horizons]
        assert by_horizon == sorted(by_horizon)


def test_an_offensive_makes_a_crackdown_likelier(kit: Kit, tunisia_fit: Fit) -> None:
    """P(crackdown | offensive) is above P(crackdown): they are coupled."""
    reading = kit.read(DAY)
    pair = next(item for item in reading.joint if (item.first, item.second) == (CRACKDOWN[0], OFFENSIVE[0]))
    alone = kit.probabilities(tunisia_fit)[CRACKDOWN[0], pair.horizon_days]
    assert pair.given is not None
    assert pair.given > alone + 0.01


def test_what_counted_most_names_the_attack_itself(kit: Kit, tunisia_fit: Fit) -> None:
    """The reports of border attacks lead for the offensive; the loss of a leader counts against it."""
    assert tunisia_fit.accepted
    found = kit.read(DAY).counted_most["border-offensive"]
    assert (found[0].indicator, found[0].silent) == ("violence/border-attack", False)
    assert found[0].change > 0.5
    assert next(item for item in found if item.indicator == "group/leadership-loss" and not item.silent).change < 0


@pytest.mark.parametrize(
    ("limits", "reason"),
    [({"deadline_seconds": 0.0}, "its deadline of 0 s passed"), ({"cancelled": lambda: True}, "it was cancelled")],
)
def test_a_stopped_fit_keeps_nothing(kit: Kit, limits: dict[str, object], reason: str) -> None:
    """A deadline or a cancel ends sampling; neither row nor draws are left, and the next fit runs."""
    with pytest.raises(FitInterruptedError, match=reason):
        kit.fit(DAY, seed=99, **limits)
    reading = kit.read(DAY)
    assert reading.fit.seed == SEED


def test_another_process_gives_the_same_odds_bit_for_bit(kit: Kit, tunisia_fit: Fit, tmp_path: Path) -> None:
    """`tocsin demo --once --json` in a process of its own prints the odds list alone, with the same numbers."""
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", "demo", "--once", "--json"],
        env=os.environ | {"TOCSIN_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    printed = {(item["scenario"], item["horizon_days"]): item["probability"] for item in json.loads(done.stdout)}
    assert printed == kit.probabilities(tunisia_fit)
    assert "sampling: 6000 of 6000" in done.stderr
    stored = [path.name for path in (tmp_path / "demo" / "fits").iterdir()]
    assert stored == [f"{tunisia_fit.sha256}.zarr.zip"]


def _what_if(kit: Kit, *drafts: Draft) -> WhatIf:
    return what_if(
        kit.theater,
        drafts,
        ledger=kit.service.ledger,
        fits=kit.service.fits,
        codec=kit.service.codec,
        as_of=kit.theater.timeline.close_of(DAY),
    )


def test_what_if_moves_the_odds_and_records_nothing(kit: Kit, tunisia_fit: Fit) -> None:
    """A pledge would make the wilayat likelier, well graded more so; the ledger and the real odds stay."""
    before = _known(kit)
    pledge = Draft("group/pledge-publication", "2016-03-07", "1", "A1", origin="imagined")
    certain, doubtful = (_what_if(kit, replace(pledge, grade=grade)) for grade in ("A1", "D4"))
    wilayat = [item.scenario for item in certain.real.odds].index("tunisian-wilayat")
    assert tunisia_fit.accepted
    real = certain.real.odds[wilayat].probability
    assert real == doubtful.real.odds[wilayat].probability
    assert real < doubtful.imagined.odds[wilayat].probability < certain.imagined.odds[wilayat].probability
    assert {item.status for item in certain.real.odds} == {Status.FITTED}
    assert {item.status for item in certain.imagined.odds} == {Status.LIVE}
    assert _known(kit) == before


def test_what_if_of_nothing_is_what_is(kit: Kit, tunisia_fit: Fit) -> None:
    """The same numbers, bit for bit."""
    assert tunisia_fit.accepted
    answer = _what_if(kit)
    assert answer.real.odds == answer.imagined.odds


def test_what_if_refuses_to_show_the_old_odds_as_those_that_would_be(kit: Kit, tunisia_fit: Fit) -> None:
    """Thirty attacks are more than the fit's draws can follow: it says so, and which fit to run."""
    assert tunisia_fit.accepted
    said = "as, with what is imagined, more has come in .* can follow; .* run: tocsin fit tunisia --as-of 2016-03-08"
    with pytest.raises(RefitWantedError, match=said) as refused:
        _what_if(kit, Draft("violence/border-attack", "2016-03-08", "30", "A1", origin="imagined"))
    assert (refused.value.theater, refused.value.instant) == ("tunisia", "2016-03-08")


def test_what_if_refuses_what_observing_would_refuse(kit: Kit) -> None:
    """With the same words."""
    with pytest.raises(InvalidObservationError, match="did you mean"):
        _what_if(kit, Draft("group/pledge-publicaton", "2016-03-07", "1", "A1"))


def test_the_odds_are_those_on_record(kit: Kit, tunisia_fit: Fit) -> None:
    """A library upgrade, or a change meant to change nothing, must not move them unnoticed; four Monte Carlo errors."""
    recorded = json.loads(
        (Path(__file__).parents[1] / "golden" / "tunisia-2016-03-08.json").read_text(encoding="utf-8")
    )
    assert tunisia_fit.accepted
    stated = {(item.scenario, item.horizon_days): item for item in kit.read(DAY).odds}
    assert len(recorded) == len(stated)
    for row in recorded:
        item = stated[row["scenario"], row["horizon_days"]]
        assert item.probability == pytest.approx(row["probability"], abs=4 * item.error)
        assert item.prior == pytest.approx(row["prior"], abs=4 * item.error)
        assert item.prior_driven is row["prior_driven"]
