"""Restate: what we would have said then, had we known the reports as they are corrected now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidInputError, NoFitError, Problem
from tocsin.domain.evidence import derive_evidence, first_day_with_bearing
from tocsin.domain.hindsight import as_corrected
from tocsin.domain.odds import Status
from tocsin.domain.publication import StatedOdds
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.identity import counted
from tocsin.usecases.ports import Progress, in_silence
from tocsin.usecases.read_odds import find_footing, stand_on, state_odds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tocsin.domain.fit import Fit
    from tocsin.domain.observation import Observation
    from tocsin.domain.publication import Publication
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.ensemble import Ensemble
    from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger

MOST_POINTS = 31
"""Publications that are restated at once: a month of daily ones. Each that has changed may need another fit's draws."""


@dataclass(frozen=True, slots=True)
class Restated:
    """What we would have said in the place of one publication.

    Attributes:
        number: Of the publication.
        changed: Whether a correction has a bearing on it. Where none has, what we would have said is what we said.
        status: How far the restated odds can be relied on; None where there are none.
        fit: Id of the fit that states them; None where there are none.
        odds: For each scenario and horizon; empty where weights cannot follow the corrections.
        reason: Why they cannot; empty where they can.
        as_of: The instant whose evidence they count; None where there are none.
        age_seconds: From the instant whose evidence that fit saw to the publication's; None where there are none.
    """

    number: int
    changed: bool
    status: Status | None
    fit: str | None
    odds: tuple[StatedOdds, ...]
    reason: str
    as_of: datetime | None = None
    age_seconds: float | None = None


def restate(
    theater: Theater,
    publications: Sequence[Publication],
    *,
    ledger: Ledger,
    fits: FitBook,
    codec: DrawsCodec,
    known_at: datetime,
    report: Callable[[Progress], None] = in_silence,
) -> tuple[Restated, ...]:
    """What we would have said at the instant of each publication, with the corrections known at `known_at`.

    The evidence at that instant is derived from the ledger as it is now, each report that was known then in its last
    version (`domain.hindsight.as_corrected` says precisely which, and from when on), and from history that was entered
    since but counts as known before. It is stated by the fit that answered then: the latest accepted one on record at
    the time whose evidence can still be had. Its draws came from the uncorrected evidence, so corrections are followed
    by weights, as in any live update: the likelihood of the old is divided out and that of the new multiplied in.
    Where weights cannot follow (too much has changed, or something that the fit has settled), it says so and gives no
    odds.

    What this leaves out: with the right reports the fits themselves would have come out otherwise, and other days
    might have been published.

    InvalidInputError for more than `MOST_POINTS` publications; `report` may raise to stop.
    """
    if len(publications) > MOST_POINTS:
        accepted = f"up to {MOST_POINTS} publications at once"
        raise InvalidInputError([Problem("", None, "limit", str(len(publications)), accepted)])
    if not publications:
        return ()
    earliest = min(item.stated_at for item in publications)
    indicators = [indicator.id for indicator in theater.indicators]
    # Every version of whatever has a bearing is among them, however old.
    known = ledger.observations(indicators, known_at, first_day_with_bearing(theater, earliest))
    last = _LastDraws(codec)
    restated: list[Restated] = []
    for number, item in enumerate(publications):
        report(Progress("restating", number, len(publications)))
        corrected = as_corrected(theater, known, item.stated_at)
        if _bears(theater, known, corrected, item.stated_at):
            restated.append(state_corrected(theater, item, corrected, ledger=ledger, fits=fits, codec=last))
        else:
            restated.append(
                Restated(
                    item.number,
                    changed=False,
                    status=item.status,
                    fit=item.fit,
                    odds=item.odds,
                    reason="",
                    as_of=item.as_of,
                    age_seconds=item.age_seconds,
                )
            )
    return tuple(restated)


def state_corrected(
    theater: Theater,
    publication: Publication,
    corrected: Sequence[Observation],
    *,
    ledger: Ledger,
    fits: FitBook,
    codec: DrawsCodec,
) -> Restated:
    """What these reports would have made us say in the place of a publication, by weights on the draws of then."""
    then = publication.stated_at
    on_record = _OnRecord(fits, then)
    try:
        fitted, _ = find_footing(theater, ledger=ledger, fits=on_record, codec=codec, as_of=then)
    except NoFitError as error:
        return _unfollowed(publication, str(error))
    standing = stand_on(theater, fitted, corrected, then)
    if standing.status is Status.REFIT_WANTED:
        return _unfollowed(publication, standing.reason or "a refit is wanted")
    rules = {(item.scenario, item.horizon_days): item.rule for item in publication.odds}
    stated = state_odds(standing, then)
    odds = tuple(
        StatedOdds.of(item, publication.opens_on, rules.get((item.scenario, item.horizon_days), "")) for item in stated
    )
    return Restated(
        publication.number,
        changed=True,
        status=standing.status,
        fit=standing.fit.id,
        odds=odds,
        reason="",
        as_of=stated[0].as_of,
        age_seconds=stated[0].age_seconds,
    )


def _unfollowed(publication: Publication, reason: str) -> Restated:
    return Restated(publication.number, changed=True, status=None, fit=None, odds=(), reason=reason)


def _bears(theater: Theater, known: Sequence[Observation], corrected: Sequence[Observation], then: datetime) -> bool:
    """Whether the evidence with hindsight is another than the one that was on record."""
    design = lay_out(theater)
    on_record = [item for item in known if item.written_at <= then]
    before, after = (counted(theater, design, derive_evidence(theater, rows, then)) for rows in (on_record, corrected))
    return before != after


@dataclass(eq=False)
class _LastDraws:
    """A codec that keeps what it decoded last: neighboring publications are mostly stated by the same fit."""

    codec: DrawsCodec
    data: bytes = b""
    ensemble: Ensemble | None = None

    def encode(self, ensemble: Ensemble) -> bytes:
        """As the codec does."""
        return self.codec.encode(ensemble)

    def decode(self, data: bytes) -> Ensemble:
        """As the codec does, and at once where it is the same as before."""
        if self.ensemble is None or data != self.data:
            self.data, self.ensemble = data, self.codec.decode(data)
        return self.ensemble


@dataclass(frozen=True, eq=False, slots=True)
class _OnRecord:
    """The fits that were on record at an instant, whatever instant they are of."""

    fits: FitBook
    then: datetime

    def save(self, fit: Fit, draws: bytes, actor: str) -> None:
        """As the book does."""
        self.fits.save(fit, draws, actor)

    def find(self, fit_id: str) -> Fit | None:
        """The fit of that id, if it was there."""
        fit = self.fits.find(fit_id)
        return None if fit is None or fit.recorded_at > self.then else fit

    def accepted(self, theater: str, as_of: datetime) -> list[Fit]:
        """The accepted ones that were there."""
        return [fit for fit in self.fits.accepted(theater, as_of) if fit.recorded_at <= self.then]

    def recorded(self, theater: str, as_of: datetime) -> list[Fit]:
        """All that were there."""
        return self.fits.recorded(theater, min(as_of, self.then))

    def draws(self, fit: Fit) -> bytes:
        """As the book has them."""
        return self.fits.draws(fit)
