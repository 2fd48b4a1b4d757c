"""Addresses of webhooks: which there can be, and what may be said of them, as their paths often are secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import httpx2

from tocsin.domain.errors import InvalidInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

_ACCEPTED = "an http or https address without user, password or fragment"
_LAST_PORT = 65_535
_HIDDEN = "…"
_TELLING = 6
"""A secret of fewer letters is hidden where it stands alone; inside other words it would be there by chance."""
_LONGEST = 200


def read_address(address: str) -> httpx2.URL:
    """The address of a webhook; InvalidInputError, which does not show it, where it cannot be."""
    try:
        url = httpx2.URL(address)
    except (httpx2.InvalidURL, ValueError):
        url = httpx2.URL()
    port = 1 if url.port is None else url.port
    plain = not url.userinfo and not url.fragment
    if url.scheme not in {"http", "https"} or not _names_host(url) or not 0 < port <= _LAST_PORT or not plain:
        raise InvalidInputError([Problem("", None, "address", "not of this form", _ACCEPTED)])
    return url


def origin(url: httpx2.URL) -> str:
    """What may be said of an address: scheme, host and port."""
    host = url.raw_host.decode("ascii")
    port = "" if url.port is None else f":{url.port}"
    return f"{url.scheme}://[{host}]{port}" if ":" in host else f"{url.scheme}://{host}{port}"


def pointed_at(url: httpx2.URL, location: str, secret: str) -> str:
    """Where an answer of a webhook points at, without query, and without what of it is in our address or the secret."""
    try:
        there = url.join(location)
    except (httpx2.InvalidURL, ValueError):
        return "what is not an address"
    if not _names_host(there):
        return "what is not an address"
    hidden = [part.casefold() for part in (*_parts(url), secret.removeprefix("whsec_").rstrip("=")) if part]
    if there.raw_host != url.raw_host and _tells(origin(there), hidden):
        return "another host"
    path = there.raw_path.decode("ascii").partition("?")[0]
    shown = "/".join(_HIDDEN if _tells(part, hidden) else part for part in path.split("/"))
    return f"{origin(there)}{shown}"[:_LONGEST]


def _names_host(url: httpx2.URL) -> bool:
    return bool(url.host) and b"%" not in url.raw_host  # letters that no name has come so


def _parts(url: httpx2.URL) -> Iterator[str]:
    """Whatever of an address may be a secret, piece by piece."""
    yield from unquote(url.raw_path.decode("ascii").partition("?")[0]).split("/")
    for name, value in url.params.multi_items():
        yield from (name, value)


def _tells(shown: str, hidden: list[str]) -> bool:
    plain = unquote(shown).casefold()
    return any(part == plain or (len(part) >= _TELLING and part in plain) for part in hidden)
