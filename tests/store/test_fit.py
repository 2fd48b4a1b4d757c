import math
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from support.fits import NOON, fit_of
from tocsin.domain.errors import DamagedArtifactError, StoreError
from tocsin.domain.event import EventKind
from tocsin.domain.fit import Fit
from tocsin.store.event import EventShelf
from tocsin.store.fit import FitShelf


def _fit(name: str, draws: bytes, **changes: object) -> Fit:
    return replace(fit_of(name, draws), **changes)  # type: ignore[arg-type]  # the caller names fields of Fit


@pytest.fixture
def shelf(engine: Engine, tmp_path: Path) -> FitShelf:
    return FitShelf(engine, tmp_path / "draws")


def test_a_fit_is_read_back_as_it_was_with_its_draws(shelf: FitShelf) -> None:
    """Every field, a seed of 64 bits included."""
    fit = _fit("a", b"draws")
    shelf.save(fit, b"draws", "test")
    assert shelf.find("a") == fit
    assert shelf.draws(fit) == b"draws"
    assert shelf.find("b") is None


def test_a_fit_to_nothing_keeps_that_it_has_no_diagnosis(shelf: FitShelf) -> None:
    """Such odds are the prior's own, which must be shown."""
    fit = _fit("a", b"draws", diagnosis=None)
    shelf.save(fit, b"draws", "test")
    found = shelf.find("a")
    assert found is not None
    assert found.prior_only


def test_a_rejected_fit_keeps_its_reasons_and_its_nan(shelf: FitShelf) -> None:
    """A steward must see why."""
    sick = replace(fit_of("a", b"").diagnosis, rhat=math.nan, bfmi=math.inf)
    shelf.save(_fit("a", b"draws", diagnosis=sick, rejections=("R-hat nan", "“quoted”")), b"draws", "test")
    found = shelf.find("a")
    assert found is not None
    assert found.diagnosis is not None
    assert math.isnan(found.diagnosis.rhat)
    assert math.isinf(found.diagnosis.bfmi)
    assert found.rejections == ("R-hat nan", "“quoted”")
    assert shelf.accepted("tunisia", NOON) == []


def test_the_latest_accepted_fit_is_of_the_latest_evidence_then_the_last_recorded(shelf: FitShelf) -> None:
    """A backtest's fit of old evidence, recorded today, does not displace this morning's."""
    hour = timedelta(hours=1)
    for fit in (
        _fit("old", b"1", as_of=NOON - hour, recorded_at=NOON + 9 * hour),
        _fit("first", b"2", recorded_at=NOON + hour),
        _fit("second", b"3", recorded_at=NOON + 2 * hour),
        _fit("rejected", b"4", recorded_at=NOON + 3 * hour, rejections=("no",)),
        _fit("later", b"5", as_of=NOON + hour),
        _fit("elsewhere", b"6", theater="mali"),
    ):
        shelf.save(
            fit,
            {"old": b"1", "first": b"2", "second": b"3", "rejected": b"4", "later": b"5"}.get(fit.id, b"6"),
            "test",
        )

    def latest(as_of: datetime) -> str | None:
        return next((fit.id for fit in shelf.accepted("tunisia", as_of)), None)

    assert [fit.id for fit in shelf.accepted("tunisia", NOON)] == ["second", "first", "old"]
    assert latest(NOON + hour) == "later"
    assert latest(NOON - timedelta(microseconds=1)) == "old"
    assert latest(NOON - 2 * hour) is None


@pytest.mark.parametrize("damage", [b"", b"draw", b"drawz", b"draws and more"])
def test_damaged_draws_are_refused(shelf: FitShelf, tmp_path: Path, damage: bytes) -> None:
    """Odds from a file that nobody vouches for are worse than none."""
    fit = _fit("a", b"draws")
    shelf.save(fit, b"draws", "test")
    (tmp_path / "draws" / f"{fit.sha256}.zarr.zip").write_bytes(damage)
    with pytest.raises(DamagedArtifactError, match="SHA-256"):
        shelf.draws(fit)


def test_missing_draws_are_refused_by_name(shelf: FitShelf, tmp_path: Path) -> None:
    """Somebody restored the database without the files."""
    fit = _fit("a", b"draws")
    shelf.save(fit, b"draws", "test")
    (tmp_path / "draws" / f"{fit.sha256}.zarr.zip").unlink()
    with pytest.raises(DamagedArtifactError, match=fit.sha256):
        shelf.draws(fit)


def test_saving_the_same_fit_again_keeps_its_row_and_heals_its_draws(shelf: FitShelf, tmp_path: Path) -> None:
    """The same recipe gives the same draws, so a refit repairs what a disk lost."""
    fit = _fit("a", b"draws")
    shelf.save(fit, b"draws", "test")
    (tmp_path / "draws" / f"{fit.sha256}.zarr.zip").write_bytes(b"rot")
    shelf.save(replace(fit, recorded_at=NOON + timedelta(days=1), sample_seconds=99.0), b"draws", "test")
    assert shelf.find("a") == fit
    assert shelf.draws(fit) == b"draws"


def test_the_same_recipe_with_other_draws_is_refused(shelf: FitShelf) -> None:
    """What we said is never rewritten."""
    fit = _fit("a", b"draws")
    shelf.save(fit, b"draws", "test")
    with pytest.raises(StoreError, match="recorded with other draws"):
        shelf.save(_fit("a", b"other"), b"other", "test")
    assert shelf.find("a") == fit


def test_draws_that_are_not_the_fits_own_are_refused(shelf: FitShelf, tmp_path: Path) -> None:
    """A row must not vouch for what it does not name."""
    with pytest.raises(StoreError, match="nothing was kept"):
        shelf.save(_fit("a", b"draws"), b"other", "test")
    assert shelf.find("a") is None
    assert not (tmp_path / "draws").exists()


def test_draws_that_cannot_be_written_leave_no_fit(engine: Engine, tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "draws").write_text("in the way")
    shelf = FitShelf(engine, tmp_path / "draws")
    with pytest.raises(StoreError, match="no fit was kept"):
        shelf.save(_fit("a", b"draws"), b"draws", "test")
    assert shelf.find("a") is None


def test_nothing_but_draws_is_left_in_the_folder(shelf: FitShelf, tmp_path: Path) -> None:
    """Temporary files are renamed, not left behind."""
    fit = _fit("a", b"draws")
    shelf.save(fit, b"draws", "test")
    assert [file.name for file in (tmp_path / "draws").iterdir()] == [f"{fit.sha256}.zarr.zip"]


@pytest.mark.parametrize(("rejections", "kind"), [((), EventKind.FIT_ACCEPTED), (("no",), EventKind.FIT_REJECTED)])
def test_the_event_of_a_fit_says_who_had_it_made(
    shelf: FitShelf, engine: Engine, rejections: tuple[str, ...], kind: EventKind
) -> None:
    """As the audit wants of every change."""
    shelf.save(_fit("a", b"draws", rejections=rejections), b"draws", "ada")
    assert [(item.kind, item.actor) for item in EventShelf(engine).after(0, 9)] == [(kind, "ada")]
