"""Fits ordered over HTTP, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.fits import fit_of
from tocsin.domain.event import EventKind
from tocsin.domain.job import Worker

if TYPE_CHECKING:
    from conftest import Own


def _tick(own: Own) -> None:
    own.service.jobs.tick(Worker("w", "host", 1, own.clock.now, own.clock.now))


def test_an_order_waits_for_a_worker_and_says_where_to_follow_it(own: Own) -> None:
    """Its event names who ordered it."""
    _tick(own)
    answer = own.post("fits")
    assert answer.status_code == 202
    order = answer.json()
    assert (order["state"], order["attempt"], order["hint"]) == ("open", 0, None)
    assert answer.headers["location"] == order["follow"]
    assert own.web.client.get(order["follow"]).json() == order
    (event,) = own.events()
    assert (event.kind, event.theater, event.actor) == (EventKind.FIT_ORDERED, "tunisia", "tester")
    assert own.post("fits").json()["id"] == order["id"]
    assert len(own.events()) == 1


def test_an_order_that_no_worker_will_see_says_so(own: Own) -> None:
    """Where none was ever started, where the last has stopped ticking, and where it has stopped."""
    assert "none was ever seen" in own.post("fits").json()["hint"]
    _tick(own)
    assert own.post("fits").json()["hint"] is None
    own.clock.wait(31)
    assert "start one: tocsin worker" in own.post("fits").json()["hint"]


def test_an_order_that_is_done_names_its_fit(own: Own) -> None:
    """And one that failed, why."""
    order = own.post("fits").json()
    now, jobs = own.clock.now, own.service.jobs
    run = jobs.claim("fit-ordered/tunisia", None, owner="w", now=now, until=now + timedelta(minutes=1))
    assert run is not None
    assert own.web.client.get(order["follow"]).json()["state"] == "running"
    jobs.fail(run, "FitRejectedError: R-hat is 1.02", now, now)
    failed = own.web.client.get(order["follow"]).json()
    assert (failed["state"], failed["problem"]) == ("open", "FitRejectedError: R-hat is 1.02")
    run = jobs.claim("fit-ordered/tunisia", None, owner="w", now=now, until=now + timedelta(minutes=1))
    assert run is not None
    made = fit_of("f" * 16, b"draws")
    own.service.fits.save(
        type(made)(**{name: getattr(made, name) for name in made.__slots__} | {"as_of": run.slot}), b"draws", "test"
    )
    jobs.finish(run, "fit made", now)
    done = own.web.client.get(order["follow"]).json()
    assert (done["state"], done["outcome"], done["fit"], done["hint"]) == ("done", "fit made", "f" * 16, None)


@pytest.mark.fault(4)
@pytest.mark.parametrize(("order", "status"), [("0" * 32, 404), ("x", 422), ("%00" * 16, 422)])
def test_an_unknown_order_is_not_found(own: Own, order: str, status: int) -> None:
    """Nor is one of another theater."""
    answer = own.web.client.get(f"/api/v1/theaters/tunisia/fit-orders/{order}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
