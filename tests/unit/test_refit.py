"""Refits of the timetable: in whose name they are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from support.theaters import full_theater
from tocsin.domain.errors import FitRejectedError
from tocsin.domain.event import Event, EventKind
from tocsin.usecases.refit import refit_theater
from tocsin.usecases.run_job import Turn

_AT = datetime(2016, 3, 8, 3, tzinfo=UTC)


@dataclass
class _Store:
    """No fit, one order, and a fitter that notes whom it fits for."""

    actors: list[str] = field(default_factory=list)

    def accepted(self, theater: str, as_of: datetime) -> list[Any]:
        """None."""
        del theater, as_of
        return []

    def after(self, number: int, limit: int, kinds: Any, subject: str) -> list[Event]:  # noqa: ANN401 (the port's)
        """The order, where it is asked for."""
        assert (number, limit, kinds) == (0, 1, [EventKind.FIT_ORDERED])
        order = Event(EventKind.FIT_ORDERED, _AT, "strait", "ordered", "ada")
        return [order] if subject == order.subject else []

    def fit(self, theater: str, *, actor: str, **_: Any) -> None:  # noqa: ANN401
        """Refused, as only the asking matters."""
        self.actors.append(actor)
        raise FitRejectedError(f"of {theater}", ["R-hat 1.2 is not below 1.01"])


@pytest.mark.parametrize(("run", "actor"), [("ordered", "ada"), ("by the clock", "refit-nightly/strait")])
def test_a_fit_is_of_who_ordered_it_else_of_its_job(run: str, actor: str) -> None:
    """So that the audit knows a person from the timetable."""
    store, turn = _Store(), Turn(run, _AT, _AT, lambda: False, lambda _: None)
    with pytest.raises(FitRejectedError):
        refit_theater(
            full_theater(),
            turn,
            job="refit-nightly/strait",
            fits=store,  # type: ignore[arg-type]
            events=store,  # type: ignore[arg-type]
            fitter=store,  # type: ignore[arg-type]
        )
    assert store.actors == [actor]
