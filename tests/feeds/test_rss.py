"""Articles come in from RSS and Atom as upstreams write them, and nothing of a hostile one does."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from support.feed_server import reply
from tocsin.domain.errors import FeedFormatError, FeedUnavailableError
from tocsin.domain.incident import Incident
from tocsin.feeds.rss import RssConnector

if TYPE_CHECKING:
    from support.feed_server import Asked, FeedServer
    from tocsin.feeds.fetch import Fetcher
    from tocsin.usecases.feed_ports import RawRecord

_NOW = datetime(2016, 3, 9, 23, 30, tzinfo=UTC)
_ZONE = ZoneInfo("Africa/Tunis")
_XML = {"Content-Type": "application/rss+xml; charset=utf-8"}

_RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Desk</title><link>https://news.example/</link>
<item><title>Curfew in Ben Gardane</title><guid isPermaLink="false">n-2</guid>
  <link>https://news.example/2</link><pubDate>Mon, 07 Mar 2016 23:30:00 -0500</pubDate>
  <description>&lt;p&gt;Posts &lt;b&gt;attacked&lt;/b&gt; at&amp;nbsp;dawn&lt;/p&gt;
  &lt;script&gt;steal()&lt;/script&gt;</description>
</item>
<item><title>Border closed</title><guid isPermaLink="false">n-1</guid><link>/1</link>
  <pubDate>Sun, 06 Mar 2016 10:00:00 GMT</pubDate></item>
</channel></rss>"""

_ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Desk</title><id>urn:desk</id><updated>2016-03-08T00:00:00Z</updated>
<entry><id>urn:uuid:1</id><title type="html">Curfew &amp;amp; calm</title><updated>2016-03-08T04:30:00Z</updated>
<link rel="alternate" href="https://news.example/2"/><link rel="enclosure" href="javascript:alert(1)"/>
<link rel="related" href="http://[broken/"/><summary>In the south</summary></entry></feed>"""

_RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://news.example/"><title>Desk</title></channel>
<item rdf:about="https://news.example/2"><title>Curfew</title><link>https://news.example/2</link>
<dc:date>2016-03-08T04:30:00Z</dc:date></item></rdf:RDF>"""


@pytest.fixture
def connector(server: FeedServer, fetcher: Fetcher) -> RssConnector:
    """A feed that the server says."""
    return RssConnector("desk", server.address("/rss"), fetcher, lambda: _NOW, _ZONE)


def _records(connector: RssConnector, watermark: str | None = None) -> list[RawRecord]:
    return [record for page in connector.pages(watermark) for record in page.records]


def _said(connector: RssConnector, server: FeedServer, document: str) -> list[RawRecord]:
    server.says("/rss", reply(document.encode(), headers=_XML))
    return _records(connector)


def test_rss_items_come_oldest_first_without_markup(connector: RssConnector, server: FeedServer) -> None:
    """Their days in the theater's zone, their text as a reader sees it."""
    first, second = _said(connector, server, _RSS)
    assert (first.upstream_id, second.upstream_id) == ("n-1", "n-2")
    assert connector.read(first) == Incident(date(2016, 3, 6), text="Border closed", links=(server.address("/1"),))
    text = "Curfew in Ben Gardane\nPosts attacked at dawn"
    assert connector.read(second) == Incident(date(2016, 3, 8), text=text, links=("https://news.example/2",))


def test_atom_entries_come_with_their_web_links_only(connector: RssConnector, server: FeedServer) -> None:
    """What is no address of the web is left out."""
    (record,) = _said(connector, server, _ATOM)
    assert record.upstream_id == "urn:uuid:1"
    assert connector.read(record) == Incident(
        date(2016, 3, 8), text="Curfew & calm\nIn the south", links=("https://news.example/2",)
    )


def test_rss_1_items_are_known_by_what_they_are_about(connector: RssConnector, server: FeedServer) -> None:
    """The resource description framework's own form of an id."""
    (record,) = _said(connector, server, _RDF)
    assert record.upstream_id == "https://news.example/2"
    assert connector.read(record).day == date(2016, 3, 8)


def test_markup_that_is_not_escaped_is_text(connector: RssConnector, server: FeedServer) -> None:
    """In an article of Atom as it should be, and in RSS as it should not; a foreign element in it is none."""
    atom = _ATOM.replace(
        "<summary>In the south</summary>",
        '<summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">In <b a="x>y">the</b> south</div></summary>',
    )
    (record,) = _said(connector, server, atom)
    assert connector.read(record).text == "Curfew & calm\nIn the south"
    rss = "<rss version='2.0'><channel><item><guid>a</guid><description>At <i>dawn</i>, <z>by</z> us</description>"
    (record,) = _said(connector, server, f"{rss}</item></channel></rss>")
    assert connector.read(record).text == "At dawn , us"


