"""Why did the odds move between two instants?"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from tocsin.domain.change import Cause
from tocsin.domain.elicitation import logit
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.evidence import derive_evidence, first_day_with_bearing
from tocsin.ensemble.design import Design, lay_out
from tocsin.ensemble.explain import Part, Question, Side, Tables, explain
from tocsin.ensemble.futures import begin, simulate
from tocsin.ensemble.update import LIVE_FUTURES, advance
from tocsin.usecases.ports import Progress
from tocsin.usecases.read_odds import Standing, stand_at, state_odds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tocsin.domain.evidence import Evidence
    from tocsin.domain.met_rule import MetRule
    from tocsin.domain.observation import Observation
    from tocsin.domain.odds import Odds
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.draws import Draws
    from tocsin.ensemble.futures import Futures, Start
    from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger


type _Key = tuple[str, int]
"""Scenario and horizon in days."""


@dataclass(frozen=True, slots=True)
class Movement:
    """Why the odds of one scenario by one horizon moved.

    Attributes:
        before: The odds at the earlier instant.
        after: The odds at the later one.
        parts: What they sum to is the change in log-odds; passage of time first, what is left over last, and the
            evidence between by size.
        noise: Standard deviation of the change in log-odds that Monte Carlo error alone would make.
        met: The scenario's rule, where it is met at the later instant.
        met_before: The same of the earlier one.
    """

    before: Odds
    after: Odds
    parts: tuple[Part, ...]
    noise: float
    met: MetRule | None = None
    met_before: MetRule | None = None


@dataclass(frozen=True, slots=True)
class _Asker:
    """What every leg of the way from one instant to the other is asked with."""

    theater: Theater
    design: Design
    observations: Sequence[Observation]
    stand: Callable[[datetime], Standing]
    report: Callable[[Progress], None]


def why(
    theater: Theater,
    *,
    ledger: Ledger,
    fits: FitBook,
    codec: DrawsCodec,
    since: datetime,
    as_of: datetime,
    report: Callable[[Progress], None],
) -> tuple[Movement, ...]:
    """Why the odds of each scenario by each horizon moved from `since` to `as_of`.

    Where one step between the two is too far for weights, the way is gone by the fits between.

    NoFitError where nothing was fitted by `since`; InvalidInputError where `since` is not before `as_of`.
    """
    if since >= as_of:
        name = theater.timeline.name_instant
        wanted = f"an instant before {name(as_of)}, up to which the change is asked"
        raise InvalidInputError([Problem("", None, "since", repr(name(since)), wanted)])
    indicators = [indicator.id for indicator in theater.indicators]
    asker = _Asker(
        theater,
        lay_out(theater),
        # Evidence is derived anew for instants after `since` only, whose windows begin no earlier.
        ledger.observations(indicators, as_of, first_day_with_bearing(theater, since)),
        partial(_stand, theater, ledger, fits, codec),
        report,
    )
    start, end = asker.stand(since), asker.stand(as_of)
    between = sorted({fit.as_of for fit in fits.accepted(theater.id, as_of) if since < fit.as_of < as_of})
    legs = _legs(asker, (since, start), (as_of, end), between)
    before = {_key(item): item for item in state_odds(start, since)}
    met, met_before = end.met(theater), start.met(theater)
    return tuple(
        Movement(
            before[_key(item)],
            item,
            _merged([leg[_key(item)] for leg in legs]),
            _noise(before[_key(item)], item),
            met.get(item.scenario),
            met_before.get(item.scenario),
        )
        for item in state_odds(end, as_of)
        if all(_key(item) in leg for leg in legs)
    )


def _stand(theater: Theater, ledger: Ledger, fits: FitBook, codec: DrawsCodec, instant: datetime) -> Standing:
    return stand_at(theater, ledger=ledger, fits=fits, codec=codec, as_of=instant)


def _legs(
    asker: _Asker, start: tuple[datetime, Standing], end: tuple[datetime, Standing], between: Sequence[datetime]
) -> list[dict[_Key, tuple[Part, ...]]]:
    """The parts of each stretch of the way: the whole, or halves of it where weights can only guess at the whole."""
    phase = f"from {asker.theater.timeline.name_instant(start[0])} to {asker.theater.timeline.name_instant(end[0])}"
    asker.report(Progress(phase, 0, 1))
    leg = _leg(asker, start, end)
    asker.report(Progress(phase, 1, 1))
    if not between or not any(part.guessed or part.cause is Cause.REFIT for parts in leg.values() for part in parts):
        return [leg]
    middle = len(between) // 2
    halfway = between[middle], asker.stand(between[middle])
    return [
        *_legs(asker, start, halfway, between[:middle]),
        *_legs(asker, halfway, end, between[middle + 1 :]),
    ]


def _leg(
    asker: _Asker, start: tuple[datetime, Standing], end: tuple[datetime, Standing]
) -> dict[_Key, tuple[Part, ...]]:
    (since, one), (as_of, other) = start, end
    before = {_key(item): item for item in state_odds(one, since)}
    after = {_key(item): item for item in state_odds(other, as_of)}
    shared = [key for key in after if key in before]
    if (
        not (one.fitted_on and one.evidence and other.fitted_on and other.evidence)
        or one.fit.declared != other.fit.declared
    ):
        reason = one.reason or other.reason or "the declared files have changed"
        return {
            key: (
                Part(
                    Cause.REFIT, reason, logit(after[key].probability) - logit(before[key].probability), guessed=False
                ),
            )
            for key in shared
        }
    tables = tables_between(asker.theater, asker.observations, (one.evidence, other.evidence), since, as_of)
    questions = [
        Question(
            asker.design.scenarios.index(name), days, before[name, days].probability, after[name, days].probability
        )
        for name, days in shared
    ]
    sides = [_side(asker, other, other.ensemble.draws, other.fitted_on, other.evidence)]
    if one.fit.id != other.fit.id:
        draws = advance(asker.design, one.ensemble.draws, one.evidence, other.evidence, one.fit.seed)
        sides.insert(0, _side(asker, one, draws, one.fitted_on, one.evidence))
    found = explain(asker.theater, asker.design, sides, tables, questions, other.fit.seed)
    return dict(zip(shared, found, strict=True))


def _side(asker: _Asker, standing: Standing, draws: Draws, counted: Evidence, known: Evidence) -> Side:
    def futures_from(start: Start) -> Futures:
        if draws is standing.ensemble.draws and start == begin(asker.theater, asker.design, known):
            return standing.ensemble.futures
        return simulate(asker.design, draws, start, standing.fit.seed, LIVE_FUTURES)

    return Side(counted, draws, futures_from)


def tables_between(
    theater: Theater,
    observations: Sequence[Observation],
    sides: tuple[Evidence, Evidence],
    since: datetime,
    as_of: datetime,
) -> Tables:
    """What was known at two instants, and between them, one kind of change after another.

    Args:
        theater: The theater.
        observations: All that are known at the later instant and bear on either.
        sides: What was known at each.
        since: The earlier instant.
        as_of: The later one.
    """
    before, after = sides
    known = [item for item in observations if item.recorded_at <= since]
    ids = {item.id for item in known}
    by_id = {item.id: item for item in observations}

    def corrects(item: Observation) -> bool:
        """It supersedes something known by `since`, however many corrections ago."""
        while item.supersedes is not None:
            if item.supersedes in ids:
                return True
            item = by_id[item.supersedes]
        return False

    later = [item for item in observations if item.recorded_at > since]
    corrections = [item for item in later if corrects(item)]
    reports = [item for item in later if not corrects(item)]
    derive = partial(derive_evidence, theater, as_of=as_of)
    return Tables(
        before=before,
        untouched=derive(known),
        corrected=derive([*known, *corrections]),
        reported=derive([*known, *reports]),
        after=after,
    )


def _key(odds: Odds) -> _Key:
    return odds.scenario, odds.horizon_days


def _merged(legs: Sequence[tuple[Part, ...]]) -> tuple[Part, ...]:
    """The parts of all legs, those of one cause and subject summed: time first, what is left over last."""
    summed: dict[tuple[Cause, str], list[Part]] = defaultdict(list)
    for part in (part for parts in legs for part in parts):
        summed[part.cause, part.subject].append(part)
    merged = [
        replace(parts[0], change=math.fsum(part.change for part in parts), guessed=any(part.guessed for part in parts))
        for parts in summed.values()
    ]
    return tuple(sorted(merged, key=_place))


def _place(part: Part) -> tuple[int, float, str, str]:
    rank = {Cause.TIME: 0, Cause.REFIT: 2, Cause.NOISE: 3}.get(part.cause, 1)
    return rank, -abs(part.change), part.cause, part.subject


def _noise(*stated: Odds) -> float:
    return math.hypot(*(item.error / (item.probability * (1.0 - item.probability)) for item in stated))
