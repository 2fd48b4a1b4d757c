"""Publications: what we said the odds were, in a chain of hashes that anyone can verify.

The canonical form of a publication is one line of JSON: keys in alphabetical order, no blanks, everything beyond ASCII
escaped, numbers as the shortest decimals that give back the same double, instants in UTC with microseconds. `sha256` is
the SHA-256 of that line; `previous` in it is the `sha256` of the publication before, of whatever theater, or 64 zeros.

An exported line is the canonical one with `,"sha256":"…"` put before its closing brace. So nobody has to print numbers
as Python does in order to verify: take these 76 characters away, hash what is left, and compare.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tocsin.domain.odds import Interval, Odds, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BEGINNING = "0" * 64
"""What stands before the first publication."""


@dataclass(frozen=True, slots=True)
class StatedOdds:
    """What was said of one scenario and horizon; the fields are those of `Odds`.

    Attributes:
        closes_on: The last day that counts; the first is the publication's `opens_on`.
        rule: The rule by which it settles itself, as it was declared then; empty where people judge.
    """

    scenario: str
    horizon_days: int
    closes_on: date
    probability: float
    interval50: Interval
    interval90: Interval
    prior: float
    prior_driven: bool
    error: float
    words: str
    rule: str

    @staticmethod
    def of(odds: Odds, opens_on: date, rule: str) -> StatedOdds:
        """What a statement says of odds whose horizon begins with a day."""
        return StatedOdds(
            scenario=odds.scenario,
            horizon_days=odds.horizon_days,
            closes_on=opens_on + timedelta(days=odds.horizon_days - 1),
            probability=odds.probability,
            interval50=odds.interval50,
            interval90=odds.interval90,
            prior=odds.prior,
            prior_driven=odds.prior_driven,
            error=odds.error,
            words=odds.words,
            rule=rule,
        )


@dataclass(frozen=True, slots=True)
class Publication:
    """One recorded statement of the odds of a theater.

    Attributes:
        number: Its place in the chain of the store, from 1; 0 until it is recorded.
        theater: Id of the theater.
        stated_at: The instant at which it was stated.
        as_of: The instant that the odds are of; before `stated_at` where a refit is wanted.
        fit: Id of the accepted fit that states them.
        fitted_as_of: The instant whose evidence was fitted.
        evidence: Fingerprint of the evidence in the odds.
        status: How far they can be relied on.
        reason: Why it was published.
        note: Why a refit is wanted; empty where it is not.
        opens_on: The first day that the horizons count: the first that had not ended at `as_of`.
        foresight: It was stated on the day from which its horizons count. What was stated later is on record, and
            never opens a window that is settled and scored.
        odds: For each scenario and horizon, in order.
        previous: `sha256` of the publication before; `BEGINNING` before the first.
        sha256: Of the canonical form; empty until it is recorded.
    """

    number: int
    theater: str
    stated_at: datetime
    as_of: datetime
    fit: str
    fitted_as_of: datetime
    evidence: str
    status: Status
    reason: str
    note: str
    opens_on: date
    foresight: bool
    odds: tuple[StatedOdds, ...]
    previous: str = BEGINNING
    sha256: str = ""

    @property
    def age_seconds(self) -> float:
        """From the instant whose evidence was fitted to the statement."""
        return (self.stated_at - self.fitted_as_of).total_seconds()

    @property
    def says(self) -> tuple[str, str, datetime, str, Status]:
        """What makes two of them one statement: theater, fit, instant, evidence and status decide every number."""
        return self.theater, self.fit, self.as_of, self.evidence, self.status

    def chained(self, before: Publication | None) -> Publication:
        """This as the next link after another, or as the first."""
        number, previous = (1, BEGINNING) if before is None else (before.number + 1, before.sha256)
        linked = replace(self, number=number, previous=previous, sha256="")
        return replace(linked, sha256=digest(canonical(linked)))


def canonical(publication: Publication) -> str:
    """The canonical line, without `sha256`; ValueError where a number is not finite."""
    content = {
        "as_of": _instant(publication.as_of),
        "evidence": publication.evidence,
        "fit": publication.fit,
        "fitted_as_of": _instant(publication.fitted_as_of),
        "foresight": publication.foresight,
        "note": publication.note,
        "number": publication.number,
        "odds": [_odds_content(item) for item in publication.odds],
        "opens_on": publication.opens_on.isoformat(),
        "previous": publication.previous,
        "reason": publication.reason,
        "stated_at": _instant(publication.stated_at),
        "status": publication.status.value,
        "theater": publication.theater,
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(line: str) -> str:
    """SHA-256 of a canonical line, in hexadecimal."""
    return hashlib.sha256(line.encode("ascii")).hexdigest()


def exported(publication: Publication) -> str:
    """The line that an export holds for a publication."""
    return f'{canonical(publication)[:-1]},"sha256":"{publication.sha256}"}}'


def read_exported(line: str) -> Publication:
    """The publication that an exported line holds; ValueError, with what is wrong, where it holds none.

    The line must be the very one that `exported` gives: otherwise two texts could pass for one statement.
    """
    try:
        publication = _publication(json.loads(line))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        message = f"no publication can be read from it ({type(error).__name__}: {error})"
        raise ValueError(message) from error
    if exported(publication) != line:
        message = "it is not in the canonical form"
        raise ValueError(message)
    return publication


def odds_text(odds: Sequence[StatedOdds]) -> str:
    """The odds as JSON; `read_odds_text` gives back the same bits."""
    return json.dumps([_odds_content(item) for item in odds], sort_keys=True, separators=(",", ":"), allow_nan=False)


def read_odds_text(text: str) -> tuple[StatedOdds, ...]:
    """The odds that `odds_text` wrote; ValueError, KeyError or TypeError where it did not."""
    return tuple(_stated(item) for item in json.loads(text))


def _odds_content(odds: StatedOdds) -> dict[str, object]:
    return {
        "closes_on": odds.closes_on.isoformat(),
        "error": odds.error,
        "horizon_days": odds.horizon_days,
        "interval50": [odds.interval50.low, odds.interval50.high],
        "interval90": [odds.interval90.low, odds.interval90.high],
        "prior": odds.prior,
        "prior_driven": odds.prior_driven,
        "probability": odds.probability,
        "rule": odds.rule,
        "scenario": odds.scenario,
        "words": odds.words,
    }


def _publication(content: Mapping[str, Any]) -> Publication:
    number = content["number"]
    if type(number) is not int:
        message = f"the number is {number!r}"
        raise TypeError(message)
    return Publication(
        number=number,
        theater=content["theater"],
        stated_at=_read_instant(content["stated_at"]),
        as_of=_read_instant(content["as_of"]),
        fit=content["fit"],
        fitted_as_of=_read_instant(content["fitted_as_of"]),
        evidence=content["evidence"],
        status=Status(content["status"]),
        reason=content["reason"],
        note=content["note"],
        opens_on=date.fromisoformat(content["opens_on"]),
        foresight=content["foresight"],
        odds=tuple(_stated(item) for item in content["odds"]),
        previous=content["previous"],
        sha256=content["sha256"],
    )


def _stated(content: Mapping[str, Any]) -> StatedOdds:
    return StatedOdds(
        scenario=content["scenario"],
        horizon_days=content["horizon_days"],
        closes_on=date.fromisoformat(content["closes_on"]),
        probability=content["probability"],
        interval50=Interval(*content["interval50"]),
        interval90=Interval(*content["interval90"]),
        prior=content["prior"],
        prior_driven=content["prior_driven"],
        error=content["error"],
        words=content["words"],
        rule=content["rule"],
    )


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def _read_instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        message = f"the instant {text} has no offset"
        raise ValueError(message)
    return instant.astimezone(UTC)
