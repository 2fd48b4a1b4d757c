"""The UCDP API as it behaves, fed with real rows of GED 21.1 (CC BY 4.0, see indicators/violence/observations)."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from support.upstream_server import Ask, Reply, Upstream, as_json

type Row = dict[str, Any]

TOKEN = "a-token"  # noqa: S105 (of this server alone)
_SOURCE = Path(__file__).parents[2] / "indicators/violence/observations/ucdp-ged-21.1.source.csv"
_NUMBERS = {"id": int, "type_of_violence": int, "low": int, "best": int, "high": int}
_NUMBERS |= {"latitude": float, "longitude": float}  # type: ignore[dict-item]
_COUNTRIES = {"Libya": 620, "Tunisia": 616}


def real_rows() -> list[Row]:
    """Rows of GED 21.1 as the API types them."""
    with _SOURCE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        {name: _NUMBERS.get(name, str)(value) for name, value in row.items()}
        | {"date_start": f"{row['date_start']}T00:00:00", "country_id": _COUNTRIES[row["country"]]}
        for row in rows
    ]


class Ucdp:
    """The upstream's state: rows by edition. `first_page` is 0, or 1 with 0 as another name of it."""

    def __init__(self, editions: dict[str, list[Row]], *, first_page: int = 0) -> None:
        self.editions = editions
        self.first_page = first_page
        self.token = TOKEN
        self.empty_for_unknown = False
        self.server = Upstream(self.answer)

    def answer(self, ask: Ask) -> Reply:
        if ask.headers.get("x-ucdp-access-token") != self.token:
            return Reply(b"API token required. Add header: x-ucdp-access-token", 401, media="text/plain")
        edition = ask.path.removeprefix("/api/gedevents/")
        if edition not in self.editions and not self.empty_for_unknown:
            return as_json({"Message": "No such version"}, 404)
        countries = ask.query.get("Country")
        rows = [
            row
            for row in self.editions.get(edition, [])
            if (countries is None or str(row["country_id"]) in countries.split(","))
            and row["date_start"][:10] >= ask.query.get("StartDate", "")
        ]
        size, page = int(ask.query["pagesize"]), max(int(ask.query["page"]), self.first_page)
        begin = (page - self.first_page) * size
        address = f"http://elsewhere.example/api/gedevents/{edition}?pagesize={size}&page="
        return as_json(
            {
                "TotalCount": len(rows),
                "TotalPages": -(-len(rows) // size),
                "PreviousPageUrl": f"{address}{page - 1}" if page > self.first_page else "",
                "NextPageUrl": f"{address}{page + 1}" if begin + size < len(rows) else "",
                "Result": rows[begin : begin + size],
            }
        )
