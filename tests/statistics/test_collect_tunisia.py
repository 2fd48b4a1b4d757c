from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tocsin.domain.errors import OutdatedFitError
from tocsin.domain.grading import Grade
from tocsin.domain.observation import Draft
from tocsin.domain.odds import Status
from tocsin.usecases.collect import Question, Ranking, collect
from tocsin.usecases.what_if import what_if

if TYPE_CHECKING:
    from support.kit import Kit
    from tocsin.domain.fit import Fit
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import Progress

DAY = date(2016, 3, 8)
PLAIN = Question(None, None, None, Grade("B", "2"))


def _collect(kit: Kit, question: Question, theater: Theater | None = None, day: date = DAY) -> Ranking:
    return collect(
        theater or kit.theater,
        question,
        ledger=kit.service.ledger,
        fits=kit.service.fits,
        codec=kit.service.codec,
        as_of=kit.theater.timeline.close_of(day),
        report=lambda _: None,
    )


@pytest.fixture(scope="module")
def ranking(kit: Kit, tunisia_fit: Fit) -> Ranking:
    """What to collect on 8 March 2016."""
    assert tunisia_fit.accepted
    return _collect(kit, PLAIN)


def test_the_attacks_that_an_offensive_is_made_of_tell_most_of_it(ranking: Ranking) -> None:
    """They settle it: far ahead of all else, and an attack that is not yet counted would move the odds the most."""
    best = ranking.worths[0]
    assert best.indicator == "violence/border-attack"
    assert best.total.bits > 5 * ranking.worths[1].total.bits
    assert ranking.targets[0].scenario == "border-offensive"
    outlook = best.outlooks[0]
    assert outlook is not None
    assert outlook.if_low < ranking.targets[0].odds.probability < outlook.if_high
    assert best.last_report_days == 1


def test_each_indicator_is_ranked_once_and_the_sum_is_that_of_its_scenarios(ranking: Ranking, kit: Kit) -> None:
    """Nothing is lost, and what is below noise comes last."""
    assert {worth.indicator for worth in ranking.worths} == {indicator.id for indicator in kit.theater.indicators}
    bits = [worth.total.bits for worth in ranking.worths]
    noise = [worth.total.below_noise for worth in ranking.worths]
    assert noise == sorted(noise)
    assert bits[: noise.count(False)] == sorted(bits[: noise.count(False)], reverse=True)
    for worth in ranking.worths:
        # Each is cut off at nothing and at its raw bits on its own, so that they add up only to within noise.
        assert sum(one.bits for one in worth.each) == pytest.approx(worth.total.bits, abs=3e-4)


def test_the_odds_after_a_sighting_are_those_of_what_if(kit: Kit, ranking: Ranking) -> None:
    """A pledge at B2 tonight, recorded in imagination: near what collecting foresees.

    What-if weighs a week that has hardly begun, whose coverage is a seventh or two of the whole one's.
    """
    names = [target.scenario for target in ranking.targets]
    place = names.index("tunisian-wilayat")
    foreseen = next(worth for worth in ranking.worths if worth.indicator == "group/pledge-publication").outlooks[place]
    answer = what_if(
        kit.theater,
        [Draft("group/pledge-publication", "2016-03-08", "1", "B2", origin="imagined")],
        ledger=kit.service.ledger,
        fits=kit.service.fits,
        codec=kit.service.codec,
        as_of=kit.theater.timeline.close_of(DAY),
    )
    imagined = next(
        item
        for item in answer.imagined.odds
        if (item.scenario, item.horizon_days) == ("tunisian-wilayat", ranking.targets[place].horizon_days)
    )
    assert foreseen is not None
    assert foreseen.if_high == pytest.approx(imagined.probability, abs=0.01)
    assert foreseen.if_high > ranking.targets[place].odds.probability + 0.02


def test_one_scenario_and_one_line_may_be_asked_for(kit: Kit, tunisia_fit: Fit) -> None:
    """The same bits as in the whole; the chance to cross is of that line at that horizon; odds are those stated."""
    ranking = _collect(kit, replace(PLAIN, scenario="border-offensive", horizon_days=90, threshold=0.5))
    stated = kit.probabilities(tunisia_fit)["border-offensive", 90]
    assert [(target.scenario, target.horizon_days) for target in ranking.targets] == [("border-offensive", 90)]
    assert ranking.targets[0].odds.probability == stated < 0.5
    for worth in ranking.worths:
        assert len(worth.each) == len(worth.outlooks) == 1
        assert worth.each[0] == worth.total
    (outlook,) = ranking.worths[0].outlooks
    assert outlook is not None
    # More attacks make the offensive likelier, so whatever crosses is a high reading.
    assert outlook.crossed_by[0].first >= 1
    assert 0.01 < outlook.crossing < 0.9


def test_a_report_that_no_rule_counts_tells_less_and_simulates_nothing(kit: Kit, tunisia_fit: Fit) -> None:
    """Under a trust of one half the reading stays off the books."""
    phases: set[str] = set()

    def note(progress: Progress) -> None:
        phases.add(progress.phase)

    doubted = collect(
        kit.theater,
        replace(PLAIN, grade=Grade("B", "4")),
        ledger=kit.service.ledger,
        fits=kit.service.fits,
        codec=kit.service.codec,
        as_of=kit.theater.timeline.close_of(DAY),
        report=note,
    )
    assert tunisia_fit.accepted
    assert phases == {"weighing readings"}
    attack = next(worth for worth in doubted.worths if worth.indicator == "violence/border-attack")
    assert 0 < attack.total.bits < 0.02


def test_three_days_on_the_ranking_is_live(kit: Kit, tunisia_fit: Fit) -> None:
    """From the fit's draws, reweighted by what came in meanwhile; days since the last report go by."""
    assert tunisia_fit.accepted
    later = _collect(kit, replace(PLAIN, grade=Grade("B", "4")), day=date(2016, 3, 10))
    assert later.standing.fit.id == tunisia_fit.id
    assert later.standing.status in {Status.LIVE, Status.PROVISIONAL}
    assert np.ptp(later.standing.weights) > 0


def test_other_files_than_those_fitted_want_a_refit(kit: Kit, tunisia_fit: Fit) -> None:
    """A theater with one indicator less has other arrays than the draws; it is refused, not misread."""
    assert tunisia_fit.accepted
    other = replace(kit.theater, couplings=kit.theater.couplings[1:])
    with pytest.raises(OutdatedFitError, match="run: tocsin fit tunisia --as-of 2016-03-08"):
        _collect(kit, PLAIN, other)
