"""What was known at an instant stays what it was: no read as of it shows what came later."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from fastapi.routing import iter_route_contexts

from support.databases import ONLY_SQLITE
from support.publications import stated_odds, statement
from support.web import Web, open_app
from tocsin.usecases.desk import Desk
from tocsin.usecases.publish import publish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Own

pytestmark = ONLY_SQLITE
_THEN = datetime(2016, 3, 10, 12, tzinfo=UTC)
_AS_OF = "2016-03-10T12:00:00+00:00"
_API = "/api/v1"
_TUNISIA = f"{_API}/theaters/{{theater}}"
_QUERIES = {
    f"{_API}/publications": ["", "format=ndjson", "format=csv"],
    f"{_TUNISIA}/odds": ["", "reasons=true", "format=csv"],
    f"{_TUNISIA}/scenarios/{{scenario}}/history": ["", "restated=true", "format=csv"],
    f"{_TUNISIA}/scenarios/{{scenario}}/why": ["since=2016-03-08"],
    f"{_TUNISIA}/collection": [""],
    f"{_TUNISIA}/observations": ["since=2016-03-01", "since=2016-03-01&everything=true"],
    f"{_TUNISIA}/observations/{{observation}}": [""],
    f"{_TUNISIA}/sources": ["indicator=violence/border-attack"],
    f"{_TUNISIA}/evidence": ["indicator=violence/border-attack"],
    f"{_TUNISIA}/fits": [""],
    f"{_TUNISIA}/publications": ["", "format=ndjson"],
    f"{_TUNISIA}/resolutions": [""],
    f"{_TUNISIA}/windows": [""],
    f"{_TUNISIA}/scores": ["", "format=csv"],
    f"{_TUNISIA}/track-record/links": [""],
    f"{_TUNISIA}/track-record/sources": ["", "format=csv"],
}
"""Each read that takes `as_of`, and how it is asked. A new one is refused by the test below until it stands here."""
_REPORT = {"indicator": "violence/border-attack", "observed_on": "2016-03-09", "value": 1, "grade": "B2", "origin": "x"}
_JUDGED = {"opened_on": "2016-03-09", "horizon_days": 30, "outcome": "yes", "reason": "It was seen to happen"}
_LONG: dict[str, object] = _JUDGED | {"horizon_days": 180}


def _publish(own: Own) -> None:
    service = own.service
    done = publish(
        service.catalog.theater("tunisia"),
        ledger=service.ledger,
        fits=service.fits,
        codec=service.codec,
        publications=service.publications,
        now=own.clock.now,
    )
    assert done.publication is not None


def _observe(own: Own, **changes: object) -> str:
    answer = own.post("observations", _REPORT | changes)
    assert answer.status_code == 201, answer.text
    (added,) = answer.json()["added"]
    return str(added)


def _change(own: Own, path: str, sent: dict[str, object]) -> str:
    answer = own.post(path, sent)
    assert answer.status_code == 201, answer.text
    return str(answer.json().get("resolution", {}).get("id"))


_CLOSED: dict[str, object] = _JUDGED | {"opened_on": "2016-01-10"}


def _state_earlier(own: Own) -> None:
    """What was stated in January of 30 days that have passed: only of such a window there is a score."""
    day = date(2016, 1, 10)
    stated_at = datetime(2016, 1, 10, 6, 30, tzinfo=UTC)
    (fit, *_) = own.service.fits.accepted("tunisia", own.clock.now)
    odds = (stated_odds("security-crackdown", closes_on=date(2016, 2, 8), rule=""),)
    said = statement(
        theater="tunisia",
        fit=fit.id,
        stated_at=stated_at,
        as_of=stated_at,
        fitted_as_of=stated_at,
        opens_on=day,
        odds=odds,
    )
    assert own.service.publications.append(said, None) is not None


def _live_until_then(own: Own) -> tuple[str, str, str]:
    """A report, one that is corrected, a publication, and windows that are settled: by the instant. Three ids."""
    _state_earlier(own)
    first = _observe(own)
    second = _observe(own, origin="y", observed_on="2016-03-08")
    own.clock.now += timedelta(hours=1)
    _change(own, f"observations/{second}/correct", {"value": 2, "reason": "recounted"})
    _publish(own)
    own.clock.now = _THEN - timedelta(hours=1)
    judged = _change(own, "scenarios/democratic-breakdown/resolve", _LONG)
    closed = _change(own, "scenarios/security-crackdown/resolve", _CLOSED)
    return first, judged, closed


def _live_on(own: Own, first: str, judged: str, closed: str) -> None:
    """Afterwards: something new of every kind, about days before the instant where it can be."""
    own.clock.now = _THEN + timedelta(hours=2)
    _observe(own, origin="late")
    _change(own, f"observations/{first}/correct", {"value": 3, "grade": "A1", "reason": "more of them were seen"})
    own.clock.now += timedelta(hours=1)
    third = _observe(own, origin="later", indicator="group/pledge-publication")
    _change(own, f"observations/{third}/retract", {"reason": "a rumor"})
    fits = own.service.fits
    kept = fits.accepted("tunisia", own.clock.now)[0]
    newer = replace(kept, id="f" * 16, recipe="f" * 64, as_of=own.clock.now, recorded_at=own.clock.now)
    fits.save(newer, fits.draws(kept), "test")
    _publish(own)
    undone = {"outcome": "void", "reason": "Sources contradict each other"}
    _change(own, "scenarios/democratic-breakdown/resolve", _LONG | undone | {"supersedes": judged})
    _change(own, "scenarios/security-crackdown/resolve", _CLOSED | undone | {"supersedes": closed})
    _change(own, "scenarios/security-crackdown/resolve", _JUDGED)


@contextmanager
def _fresh(own: Own) -> Iterator[Web]:
    """An application that remembers nothing."""
    service = own.service
    desk = Desk(service.ledger, service.fits, service.codec, service.events, service.freshness, ahead=False)
    with open_app(service, desk, own.web.means.settings, lambda: own.clock.now) as opened:
        yield opened


def _answers(own: Own, observation: str, as_of: str) -> dict[str, tuple[bytes, str | None]]:
    """What each read says as of an instant, and its tag."""
    found = {}
    with _fresh(own) as web:
        for path, queries in _QUERIES.items():
            scenario = "democratic-breakdown"
            where = path.format(theater="tunisia", scenario=scenario, observation=observation)
            for query in queries:
                named = f"{where}?{query}"
                answer = web.client.get(where, params=f"{query}&as_of={as_of.replace('+', '%2B')}")
                assert answer.status_code == 200, f"{named}: {answer.text}"
                found[named] = answer.content, answer.headers.get("etag")
    return found


def test_what_was_known_at_an_instant_is_answered_byte_for_byte_as_it_was(fitted: Own) -> None:
    """Also where a report, a correction, a fit, a publication or a resolution has come in since.

    No field is left out: ages count to the instant that is asked about, and not to now. What would change an earlier
    instant is meant to, and is not done here: old news (`history`), and a fit as of it that is made later.
    """
    first, judged, closed = _live_until_then(fitted)
    fitted.clock.now = _THEN + timedelta(minutes=1)
    before = _answers(fitted, first, _AS_OF)
    _live_on(fitted, first, judged, closed)
    after, later = _answers(fitted, first, _AS_OF), _answers(fitted, first, fitted.clock.now.isoformat())
    assert [name for name, said in before.items() if after[name] != said] == []
    # Of each of them something later can be told, so that this holds them to something.
    assert [name for name, said in before.items() if later[name][0] == said[0]] == []


def test_every_read_that_takes_an_instant_is_held_to_it(own: Own) -> None:
    """Whoever adds one says above how it is asked."""
    taking = {
        str(found.path)
        for found in iter_route_contexts(own.web.client.app.routes)  # type: ignore[attr-defined]
        # A page that looks back shows the hour at which somebody looks as well, and is no read by a program.
        if "GET" in (found.methods or ()) and "as_of" in _queried(found.dependant) and "/api/" in str(found.path)
    }
    assert taking == set(_QUERIES)


def _queried(dependant: object) -> set[str]:
    """The parameters of the query of a route, those of what it depends on too."""
    found = {field.alias for field in dependant.query_params}  # type: ignore[attr-defined]
    return found.union(*(_queried(part) for part in dependant.dependencies))  # type: ignore[attr-defined]
