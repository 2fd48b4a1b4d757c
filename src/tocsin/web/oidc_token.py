"""The ID token: whether it is the provider's, for us and for this sign-in, and whom it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from joserfc import jwk, jws, jwt
from joserfc.errors import ExpiredTokenError, JoseError

from tocsin.domain.errors import NotSignedInError
from tocsin.domain.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tocsin.bootstrap.oidc import OidcSettings
    from tocsin.web.oidc_client import Key, Provider

_LEEWAY_SECONDS = 60
_KEY_TYPES = {"RS256": "RSA", "ES256": "EC"}
"""What may sign, and the type of its keys: nothing with a shared secret, and never `none`."""
_SHORTEST_RSA = 2048
_REGISTRY = jws.JWSRegistry(algorithms=[*_KEY_TYPES], strict_check_header=False)
_NAMES = ("preferred_username", "email", "sub")


async def verified(
    token: str, provider: Provider, settings: OidcSettings, *, nonce: str, begun: datetime, now: datetime
) -> Identity:
    """Whom an ID token means (OpenID Connect Core 1.0, section 3.1.3.7).

    1. It is signed by RS256 or ES256, by a key that the provider declares.
    2. It is of our issuer, for us, and, where it is for others too, given out to us.
    3. It has not expired, and was issued since this sign-in began; clocks may differ by a minute.
    4. It has the nonce of this sign-in.

    NotSignedInError, which repeats nothing of it, where one of these does not hold.
    """
    try:
        header = jws.extract_compact(token.encode(), registry=_REGISTRY).headers()
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in _KEY_TYPES or not isinstance(kid, str | None):
            raise _refused("is not signed by RS256 or ES256")
        key = _key(await provider.keys(kid), cast("str", algorithm), kid)
        claims = jwt.decode(token, key, registry=_REGISTRY).claims
        _check(claims, settings, nonce, begun, now)
    except ExpiredTokenError:
        raise _refused("has expired") from None
    except JoseError as error:
        # Of what it says only the kind is safe to repeat; the rest quotes the token.
        raise _refused(f"does not hold ({error.error.replace('_', ' ')})") from None
    except (ValueError, TypeError):
        raise _refused("cannot be read") from None
    return _identity(claims, settings)


def _key(keys: Sequence[Key], algorithm: str, kid: str | None) -> jwk.Key:
    """The key that is named, or the only one there is for an algorithm."""
    fit = [
        key
        for key in keys
        if key.get("kty") == _KEY_TYPES[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
    ]
    if len(fit) != 1:
        raise _refused("is signed by a key that the identity provider does not declare, or declares twice")
    key = jwk.import_key(cast("jwk.DictKey", dict(fit[0])))
    if isinstance(key, jwk.RSAKey) and key.public_key.key_size < _SHORTEST_RSA:
        raise _refused(f"is signed by a key of less than {_SHORTEST_RSA} bits")
    return key


def _check(claims: Mapping[str, Any], settings: OidcSettings, nonce: str, begun: datetime, now: datetime) -> None:
    """What it claims of itself; JoseError or NotSignedInError where that does not hold."""
    audience, party = claims.get("aud"), claims.get("azp")
    if claims.get("iss") != settings.issuer:
        raise _refused("is of another issuer")
    if settings.client_id not in (audience if isinstance(audience, list) else [audience]):
        raise _refused("is for somebody else")
    several = isinstance(audience, list) and len(audience) > 1
    if party != settings.client_id and (several or party is not None):
        raise _refused("was given out to somebody else")
    if claims.get("nonce") != nonce:
        raise _refused("is of another sign-in")
    needed: jwt.ClaimsOption = {"essential": True}
    instant = int(now.timestamp())
    jwt.JWTClaimsRegistry(instant, _LEEWAY_SECONDS, sub=needed, exp=needed, iat=needed).validate(dict(claims))
    if claims["iat"] < begun.timestamp() - _LEEWAY_SECONDS:
        raise _refused("is older than this sign-in")


def _identity(claims: Mapping[str, Any], settings: OidcSettings) -> Identity:
    groups = claims.get(settings.role_claim)
    listed = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    names = tuple(name for name in map(claims.get, _NAMES) if isinstance(name, str))
    return Identity(settings.issuer, claims["sub"], names, frozenset(item for item in listed if isinstance(item, str)))


def _refused(why: str) -> NotSignedInError:
    return NotSignedInError(f"the identity provider's ID token {why}; begin again")
