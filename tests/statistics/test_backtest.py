"""A backtest says what live work would have said then, sees nothing that came later, and scores something."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from support.harbor import declare_harbor
from support.kit import SEED, Kit, open_kit
from support.publications import DRAWS, statement, stating_fit
from tocsin.domain.errors import InvalidInputError
from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation
from tocsin.domain.resolution import How, Outcome, Resolution
from tocsin.domain.scored import means_of
from tocsin.usecases.backtest import Asked, Backtested, ask, backtest
from tocsin.usecases.forecast_then import forecast_then
from tocsin.usecases.ports import Limits
from tocsin.usecases.publish import publish

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tocsin.domain.backtest import Forecast
    from tocsin.usecases.ports import Sampled, Sampler

NOW = datetime(2016, 2, 1, tzinfo=UTC)
"""When what came is looked at: after all windows below have closed."""
QUIET, ORIGIN = date(2014, 10, 19), date(2014, 12, 14)
"""In a quiet time, and soon after many raids."""
ORIGINS = (QUIET, date(2014, 10, 26), ORIGIN, date(2015, 5, 10), date(2015, 5, 24), date(2015, 8, 2))
_HOUR = timedelta(hours=1)
_LIMITS = Limits(600.0, lambda: False, lambda: 0.0)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, sampler: Sampler) -> Iterator[Kit]:
    """The harbor in a store that nothing is added to."""
    home = tmp_path_factory.mktemp("harbor")
    with open_kit(home, sampler, NOW, name="harbor", catalog=declare_harbor(home / "catalog")) as opened:
        yield opened


@pytest.fixture
def harbor(tmp_path_factory: pytest.TempPathFactory, sampler: Sampler) -> Iterator[Kit]:
    """The harbor in a store of its own."""
    home = tmp_path_factory.mktemp("harbor")
    with open_kit(home, sampler, NOW, name="harbor", catalog=declare_harbor(home / "catalog")) as opened:
        yield opened


def _then(kit: Kit, origin: date, sampler: Sampler | None = None) -> Forecast:
    return forecast_then(
        kit.theater,
        ledger=kit.service.ledger,
        sampler=sampler or kit.sampler,
        codec=kit.service.codec,
        origin=origin,
        seed=SEED,
        limits=_LIMITS,
        report=lambda _: None,
    )


def _asked(kit: Kit, origins: Sequence[date] = ORIGINS, as_of: datetime = NOW) -> tuple[Asked, ...]:
    return ask(
        kit.theater,
        origins,
        ledger=kit.service.ledger,
        resolutions=kit.service.resolutions,
        as_of=as_of,
        missing=lambda *_: None,
    )


def _replay(kit: Kit, as_of: datetime = NOW) -> tuple[list[Forecast], Backtested]:
    forecasts = [_then(kit, origin) for origin in ORIGINS]
    return forecasts, backtest(kit.theater, _asked(kit, as_of=as_of), forecasts, as_of)


def _report(on: date, known: datetime, **changes: object) -> Observation:
    plain = Observation(
        id="",
        indicator="harbor/raid",
        observed_on=on,
        value=3.0,
        grade=Grade("A", "1"),
        origin=f"planted {on} {known.isoformat()}",
        summary="",
        source="",
        author="planter",
        recorded_at=known,
    )
    changed = replace(plain, **changes)  # type: ignore[arg-type]
    return replace(changed, id=changed.fingerprint()[:16])


def _plant_future(kit: Kit, known: datetime) -> None:
    """Everything that may come after an instant: late reports, news, a correction, a retraction, a judgement."""
    ledger = kit.service.ledger
    older, old = ledger.observations(["harbor/raid"], kit.theater.timeline.close_of(ORIGIN) - 2 * _HOUR)[-2:]
    day = kit.theater.timeline.last_day(known)
    ledger.record(
        [
            _report(ORIGIN - timedelta(days=3), known),
            _report(ORIGIN - timedelta(days=40), known, value=9.0),
            _report(day, known),
            replace(_report(old.observed_on, known, value=7.0, reason="recounted"), supersedes=old.id),
            replace(_report(older.observed_on, known, reason="it was not there"), supersedes=older.id, withdrawn=True),
        ]
    )
    kit.service.fits.save(stating_fit(), DRAWS, "test")
    said = kit.service.publications.append(statement(stated_at=known, as_of=known, fit=stating_fit().id), None)
    assert said is not None
    judged = Resolution(
        theater="harbor",
        scenario="closure",
        opened_on=ORIGIN + timedelta(days=1),
        horizon_days=28,
        publication=said.number,
        outcome=Outcome.YES,
        settled_at=known,
        how=How.JUDGED,
        author="planter",
        reason="it came out later",
    ).named()
    assert kit.service.resolutions.record([judged])


def test_nothing_that_came_after_an_origin_changes_what_is_said_of_it(harbor: Kit) -> None:
    """Bit for bit: reports that came in an hour later, of days before and after, corrections and judgements."""
    before = _then(harbor, ORIGIN)
    assert before.statement is not None
    _plant_future(harbor, harbor.theater.timeline.close_of(ORIGIN) + _HOUR)
    assert _then(harbor, ORIGIN) == before


def test_what_was_known_an_hour_before_an_origin_would_change_it(harbor: Kit) -> None:
    """The same plants, so the test above would see a leak."""
    before = _then(harbor, ORIGIN)
    _plant_future(harbor, harbor.theater.timeline.close_of(ORIGIN) - _HOUR)
    after = _then(harbor, ORIGIN)
    assert after.recipe != before.recipe
    assert after.statement is not None
    assert before.statement is not None
    assert [item.probability for item in after.statement.odds] != [item.probability for item in before.statement.odds]


def test_nothing_recorded_after_the_instant_of_scoring_changes_the_run(harbor: Kit) -> None:
    """Neither forecasts nor outcomes nor any score."""
    before = _replay(harbor)
    _plant_future(harbor, NOW + _HOUR)
    assert _replay(harbor) == before
    later = backtest(harbor.theater, _asked(harbor, as_of=NOW + 2 * _HOUR), before[0], NOW + 2 * _HOUR)
    assert later.card != before[1].card  # what people judged since counts for whoever asks then


def test_it_is_what_live_work_says_at_that_instant(harbor: Kit) -> None:
    """A fit of the day, published at its end: the same odds, evidence and fit."""
    close = harbor.theater.timeline.close_of(ORIGIN)
    replace(harbor, now=close).fit(ORIGIN)
    service = harbor.service
    published = publish(
        harbor.theater,
        ledger=service.ledger,
        fits=service.fits,
        codec=service.codec,
        publications=service.publications,
        now=close,
    ).publication
    assert published is not None
    said = _then(harbor, ORIGIN).statement
    assert said is not None
    assert replace(said, number=1, reason=published.reason).chained(None) == published


def test_a_backtest_leaves_no_trace_in_the_record(shared: Kit) -> None:
    """No fit, no publication, no resolution, no event: nothing for an alert to ring on, or a score card to count."""
    service = shared.service
    before = service.tally.counts(), service.events.last()
    _, found = _replay(shared)
    assert found.card.scored
    assert (service.tally.counts(), service.events.last()) == before
    assert service.resolutions.resolutions("harbor", NOW + _HOUR) == []


def test_the_evaluation_is_not_empty(shared: Kit) -> None:
    """Windows that came out yes and no of both kinds, each scored by what was said, and the means are theirs."""
    forecasts, found = _replay(shared)
    outcomes = {(item.window.scenario, item.occurred) for item in found.card.scored}
    assert outcomes >= {("blockade", True), ("blockade", False), ("closure", True), ("closure", False)}
    assert len(found.card.scored) + found.card.counted.foregone == len(found.asked) == 3 * len(ORIGINS)
    said = {
        (odds.scenario, item.statement.opens_on, odds.horizon_days): odds
        for item in forecasts
        if item.statement is not None
        for odds in item.statement.odds
    }
    for item in found.card.scored:
        odds = said[item.window.scenario, item.window.opened_on, item.window.horizon_days]
        assert item.probability == odds.probability
        assert item.scores.brier == (odds.probability - item.occurred) ** 2
        assert item.base_rate == odds.prior
    whole = means_of(found.card.scored)[0]
    assert math.isclose(whole.scores.brier, sum(item.scores.brier for item in found.card.scored) / whole.windows)
    assert whole.persistence is not None
    assert not whole.enough


def test_the_raids_that_were_seen_make_the_blockade_likelier(shared: Kit) -> None:
    """A replay that read an empty ledger would say the prior each time."""
    quiet, busy = (_then(shared, origin).statement for origin in (QUIET, ORIGIN))
    assert quiet is not None
    assert busy is not None
    assert quiet.odds[0].probability < quiet.odds[0].prior < busy.odds[0].probability


@pytest.mark.parametrize(
    ("origins", "as_of", "said"),
    [
        ((date(2015, 12, 20),), datetime(2015, 12, 28, tzinfo=UTC), "may still come in"),
        ((date(2020, 1, 5),), datetime(2026, 1, 1, tzinfo=UTC), "nobody is known to have looked"),
        ((date(2013, 6, 2),), NOW, "is collected since 2014-01-01 only"),
        ((), NOW, "no origin"),
    ],
)
def test_where_nothing_would_be_evaluated_it_is_refused_before_anything_is_fitted(
    shared: Kit, origins: tuple[date, ...], as_of: datetime, said: str
) -> None:
    """Windows that are open, that nobody watched, that lie before the record; and none at all."""
    with pytest.raises(InvalidInputError, match=said) as caught:
        _asked(shared, origins, as_of)
    assert "accepted: origins so early" in str(caught.value)


def test_windows_that_are_open_or_not_watched_are_told_and_not_scored(shared: Kit) -> None:
    """Beside one that is scored; each with its reason."""
    origins = (ORIGIN, date(2015, 11, 29))
    as_of = datetime(2016, 1, 10, tzinfo=UTC)
    asked = _asked(shared, origins, as_of)
    found = backtest(shared.theater, asked, [_then(shared, origin) for origin in origins], as_of)
    (open_,) = [item for item in asked if item.window.opened_on == date(2015, 11, 30) and not item.due]
    assert (open_.window.scenario, open_.window.horizon_days) == ("blockade", 56)
    assert open_.settled.outcome is Outcome.OPEN
    assert found.card.counted.open == 1
    assert open_.window.key not in {item.window.key for item in found.card.scored}


@dataclass
class _Failing:
    """The sampler, whose chains have not mixed."""

    sampler: Sampler

    @property
    def settings(self) -> Any:  # noqa: ANN401 - the port's
        return self.sampler.settings

    def sample(self, *args: Any, **kwargs: Any) -> Sampled:  # noqa: ANN401 - handed on
        sampled = self.sampler.sample(*args, **kwargs)
        assert sampled.diagnosis is not None
        return replace(sampled, diagnosis=replace(sampled.diagnosis, rhat=1.2))


def test_an_origin_whose_fit_the_gate_rejected_says_nothing_and_has_no_score(shared: Kit) -> None:
    """Its reasons are told; what was fitted well beside it is scored as ever."""
    good, bad = _then(shared, ORIGINS[0]), _then(shared, ORIGIN, _Failing(shared.sampler))
    assert bad.statement is None
    assert bad.rejections
    assert bad.rejections[0].startswith("R-hat")
    found = backtest(shared.theater, _asked(shared), [good, bad], NOW)
    opened = {item.window.opened_on for item in found.card.scored}
    assert opened == {ORIGINS[0] + timedelta(days=1)}


def test_a_judgement_of_the_very_window_stands_before_what_is_declared(harbor: Kit) -> None:
    """Somebody has looked into it."""
    key = ("harbor", "closure", ORIGIN + timedelta(days=1), 28)
    before = {item.window.key: item for item in _asked(harbor)}[key].settled
    assert (before.outcome, before.author) == (Outcome.NO, "the declared occurrences")
    _plant_future(harbor, NOW - _HOUR)
    after = {item.window.key: item for item in _asked(harbor)}[key].settled
    assert (after.outcome, after.author) == (Outcome.YES, "planter")
