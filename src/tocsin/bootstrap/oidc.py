"""Sign-in by OpenID Connect as the settings have it: all of it or nothing, checked before anybody is answered."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tocsin.domain.access import Role
from tocsin.domain.errors import InvalidInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.settings import Settings

CALLBACK = "/api/v1/session/oidc/callback"
_NEEDED = ("issuer", "client_id", "client_secret", "redirect", "roles")
_GUARDED = "an https address (http at this machine alone) without user, query or fragment"


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """What an identity provider and we know of each other.

    Attributes:
        issuer: The provider's address, as it stands in its tokens.
        client_id: What it calls us.
        client_secret: By what it knows us.
        redirect: The public address of our callback.
        role_claim: The claim that holds somebody's groups.
        roles: Which role a group gives.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect: str
    role_claim: str
    roles: Mapping[str, Role]


def read_oidc(settings: Settings) -> OidcSettings | None:
    """The settings of sign-in by OpenID Connect; None where none is set.

    InvalidInputError that names every one that is missing or cannot be, or the extra that is not installed.
    """
    given: dict[str, str] = {name: getattr(settings, f"oidc_{name}") or "" for name in _NEEDED}
    given["client_secret"] = settings.credential("oidc_client_secret")
    if not any(given.values()):
        return None
    problems = [
        _problem(name, "", "a value, as sign-in by OpenID Connect is set up in part")
        for name in _NEEDED
        if not given[name]
    ]
    issuer, redirect = given["issuer"], given["redirect"]
    if issuer and (not is_guarded(issuer) or "?" in issuer):
        problems.append(_problem("issuer", issuer, _GUARDED))
    if redirect and (not is_guarded(redirect) or not redirect.endswith(CALLBACK)):
        problems.append(_problem("redirect", redirect, f"{_GUARDED}, which ends in {CALLBACK}"))
    roles = _read_roles(given["roles"], problems)
    if find_spec("joserfc") is None:
        accepted = "unset, or set with the extra installed: pip install 'tocsin[oidc]'"
        problems.append(Problem("environment", None, "TOCSIN_OIDC_*", "set", accepted))
    if problems:
        raise InvalidInputError(problems)
    known_by = given["client_id"], given["client_secret"]
    return OidcSettings(issuer, *known_by, redirect, settings.oidc_role_claim, roles)


def is_guarded(address: str) -> bool:
    """Whether what goes to an address is read by nobody on the way.

    >>> [is_guarded(item) for item in ("https://id.example/a", "http://127.0.0.1:8080", "http://id.example")]
    [True, True, False]
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    sane = bool(host) and address.isascii() and address.isprintable() and not set(address) & set(" \\#")
    unread = parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))
    return sane and unread and "@" not in parts.netloc


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read_roles(text: str, problems: list[Problem]) -> dict[str, Role]:
    """Which role each group gives; what cannot be read is added to the problems."""
    accepted = f"group=role with commas between, each group once and each role one of {', '.join(Role)}"
    found: dict[str, Role] = {}
    for part in text.split(",") if text else ():
        group, _, role = (item.strip() for item in part.rpartition("="))
        if not group or role not in set(Role) or group in found:
            problems.append(_problem("roles", part.strip(), accepted))
        else:
            found[group] = Role(role)
    return found


def _problem(name: str, value: str, accepted: str) -> Problem:
    return Problem("environment", None, f"TOCSIN_OIDC_{name.upper()}", repr(value) if value else "not set", accepted)
