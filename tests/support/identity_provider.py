"""A loopback identity provider: real HTTP, real signatures, codes that are good once, and lies on order."""

from __future__ import annotations

import base64
import hashlib
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus, urlencode

from joserfc import jwk, jwt

from support.upstream_server import Ask, Reply, Upstream, as_json, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from joserfc.jwk import Key

CLIENT = "tocsin at the desk"
SECRET = "no secret: +/&="  # noqa: S105 - opens nothing, and must be encoded to go into a header
REDIRECT = "http://localhost/api/v1/session/oidc/callback"
ROLES = "watch=officer,desk=analyst,chiefs=admin"


@cache
def signing_key(kid: str, kind: str = "RSA") -> Key:
    """A key of that name; made once, as it takes longer than most tests."""
    made = (2048,) if kind == "RSA" else ("P-256",)
    return jwk.generate_key(kind, *made, parameters={"kid": kid, "use": "sig"})


@dataclass
class IdentityProvider:
    """What it knows, and how it lies.

    Attributes:
        clock: The present instant.
        person: Claims about whoever signs in; all of them at once.
        alter: What becomes of an ID token's claims.
        sign: How an ID token is written, where it is not as it should be.
        document: What it declares otherwise than it should.
        signs_with: The key that signs.
        declares: The keys that it declares.
    """

    clock: Callable[[], datetime]
    person: dict[str, Any] = field(
        default_factory=lambda: {"sub": "248", "preferred_username": "ada", "groups": ["desk", "choir"]}
    )
    alter: Callable[[dict[str, Any]], None] = field(default=lambda _: None)
    sign: Callable[[dict[str, Any]], str] | None = None
    document: dict[str, Any] = field(default_factory=dict)
    signs_with: Key = field(default_factory=lambda: signing_key("first"))
    algorithm: str = "RS256"
    declares: list[Key] = field(default_factory=lambda: [signing_key("first")])
    tokens: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    upstream: Upstream = field(init=False)

    def __post_init__(self) -> None:
        self.upstream = Upstream(self._answer)

    @property
    def settings(self) -> dict[str, str]:
        """What Tocsin is told of it."""
        return {
            "oidc_issuer": self.upstream.base,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
            "oidc_redirect": REDIRECT,
            "oidc_roles": ROLES,
        }

    def _answer(self, ask: Ask) -> Reply:
        answers = {
            "/.well-known/openid-configuration": self._declare,
            "/keys": self._keys,
            "/authorize": self._authorize,
            "/token": self._token,
        }
        return answers[ask.path](ask)

    def _declare(self, _: Ask) -> Reply:
        base = self.upstream.base
        told = {
            "issuer": base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/keys",
            "scopes_supported": ["openid", "groups"],
        }
        return as_json(told | self.document)

    def _keys(self, _: Ask) -> Reply:
        strange = {"kty": "NEW", "kid": "of a kind that nobody knows yet"}
        return as_json({"keys": [strange, *(key.as_dict(private=False) for key in self.declares)]})

    def _authorize(self, ask: Ask) -> Reply:
        """Whoever comes is the person, and agrees."""
        asked = ask.query
        assert (asked["response_type"], asked["client_id"], asked["redirect_uri"]) == ("code", CLIENT, REDIRECT)
        assert asked["scope"] == "openid profile email groups"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = dict(asked)
        back = urlencode({"code": code, "state": asked["state"], "iss": self.upstream.base})
        return Reply(b"", 302, headers={"Location": f"{asked['redirect_uri']}?{back}"})

    def _token(self, ask: Ask) -> Reply:
        known_by = base64.b64decode(ask.headers["authorization"].removeprefix("Basic ")).decode()
        if [unquote_plus(part) for part in known_by.split(":")] != [CLIENT, SECRET]:
            return as_json({"error": "invalid_client", "error_description": known_by}, 401)
        asked = self.codes.pop(ask.form["code"], None)
        proof = hashlib.sha256(ask.form["code_verifier"].encode()).digest()
        shown = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != shown or asked["redirect_uri"] != ask.form["redirect_uri"]:
            return as_json({"error": "invalid_grant", "error_description": ask.form["code"]}, 400)
        token = self._write(asked["nonce"])
        self.tokens.append(token)
        return as_json({"access_token": "unused", "token_type": "Bearer", "id_token": token})

    def _write(self, nonce: str) -> str:
        now = int(self.clock().timestamp())
        claims = {"iss": self.upstream.base, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce, **self.person}
        self.alter(claims)
        if self.sign is not None:
            return self.sign(claims)
        header = {"alg": self.algorithm, "kid": self.signs_with.kid}
        return jwt.encode(header, claims, self.signs_with, algorithms=["RS256", "ES256"])


@contextmanager
def open_identity_provider(clock: Callable[[], datetime]) -> Iterator[IdentityProvider]:
    """A provider that answers on a free port of 127.0.0.1."""
    provider = IdentityProvider(clock)
    with serving(provider.upstream):
        yield provider
