"""The one error tree. A class docstring says what went wrong; the data are attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """One thing wrong with an input: where, which field, what was there, what would be accepted."""

    file: str
    line: int | None
    field: str
    value: str
    accepted: str

    def __str__(self) -> str:
        place = ":".join(part for part in (self.file, str(self.line or "")) if part)
        head = f"{place}: " if place else ""
        got = f" is {self.value}" if self.value else ""
        return f"{head}{self.field}{got}; accepted: {self.accepted}"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an observation: what it says, who wrote it when, and why."""

    id: str
    says: str
    author: str
    written_at: datetime
    reason: str
    withdrawn: bool

    def __str__(self) -> str:
        what = f"withdraws {self.says}" if self.withdrawn else self.says
        why = f": {self.reason}" if self.reason else ""
        return f"{self.id} ({what}), by {self.author} at {self.written_at:%Y-%m-%d %H:%M:%S} UTC{why}"


class TocsinError(Exception):
    """Every error that Tocsin raises on purpose."""


class InvalidInputError(TocsinError):
    """Input was refused and nothing was written; `problems` lists everything wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems in file and line order."""
        self.problems: tuple[Problem, ...] = tuple(
            sorted(problems, key=lambda problem: (problem.file, problem.line or 0, problem.field))
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))


class InvalidDeclarationError(InvalidInputError):
    """Declared files (theaters, scenarios, indicators) were refused."""


class InvalidObservationError(InvalidInputError):
    """Observations were refused."""


class ConflictError(TocsinError):
    """Somebody else has changed or withdrawn an observation that was to be changed; nothing was written."""

    def __init__(self, changed: str, meant: Version, standing: Version) -> None:
        """Keep both versions.

        Args:
            changed: Id of the observation that both changes are of.
            meant: The change that is refused.
            standing: What has become of the observation: its last correction, or its retraction.
        """
        self.changed = changed
        self.meant = meant
        self.standing = standing
        done = "withdrawn" if standing.withdrawn else "changed"
        advice = (
            "what is withdrawn cannot be changed; report it anew"
            if standing.withdrawn
            else f"look at it, and change {standing.id} if yours still holds"
        )
        super().__init__(
            f"observation {changed} has been {done} already; nothing was written\n"
            f"  yours: {meant}\n  now: {standing}\n{advice}"
        )


class UnknownNameError(TocsinError):
    """A theater, scenario or indicator that was asked for is not declared."""

    def __init__(self, noun: str, name: str, known: Sequence[str]) -> None:
        """Say which names are known."""
        self.noun = noun
        self.name = name
        self.known = tuple(known)
        super().__init__(f"no {noun} named {name!r}; known: {', '.join(known) or 'none'}")


class NoFitError(TocsinError):
    """No accepted fit answers for this theater at this instant."""

    def __init__(self, theater: str, as_of: str) -> None:
        """Say what to do about it."""
        self.theater = theater
        self.as_of = as_of
        super().__init__(
            f"theater {theater!r} has no accepted fit as of {as_of}; run: tocsin fit {theater} --as-of {as_of}"
        )


class OutdatedFitError(TocsinError):
    """The latest fit is of other declared files than those at hand, so it can only repeat the odds that it stated."""

    def __init__(self, fit: str, theater: str, as_of: str) -> None:
        """Say what to do about it."""
        self.fit = fit
        self.theater = theater
        self.as_of = as_of
        super().__init__(f"the declared files have changed since fit {fit}; run: tocsin fit {theater} --as-of {as_of}")


class RefitWantedError(TocsinError):
    """What was asked is more than the draws of the present fit can answer."""

    def __init__(self, theater: str, reason: str, instant: str) -> None:
        """Say why, and what to do about it."""
        self.theater = theater
        self.reason = reason
        self.instant = instant
        super().__init__(
            f"this cannot be answered from the draws of the present fit, as, with what is imagined, {reason}; "
            f"a fit nearer to it may do, run: tocsin fit {theater} --as-of {instant}"
        )


class FitRejectedError(TocsinError):
    """A fit did not pass the gate; it is kept with its reasons and never published."""

    def __init__(self, fit: str, reasons: Sequence[str]) -> None:
        """Keep every reason."""
        self.fit = fit
        self.reasons = tuple(reasons)
        super().__init__(f"fit {fit} was rejected: {'; '.join(reasons)}")


class FitInterruptedError(TocsinError):
    """A fit was stopped before it ended (its deadline passed, or it was cancelled); nothing was kept."""

    def __init__(self, reason: str) -> None:
        """Say which of the two it was."""
        self.reason = reason
        super().__init__(f"the fit was stopped: {reason}; the last accepted fit is unchanged")


class SamplerFailedError(TocsinError):
    """The sampler itself broke down; nothing was kept."""


class DamagedArtifactError(TocsinError):
    """Stored draws do not match their recorded SHA-256, or cannot be read."""

    def __init__(self, path: str, detail: str) -> None:
        """Name the file."""
        self.path = path
        self.detail = detail
        super().__init__(f"stored draws in {path} cannot be trusted: {detail}")


class StoreError(TocsinError):
    """The store cannot be used as it is."""


class UnserializableRecipeError(TocsinError):
    """A recipe holds a value that has no canonical form, so its fingerprint would not be stable."""

    def __init__(self, path: str, value: object) -> None:
        """Name the place in the recipe."""
        self.path = path
        super().__init__(
            f"{path} is {value!r} ({type(value).__name__}); accepted: text, finite numbers, "
            "true/false, dates, arrays of numbers, and lists or mappings of these"
        )