def test_an_id_stays_itself_wherever_the_feed_moves(connector: RssConnector, server: FeedServer) -> None:
    """Made an address of, it would be another one after each move, and all items would come twice."""
    (before,) = [item for item in _said(connector, server, _RSS) if item.upstream_id == "n-2"]
    server.says("/new/place", reply(_RSS.encode(), headers={**_XML, "Content-Location": "https://elsewhere.example/"}))
    server.says("/rss", reply(status=301, headers={"Location": "/new/place"}))
    moved = {record.upstream_id: record for record in _records(connector)}
    assert moved["n-2"] == before
    assert set(moved) == {"n-1", "n-2"}
    assert connector.read(moved["n-1"]).links == (server.address("/1"),)


def test_an_item_without_id_and_link_is_known_by_its_text(connector: RssConnector, server: FeedServer) -> None:
    """It holds up no other, and comes back as the same; with another text it is another item."""
    careless = _RSS.replace("</channel>", "<item><title>Careless</title></item></channel>")
    names = [record.upstream_id for record in _said(connector, server, careless)]
    assert names[:2] == ["n-1", "n-2"]
    assert names[2].startswith("sha256:")
    assert [record.upstream_id for record in _said(connector, server, careless)] == names
    other = _said(connector, server, careless.replace("Careless", "Careful"))[2].upstream_id
    assert other.startswith("sha256:")
    assert other != names[2]


def test_a_revised_item_keeps_its_id(connector: RssConnector, server: FeedServer) -> None:
    """Its revision differs exactly where its text or its date does, and not by the day on which it is fetched."""
    undated = _RSS.replace("<pubDate>Sun, 06 Mar 2016 10:00:00 GMT</pubDate>", "")
    found = {record.upstream_id: record for record in _said(connector, server, undated)}["n-1"]
    assert connector.read(found).day == date(2016, 3, 10)  # it is past midnight in Tunis
    later = RssConnector("desk", connector.address, connector.fetcher, lambda: datetime(2016, 4, 1, tzinfo=UTC), _ZONE)
    assert {record.revision for record in _records(later) if record.upstream_id == "n-1"} == {found.revision}
    revised = {item.upstream_id: item for item in _said(connector, server, undated.replace("closed", "open"))}["n-1"]
    assert revised.revision != found.revision


def test_what_has_not_changed_is_not_sent_again(connector: RssConnector, server: FeedServer) -> None:
    """The watermark holds the upstream's own marks; with 304 there is no page, and it stays."""

    def script(asked: Asked) -> list[bytes]:
        known = asked.headers["if-none-match"] == '"7"'
        return [reply(status=304 if known else 500)]

    marks = {"ETag": '"7"', "Last-Modified": "Tue, 08 Mar 2016 00:00:00 GMT"}
    server.says("/rss", reply(_RSS.encode(), headers={**_XML, **marks}))
    (page,) = connector.pages(None)
    assert json.loads(page.watermark) == {"etag": '"7"', "modified": marks["Last-Modified"]}
    server.says("/rss", script)
    assert list(connector.pages(page.watermark)) == []
    assert server.asked[-1].headers["if-modified-since"] == marks["Last-Modified"]


def test_many_items_come_in_pages(connector: RssConnector, server: FeedServer) -> None:
    """Only the last moves the watermark to where nothing more is to be asked."""
    items = "".join(f"<item><guid>{number}</guid><title>t{number}</title></item>" for number in range(450))
    document = f"<rss version='2.0'><channel>{items}</channel></rss>"
    server.says("/rss", reply(document.encode(), headers={**_XML, "ETag": '"8"'}))
    pages = list(connector.pages(None))
    assert [len(page.records) for page in pages] == [200, 200, 50]
    assert [page.watermark for page in pages] == ["{}", "{}", '{"etag": "\\"8\\""}']


@pytest.mark.parametrize(
    ("stated", "day"),
    [
        ("Mon, 07 Mar 2016 23:30:00 GMT", date(2016, 3, 8)),
        ("Mon, 07 Mar 2016 23:30:00 +0000", date(2016, 3, 8)),
        ("2016-03-07T23:30:00Z", date(2016, 3, 8)),
        ("2016-03-07T19:30:00-04:00", date(2016, 3, 8)),
        ("2016-03-08T00:30:00+02:00", date(2016, 3, 7)),
        ("2016-03-07T23:30:00", date(2016, 3, 7)),
        ("2016-03-07", date(2016, 3, 7)),
    ],
)
@pytest.mark.parametrize("tag", ["pubDate", "dc:date"])
def test_an_instant_is_a_day_of_the_theater_and_a_day_stays_itself(
    connector: RssConnector, server: FeedServer, stated: str, day: date, tag: str
) -> None:
    """Half past eleven at night by universal time is the next day in Tunis; what states no zone is as written."""
    head = '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
    item = f"<item><guid>a</guid><title>t</title><{tag}>{stated}</{tag}></item>"
    (record,) = _said(connector, server, f"{head}{item}</channel></rss>")
    assert connector.read(record).day == day


