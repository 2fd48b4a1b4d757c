"""Examples of every answer of the interface, as a real store gives them.

`python -m support.api_examples FOLDER` asks a demo store, of which it takes a copy, and writes `web/examples.json`.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from support.access import PASSWORD
from support.score_record import record_scores
from support.web import OpenGate
from tocsin.bootstrap.web import open_desk
from tocsin.jobs.alarm import make_alarm
from tocsin.settings import Settings
from tocsin.web import openapi
from tocsin.web.app import make_app
from tocsin.web.means import Means

if TYPE_CHECKING:
    from tocsin.bootstrap.service import Service

FILE = Path(openapi.__file__).with_name("examples.json")
_EVER = datetime(2100, 1, 1, tzinfo=UTC)
_MOST = 2
_SECRETS = {
    "secret": "whsec_ZXhhbXBsZSBleGFtcGxlIGV4YW1wbGUgZXhhbXBsZQ==",
    "key": "tocsin_00ff00ff00ff_an-example-that-opens-nothing",
}
_API, _TUNISIA = "/api/v1", "/api/v1/theaters/{theater}"
_RULE = {
    "title": "An attack at the border",
    "reason": "The desk calls the border command.",
    "severity": "critical",
    "kind": "tripwire",
    "indicator": "violence/border-attack",
    "at_least": 1,
    "within_days": 7,
    "destinations": ["desk"],
}
_ATTACK = {
    "indicator": "violence/border-attack",
    "observed_on": "2016-03-09",
    "value": 1,
    "grade": "B2",
    "origin": "desk-2016-03-09",
    "summary": "Shots at a post near the border.",
    "source": "the desk",
}

_DECIDED = {
    "item": {
        "id": "abababababababab",
        "feed": "tunisia/wire",
        "queued_at": "2016-03-08T06:00:00Z",
        "action": "report",
        "indicator": "violence/border-attack",
        "observed_on": "2016-03-07",
        "through": "",
        "value": "1",
        "grade": "C3",
        "origin": "https://wire.example/ben-guerdane",
        "summary": "Gunmen attack posts in Ben Guerdane.",
        "source": "a wire",
        "coverage": "",
        "links": ["https://wire.example/ben-guerdane"],
        "target": None,
        "why": "a keyword rule matched",
        "decision": "dismissed",
        "decided_at": "2016-03-08T07:00:00Z",
        "decided_by": "ada",
        "reason": "the report of the ministry says it already",
        "observation": None,
    },
    "observation": None,
    "added": True,
    "change": None,
    "no_odds": None,
}
"""Nothing waits for a decision in a demo."""


@dataclass
class Examples:
    """What was asked and answered, by operation."""

    client: TestClient
    found: dict[str, Any] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: object = None, *, sent: Any = None, **named: Any) -> Any:  # noqa: ANN401
        """Ask, and keep the answer as an example; `named` fills the path, and what it has no place for the query."""
        address = path.format(**{"theater": "tunisia", "scenario": "border-offensive"} | named)
        query = {name: value for name, value in named.items() if f"{{{name}}}" not in path}
        more: dict[str, Any] = {"json": body} if body is not None else {"files": sent} if sent is not None else {}
        answer = self.client.request(method, address, params=query, **more)
        assert answer.status_code < 300, f"{method} {address}: {answer.text}"
        if not answer.content or not answer.headers["content-type"].startswith("application/json"):
            return None
        told = answer.json()
        self.found.setdefault(f"{method} {path} {answer.status_code}", _short(told))
        if body is not None:
            self.found.setdefault(f"{method} {path}", body)
        return told


def _short(told: object) -> object:
    """The same, of lists the first entries."""
    if isinstance(told, list):
        return [_short(item) for item in told[:_MOST]]
    if isinstance(told, dict):
        return {name: _SECRETS.get(name) if name in _SECRETS and item else _short(item) for name, item in told.items()}
    return told


def capture(client: TestClient, service: Service, settings: Settings, clock: list[datetime]) -> dict[str, Any]:
    """An example of every operation that answers in JSON."""
    examples = Examples(client)
    ask = examples.ask
    for path in ("/", "/healthz", "/problems"):
        ask("GET", path)
    ask("PUT", f"{_API}/destinations/{{destination}}", _HOOK, destination="desk")
    ask("PUT", f"{_API}/alert-rules/{{theater}}/{{rule}}", {"rule": _RULE}, rule="attack")
    ask("POST", f"{_API}/alert-rules", {"theater": "tunisia", "id": "second", "rule": _RULE})
    _odds(ask)
    _ledger(ask, clock)
    make_alarm(settings, service, lambda: clock[0]).bell.look()
    _alerts(ask, clock)
    _record(ask, service, clock)
    ask("POST", f"{_API}/destinations/{{destination}}/test", destination="desk")
    _people(ask)
    # A demo's fit was made on the day on which it was tried.
    clock[0] = timedelta(hours=1) + max(item.recorded_at for item in service.fits.accepted("tunisia", _EVER))
    ask("GET", "/readyz")
    fit = ask("GET", f"{_TUNISIA}/fits")["items"][0]["id"]
    ask("GET", f"{_API}/fits/{{fit}}", fit=fit)
    for verb in ("confirm", "dismiss"):
        examples.found[f"POST {_TUNISIA}/review/{{item}}/{verb} 200"] = _DECIDED
    return dict(sorted(examples.found.items()))


_HOOK = {"kind": "webhook", "title": "The desk", "address": "https://desk.example/hook"}


def _odds(ask: Any) -> None:  # noqa: ANN401
    ask("GET", f"{_API}/theaters")
    for path in ("", "/scenarios", "/scenarios/{scenario}", "/indicators", "/odds", "/collection"):
        ask("GET", f"{_TUNISIA}{path}")
    subject = {"subject": "violence", "indicator": "border-attack"}
    ask("GET", f"{_TUNISIA}/indicators/{{subject}}/{{indicator}}", **subject)
    ask(
        "POST",
        f"{_TUNISIA}/what-if",
        {"observations": [{"indicator": "violence/border-attack", "value": 1, "grade": "B2"}]},
    )


def _ledger(ask: Any, clock: list[datetime]) -> None:  # noqa: ANN401
    clock[0] += timedelta(minutes=5)
    made = ask("POST", f"{_TUNISIA}/observations", _ATTACK)["observations"][0]["id"]
    for path in ("/observations", "/sources", "/evidence"):
        ask("GET", f"{_TUNISIA}{path}")
    ask("GET", f"{_TUNISIA}/observations/{{observation}}", observation=made)
    change = f"{_TUNISIA}/observations/{{observation}}"
    after = ask("POST", f"{change}/correct", {"grade": "C3", "reason": "one source only"}, observation=made)
    clock[0] += timedelta(minutes=5)
    other = ask("POST", f"{_TUNISIA}/observations", _ATTACK | {"origin": "a paper"})["observations"][0]["id"]
    ask("POST", f"{change}/retract", {"reason": "a rumor"}, observation=other)
    assert after["added"]
    header, row = "indicator,observed_on,value,grade,origin", "group/pledge-publication,2016-03-09,0,C3,desk"
    file = {"file": ("desk.csv", f"{header}\n{row}\n".encode(), "text/csv")}
    ask("POST", f"{_TUNISIA}/observations/import", sent=file, dry_run=True)
    ask("POST", f"{_TUNISIA}/observations/import", sent=file)


def _alerts(ask: Any, clock: list[datetime]) -> None:  # noqa: ANN401
    one = f"{_API}/alerts/{{theater}}/{{rule}}"
    ask("GET", f"{_API}/alert-rules")
    ask("GET", f"{_API}/alert-rules/{{theater}}/{{rule}}", rule="attack")
    ask("POST", f"{_API}/accounts", {"name": "ada", "password": PASSWORD, "role": "officer"})
    ask("POST", f"{one}/acknowledge", {"note": "calling the border command", "hours": 4}, rule="attack")
    ask("POST", f"{one}/assign", {"to": "ada", "note": "call the border command first"}, rule="attack")
    ask("POST", f"{one}/snooze", {"hours": 8, "comment": "known; the desk meets at eight"}, rule="attack")
    ask("GET", f"{_API}/alerts")
    ask("GET", one, rule="attack")
    ask("GET", f"{_TUNISIA}/alert-steps")
    notice = ask("GET", f"{_TUNISIA}/notices")["items"][0]["id"]
    ask("GET", f"{_TUNISIA}/notices/{{notice}}", notice=notice)
    wanted = {"theater": "tunisia", "ends_at": (clock[0] + timedelta(hours=8)).isoformat(), "comment": "an exercise"}
    silence = ask("POST", f"{_API}/silences", wanted)["id"]
    ask("GET", f"{_API}/silences")
    ask("DELETE", f"{_API}/silences/{{silence}}", silence=silence)
    ask("GET", f"{_API}/destinations")
    ask("GET", f"{_API}/deliveries")


def _record(ask: Any, service: Service, clock: list[datetime]) -> None:  # noqa: ANN401
    tunisia, (fit, *_) = service.catalog.theater("tunisia"), service.fits.accepted("tunisia", _EVER)
    record_scores(tunisia, service.publications, service.resolutions, fit=fit.id, as_of=clock[0])
    ask("GET", f"{_API}/publications")
    for path in ("/publications", "/windows", "/scores", "/track-record/links", "/track-record/sources", "/review"):
        ask("GET", f"{_TUNISIA}{path}")
    ask("GET", f"{_TUNISIA}/scenarios/{{scenario}}/history")
    ask("GET", f"{_TUNISIA}/scenarios/{{scenario}}/why", since="2016-03-08", horizon_days=30)
    wanted = {
        "opened_on": "2016-03-09",
        "horizon_days": 180,
        "outcome": "void",
        "reason": "Sources contradict each other.",
    }
    ask("POST", f"{_TUNISIA}/scenarios/{{scenario}}/resolve", wanted, scenario="democratic-breakdown")
    ask("GET", f"{_TUNISIA}/resolutions")
    order = ask("POST", f"{_TUNISIA}/fits")["id"]
    ask("GET", f"{_TUNISIA}/fit-orders/{{order}}", order=order)
    for path in ("/jobs", "/feeds", "/audit"):
        ask("GET", f"{_API}{path}")


def _people(ask: Any) -> None:  # noqa: ANN401
    ask("GET", f"{_API}/accounts")
    ask("GET", f"{_API}/accounts/{{name}}", name="ada")
    ask("PATCH", f"{_API}/accounts/{{name}}", {"role": "analyst"}, name="ada")
    ask("POST", f"{_API}/keys", {"name": "collector at the desk", "role": "analyst"})
    ask("GET", f"{_API}/keys")
    ask("POST", f"{_API}/session", {"name": "ada", "password": PASSWORD})
    ask("GET", f"{_API}/session")
    ask("GET", f"{_API}/sessions", all=True)


def main() -> None:
    """Ask a copy of a demo store, and write the file."""
    clock = [datetime(2016, 3, 9, 8, tzinfo=UTC)]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        shutil.copytree(sys.argv[1], home)
        settings = Settings(home=home)
        with open_desk(settings, lambda: clock[0]) as (service, desk):
            app = make_app(Means(service, desk, OpenGate(), lambda: clock[0], settings))
            with TestClient(app, base_url="http://localhost") as client:
                found = capture(client, service, settings, clock)
    FILE.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
