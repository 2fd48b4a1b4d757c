"""Accounts: who may sign in, and what may become of an account, which the store asks in its transaction."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tocsin.domain.access import Principal, Role
from tocsin.domain.errors import InvalidInputError, LastAdminError, NotAllowedError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
# No colon: `key:<id>` in the audit is a key and nobody's name.
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
_ACCEPTED_NAME = "1 to 64 of a–z, 0–9 and . _ @ + -, the first a letter or a digit; upper case is folded"
_ACCEPTED_PASSWORD = (
    f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, and not the account's name; "
    "several words are easy to keep in mind"
)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in.

    Attributes:
        id: Its id, which stays.
        name: Its name, folded to lower case; it stands as the author of what they write and never changes.
        role: What they are for.
        theaters: The theaters that they may see; None for all.
        password: Argon2 in its own notation; None where somebody signs in elsewhere only.
        identity: `issuer subject` at an identity provider; None where there is none.
        created_at: Since when there is one.
        disabled_at: Since when nobody may use it; None where somebody may.
    """

    id: str
    name: str
    role: Role
    theaters: frozenset[str] | None
    password: str | None = field(repr=False)
    identity: str | None
    created_at: datetime
    disabled_at: datetime | None = None

    def principal(self, session: str | None = None) -> Principal:
        """Whom a request with this account comes from."""
        return Principal(self.name, self.role, self.theaters, session)

    @property
    def keeps_the_door(self) -> bool:
        """Whether it can give every right in every theater: an enabled administrator of all of them."""
        return self.role is Role.ADMIN and self.theaters is None and self.disabled_at is None


def read_name(text: str) -> str:
    """A name as it is kept; InvalidInputError where it cannot be one.

    >>> read_name("Ada.L@example.org")
    'ada.l@example.org'
    """
    name = unicodedata.normalize("NFC", text).strip().lower()
    if not _NAME.fullmatch(name):
        raise InvalidInputError([Problem("", None, "name", repr(text[:100]), _ACCEPTED_NAME)])
    return name


def fold_name(text: str) -> str:
    """A name as it is looked for; empty where no account can have it: a store is not asked for what it cannot hold.

    >>> fold_name(" Ada "), fold_name("key:1")
    ('ada', '')
    """
    name = text.strip().lower()
    return name if _NAME.fullmatch(name) else ""


def read_password(text: str, name: str) -> str:
    """A new password as it is hashed; InvalidInputError, which does not repeat it, where it cannot be one."""
    password = fold_password(text)
    if any(unicodedata.category(letter) == "Cs" for letter in password):
        raise InvalidInputError([Problem("", None, "password", "half a character in it", _ACCEPTED_PASSWORD)])
    too_plain = password.lower() == name or len(set(password)) == 1
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD or too_plain:
        found = "the name, or one character again and again" if too_plain else f"{len(password)} characters long"
        raise InvalidInputError([Problem("", None, "password", found, _ACCEPTED_PASSWORD)])
    return password


def fold_password(text: str) -> str:
    """One form for what keyboards send in several: the same letters typed elsewhere must be the same password."""
    return unicodedata.normalize("NFKC", text)


def refuse_to_give(actor: Principal, role: Role, theaters: frozenset[str] | None) -> None:
    """NotAllowedError where somebody would give, or change what has, more than they have themselves."""
    if not actor.may_give(role, theaters):
        where = "every theater" if theaters is None else f"the theaters {', '.join(sorted(theaters)) or '(none)'}"
        raise NotAllowedError(actor.name, f"give or take the role {role} in {where}, which is more than theirs")


def altered(
    before: Account, others: Iterable[Account], actor: Principal, alter: Callable[[Account], Account]
) -> Account:
    """An account as somebody would have it.

    Args:
        before: The account as it stands.
        others: Every other account.
        actor: Who changes it.
        alter: What they want of it.

    NotAllowedError where the actor has less than the account has or would have; LastAdminError where nobody would be
    left who can give every right.
    """
    after = alter(before)
    refuse_to_give(actor, before.role, before.theaters)
    refuse_to_give(actor, after.role, after.theaters)
    if before.keeps_the_door and not after.keeps_the_door and not any(item.keeps_the_door for item in others):
        raise LastAdminError(before.name)
    return after


def disabled(account: Account, now: datetime) -> Account:
    """The account, disabled; since when it is stays where it is already."""
    return account if account.disabled_at is not None else replace(account, disabled_at=now)


def differences(before: Account, after: Account) -> dict[str, object]:
    """What a change did, as the audit tells it; of a password only that it is another."""
    told: dict[str, object] = {}
    if before.role is not after.role:
        told["role"] = [before.role.value, after.role.value]
    if before.theaters != after.theaters:
        told["theaters"] = [_listed(before.theaters), _listed(after.theaters)]
    if before.password != after.password:
        told["password"] = True
    if before.identity != after.identity:
        told["identity"] = True
    if (before.disabled_at is None) is not (after.disabled_at is None):
        told["disabled"] = after.disabled_at is not None
    return told


def _listed(theaters: frozenset[str] | None) -> list[str] | None:
    return None if theaters is None else sorted(theaters)
