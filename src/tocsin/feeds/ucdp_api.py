"""UCDP GED over its API: one edition after the other, page by page, as they come out."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from itertools import batched
from typing import TYPE_CHECKING

from tocsin.domain.errors import FeedFormatError, FeedUnavailableError
from tocsin.feeds.conditional import read_watermark
from tocsin.feeds.ucdp_client import UcdpClient, UcdpPage
from tocsin.feeds.ucdp_edition import is_monthly, is_yearly, judged_anew, next_monthly, next_yearly, not_before
from tocsin.feeds.ucdp_event import read_ucdp_event, ucdp_record
from tocsin.usecases.feed_ports import Page, RawRecord

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from datetime import date

    from tocsin.domain.incident import Incident
    from tocsin.feeds.fetch import Fetcher

BASE = "https://ucdpapi.pcr.uu.se/api"
PAGE_SIZE = 1000
"""The most rows that the API gives at once."""


@dataclass(frozen=True, slots=True)
class _Place:
    """How far the feed has come.

    Attributes:
        yearly: The last yearly edition that is whole.
        monthly: The last monthly edition that is whole.
        edition: The edition that is being taken in, where one is.
        page: Its next page.
        rows: Its rows until there.
    """

    yearly: str | None = None
    monthly: str | None = None
    edition: str | None = None
    page: int = 0
    rows: int = 0

    def watermark(self) -> str:
        return json.dumps(asdict(self))

    def whole(self) -> _Place:
        """The place after the edition that was being taken in."""
        kind = {"yearly": self.edition} if is_yearly(self.edition) else {"monthly": self.edition}
        return replace(self, **kind, edition=None, page=0, rows=0)


class UcdpApi:
    """The connector.

    Watermark: the editions that are whole, and of one that is not, its next page. Editions come by themselves: after
    each one the next is asked for until it is not out yet, yearly ones first; months that a yearly edition has judged
    are left out. A row that is in a later edition too is a revision. Before a yearly edition is whole, the months
    that it judges anew are asked for once more, and what it has left out is withdrawn.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        feed: str,
        *,
        token: str,
        yearly: str | None = None,
        monthly: str | None = None,
        countries: Sequence[int] = (),
        since: date | None = None,
        base: str = BASE,
        page_size: int = PAGE_SIZE,
    ) -> None:
        """Take the options; ValueError where an edition is not named as UCDP names them.

        Args:
            fetcher: Fetches all pages.
            feed: Name of the feed, for errors.
            token: The credential, from the setting `ucdp_token`.
            yearly: The first yearly edition to take in, such as `25.1`; none at all where it is not given.
            monthly: The first monthly edition to take in, such as `26.0.1`; none at all where it is not given.
            countries: Gleditsch-Ward numbers, such as 616 for Tunisia; all countries where there are none.
            since: The first day of events to ask for.
            base: Where the API lies.
            page_size: Rows a page, at most 1,000.
        """
        if (yearly, monthly) == (None, None):
            raise ValueError("neither yearly nor monthly is given; accepted: a first edition of one kind or of both")
        if not (yearly is None or is_yearly(yearly)) or not (monthly is None or is_monthly(monthly)):
            raise ValueError(f"yearly is {yearly!r} and monthly {monthly!r}; accepted: such as '25.1' and '26.0.1'")
        filters = {"pagesize": str(page_size)}
        if countries:
            filters["Country"] = ",".join(str(number) for number in countries)
        if since is not None:
            filters["StartDate"] = since.isoformat()
        self._feed = feed
        self._yearly = yearly
        self._monthly = monthly
        self._client = UcdpClient(fetcher, feed, token=token, base=base, filters=filters)

    def pages(self, watermark: str | None) -> Iterator[Page]:
        """What is new since a watermark; see the port."""
        place = self._start(watermark)
        while (begun := self._begin(place)) is not None:
            place = yield from self._rest(*begun)

    def read(self, record: RawRecord) -> Incident:
        """The incident that a record tells of."""
        return read_ucdp_event(self._feed, record)

    def _start(self, watermark: str | None) -> _Place:
        known = read_watermark(self._feed, watermark)
        try:
            place = _Place(**known)
        except TypeError:
            place = None
        if place is None or not all(_is_edition(name) for name in (place.yearly, place.monthly, place.edition)):
            raise FeedFormatError(self._feed, f"the watermark {str(watermark)[:80]!r} is not of this connector")
        return place

    def _following(self, place: _Place) -> list[str]:
        """The next yearly and the next monthly edition."""
        found: list[str] = []
        if self._yearly is not None:
            found.append(self._yearly if place.yearly is None else next_yearly(place.yearly))
        if self._monthly is not None:
            month = self._monthly if place.monthly is None else next_monthly(place.monthly)
            found.append(not_before(month, place.yearly))
        return found

    def _begin(self, place: _Place) -> tuple[_Place, UcdpPage] | None:
        """The edition to take in, with the page of it to begin with; None where nothing more is out."""
        for edition in self._following(place) if place.edition is None else [place.edition]:
            page = self._client.page(edition, place.page)
            # No event of our countries, or no such edition? Both may look alike.
            if page is not None and (page.total > 0 or self._client.is_out(edition)):
                return replace(place, edition=edition), page
            if edition in {self._yearly, self._monthly, place.edition}:
                raise FeedUnavailableError(self._feed, f"there is no edition {edition}; is it out yet?")
        return None

    def _rest(self, place: _Place, page: UcdpPage) -> Generator[Page, None, _Place]:
        """The pages of an edition from one on, and the place after the edition."""
        edition = str(place.edition)
        while page.next_page is not None:
            place = replace(place, page=page.next_page, rows=place.rows + len(page.rows))
            yield Page(tuple(ucdp_record(row, edition) for row in page.rows), place.watermark())
            following = self._client.page(edition, place.page)
            if following is None:
                raise FeedUnavailableError(self._feed, f"edition {edition} is gone before its page {place.page}")
            page = following
        if place.rows + len(page.rows) < page.total:
            detail = (
                f"the pages of edition {edition} hold {place.rows + len(page.rows):,} events; it states {page.total:,}"
            )
            raise FeedUnavailableError(self._feed, detail)
        yield from self._left_out(place)
        yield Page(tuple(ucdp_record(row, edition) for row in page.rows), place.whole().watermark())
        return place.whole()

    def _left_out(self, place: _Place) -> Iterator[Page]:
        """Withdraws the events of months that a yearly edition judges anew and does not hold."""
        if not is_yearly(place.edition) or self._monthly is None or place.monthly is None:
            return
        yearly = str(place.edition)
        months = judged_anew(yearly, self._monthly, place.monthly)
        held = {str(row["id"]) for row in self._client.rows(yearly)} if months else set()
        for month in months:
            gone = (name for row in self._client.rows(month) if (name := str(row["id"])) not in held)
            for names in batched(gone, PAGE_SIZE):
                records = tuple(RawRecord(name, f"{yearly}-left-out", b"", deleted=True) for name in names)
                yield Page(records, place.watermark())


def _is_edition(name: object) -> bool:
    return name is None or (isinstance(name, str) and (is_yearly(name) or is_monthly(name)))
