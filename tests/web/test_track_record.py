"""Track records over HTTP and at the command line, on the Tunisia theater; nothing is changed by looking."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tocsin.cli.track_record_table import links_json, print_links, print_sources, sources_json
from tocsin.domain.link_record import Verdict
from tocsin.ensemble.design import lay_out
from tocsin.usecases.track_links import track_links
from tocsin.usecases.track_sources import track_sources

if TYPE_CHECKING:
    from support.kit import Kit
    from support.web import Web
    from tocsin.domain.fit import Fit

_TUNISIA = "/api/v1/theaters/tunisia/track-record"
_DAY = "2016-03-08"


def _body(web: Web, path: str, **asked: object) -> Any:  # noqa: ANN401 (JSON)
    answer = web.client.get(f"{_TUNISIA}/{path}", params={"as_of": _DAY} | asked)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_declared_link_stands_beside_what_the_last_fit_has_learned(web: Web, tunisia_fit: Fit) -> None:
    """In the declared order; of one of them the multiplier is that of the stored draws."""
    service = web.means.service
    theater = service.catalog.theater("tunisia")
    body = _body(web, "links")
    assert [(item["scenario"], item["indicator"]) for item in body["items"]] == [
        (scenario.id, link.indicator) for scenario in theater.scenarios for link in scenario.links
    ]
    assert body["fit"] == tunisia_fit.id
    name = ("tunisian-wilayat", "group/pledge-publication")
    (told,) = (item for item in body["items"] if (item["scenario"], item["indicator"]) == name)
    draws = service.codec.decode(service.fits.draws(tunisia_fit)).draws
    multipliers = np.exp(2 * draws.parameters[:, lay_out(theater).column(f"link[{', '.join(name)}]")])
    assert told["declared"] == {"low": 8.0, "high": 40.0}
    assert [told["learned"][end] for end in ("low", "median", "high")] == pytest.approx(
        list(np.quantile(multipliers, [0.05, 0.5, 0.95]))
    )
    assert told["kept"] == pytest.approx(
        np.log(told["learned"]["high"] / told["learned"]["low"]) / np.log(40 / 8), rel=1e-9
    )
    (rule,) = (
        item
        for item in body["items"]
        if (item["scenario"], item["indicator"]) == ("border-offensive", "violence/border-attack")
    )
    assert (rule["own_rule"], told["own_rule"]) == (True, False)
    assert rule["otherwise"]["cases"] > rule["otherwise"]["hits"] > 0


def test_a_fit_of_other_files_teaches_nothing(kit: Kit, tunisia_fit: Fit) -> None:
    """Its draws are of other parameters; what was seen is told all the same."""
    theater = kit.service.catalog.theater("tunisia")
    first, *others = theater.scenarios
    changed = replace(theater, scenarios=(replace(first, links=first.links[1:]), *others))
    found = track_links(
        changed,
        ledger=kit.service.ledger,
        fits=kit.service.fits,
        codec=kit.service.codec,
        as_of=tunisia_fit.as_of,
    )
    assert found.fit is None
    assert {item.verdict for item in found.links} == {Verdict.UNKNOWN}
    assert any(item.otherwise is not None and item.otherwise.hits for item in found.links)


def test_each_report_of_the_ledger_is_on_one_sources_record(web: Web) -> None:
    """By name, page by page, as CSV too; those of the shipped history stand."""
    service = web.means.service
    theater = service.catalog.theater("tunisia")
    names = [item.id for item in theater.indicators]
    known = service.ledger.observations(names, theater.timeline.close_of(theater.scenarios[0].resolution.opened))
    body = _body(web, "sources", limit=2)
    items, cursor = body["items"], body["next"]
    while cursor is not None:
        page = _body(web, "sources", limit=2, cursor=cursor)
        items += page["items"]
        cursor = page["next"]
    assert sum(item["reports"] for item in items) == len(known)
    assert [item["source"] for item in items] == sorted({item.source for item in known})
    fates = ("retracted", "corrected", "overruled", "contradicted", "confirmed", "untested")
    assert all(sum(item[fate] for fate in fates) == item["reports"] for item in items)
    answer = web.client.get(f"{_TUNISIA}/sources", params={"as_of": _DAY, "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["source"], float(row["stood.low"])) for row in rows] == [
        (item["source"], item["stood"]["low"]) for item in items
    ]


def test_the_command_line_says_what_the_interface_says(
    web: Web, tunisia_fit: Fit, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same figures, and for people what they are not."""
    service = web.means.service
    theater = service.catalog.theater("tunisia")
    links = track_links(theater, ledger=service.ledger, fits=service.fits, codec=service.codec, as_of=tunisia_fit.as_of)
    sources = track_sources(theater, ledger=service.ledger, resolutions=service.resolutions, as_of=tunisia_fit.as_of)
    assert json.loads(links_json(links)) == _body(web, "links")["items"]
    assert json.loads(sources_json(sources)) == _body(web, "sources")["items"]
    print_links(theater, links, tunisia_fit.as_of)
    print_sources(theater, sources, tunisia_fit.as_of)
    shown = capsys.readouterr().out
    assert "×8 to 40" in shown
    assert shown.count("nothing follows from this by itself") == 2
    assert "an upper bound: most are never tested" in shown


def test_a_theater_that_is_not_there_has_no_record(web: Web) -> None:
    """As for every read."""
    for path in ("links", "sources"):
        answer = web.client.get(f"/api/v1/theaters/nowhere/track-record/{path}")
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (404, "unknown-name")
