"""Who may do what: roles, the rights that they give, and whom a request comes from. What is not given is denied."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Right(StrEnum):
    """One kind of thing that somebody may do."""

    READ = "read"
    """See odds, evidence, fits, publications and scores; ask what if."""
    OBSERVE = "observe"
    """Log, correct, retract and import observations; decide what feeds brought for review."""
    ACKNOWLEDGE = "acknowledge"
    """Acknowledge, assign and silence alerts."""
    FIT = "fit"
    """Have a theater fitted now."""
    RESOLVE = "resolve"
    """Judge how a scenario's window came out."""
    OPERATE = "operate"
    """See what runs, workers, feeds and metrics."""
    ADMINISTER = "administer"
    """Accounts, keys, other people's sessions, alert rules, destinations, and the audit."""


class Role(StrEnum):
    """What an account or a key is for."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    OFFICER = "officer"
    ADMIN = "admin"


KEY_PREFIX = "key:"
"""What the name of a program with an API key begins with."""
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.READ}),
    Role.ANALYST: frozenset({Right.READ, Right.OBSERVE, Right.FIT, Right.OPERATE}),
    Role.OFFICER: frozenset({Right.READ, Right.OBSERVE, Right.FIT, Right.OPERATE, Right.ACKNOWLEDGE, Right.RESOLVE}),
    Role.ADMIN: frozenset(Right),
}
"""An officer keeps the board at night and logs what comes in; to judge a window is not for who reports on it."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a request comes from.

    Attributes:
        name: What stands in the audit and as the author of what they write: the account's name, or `key:<id>`.
        role: What they are for.
        theaters: The theaters that they may see; None for all.
        session: Id of the session that the request came by; None where it was a key.
        until: When the key ends that the request came by; None where it does not, and where it was a session.
    """

    name: str
    role: Role
    theaters: frozenset[str] | None
    session: str | None = None
    until: datetime | None = None

    @property
    def is_key(self) -> bool:
        """Whether they are a program with an API key; no account's name has a colon.

        >>> Principal("key:00ff00ff00ff", Role.ADMIN, None).is_key, Principal("ada", Role.ADMIN, None).is_key
        (True, False)
        """
        return self.name.startswith(KEY_PREFIX)

    def may(self, right: Right, theater: str | None = None) -> bool:
        """Whether they have a right and, where a theater is named, may see that theater.

        >>> Principal("ada", Role.ANALYST, frozenset({"tunisia"})).may(Right.OBSERVE, "tunisia")
        True
        >>> Principal("ada", Role.ANALYST, frozenset({"tunisia"})).may(Right.READ, "mali")
        False
        """
        return right in RIGHTS[self.role] and (theater is None or self.theaters is None or theater in self.theaters)

    def may_give(self, role: Role, theaters: frozenset[str] | None) -> bool:
        """Whether a role in some theaters, None for all of them, is no more than they have themselves.

        >>> Principal("ada", Role.ADMIN, frozenset({"tunisia"})).may_give(Role.VIEWER, None)
        False
        """
        within = self.theaters is None or (theaters is not None and theaters <= self.theaters)
        return within and RIGHTS[role] <= RIGHTS[self.role]
