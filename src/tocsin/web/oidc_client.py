"""What is asked of the identity provider: what it declares, its keys, and tokens for codes; all of it bounded."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import httpx2

from tocsin.bootstrap.oidc import is_guarded
from tocsin.domain.errors import IdentityProviderError, NotSignedInError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tocsin.bootstrap.oidc import OidcSettings

# Its debug lines hold headers, and with them our secret.
logging.getLogger("httpcore2").setLevel(logging.WARNING)

_OK = 200
_STEP_SECONDS = 5.0
_TOTAL_SECONDS = 10.0
_MOST_BYTES = 512 * 1024
_KEPT_SECONDS = 3600.0
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
# The refusals that RFC 6749 knows; anything else that stands there could be anything.
_OF_US = {"invalid_client", "unauthorized_client"}
_KNOWN = _OF_US | {"invalid_request", "invalid_grant", "unsupported_grant_type", "invalid_scope"}

type Key = Mapping[str, Any]
"""A public key as the provider declares it (RFC 7517)."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What the provider says of itself.

    Attributes:
        authorization: Where people sign in.
        token: Where codes become tokens.
        keys: Where its keys are.
        scopes: What may be asked for, as far as it says.
    """

    authorization: str
    token: str
    keys: str
    scopes: frozenset[str]


class Provider:
    """The identity provider of the settings; what it declares and its keys are asked for again after an hour.

    Each question has a connection of its own: sign-ins are rare. No redirect is followed, and nothing of the
    environment counts.
    """

    def __init__(self, settings: OidcSettings) -> None:
        """Ask nothing yet: the provider may be down when we start."""
        self._settings = settings
        self._tls = httpx2.create_ssl_context()
        self._declared: tuple[float, Declared] | None = None
        self._keys: tuple[float, list[Key]] | None = None

    async def declared(self) -> Declared:
        """What it says of itself; IdentityProviderError where it does not, or says what cannot be."""
        if self._declared is None or _is_old(self._declared[0]):
            address = self._settings.issuer.removesuffix("/") + "/.well-known/openid-configuration"
            self._declared = time.monotonic(), _read_declared(await self._found(address), self._settings.issuer)
        return self._declared[1]

    async def keys(self, kid: str | None) -> Sequence[Key]:
        """Its keys; where one is named that is not among those we have, they are asked for anew, once."""
        if self._keys is not None and not _is_old(self._keys[0]):
            known = self._keys[1]
            if kid is None or any(key.get("kid") == kid for key in known):
                return known
        answer = await self._found((await self.declared()).keys)
        listed = answer.get("keys")
        if not isinstance(listed, list):
            raise IdentityProviderError("declares no keys")
        keys: list[Key] = [key for key in listed if isinstance(key, dict)]
        self._keys = time.monotonic(), keys
        return keys

    async def token(self, code: str, verifier: str) -> str:
        """The ID token for a code.

        NotSignedInError where the code is not taken; IdentityProviderError where the provider refuses us, or does not
        answer as it should.
        """
        known_by = f"{quote_plus(self._settings.client_id)}:{quote_plus(self._settings.client_secret)}"
        credential = "Basic " + base64.b64encode(known_by.encode()).decode("ascii")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.redirect,
            "code_verifier": verifier,
        }
        endpoint = (await self.declared()).token
        status, answer = await self._ask("POST", endpoint, {"Authorization": credential}, form)
        if status != _OK:
            raise _refusal(status, answer.get("error"))
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise IdentityProviderError("gives no ID token for a code; is the scope openid allowed to this client?")
        return token

    async def _found(self, address: str) -> dict[str, Any]:
        status, answer = await self._ask("GET", address, {}, None)
        if status != _OK:
            raise IdentityProviderError(f"answers {status} where it should declare what it is")
        return answer

    async def _ask(
        self, method: str, address: str, headers: dict[str, str], form: dict[str, str] | None
    ) -> tuple[int, dict[str, Any]]:
        """The status and the JSON object of an answer."""
        own = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
        try:
            async with (
                asyncio.timeout(_TOTAL_SECONDS),
                httpx2.AsyncClient(verify=self._tls, timeout=_STEP_SECONDS, trust_env=False) as client,
                client.stream(method, address, headers=own, data=form) as response,
            ):
                return response.status_code, _object(await _body(response), response.status_code)
        except (TimeoutError, httpx2.TimeoutException):
            raise IdentityProviderError(f"took too long (at most {_TOTAL_SECONDS:g} s)") from None
        except (httpx2.HTTPError, httpx2.InvalidURL):
            # What these say may quote the request.
            raise IdentityProviderError("cannot be reached, or does not speak HTTP") from None


async def _body(response: httpx2.Response) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise IdentityProviderError("sends a packed answer, which was not asked for")
    whole = bytearray()
    async for part in response.aiter_raw():
        whole += part
        if len(whole) > _MOST_BYTES:
            raise IdentityProviderError(f"sends more than {_MOST_BYTES:,} bytes")
    return bytes(whole)


def _object(body: bytes, status: int) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    if status == _OK:
        raise IdentityProviderError("answers with something that is no JSON object")
    return {}  # the status says enough


def _read_declared(found: Mapping[str, Any], issuer: str) -> Declared:
    """What a discovery document says; of another issuer it says nothing."""
    if found.get("issuer") != issuer:
        raise IdentityProviderError("declares another issuer than TOCSIN_OIDC_ISSUER names; they must be equal")
    for name in _ENDPOINTS:
        if not isinstance(found.get(name), str) or not is_guarded(found[name]):
            raise IdentityProviderError(f"declares no https address as {name}")
    methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if not isinstance(methods, list) or "client_secret_basic" not in methods:
        raise IdentityProviderError("does not take client_secret_basic")
    proofs = found.get("code_challenge_methods_supported", ["S256"])
    if not isinstance(proofs, list) or "S256" not in proofs:
        raise IdentityProviderError("does not take PKCE with S256")
    scopes = found.get("scopes_supported", [])
    texts = frozenset(item for item in scopes if isinstance(item, str)) if isinstance(scopes, list) else frozenset()
    return Declared(found["authorization_endpoint"], found["token_endpoint"], found["jwks_uri"], texts)


def _refusal(status: int, error: object) -> IdentityProviderError | NotSignedInError:
    if error == "invalid_grant":
        return NotSignedInError("the identity provider does not take the code: it was used before, or is too old")
    if error in _OF_US:
        return IdentityProviderError(f"refuses us ({error}); are TOCSIN_OIDC_CLIENT_ID and its secret what it gave?")
    told = f" ({error})" if isinstance(error, str) and error in _KNOWN else ""
    return IdentityProviderError(f"gives no token for a code: it answers {status}{told}")


def _is_old(since: float) -> bool:
    return time.monotonic() - since > _KEPT_SECONDS
