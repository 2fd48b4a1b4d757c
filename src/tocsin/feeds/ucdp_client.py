"""Pages of UCDP GED as its API gives them.

What is relied on, from UCDP's API documentation (https://ucdp.uu.se/apidocs/), its published recipes and the field's
use: `<base>/gedevents/<edition>?pagesize=1000&page=0`, filters `Country` (Gleditsch-Ward numbers, joined by commas)
and `StartDate`; the token in the header `x-ucdp-access-token`; an answer `{TotalCount, TotalPages, PreviousPageUrl,
NextPageUrl, Result}`; a quota of requests a day. Two things are told in two ways, and nothing is assumed of them.
Pages begin with 0 in the recipes and with 1 elsewhere: the first is asked for as 0 and each next one as the number in
`NextPageUrl`. Of that address only the number is used, so the token goes nowhere else. An edition that is not out yet
is not found, a bad request, or empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tocsin.domain.errors import FeedFormatError, FeedRefusedError
from tocsin.feeds.json_rows import read_object, read_rows, require
from tocsin.feeds.ucdp_event import REQUIRED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tocsin.feeds.fetch import Fetcher

_VARIABLE = "TOCSIN_UCDP_TOKEN"
_JSON = ("application/json", "text/json")
_REFUSED = (401, 403)
_NOT_THERE = (400, 404)


@dataclass(frozen=True, slots=True)
class UcdpPage:
    """One page: its rows, how many the whole edition has under our filters, and the next page's number."""

    rows: list[dict[str, Any]]
    total: int
    next_page: int | None


class UcdpClient:
    """Asks the API. A token that it refuses is final: there is nothing to refresh, so nothing is tried twice."""

    def __init__(self, fetcher: Fetcher, feed: str, *, token: str, base: str, filters: Mapping[str, str]) -> None:
        self._fetcher = fetcher
        self._feed = feed
        self._token = token
        self._base = base.rstrip("/")
        self._filters = dict(filters)

    def page(self, edition: str, number: int) -> UcdpPage | None:
        """One page of an edition; None where there is no such edition.

        FeedRefusedError where the token is refused; FeedFormatError where the answer is not of the form above.
        """
        return self._ask(edition, {**self._filters, "page": str(number)}, number)

    def is_out(self, edition: str) -> bool:
        """The edition has events at all, of whatever country and day."""
        page = self._ask(edition, {"pagesize": "1", "page": "0"}, 0)
        return page is not None and page.total > 0

    def rows(self, edition: str) -> Iterator[dict[str, Any]]:
        """All rows of an edition; none where there is no such edition."""
        number: int | None = 0
        while number is not None and (page := self.page(edition, number)) is not None:
            yield from page.rows
            number = page.next_page

    def _ask(self, edition: str, params: Mapping[str, str], number: int) -> UcdpPage | None:
        answer = self._fetcher.fetch(
            self._feed,
            f"{self._base}/gedevents/{edition}",
            params=params,
            headers={"x-ucdp-access-token": self._token},
            expect=_JSON,
            statuses=(*_REFUSED, *_NOT_THERE),
        )
        if answer.status in _REFUSED:
            raise FeedRefusedError(self._feed, f"it answers {answer.status} to our token", _VARIABLE)
        if answer.status in _NOT_THERE:
            return None
        found = read_object(self._feed, answer.content)
        require(self._feed, found, ("TotalCount", "NextPageUrl", "Result"))
        rows = read_rows(self._feed, found, "Result", REQUIRED)
        total = found["TotalCount"]
        if not isinstance(total, int):
            raise FeedFormatError(self._feed, f"TotalCount is {total!r}; accepted: a number")
        return UcdpPage(rows, total, self._next_page(found["NextPageUrl"], number))

    def _next_page(self, address: object, number: int) -> int | None:
        """The number of the next page, which must be a later one: what leads back would never end."""
        if address is None or address == "":
            return None
        query = {name.lower(): values for name, values in parse_qs(urlsplit(str(address)).query).items()}
        named = query.get("page", [""])[-1]
        if not (named.isascii() and named.isdigit() and int(named) > number):
            detail = f"NextPageUrl leads from page {number} to {named[:20]!r}; accepted: a later page"
            raise FeedFormatError(self._feed, detail)
        return int(named)