@pytest.mark.fault(12)
def test_a_date_beyond_the_calendar_costs_its_item_and_no_other(connector: RssConnector, server: FeedServer) -> None:
    """The last minute of the year 9999 west of Greenwich is in a year that no date knows."""
    late = "<item><guid>late</guid><pubDate>9999-12-31T23:59:59-12:00</pubDate><title>x</title></item></channel>"
    records = {item.upstream_id: item for item in _said(connector, server, _RSS.replace("</channel>", late))}
    assert set(records) == {"late", "n-1", "n-2"}
    assert connector.read(records["n-1"]).text == "Border closed"
    with pytest.raises(FeedFormatError, match="9999"):
        connector.read(records["late"])


@pytest.mark.fault(12)
def test_a_number_that_no_character_has_is_no_error(connector: RssConnector, server: FeedServer) -> None:
    """As an entity of 5,000 digits, escaped so that only the second reading sees it."""
    item = f"<item><guid>long</guid><title>a &amp;#{'9' * 5_000}; b &amp;#xD800;</title></item></channel>"
    found = [item for item in _said(connector, server, _RSS.replace("</channel>", item)) if item.upstream_id == "long"]
    assert connector.read(found[0]).text == "a \ufffd b \ufffd"


@pytest.mark.fault(12)
def test_a_document_of_too_many_items_is_refused(connector: RssConnector, server: FeedServer) -> None:
    """Before they are made into anything."""
    with pytest.raises(FeedFormatError, match="more than 2,000 items"):
        _said(connector, server, f"<rss version='2.0'><channel>{'<item/>' * 2_001}</channel></rss>")


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    "item",
    [
        f"<title>{'&lt;a ' * 13_000}</title>",
        f"<description>{'&lt;!--' * 13_000}</description>",
        f"<author>{'0' * 60_000}</author>",
        f"<dc:creator>{'0' * 60_000}</dc:creator>",
        f"<guid><author>{'0' * 60_000}</author></guid>",
        f"<title><author>{'0' * 60_000}</author></title>",
        f"<dc:summary><author>{'0' * 60_000}</author></dc:summary>",
        f"<encoded><p><dc:creator>{'0' * 60_000}</dc:creator></p></encoded>",
    ],
    ids=["tags", "comments", "author", "creator", "in an id", "in a title", "in a foreign text", "deeper"],
)
def test_no_item_takes_long_whatever_it_holds(connector: RssConnector, server: FeedServer, item: str) -> None:
    """Most of these took half a minute and more, growing with the square of their length; a second is far enough."""
    head = '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
    begun = time.process_time()
    assert (
        len(_said(connector, server, f"{head}<item><link>https://a.example/</link>{item}</item></channel></rss>")) == 1
    )
    assert time.process_time() - begun < 1.0


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    ("document", "said"),
    [
        ('<!DOCTYPE rss [<!ENTITY a "ha">]>' + _RSS.partition("?>")[2].strip(), "document type"),
        (_RSS[:-60], "not well-formed"),
        ("<html><body>Down</body></html>", "web page"),
        ("<opml version='2.0'><body/></opml>", "neither RSS nor Atom"),
        ("<sitemap/>", "neither RSS nor Atom"),
        ("{}", "not well-formed"),
    ],
)
def test_a_document_that_is_no_feed_moves_nothing(
    connector: RssConnector, server: FeedServer, document: str, said: str
) -> None:
    """No page comes, so nothing is taken in and the watermark stays."""
    with pytest.raises(FeedFormatError, match=said):
        _said(connector, server, document)


@pytest.mark.fault(12)
def test_an_answer_that_breaks_off_moves_nothing(connector: RssConnector, server: FeedServer) -> None:
    """Not even the items that came."""
    server.says("/rss", reply(_RSS.encode(), headers=_XML, length=10_000))
    with pytest.raises(FeedUnavailableError, match="broke off"):
        _records(connector)


@pytest.mark.fault(12)
@pytest.mark.parametrize("watermark", ["[]", "nonsense", '"text"'])
def test_a_watermark_of_another_connector_is_refused(connector: RssConnector, watermark: str) -> None:
    """Before anything is fetched."""
    with pytest.raises(FeedFormatError, match="not of this connector"):
        _records(connector, watermark)
