"""What the use cases need from outside: each port has one adapter for real use, and tests may bring their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tocsin.domain.errors import FitInterruptedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from tocsin.domain.backtest import Forecast
    from tocsin.domain.diagnosis import Diagnosis
    from tocsin.domain.event import Event, EventKind
    from tocsin.domain.fit import Fit
    from tocsin.domain.observation import Observation
    from tocsin.domain.publication import Publication
    from tocsin.domain.resolution import Resolution
    from tocsin.ensemble.cells import CellArrays, WindowArrays
    from tocsin.ensemble.design import Design, Floats
    from tocsin.ensemble.draws import Draws
    from tocsin.ensemble.ensemble import Ensemble


@dataclass(frozen=True, slots=True)
class Progress:
    """How far long work has come: `done` of `total` units of one phase, such as draws of "sampling"."""

    phase: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording did.

    Attributes:
        added: Ids of the new observations.
        known_already: How many were in the ledger, or earlier in the batch.
        turn: When the writer's turn came, before which none of them counts as written down; None where nobody looked.
    """

    added: tuple[str, ...]
    known_already: int
    turn: datetime | None = None

    def written(self, item: Observation) -> Observation:
        """An observation that was to be recorded, as it was."""
        return item if self.turn is None else item.written_from(self.turn)


def in_silence(progress: Progress) -> None:
    """Tell nobody."""


type LedgerPlace = tuple[date, datetime, str]
"""Where an observation stands in the order of the ledger: its day, the instant since which it is known, and its id."""


@dataclass(frozen=True, slots=True)
class LedgerQuestion:
    """Which observations: of these indicators, known by `as_of`, of days from `since` through `until`.

    With `everything` also those that had been superseded or withdrawn by then, and what withdrew them.
    """

    indicators: tuple[str, ...]
    as_of: datetime
    since: date | None = None
    until: date | None = None
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Stood:
    """An observation, and the one that had superseded it by the instant asked about; None where it stood."""

    observation: Observation
    changed_by: Observation | None


class Ledger(Protocol):
    """The append-only, bitemporal record of observations."""

    def record(self, observations: Sequence[Observation], report: Callable[[Progress], None] = in_silence) -> Recorded:
        """Write all of them in one transaction, or none. Content that is there already is left as it is.

        ConflictError where one supersedes a version that is superseded already, or that withdraws. What `report`
        raises leaves the ledger as it was; it is not called any more once the transaction is being committed.
        """
        ...

    def await_writers(self) -> None:
        """Wait until whoever is writing has committed.

        What counts as known by an instant that has passed is then all there, and stays what it is.
        """
        ...

    def held(self, observations: Sequence[Observation]) -> frozenset[str]:
        """The fingerprints of those whose content is in the ledger already, whatever became of it."""
        ...

    def named(self, beginning: str) -> list[Observation]:
        """The observations whose id is this or begins with it, whatever became of them; a few where they are many."""
        ...

    def observations(
        self,
        indicators: Collection[str],
        as_of: datetime,
        since: date | None = None,
        origins: Collection[str] = (),
    ) -> list[Observation]:
        """Everything recorded about these indicators by an instant, superseded and withdrawn rows included.

        With `since`, only what has a bearing on the days from it on, for that instant and every earlier one: what was
        observed on them; the echoes of it, and of `origins`, however old; and all other versions of any of these.
        """
        ...

    def page(self, asked: LedgerQuestion, after: LedgerPlace | None, limit: int) -> list[Stood]:
        """At most `limit` of the observations asked for that come after a place, in order of `LedgerPlace`.

        It costs what the page holds, however large the ledger is.
        """
        ...

    def written(
        self, indicators: Collection[str], as_of: datetime, after: datetime | None
    ) -> tuple[datetime, datetime] | None:
        """When the first and the last about these indicators were written down by an instant and after another.

        None where nothing was. Nothing is read for it: it is asked often, of a ledger of any size.
        """
        ...


class FitBook(Protocol):
    """The record of fits and their draws."""

    def save(self, fit: Fit, draws: bytes, actor: str) -> None:
        """Write the draws, then the row: a reader never sees a row whose draws are not whole.

        `actor` is who had it made; the event that tells of it says so.
        """
        ...

    def find(self, fit_id: str) -> Fit | None:
        """The fit of that id, accepted or not."""
        ...

    def accepted(self, theater: str, as_of: datetime) -> list[Fit]:
        """The accepted fits whose `as_of` is not after the given one: the latest first, of equals the last recorded."""
        ...

    def recorded(self, theater: str, as_of: datetime) -> list[Fit]:
        """Every fit of a theater recorded by an instant, rejected ones too: the last recorded first."""
        ...

    def draws(self, fit: Fit) -> bytes:
        """The stored draws; DamagedArtifactError if they do not match `fit.sha256`."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What may stop a fit: `cancelled` is asked several times a second, by several threads.

    `elapsed` are the seconds since it began.
    """

    deadline_seconds: float
    cancelled: Callable[[], bool]
    elapsed: Callable[[], float]

    def check(self) -> None:
        """FitInterruptedError once it is cancelled or the deadline has passed."""
        if self.cancelled():
            raise FitInterruptedError("it was cancelled")
        if self.elapsed() > self.deadline_seconds:
            raise FitInterruptedError(f"its deadline of {self.deadline_seconds:g} s passed")


