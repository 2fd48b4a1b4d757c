"""A parameter that a route does not know is told of, and never passed over as if it had been heeded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.web import Web

_THEATER = "/api/v1/theaters/tunisia"
pytestmark = pytest.mark.fault(4)


@pytest.mark.parametrize(
    ("address", "name", "value", "accepted"),
    [
        (f"{_THEATER}/odds?as_off=2016-03-08", "as_off", "'2016-03-08'", "did you mean as_of?"),
        (f"{_THEATER}/observations?limt=2", "limt", "'2'", "did you mean limit?"),
        ("/api/v1/theaters?x=", "x", "''", "only the parameters "),
        ("/api/v1/session?a%00b=1", "a\\x00b", "'1'", "no parameters here"),
    ],
)
def test_an_unknown_parameter_is_refused_with_those_that_there_are(
    web: Web, address: str, name: str, value: str, accepted: str
) -> None:
    """As any other value that cannot be."""
    refused = web.client.get(address)
    assert refused.status_code == 422, refused.text
    (problem,) = refused.json()["problems"]
    assert (problem["field"], problem["value"]) == (name, value)
    assert accepted in problem["accepted"]


def test_of_very_many_unknown_parameters_some_are_told(web: Web) -> None:
    """And how many more there are at least."""
    refused = web.client.get("/api/v1/theaters?" + "&".join(f"x{number}=1" for number in range(500)))
    assert refused.status_code == 422
    assert len(refused.json()["problems"]) == 20
    assert "480" in refused.json()["detail"]


def test_known_parameters_pass_and_open_routes_take_any(web: Web) -> None:
    """A probe may add what keeps caches away."""
    assert web.client.get(f"{_THEATER}/odds?as_of=2016-03-08&format=csv").status_code == 200
    assert web.client.get("/healthz?x=1").status_code == 200
