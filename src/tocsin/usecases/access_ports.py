"""Ports about who may do what. `store/` has an adapter for each; every change is written with its events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from tocsin.domain.account import Account
    from tocsin.domain.api_key import ApiKey
    from tocsin.domain.event import Event
    from tocsin.domain.session import Session


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What becomes of an account.

    Attributes:
        account: The account as it is to be.
        events: What is told of it.
        closes: Whether its sessions are closed.
        keeps: The session that stays open all the same; None for none.
    """

    account: Account
    events: Sequence[Event]
    closes: bool
    keeps: str | None = None


class AccountBook(Protocol):
    """Accounts."""

    def add(self, account: Account, event: Event, *, first: bool = False) -> None:
        """Write a new account; InvalidInputError where the name is taken or, for a `first`, there is any account."""
        ...

    def named(self, name: str) -> Account | None:
        """The account of a name."""
        ...

    def identified(self, identity: str) -> Account | None:
        """The account of somebody whom an identity provider knows."""
        ...

    def accounts(self) -> list[Account]:
        """Every account, in order of name."""
        ...

    def change(self, name: str, decide: Callable[[Account, Sequence[Account]], AccountChange]) -> Account:
        """Let something be decided of an account, given all others, and do it, in one transaction.

        UnknownNameError where there is no such account; what `decide` raises leaves everything as it was.
        """
        ...


class SessionBook(Protocol):
    """Sessions."""

    def open(self, session: Session, password: str | None, event: Event, attempt: int | None) -> bool:
        """Write a new session and that the attempt to sign in succeeded; False where the account has changed meanwhile.

        Args:
            session: The session.
            password: The account's password, as it was read before it was verified.
            event: What is told of it.
            attempt: The number of the attempt; None where nobody tried a password.
        """
        ...

    def find(self, token: str) -> tuple[Session, Account] | None:
        """The session that has, or once had, a token of this SHA-256, and its account."""
        ...

    def rotate(self, session: Session, replaced: str, token: str, now: datetime) -> bool:
        """Give a session another token; False where it has another one than `session` says, or is closed.

        `replaced` is the one in whose place it comes, and which is taken until it is sent.
        """
        ...

    def take_up(self, session: Session) -> None:
        """Write down that a session's present token was sent."""
        ...

    def unclosed(self, account: str | None = None) -> list[tuple[Session, Account]]:
        """The sessions of an account, or of all, that nobody closed; newest first."""
        ...

    def close(self, session: str, now: datetime, event: Event) -> bool:
        """Close a session; False where it is closed already."""
        ...

    def note_seen(self, seen: Mapping[str, datetime]) -> None:
        """Write down when sessions were last used, by their ids."""
        ...


class KeyBook(Protocol):
    """API keys."""

    def add(self, key: ApiKey, event: Event) -> None:
        """Write a new key."""
        ...

    def find(self, key: str) -> ApiKey | None:
        """The key of an id."""
        ...

    def every(self) -> list[ApiKey]:
        """Every key, revoked and expired ones too, oldest first."""
        ...

    def revoke(self, key: str, now: datetime, event: Event) -> bool:
        """Revoke a key; False where it is revoked already."""
        ...

    def note_used(self, used: Mapping[str, datetime]) -> None:
        """Write down when keys were last used, by their ids."""
        ...


class SignInBook(Protocol):
    """Attempts to sign in, counted for all processes together."""

    def admit(self, name: str, address: str, now: datetime) -> int:
        """The number of an attempt, which counts as failed until it succeeds; TooManyAttemptsError where none may be.

        That a limit was reached is told once while it lasts.
        """
        ...

    def succeeded(self, attempt: int) -> None:
        """Write down that an attempt did not fail."""
        ...


class RefusalBook(Protocol):
    """What is refused again and again and is told now and then."""

    def note(self, event: Event, since: datetime) -> None:
        """Write an event, unless one of its kind and subject was written since an instant."""
        ...


class Passwords(Protocol):
    """Hashing of passwords."""

    def hash(self, password: str) -> str:
        """What is kept of a password."""
        ...

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether it is the password; without any kept, no, after as much work as with one."""
        ...

    def outdated(self, kept: str) -> bool:
        """Whether it would be hashed otherwise today."""
        ...

    def fingerprint(self, content: bytes, salt: bytes) -> str:
        """What tells something that holds a password apart, in 64 digits that are as hard to guess from as `hash`."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """Everything about who may do what."""

    accounts: AccountBook
    sessions: SessionBook
    keys: KeyBook
    sign_ins: SignInBook
    refusals: RefusalBook
    passwords: Passwords