@dataclass(frozen=True, eq=False, slots=True)
class Sampled:
    """Draws and where they came from.

    Attributes:
        draws: D draws.
        log_likelihood: (D,) log of p(evidence, occurrences | draw).
        diagnosis: Sampler health, with `odds_error` NaN until the odds are known; None for the prior's own draws.
        compile_seconds: Wall time to compile.
        sample_seconds: Wall time to sample.
    """

    draws: Draws
    log_likelihood: Floats
    diagnosis: Diagnosis | None
    compile_seconds: float
    sample_seconds: float


class Sampler(Protocol):
    """Draws from the posterior."""

    @property
    def settings(self) -> Mapping[str, object]:
        """Everything but the data and the seed that decides the draws: sampler settings and library versions."""
        ...

    def sample(
        self,
        design: Design,
        cells: CellArrays,
        window: WindowArrays,
        *,
        seed: int,
        limits: Limits,
        report: Callable[[Progress], None],
    ) -> Sampled:
        """Sample, or raise FitInterruptedError within a second of being stopped; compiling is finished first."""
        ...


class DrawsCodec(Protocol):
    """Turns an ensemble into bytes and back, bit for bit."""

    def encode(self, ensemble: Ensemble) -> bytes:
        """The ensemble as bytes."""
        ...

    def decode(self, data: bytes) -> Ensemble:
        """The ensemble again; DamagedArtifactError where the bytes are not one."""
        ...


class PublicationBook(Protocol):
    """The append-only record of what was stated, one chain for the whole store."""

    def append(self, stated: Publication, after: int | None) -> Publication | None:
        """Chain a statement to the last and record it, or None where it no longer follows what it was decided on.

        Args:
            stated: What to record; its number and hashes are given here.
            after: Number of the theater's last publication when this was decided; None where there was none.

        The same statement again (`Publication.says`) gives back the publication that is on record.
        """
        ...

    def latest(self, theater: str, as_of: datetime) -> Publication | None:
        """The last publication of a theater that was stated by an instant."""
        ...

    def newest(self, theater: str) -> Publication | None:
        """The last publication of a theater, whenever it was stated: also by a clock that was ahead."""
        ...

    def publications(self, theater: str, as_of: datetime) -> list[Publication]:
        """The publications of a theater stated by an instant, in order of number."""
        ...

    def page(self, theaters: Collection[str], as_of: datetime, after: int, limit: int) -> list[Publication]:
        """At most `limit` publications of these theaters stated by an instant, of numbers above `after`, in order."""
        ...

    def chain(self) -> Iterator[Publication]:
        """Every publication of the store, in order of number; StoreError at a row that holds none."""
        ...


class ResolutionBook(Protocol):
    """The append-only record of how windows were settled."""

    def record(self, resolutions: Sequence[Resolution]) -> tuple[Resolution, ...]:
        """Write in one transaction those that still follow how their window stands settled; they are given back.

        One whose window has been settled otherwise meanwhile is left out: it was decided on what no longer stands.
        """
        ...

    def resolutions(self, theater: str, as_of: datetime) -> list[Resolution]:
        """Every version recorded by an instant, in order of instant and id."""
        ...


class ForecastShelf(Protocol):
    """What backtests have made already, apart from the record of what was stated."""

    def find(self, theater: str, recipe: str) -> Forecast | None:
        """What was made of that recipe; None where nothing was, or what is there is damaged."""
        ...

    def keep(self, theater: str, forecast: Forecast) -> None:
        """Keep it under its recipe; StoreError where that is not possible."""
        ...


class EventBook(Protocol):
    """The append-only record of what changed; each event is written with the change that it tells of."""

    def last(self) -> int:
        """The number of the last event; 0 where there is none. Whoever knows it knows whether anything has changed."""
        ...

    def after(
        self,
        number: int,
        limit: int,
        kinds: Collection[EventKind] = (),
        actor: str | None = None,
        subject: str | None = None,
    ) -> list[Event]:
        """The events that came after one, in order: of these kinds, by this actor, on this subject, or of all."""
        ...


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a store holds: corrections, retractions and rejected fits are counted too."""

    observations: int
    fits: int
    publications: int


class Tally(Protocol):
    """A look at how it stands with a store."""

    def require_current(self) -> None:
        """StoreError where the store cannot be reached, or its tables are not those of this program."""
        ...

    def counts(self) -> Counts:
        """How many of each there are; not quick where there are millions."""
        ...


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the store that is not as it was written.

    Attributes:
        part: Which part of the store: the name of a table, `draws` or `database`.
        where: Which row or file; empty where it is the whole part.
        what: What is wrong.
    """

    part: str
    where: str
    what: str


class Inspection(Protocol):
    """A look at everything that a store holds, which changes nothing."""

    def faults(self) -> Iterator[Fault]:
        """Rows that name no row, content that is not what its hash says, and triggers that are gone."""
        ...

    def fits(self) -> Iterator[Fit]:
        """Every fit that can be read, rejected ones too, in order of id; `faults` tells the others."""
        ...

    def draws(self) -> dict[str, datetime]:
        """The SHA-256 by which each file of draws is named, in order, and when the file was written."""
        ...

    def newest(self) -> datetime | None:
        """The latest instant at which anything was written down; None for an empty store."""
        ...
