"""ACLED: nothing is lost and nothing is doubled, whatever changes upstream and wherever a reading breaks off."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import acled_server
from support.acled_server import PASSWORD, USERNAME, event
from support.upstream_server import BROKEN_OFF, CUT_JSON, DOWN, OVERLOADED, WEB_PAGE, Direct, Reply, as_json, serving
from tocsin.domain.errors import FeedError, FeedFormatError, FeedRefusedError, FeedUnavailableError
from tocsin.domain.incident import Incident
from tocsin.feeds.acled import Acled
from tocsin.usecases.feed_ports import Page, RawRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tocsin.feeds.fetch import Fetcher

_NOON = 1_700_000_000
_DAY = 86_400


@pytest.fixture
def upstream() -> acled_server.Acled:
    return acled_server.Acled()


def _connector(upstream: acled_server.Acled, fetcher: Fetcher, **options: object) -> Acled:
    given: dict[str, Any] = {"countries": ("Tunisia",), "base": upstream.server.base or "http://acled", **options}
    return Acled(fetcher, "acled", username=USERNAME, password=PASSWORD, **given)


def _records(pages: Iterable[Page]) -> list[RawRecord]:
    return [record for page in pages for record in page.records]


class _Replay:
    """What somebody holds who takes in each revision once, in order."""

    def __init__(self) -> None:
        self.known: set[tuple[str, str]] = set()
        self.state: dict[str, Any] = {}
        self.watermark: str | None = None

    def take_all(self, pages: Iterator[Page]) -> None:
        """A whole reading."""
        for page in pages:
            self.take(page)

    def take(self, page: Page) -> int:
        fresh = 0
        for record in page.records:
            if (record.upstream_id, record.revision) in self.known:
                continue
            fresh += 1
            self.known.add((record.upstream_id, record.revision))
            self.state.pop(record.upstream_id, None)
            if not record.deleted:
                self.state[record.upstream_id] = json.loads(record.content)
        self.watermark = page.watermark
        return fresh


def test_an_event_is_read_into_the_fields_that_rules_look_at(upstream: acled_server.Acled) -> None:
    """Over a real socket, with a real login."""
    upstream.put(event(7, _NOON, notes="An attack on the barracks."))
    with serving(upstream.server) as fetcher:
        connector = _connector(upstream, fetcher, since=date(2016, 1, 1))
        (record,) = _records(connector.pages(None))
        incident = connector.read(record)
    assert record.upstream_id == "TUN7"
    assert record.revision.startswith(f"{_NOON}-")
    assert incident == Incident(
        day=date(2016, 3, 7),
        kind="Battles/Armed clash",
        country="Tunisia",
        area="Medenine",
        place="Ben Guerdane",
        latitude=33.1378,
        longitude=11.2197,
        actors=("Military Forces of Tunisia", "Islamic State"),
        deaths=3,
        text="An attack on the barracks.; A paper; https://example.org/report",
        links=("https://example.org/report",),
    )
    login, *reads = upstream.server.asked
    assert (login.method, login.form["grant_type"], login.query) == ("POST", "password", {})
    assert all(PASSWORD not in str(ask.query) for ask in reads)
    assert reads[-1].query["country"] == "Tunisia"


@pytest.mark.fault(13)
def test_a_revision_and_a_deletion_come_as_such(upstream: acled_server.Acled) -> None:
    """The same id with another revision, and then a record that says it is deleted."""
    upstream.put(event(1, _NOON, notes="two dead"))
    upstream.put(event(2, _NOON))
    with serving(upstream.server) as fetcher:
        connector, held = _connector(upstream, fetcher), _Replay()
        assert [held.take(page) for page in connector.pages(None)] == [2, 0]
        upstream.put(event(1, _NOON + 60, notes="five dead"))
        upstream.delete("TUN2", _NOON + 90)
        upstream.deleted.append({"event_id_cnty": "MEX5", "deleted_timestamp": str(_NOON + 91)})
        pages = list(connector.pages(held.watermark))
        assert [(r.upstream_id, r.deleted) for r in pages[0].records] == [("TUN2", True)]
        assert [held.take(page) for page in pages] == [1, 1, 0]
        assert held.state["TUN1"]["notes"] == "five dead"
        assert list(held.state) == ["TUN1"]
        assert sum(held.take(page) for page in connector.pages(held.watermark)) == 0


def test_a_deleted_event_that_comes_back_stands(upstream: acled_server.Acled) -> None:
    """Deletions are read first, so that the event is the last word."""
    upstream.put(event(1, _NOON))
    connector, held = _connector(upstream, Direct(upstream.server)), _Replay()
    for page in connector.pages(None):
        held.take(page)
    upstream.delete("TUN1", _NOON + 5)
    upstream.put(event(1, _NOON + 9))
    for _ in range(2):
        for page in connector.pages(held.watermark):
            held.take(page)
    assert list(held.state) == ["TUN1"]


@pytest.mark.fault(13)
def test_deletions_of_one_second_that_a_reading_falls_between_are_both_found(upstream: acled_server.Acled) -> None:
    """The latest second seen is read again."""
    connector, held = _connector(upstream, Direct(upstream.server)), _Replay()
    for number in (1, 2, 3):
        upstream.put(event(number, _NOON))
    for name in (None, "TUN1", "TUN2"):
        if name is not None:
            upstream.delete(name, _NOON + 5)
        for page in connector.pages(held.watermark):
            held.take(page)
    assert list(held.state) == ["TUN3"]


_STEPS = st.sampled_from([0, 1, 40, 3 * _DAY])
_ACTIONS = st.one_of(
    st.tuples(st.just("put"), st.integers(1, 12), _STEPS),
    st.tuples(st.just("bulk"), st.integers(4, 11), _STEPS),
    st.tuples(st.just("delete"), st.integers(1, 12), _STEPS),
    st.tuples(st.just("page"), st.integers(1, 4), st.just(0)),
    st.tuples(st.just("break"), st.just(0), st.just(0)),
    st.tuples(st.just("fail"), st.integers(0, 5), st.just(0)),
    st.tuples(st.just("expire"), st.just(0), st.just(0)),
)


def _change(upstream: acled_server.Acled, kind: str, number: int, now: int, serial: int) -> None:
    """One change of the upstream; content never comes back, as then nobody could tell."""
    numbers = range(20, 20 + number) if kind == "bulk" else [number]
    for each in numbers:
        country = "Libya" if each % 5 == 0 else "Tunisia"
        row = event(each, now, country=country, day=f"2016-03-{each % 7 + 1:02d}", notes=f"{serial}")
        if kind != "delete":
            # Put back in the very second of its deletion: which of the two came last no time stamp tells.
            if not _was_deleted(upstream, row["event_id_cnty"], now):
                upstream.put(row)
        elif row["event_id_cnty"] in upstream.events and not _was_deleted(upstream, row["event_id_cnty"], now):
            upstream.delete(row["event_id_cnty"], now)


def _was_deleted(upstream: acled_server.Acled, name: str, now: int) -> bool:
    """Two deletions of one event in one second look the same, so the list cannot hold both."""
    return {"event_id_cnty": name, "deleted_timestamp": str(now)} in upstream.deleted


@settings(max_examples=150)
@given(st.lists(_ACTIONS, max_size=40))
def test_whatever_changes_and_breaks_the_end_is_the_upstreams_state(actions: list[tuple[str, int, int]]) -> None:
    """Rows come, change and go between any two pages; readings fail or stop anywhere; answers hold three rows."""
    upstream, held, now = acled_server.Acled(cap=3), _Replay(), _NOON
    connector = _connector(upstream, Direct(upstream.server), overlap_days=1, limit=3)
    # The connector does not know yet which deletions are its own before it has read anything, so an event that was
    # deleted and put back before the very first reading is out of its reach: docs/upstreams.md says so.
    upstream.put(event(19, now - 1))
    held.take_all(connector.pages(None))
    reading: Iterator[Page] | None = None
    for serial, (kind, number, step) in enumerate(actions):
        now += step
        if kind == "page":
            for _ in range(number):
                reading = connector.pages(held.watermark) if reading is None else reading
                try:
                    held.take(next(reading))
                except (StopIteration, FeedError):
                    reading = None
        elif kind == "break":
            reading = None
        elif kind == "fail":
            upstream.server.failures.extend([None] * number + [DOWN])
        elif kind == "expire":
            upstream.expire()
        else:
            _change(upstream, kind, number, now, serial)
    upstream.server.failures.clear()
    for _ in range(2):  # a reading that was under way began before the last deletion
        for page in connector.pages(held.watermark):
            before = json.loads(held.watermark or "{}")
            held.take(page)
            after = json.loads(page.watermark)
            assert after["seen"] >= before.get("seen", 0)
            assert after["deleted"] >= before.get("deleted", 0)
    assert held.state == {name: row for name, row in upstream.events.items() if row["country"] == "Tunisia"}


def test_rows_that_become_visible_late_are_found(upstream: acled_server.Acled) -> None:
    """Nothing says that rows are shown in the order of their time stamps; some days are asked for again."""
    upstream.put(event(1, _NOON))
    connector, held = _connector(upstream, Direct(upstream.server)), _Replay()
    for page in connector.pages(None):
        held.take(page)
    upstream.put(event(2, _NOON - 5 * _DAY))
    upstream.put(event(3, _NOON - 3 * _DAY))
    upstream.delete("TUN3", _NOON - 2 * _DAY)
    upstream.deleted.append({"event_id_cnty": "TUN1", "deleted_timestamp": str(_NOON + 1)})
    upstream.events.pop("TUN1")
    for page in connector.pages(held.watermark):
        held.take(page)
    assert list(held.state) == ["TUN2"]


def test_pages_stay_within_the_limit_and_a_full_second_is_read_in_pages(upstream: acled_server.Acled) -> None:
    """Bulk changes bear one time stamp: 23 rows of one second with at most 5 an answer."""
    for number in range(23):
        upstream.put(event(number, _NOON))
    upstream.put(event(50, _NOON - 400))
    upstream.put(event(51, _NOON + 400))
    pages = list(_connector(upstream, Direct(upstream.server), limit=5).pages(None))
    assert max(len(page.records) for page in pages) <= 5
    assert {record.upstream_id for record in _records(pages)} == set(upstream.events)


def test_an_upstream_that_gives_fewer_rows_than_asked_for_is_found_out() -> None:
    """Otherwise its full answers would pass for the last ones."""
    upstream = acled_server.Acled(cap=4)
    for number in range(9):
        upstream.put(event(number, _NOON + number))
    with pytest.raises(FeedFormatError, match="set limit to 4"):
        list(_connector(upstream, Direct(upstream.server), limit=10).pages(None))


def test_an_upstream_that_does_not_heed_the_time_stamp_is_found_out(upstream: acled_server.Acled) -> None:
    """A renamed filter gives everything again and again."""
    upstream.put(event(1, _NOON))
    connector = _connector(upstream, Direct(upstream.server))
    mark = json.dumps({"seen": _NOON + 30 * _DAY, "at": None, "deleted": 0, "prefixes": []})
    read = upstream.read
    upstream.read = lambda path, query: read(path, {**query, "timestamp": "0"})  # type: ignore[method-assign]
    with pytest.raises(FeedFormatError, match="1 of them outside"):
        list(connector.pages(mark))


@pytest.mark.fault(14)
def test_an_expired_token_is_refreshed_once_and_the_reading_goes_on(upstream: acled_server.Acled) -> None:
    """Nobody notices."""
    upstream.put(event(1, _NOON))
    with serving(upstream.server) as fetcher:
        connector = _connector(upstream, fetcher)
        list(connector.pages(None))
        upstream.expire()
        assert len(_records(connector.pages(None))) == 1
    assert upstream.grants == ["password", "refresh_token"]


@pytest.mark.fault(14)
def test_where_the_refresh_is_refused_the_password_is_tried_once(upstream: acled_server.Acled) -> None:
    """A refresh token is good for 14 days only."""
    upstream.put(event(1, _NOON))
    upstream.refresh_good = False
    with serving(upstream.server) as fetcher:
        connector = _connector(upstream, fetcher)
        list(connector.pages(None))
        upstream.expire()
        assert len(_records(connector.pages(None))) == 1
    assert upstream.grants == ["password", "refresh_token", "password"]


@pytest.mark.fault(14)
def test_a_refused_password_is_sent_once_and_never_again(upstream: acled_server.Acled) -> None:
    """A loop of logins locks the account."""
    upstream.password = PASSWORD[::-1]
    with serving(upstream.server) as fetcher:
        connector = _connector(upstream, fetcher)
        for _ in range(3):
            with pytest.raises(FeedRefusedError, match="TOCSIN_ACLED_PASSWORD") as caught:
                list(connector.pages(None))
            assert PASSWORD not in str(caught.value)
    assert upstream.grants == ["password"]


@pytest.mark.fault(14)
def test_an_upstream_that_refuses_each_new_token_is_given_up_after_one_renewal(upstream: acled_server.Acled) -> None:
    """Two questions and one renewal, whatever it says."""
    upstream.keeps_refusing = True
    with serving(upstream.server) as fetcher, pytest.raises(FeedRefusedError, match="401 to a good token"):
        list(_connector(upstream, fetcher).pages(None))
    assert upstream.grants == ["password", "refresh_token"]
    assert len(upstream.server.asked) == 4


@pytest.mark.fault(14)
def test_a_spent_quota_says_how_long_to_wait_and_moves_nothing(upstream: acled_server.Acled) -> None:
    """One request, no retry."""
    upstream.put(event(1, _NOON))
    with serving(upstream.server) as fetcher:
        connector = _connector(upstream, fetcher)
        *_, last = connector.pages(None)
        before = len(upstream.server.asked)
        upstream.server.failures.append(OVERLOADED)
        with pytest.raises(FeedUnavailableError) as caught:
            list(connector.pages(last.watermark))
        assert caught.value.retry_after_seconds == 120
        assert len(upstream.server.asked) == before + 1


def test_terms_that_were_not_accepted_are_a_refusal(upstream: acled_server.Acled) -> None:
    """403: a person must look."""
    upstream.forbidden = True
    with serving(upstream.server) as fetcher, pytest.raises(FeedRefusedError, match="403"):
        list(_connector(upstream, fetcher).pages(None))


@pytest.mark.parametrize(
    ("reply", "error", "said"),
    [
        (DOWN, FeedUnavailableError, "500"),
        (BROKEN_OFF, FeedUnavailableError, "broke off"),
        (CUT_JSON, FeedUnavailableError, "inside its JSON"),
        (WEB_PAGE, FeedFormatError, "text/html"),
        (Reply(WEB_PAGE.content), FeedFormatError, "web page"),
        (as_json({"status": 200, "success": True, "data": [{"event_id_cnty": "TUN1"}]}), FeedFormatError, "timestamp"),
        (as_json({"status": 200, "results": []}), FeedFormatError, "'data'; it has status, results"),
        (as_json({"status": 500, "success": False, "messages": ["busy"]}), FeedUnavailableError, "busy"),
        (as_json([1]), FeedFormatError, "an object"),
    ],
)
def test_an_answer_of_another_form_is_named(
    upstream: acled_server.Acled, reply: Reply, error: type[FeedError], said: str
) -> None:
    """What is missing, and what came."""
    upstream.server.failures.extend([None, reply])
    with serving(upstream.server) as fetcher, pytest.raises(error, match=said):
        list(_connector(upstream, fetcher).pages(None))


@pytest.mark.parametrize("watermark", ["[]", "{", '{"seen": "x"}', '{"edition": "25.1"}'])
def test_a_watermark_of_another_connector_is_refused(upstream: acled_server.Acled, watermark: str) -> None:
    """Starting anew instead would take everything in again."""
    with pytest.raises(FeedFormatError, match="not of this connector"):
        list(_connector(upstream, Direct(upstream.server)).pages(watermark))


@pytest.mark.parametrize("change", [{"fatalities": "many"}, {"latitude": "95"}, {"event_date": "7 March 2016"}])
def test_a_row_that_cannot_be_understood_is_refused_by_itself(
    upstream: acled_server.Acled, change: dict[str, str]
) -> None:
    """The rest of the page can be taken in."""
    connector = _connector(upstream, Direct(upstream.server))
    content = json.dumps(event(1, _NOON) | change).encode()
    with pytest.raises(FeedFormatError, match="event TUN1"):
        connector.read(RawRecord("TUN1", "1", content))
