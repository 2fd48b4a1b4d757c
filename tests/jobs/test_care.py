"""What jobs come to where a feed is to be left alone, is silent or is off."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from tocsin.catalog.kit import find_kit
from tocsin.catalog.read import read_catalog
from tocsin.domain.errors import FeedUnavailableError
from tocsin.domain.feed import FeedState
from tocsin.jobs.care import feeds_missing, take_in
from tocsin.settings import Settings
from tocsin.usecases.run_job import Turn

_NOW = datetime(2016, 3, 8, 12, tzinfo=UTC)


@pytest.mark.fault(14)
def test_a_feed_that_is_to_be_left_alone_is_not_asked_and_its_run_waits_as_long() -> None:
    """Called done, the run would not be attempted again before the next slot."""
    state = FeedState(failures=2, problem="quota spent", retry_at=_NOW + timedelta(minutes=7))
    service = SimpleNamespace(feeds=SimpleNamespace(state=lambda _: state))
    turn = Turn("run", _NOW, _NOW, lambda: False, lambda _: None)
    with pytest.raises(FeedUnavailableError, match="quota spent") as refused:
        take_in(service, SimpleNamespace(), SimpleNamespace(id="tunisia/wire"), turn)  # type: ignore[arg-type]
    assert refused.value.retry_after_seconds == 420


def _missing(day: date, state: FeedState, token: str | None) -> str | None:
    """Why border attacks in Tunisia are not known up to a day; UCDP's feed tells of them, and needs a token."""
    catalog = read_catalog(find_kit())
    states = {"tunisia/ucdp-ged": state}
    service = SimpleNamespace(catalog=catalog, feeds=SimpleNamespace(state=lambda feed: states.get(feed, FeedState())))
    tunisia = catalog.theater("tunisia")
    why = feeds_missing(service, Settings(ucdp_token=token), tunisia)  # type: ignore[arg-type]
    return why("violence/border-attack", day)


@pytest.mark.parametrize(
    ("answered", "token", "said"),
    [
        (_NOW, "secret", None),
        (_NOW - timedelta(days=1), "secret", "tunisia/ucdp-ged has not answered since 2016-03-07"),
        (None, "secret", "tunisia/ucdp-ged has not answered since 2016-03-07"),
        (_NOW, None, None),
        (_NOW - timedelta(days=1), None, "tunisia/ucdp-ged is off: TOCSIN_UCDP_TOKEN is not set"),
        (None, None, None),
    ],
    ids=["up to date", "silent", "never answered", "off since", "off before", "never on"],
)
def test_silence_is_known_only_where_every_feed_that_tells_of_it_has_answered_since(
    answered: datetime | None, token: str | None, said: str | None
) -> None:
    """On or off: a credential that is gone makes no silence. What was never on is the analysts' to watch."""
    assert _missing(date(2016, 3, 7), FeedState(succeeded_at=answered), token) == said
