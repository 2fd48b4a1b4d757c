"""Headers that every answer has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

type Headers = list[tuple[bytes, bytes]]

REQUEST_ID = b"x-request-id"
# Each holds where the answer does not say otherwise itself.
_ALWAYS: Headers = [
    # Nothing that the API answers is a page: no script, no style, no frame, should a browser take it for one.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]
# Over plain HTTP browsers must ignore it, and on a machine of one's own it would lock out everything else there.
_SECURE: Headers = [*_ALWAYS, (b"strict-transport-security", b"max-age=31536000; includeSubDomains")]


def finished(headers: Iterable[tuple[bytes, bytes]], request: bytes, *, secure: bool) -> Headers:
    """The headers of an answer with what it lacks, and the request's id; `secure` where it goes over HTTPS."""
    whole = list(headers)
    named = {name for name, _ in whole}
    whole.extend(item for item in (_SECURE if secure else _ALWAYS) if item[0] not in named)
    whole.append((REQUEST_ID, request))
    return whole
