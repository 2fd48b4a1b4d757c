"""Identities: somebody whom an identity provider vouches for, which role that gives, and what they are called here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.access import Role
from tocsin.domain.account import read_name
from tocsin.domain.errors import InvalidInputError, NotSignedInError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 500  # as long as the store's column
_LONGEST_NAME = 64
_MARK_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody whom an identity provider vouches for.

    Attributes:
        issuer: The provider's address.
        subject: Whom it means: its own id of them, which it gives to nobody else.
        names: What they may be called, best first; none of these says who they are.
        groups: What the provider says that they belong to.
    """

    issuer: str
    subject: str
    names: tuple[str, ...]
    groups: frozenset[str]

    @property
    def key(self) -> str:
        """`issuer subject`, as an account keeps it; NotSignedInError where it could not.

        >>> Identity("https://id.example", "248", (), frozenset()).key
        'https://id.example 248'
        """
        key = f"{self.issuer} {self.subject}"
        if not self.subject or not self.subject.isprintable() or len(key) > _LONGEST:
            raise NotSignedInError("the identity provider names nobody, or by an id that cannot be kept")
        return key


def given_role(groups: frozenset[str], roles: Mapping[str, Role]) -> Role | None:
    """The role that somebody's groups give: of several the one that may most; None where they give none.

    >>> given_role(frozenset({"watch", "choir"}), {"desk": Role.ANALYST, "watch": Role.OFFICER})
    <Role.OFFICER: 'officer'>
    """
    order = list(Role)
    return max((roles[group] for group in groups & roles.keys()), key=order.index, default=None)


def proposed_names(identity: Identity) -> tuple[str, str]:
    """What an account for an identity is called, and what where that name is taken.

    The second is marked with its own identity: a name that somebody else has is no proof of being them.

    >>> proposed_names(Identity("https://id.example", "248", ("Ada!", "ada@example.org"), frozenset()))
    ('ada@example.org', 'ada@example.org+7fdcf733')
    """
    mark = hashlib.sha256(identity.key.encode()).hexdigest()[:_MARK_DIGITS]
    for proposed in identity.names:
        try:
            name = read_name(proposed)
        except InvalidInputError:
            continue
        return name, f"{name[: _LONGEST_NAME - _MARK_DIGITS - 1]}+{mark}"
    return f"person+{mark}", f"person+{mark}+2"
