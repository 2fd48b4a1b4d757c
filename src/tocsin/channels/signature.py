"""Signatures by the Standard Webhooks specification: a receiver can tell that a message is ours, whole and recent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from tocsin.domain.errors import InvalidInputError, Problem

_PREFIX = "whsec_"
_FEWEST_BYTES, _BYTES, _MOST_BYTES = 24, 32, 64


def read_secret(secret: str | None) -> bytes:
    """The key that a secret stands for; InvalidInputError, which does not show it, where it is none."""
    key = None if secret is None else _key(secret)
    if key is None:
        found = "not set" if secret is None else "not of this form"
        accepted = f"{_PREFIX} and then {_FEWEST_BYTES} to {_MOST_BYTES} random bytes in base64"
        raise InvalidInputError([Problem("", None, "secret", found, accepted)])
    return key


def new_secret() -> str:
    """A secret of 32 random bytes, in the form that receivers' libraries take."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode("ascii")


def signature(key: bytes, message: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature` of a body: HMAC-SHA256 over id, timestamp and body with full stops between.

    Args:
        key: The secret's bytes.
        message: The id, as in `webhook-id`.
        timestamp: When the attempt is made, in seconds since 1970, as in `webhook-timestamp`.
        body: The body as it is sent.
    """
    signed = f"{message}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode('ascii')}"


def _key(secret: str) -> bytes | None:
    written = secret.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(written + "=" * (-len(written) % 4), validate=True)
    except ValueError:
        return None
    return key if secret.startswith(_PREFIX) and _FEWEST_BYTES <= len(key) <= _MOST_BYTES else None
