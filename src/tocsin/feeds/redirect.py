"""What is asked for, where it may lead, and what may be shown of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import httpx2

from tocsin.domain.errors import FetchRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

_HARMLESS = frozenset({"accept", "accept-language", "if-none-match", "if-modified-since"})
"""Headers that any origin may see. Whatever else a connector sends could be a credential under a name of its own."""

_KEEPS_METHOD = (307, 308)
_LAST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, as it stands after the redirects so far."""

    method: str
    url: httpx2.URL
    headers: Mapping[str, str]
    form: Mapping[str, str] | None


def read_address(address: str, params: Mapping[str, str] | None, schemes: frozenset[str]) -> httpx2.URL:
    """The address with its parameters; FetchRefusedError where it is none, or none that may be fetched."""
    try:
        url = httpx2.URL(address)
    except (httpx2.InvalidURL, ValueError, UnicodeError):
        raise FetchRefusedError(address.partition("?")[0].rpartition("@")[2][:200], "it is not an address") from None
    _check(url, schemes)
    return url if params is None else url.copy_merge_params(dict(params))


def follow(ask: Ask, status: int, location: str, schemes: frozenset[str]) -> Ask:
    """The request that a redirect leads to; FetchRefusedError where it may not be followed.

    Another origin sees no credential: of the headers only harmless ones remain, and a form is not sent to it.
    """
    try:
        url = ask.url.join(location)
    except (httpx2.InvalidURL, ValueError, UnicodeError):
        raise FetchRefusedError(masked(ask.url), "it redirects to what is not an address") from None
    _check(url, schemes)
    if ask.url.scheme == "https" and url.scheme != "https":
        raise FetchRefusedError(masked(url), f"{masked(ask.url)} redirects to it, from https to {url.scheme}")
    if status not in _KEEPS_METHOD and ask.method != "GET":
        ask = replace(ask, method="GET", form=None)
    if _origin(url) == _origin(ask.url):
        return replace(ask, url=url)
    if ask.form is not None:
        raise FetchRefusedError(masked(url), f"{masked(ask.url)} redirects a form to it, which is another origin")
    harmless = {name: value for name, value in ask.headers.items() if name.lower() in _HARMLESS}
    return replace(ask, url=url, headers=harmless)


def masked(url: httpx2.URL) -> str:
    """An address as it may be shown: the values in its query could be credentials."""
    port = "" if url.port is None else f":{url.port}"
    host = f"[{url.host}]" if ":" in url.host else url.host
    names = "&".join(f"{name}=…" for name in url.params)
    return f"{url.scheme}://{host}{port}{url.path}{'?' if names else ''}{names}"


def _check(url: httpx2.URL, schemes: frozenset[str]) -> None:
    if url.scheme not in schemes:
        raise FetchRefusedError(masked(url), f"its scheme is {url.scheme!r}; accepted: {', '.join(sorted(schemes))}")
    if not url.host:
        raise FetchRefusedError(masked(url), "it names no host")
    if url.port is not None and not 0 < url.port <= _LAST_PORT:
        raise FetchRefusedError(masked(url), f"its port is {url.port}; accepted: 1 to {_LAST_PORT}")
    if url.userinfo:
        raise FetchRefusedError(masked(url), "it holds a user name or a password; they belong into the settings")


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
