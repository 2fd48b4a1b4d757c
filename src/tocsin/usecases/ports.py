"""What the use cases need from outside: each port has one adapter for real use, and tests may bring their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tocsin.domain.errors import FitInterruptedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from tocsin.domain.diagnosis import Diagnosis
    from tocsin.domain.fit import Fit
    from tocsin.domain.observation import Observation
    from tocsin.ensemble.cells import CellArrays, WindowArrays
    from tocsin.ensemble.design import Design, Floats
    from tocsin.ensemble.draws import Draws
    from tocsin.ensemble.ensemble import Ensemble


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording did: ids of the new observations, and how many were in the ledger already."""

    added: tuple[str, ...]
    known_already: int


class Ledger(Protocol):
    """The append-only, bitemporal record of observations."""

    def record(self, observations: Sequence[Observation]) -> Recorded:
        """Write all of them in one transaction, or none. Content that is there already is left as it is.

        ConflictError where one supersedes a version that is superseded already, or that withdraws.
        """
        ...

    def named(self, beginning: str) -> list[Observation]:
        """The observations whose id is this or begins with it, whatever became of them; a few where they are many."""
        ...

    def observations(self, indicators: Collection[str], as_of: datetime) -> list[Observation]:
        """Everything recorded about these indicators by an instant, superseded and withdrawn rows included."""
        ...


class FitBook(Protocol):
    """The record of fits and their draws."""

    def save(self, fit: Fit, draws: bytes) -> None:
        """Write the draws, then the row: a reader never sees a row whose draws are not whole."""
        ...

    def find(self, fit_id: str) -> Fit | None:
        """The fit of that id, accepted or not."""
        ...

    def accepted(self, theater: str, as_of: datetime) -> list[Fit]:
        """The accepted fits whose `as_of` is not after the given one: the latest first, of equals the last recorded."""
        ...

    def draws(self, fit: Fit) -> bytes:
        """The stored draws; DamagedArtifactError if they do not match `fit.sha256`."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far long work has come: `done` of `total` units of one phase, such as draws of "sampling"."""

    phase: str
    done: int
    total: int


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
