"""The one error tree. A class docstring says what went wrong; the data are attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.domain.version import Version


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


class TocsinError(Exception):
    """Every error that Tocsin raises on purpose."""


class InvalidInputError(TocsinError):
    """Input was refused and nothing was written; `problems` lists everything wrong with it."""

    def __init__(self, problems: Sequence[Problem], untold: int = 0) -> None:
        """Keep the problems in file and line order, and how many more there are at least, which nobody could read."""
        self.untold = untold
        self.problems: tuple[Problem, ...] = tuple(
            sorted(problems, key=lambda problem: (problem.file, problem.line or 0, problem.field))
        )
        more = [f"… and at least {untold:,} more"] if untold else []
        super().__init__("\n".join([*map(str, self.problems), *more]))


class InvalidDeclarationError(InvalidInputError):
    """Declared files (theaters, scenarios, indicators) were refused."""


class InvalidObservationError(InvalidInputError):
    """Observations were refused."""


class ConflictError(TocsinError):
    """Somebody else has changed or withdrawn an observation that was to be changed; nothing was written."""

    def __init__(self, changed: str, meant: Version, standing: Version) -> None:
        """Keep whose versions both are, the one that is refused, and the last correction or the retraction."""
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


class UnknownIdError(TocsinError):
    """What was asked for by its id is not there."""

    def __init__(self, noun: str, name: str, where: str) -> None:
        """Say where the ids that are there are listed."""
        self.noun = noun
        self.name = name
        self.where = where
        super().__init__(f"no {noun} with the id {name!r}; {where}")


class SettledOtherwiseError(TocsinError):
    """A window stands settled otherwise than whoever settles it now has seen; nothing was written."""

    def __init__(self, window: str, seen: str | None, standing: str, says: str) -> None:
        """Keep the window in words, whose resolution was to be superseded, whose stands, and what that one says."""
        self.window = window
        self.seen = seen
        self.standing = standing
        self.says = says
        named = "which was not named" if seen is None else f"and not by {seen}"
        super().__init__(
            f"{window} is settled by {standing}, {named}: {says}; look at it, and supersede {standing} if you still "
            "judge otherwise"
        )


class KeyReusedError(TocsinError):
    """An idempotency key stands for another request already; nothing was written."""

    def __init__(self, key: str) -> None:
        """Name the key."""
        self.key = key
        super().__init__(
            f"Idempotency-Key {key!r} was sent with another request within 24 hours; send each request under a key of "
            "its own, and the same one again only with the same address and body"
        )


class RequestAtWorkError(TocsinError):
    """The same request is at work just now; nothing more was written."""

    def __init__(self, key: str, retry_after_seconds: int, most_seconds: int) -> None:
        """Say when to ask again, and from when on it is done anew."""
        self.key = key
        self.retry_after_seconds = retry_after_seconds
        super().__init__(
            f"the request with Idempotency-Key {key!r} is at work; send it again in {retry_after_seconds} s, and hear "
            f"its answer: in {most_seconds} s at the latest, as it counts as left behind then, and is done anew"
        )


class ServerBusyError(TocsinError):
    """So much that takes long is asked for just now that there is no place for more; nothing was done."""

    def __init__(self, whose: str, retry_after_seconds: int) -> None:
        """Say whose work fills the places, `yours` or `others'`, and when to ask again."""
        self.whose = whose
        self.retry_after_seconds = retry_after_seconds
        wanted = "wait for what you have asked for" if whose == "yours" else "ask again"
        super().__init__(f"too much of {whose} is under way or in line; {wanted}, in {retry_after_seconds} s or later")


class WorkStoppedError(TocsinError):
    """What was asked for was stopped before it was done, and nothing was written."""


class NotSignedInError(TocsinError):
    """Who asks is not known, or their credential is not good any more."""

    def __init__(self, detail: str) -> None:
        """Say what was wrong with the credential, never the credential itself."""
        self.detail = detail
        super().__init__(f"{detail}; sign in, or send an API key as: Authorization: Bearer KEY")


class IdentityProviderError(TocsinError):
    """The identity provider did not answer as it should, so nobody can sign in by it."""

    def __init__(self, detail: str) -> None:
        """Say what it did, and no token, code or text of its own."""
        self.detail = detail
        super().__init__(f"the identity provider {detail}; a password or an API key still works")


class NotAllowedError(TocsinError):
    """Who asks is known and may not do this."""

    def __init__(self, name: str, right: str) -> None:
        """Name who asks, and the right that they lack."""
        self.name = name
        self.right = right
        super().__init__(f"{name} has no right to {right}; an administrator can give a role that has it")


class SessionWantedError(TocsinError):
    """An API key may not do this, whatever its role: only somebody who has signed in may."""

    def __init__(self, name: str) -> None:
        """Name the key, as the audit does."""
        self.name = name
        super().__init__(
            f"{name} is an API key, and what it gave an account would stay when it has ended; sign in, and do it there"
        )


class TooManyAttemptsError(TocsinError):
    """Signing in failed too often; nobody may try now, not even with the right password."""

    def __init__(self, limit: str, wait_seconds: int) -> None:
        """Say which limit was reached, and for how long it lasts."""
        self.limit = limit
        self.wait_seconds = wait_seconds
        whose = {"name": "with this name", "address": "from this address"}.get(limit, "of all names and addresses")
        super().__init__(
            f"too many sign-ins {whose} have failed; try again in {wait_seconds} s. Sessions and API keys go on working"
        )


class LastAdminError(TocsinError):
    """The last administrator of all theaters would be gone; nothing was written."""

    def __init__(self, name: str) -> None:
        """Name the account."""
        self.name = name
        super().__init__(
            f"{name} is the last account that can give every right; make another one first: "
            "tocsin user add NAME --role admin"
        )


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


class DamagedBackupError(TocsinError):
    """A backup does not hold what it says, or what should be backed up is damaged already."""

    def __init__(self, path: str, detail: str) -> None:
        """Name the file."""
        self.path = path
        self.detail = detail
        super().__init__(
            f"{path} cannot be trusted: {detail}; use another backup, or mend what it names and back up anew"
        )


class StoreError(TocsinError):
    """The store cannot be used as it is."""


class DamagedStoreError(StoreError):
    """The store holds something else than was written into it."""


class FeedError(TocsinError):
    """A feed could not be taken in; its watermark stays where it was."""


class FeedUnavailableError(FeedError):
    """The upstream did not answer as it should: it may do so later."""

    def __init__(self, feed: str, detail: str, retry_after_seconds: float | None = None) -> None:
        """Keep how long the upstream asked us to wait, where it did."""
        self.feed = feed
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds
        wait = "" if retry_after_seconds is None else f"; it asks to wait {retry_after_seconds:g} s"
        super().__init__(f"feed {feed} is unavailable: {detail}{wait}")


class FeedRefusedError(FeedError):
    """The upstream refuses the credential: somebody must renew it, and asking again does not help."""

    def __init__(self, feed: str, detail: str, variable: str) -> None:
        """Name the environment variable that holds the credential."""
        self.feed = feed
        self.detail = detail
        self.variable = variable
        super().__init__(f"feed {feed} refuses us: {detail}; set {variable}, or {variable}_FILE, anew")


class FeedFormatError(FeedError):
    """What the upstream sent is not of the form that is known."""

    def __init__(self, feed: str, detail: str) -> None:
        """Say what was found and what is known."""
        self.feed = feed
        self.detail = detail
        super().__init__(f"feed {feed} sent what cannot be read: {detail}")


class FetchRefusedError(FeedError):
    """An address was not fetched, as it leads where feeds may not go."""

    def __init__(self, address: str, detail: str) -> None:
        """Say which address, and why; it holds no credential."""
        self.address = address
        self.detail = detail
        super().__init__(f"{address} was not fetched: {detail}")


class JobBusyError(TocsinError):
    """A job was to be run that is running already; one run of a job is at work at a time."""

    def __init__(self, job: str, owner: str, since: str) -> None:
        """Say who runs it, and since when."""
        self.job = job
        self.owner = owner
        self.since = since
        super().__init__(f"job {job!r} is running already, by worker {owner} since {since}; see: tocsin jobs")


class JobOvertakenError(TocsinError):
    """A job was to be run at an instant for which a later slot stands already: the clock has been set back."""

    def __init__(self, job: str, slot: str, state: str, now: str) -> None:
        """Name the later slot, and what the clock shows."""
        self.job = job
        self.slot = slot
        super().__init__(
            f"job {job!r} is not run: it is {now} by this clock, and its slot of {slot} is {state} already, "
            "which stands for all before it; set the clock, or wait until it has passed that slot"
        )


class JobInterruptedError(TocsinError):
    """A job was stopped before it ended; what it had done stays."""

    def __init__(self, slot: str) -> None:
        """Say of which slot."""
        self.slot = slot
        super().__init__(
            f"the run for the slot of {slot} was stopped: its worker stops, its lease was lost, or its deadline "
            "passed; what it had done stays, and doing it again changes nothing"
        )


class UnserializableRecipeError(TocsinError):
    """A recipe holds a value that has no canonical form, so its fingerprint would not be stable."""

    def __init__(self, path: str, value: object) -> None:
        """Name the place in the recipe."""
        self.path = path
        super().__init__(
            f"{path} is {value!r} ({type(value).__name__}); accepted: text, finite numbers, "
            "true/false, dates, arrays of numbers, and lists or mappings of these"
        )
