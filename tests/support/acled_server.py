"""ACLED as its API behaves: logins, tokens that expire, time-stamped rows, deletions.

The rows are made up. They have the real columns in the real types (text for nearly everything), but not ACLED's
content, which may not be passed on.
"""

from __future__ import annotations

from operator import ge
from typing import TYPE_CHECKING, Any

from support.upstream_server import Ask, Reply, Upstream, as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

type Row = dict[str, Any]

USERNAME, PASSWORD = "analyst@example.org", "correct horse"


def event(number: int, timestamp: int, *, country: str = "Tunisia", day: str = "2016-03-07", notes: str = "") -> Row:
    """One event in ACLED's columns."""
    prefix = {"Tunisia": "TUN", "Libya": "LBY"}[country]
    return {
        "event_id_cnty": f"{prefix}{number}",
        "event_date": day,
        "year": day[:4],
        "time_precision": "1",
        "disorder_type": "Political violence",
        "event_type": "Battles",
        "sub_event_type": "Armed clash",
        "actor1": f"Military Forces of {country}",
        "assoc_actor_1": "",
        "inter1": "State forces",
        "actor2": "Islamic State",
        "assoc_actor_2": "",
        "inter2": "Rebel group",
        "interaction": "State forces-Rebel group",
        "civilian_targeting": "",
        "iso": "788",
        "region": "Northern Africa",
        "country": country,
        "admin1": "Medenine",
        "admin2": "Ben Guerdane",
        "admin3": "",
        "location": "Ben Guerdane",
        "latitude": "33.1378",
        "longitude": "11.2197",
        "geo_precision": "1",
        "source": "A paper; https://example.org/report",
        "source_scale": "National",
        "notes": notes,
        "fatalities": "3",
        "tags": "",
        "timestamp": str(timestamp),
    }


class Acled:
    """The upstream's state, changed by tests; `calls` counts logins and refreshes by grant."""

    def __init__(self, *, cap: int = 5_000) -> None:
        self.events: dict[str, Row] = {}
        self.deleted: list[Row] = []
        self.cap = cap
        self.refresh_good = True
        self.password = PASSWORD
        self.good: str | None = None
        self.serial = 0
        self.grants: list[str] = []
        self.forbidden = False
        self.keeps_refusing = False
        self.server = Upstream(self.answer)

    def put(self, row: Row) -> None:
        self.events[row["event_id_cnty"]] = row

    def delete(self, name: str, timestamp: int) -> None:
        del self.events[name]
        self.deleted.append({"event_id_cnty": name, "deleted_timestamp": str(timestamp)})

    def expire(self) -> None:
        """The token is no longer good."""
        self.good = None

    def answer(self, ask: Ask) -> Reply:
        if ask.path == "/oauth/token":
            return self._token(ask.form)
        if self.keeps_refusing or self.good is None or ask.headers.get("authorization") != f"Bearer {self.good}":
            return as_json({"message": "The resource owner or authorization server denied the request."}, 401)
        if self.forbidden:
            return as_json({"message": "Access denied"}, 403)
        return as_json(self.read(ask.path, ask.query))

    def read(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """An answer to a question of a good token."""
        if path == "/api/deleted/read":
            rows, stamp = self.deleted, "deleted_timestamp"
        else:
            assert path == "/api/acled/read"
            countries = query["country"].split("|") if "country" in query else None
            rows = [row for row in self.events.values() if countries is None or row["country"] in countries]
            rows = [row for row in rows if row["event_date"] >= query.get("event_date", "")]
            rows.sort(key=lambda row: (row["event_date"], row["event_id_cnty"]), reverse=True)
            stamp = "timestamp"
        fits = _where(query[f"{stamp}_where"], query[stamp])
        found = [row for row in rows if fits(int(row[stamp]))]
        limit = min(int(query["limit"]), self.cap)
        begin = (int(query.get("page", "1")) - 1) * limit
        part = found[begin : begin + limit]
        return {
            "status": 200,
            "success": True,
            "last_update": 24,
            "count": len(part),
            "data": part,
            "messages": [],
        }

    def _token(self, form: Mapping[str, str]) -> Reply:
        assert form["client_id"] == "acled"
        self.grants.append(form["grant_type"])
        if form["grant_type"] == "refresh_token":
            good = self.refresh_good and form["refresh_token"] == f"refresh-{self.serial}"
        else:
            good = (form["username"], form["password"]) == (USERNAME, self.password)
        if not good:
            return as_json({"error": "invalid_grant", "error_description": "The user credentials were incorrect."}, 400)
        self.serial += 1
        self.good = f"access-{self.serial}"
        refresh = f"refresh-{self.serial}"
        token = {"token_type": "Bearer", "expires_in": 86_400, "access_token": self.good, "refresh_token": refresh}
        return as_json(token)


def _where(how: str, value: str) -> Callable[[int], bool]:
    if how == "BETWEEN":
        low, high = (int(end) for end in value.split("|"))
        return lambda second: low <= second <= high
    assert how == ">="
    return lambda second: ge(second, int(value))
