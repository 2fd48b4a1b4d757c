"""What a notice says moved the odds, held to the whole account of it."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tocsin.bootstrap.service import Service, open_service
from tocsin.domain.change import Cause
from tocsin.domain.observation import Draft
from tocsin.settings import Settings
from tocsin.usecases.observe import observe
from tocsin.usecases.publish import publish
from tocsin.usecases.tell_movement import tell_movement
from tocsin.usecases.why import why

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from support.kit import FittedStore
    from tocsin.domain.publication import Publication

_FIRST = datetime(2016, 3, 9, 12, tzinfo=UTC)
_ABOUT = "border-offensive", 30


def _draft(indicator: str, origin: str) -> Draft:
    return Draft(indicator, "2016-03-08", "1", "B2", origin, "it was seen", "a paper")


@contextmanager
def _stated(
    home: Path, store: FittedStore, drafts: Sequence[Draft]
) -> Iterator[tuple[Service, tuple[Publication, Publication]]]:
    """A store that states the odds before and after something was observed."""
    store.copy(home)
    clock = [_FIRST]
    with open_service(Settings(home=home), lambda: clock[0]) as service:
        theater = service.catalog.theater("tunisia")
        means = {"ledger": service.ledger, "fits": service.fits, "codec": service.codec}

        def state() -> Publication:
            clock[0] += timedelta(minutes=5)
            found = publish(theater, publications=service.publications, now=clock[0], **means).publication
            assert found is not None
            return found

        first = state()
        clock[0] += timedelta(minutes=5)
        observe(
            drafts,
            indicators=service.catalog.indicators("tunisia"),
            timeline=theater.timeline,
            ledger=service.ledger,
            now=clock[0],
            author="tester",
            history=False,
        )
        yield service, (first, state())


@pytest.mark.parametrize(
    "names", [["violence/border-attack"], ["violence/border-attack", "group/pledge-publication"]], ids=["one", "two"]
)
def test_a_notice_names_what_the_whole_account_names_first(
    tmp_path: Path, fitted_store: FittedStore, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the same factor. Of one indicator alone nothing is simulated."""
    drafts = [_draft(name, f"o{number}") for number, name in enumerate(names)]
    with _stated(tmp_path / "home", fitted_store, drafts) as (service, sides):
        theater = service.catalog.theater("tunisia")
        means = {"ledger": service.ledger, "fits": service.fits, "codec": service.codec}
        whole = why(theater, since=sides[0].stated_at, as_of=sides[1].stated_at, report=lambda _: None, **means)
        (parts,) = [item.parts for item in whole if (item.after.scenario, item.after.horizon_days) == _ABOUT]
        if len(names) == 1:
            monkeypatch.setattr("tocsin.usecases.tell_movement.why", None)
        told = tell_movement(theater, _ABOUT, sides, **means)
    known = {(part.cause, part.subject): part.change for part in parts}
    assert (told[0].cause, told[0].subject) == (Cause.REPORTED, "violence/border-attack")
    assert len(told) == len(names) + (len(names) > 1)  # of several, the passage of time is told as well
    for part in told:
        assert part.change == pytest.approx(known[part.cause, part.subject], abs=0.02)
