"""Sign-in at an identity provider, where one is set up: OpenID Connect, authorization code with PKCE.

What fetches and what verifies is loaded only then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tocsin.bootstrap.oidc import OidcSettings, read_oidc
from tocsin.domain.errors import IdentityProviderError, NotSignedInError
from tocsin.web.oidc_trip import Trip, Trips

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tocsin.domain.identity import Identity
    from tocsin.settings import Settings
    from tocsin.web.oidc_client import Provider

_LONGEST_CODE = 4096
_SCOPES = ("openid", "profile", "email")
# The refusals that RFC 6749 and OpenID Connect know; anything else that stands in an address could be anybody's.
_KNOWN = frozenset(
    {
        "access_denied",
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "invalid_request",
        "invalid_scope",
        "login_required",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_response_type",
    }
)


@dataclass(frozen=True, eq=False, slots=True)
class Oidc:
    """One identity provider, and the trips to it."""

    settings: OidcSettings
    provider: Provider
    trips: Trips

    async def address(self, trip: Trip) -> str:
        """Where a browser goes to sign in."""
        declared = await self.provider.declared()
        # Some providers tell groups only where they are asked to, by a scope of the claim's name.
        more = {self.settings.role_claim} & declared.scopes
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect,
            "scope": " ".join([*_SCOPES, *sorted(more - set(_SCOPES))]),
            "state": trip.state,
            "nonce": trip.nonce,
            "code_challenge": trip.challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in declared.authorization else "?"
        return f"{declared.authorization}{joint}{urlencode(asked)}"

    def came_back(self, cookie: str, answer: Mapping[str, str], now: datetime) -> tuple[Trip, str]:
        """The trip that a browser comes back from, and the code that it brings.

        NotSignedInError where this browser did not begin it, or the provider did not let anybody in. What else the
        provider says of why is not repeated: it stands in an address, which anybody can make.
        """
        trip = self.trips.known(cookie, now)
        if trip is None or not trip.is_of(answer.get("state", "")):
            begin = self.settings.redirect.removesuffix("/callback")
            raise NotSignedInError(f"this browser did not begin this sign-in, or too long ago; begin again at {begin}")
        if answer.get("iss", self.settings.issuer) != self.settings.issuer:
            raise NotSignedInError("another identity provider answers than was asked (RFC 9207)")
        error = answer.get("error")
        if error is not None:
            raise NotSignedInError(
                f"the identity provider lets nobody in: {error if error in _KNOWN else 'it refuses'}"
            )
        code = answer.get("code", "")
        if not 0 < len(code) <= _LONGEST_CODE:
            raise IdentityProviderError("sends a browser back without a code, or with one that is too long")
        return trip, code

    async def identity(self, trip: Trip, code: str, now: datetime) -> Identity:
        """Whom the provider vouches for; NotSignedInError or IdentityProviderError where it is nobody."""
        from tocsin.web.oidc_token import verified  # noqa: PLC0415 (only who has set it up pays for it)

        token = await self.provider.token(code, trip.verifier)
        return await verified(token, self.provider, self.settings, nonce=trip.nonce, begun=trip.begun, now=now)


def open_oidc(settings: Settings) -> Oidc | None:
    """Sign-in at the provider that the settings name; None where they name none."""
    found = read_oidc(settings)
    if found is None:
        return None
    from tocsin.web.oidc_client import Provider  # noqa: PLC0415 (only who has set it up pays for it)

    return Oidc(found, Provider(found), Trips(found.client_secret))
