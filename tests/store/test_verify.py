"""Damage of each kind, planted in a real store, is found."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, insert, text

from support.damage import damage
from support.databases import ONLY_SQLITE, Database
from support.ledgers import FIRST_REPORT
from support.publications import DRAWS, STATED_AT, statement, stating_fit
from tocsin.domain.errors import StoreError
from tocsin.domain.resolution import How, Outcome, Resolution
from tocsin.store.engine import open_engine, writing
from tocsin.store.fit import FitShelf
from tocsin.store.inspection import StoreInspection
from tocsin.store.observation import ObservationLedger
from tocsin.store.publication import PublicationShelf
from tocsin.store.resolution import ResolutionShelf
from tocsin.store.tables import feed, feed_record
from tocsin.usecases.verify import RECORDING, Verified, advice, verify

if TYPE_CHECKING:
    from pathlib import Path

    from tocsin.domain.chain import Head

_LATE = datetime(2100, 1, 1, tzinfo=UTC)
_RECORD = {
    "id": "r",
    "feed": "f",
    "upstream_id": "1",
    "revision": "1",
    "sha256": hashlib.sha256(b"as it came").hexdigest(),
    "content": zlib.compress(b"as it came"),
    "deleted": False,
    "latest": True,
    "fetched_at": _LATE,
    "outcome": "unmapped",
    "why": "",
    "mismatches": "[]",
}


@pytest.fixture
def store(engine: Engine, tmp_path: Path) -> Engine:
    """A whole store: reports and a correction, a fit, three publications, a resolution and one that supersedes it."""
    report = FIRST_REPORT.named()
    ledger = ObservationLedger(engine)
    ledger.record([report])
    ledger.record([replace(report, value=2.0, supersedes=report.id, reason="recounted").named()])
    FitShelf(engine, tmp_path / "fits").save(stating_fit(), DRAWS, "test")
    book = PublicationShelf(engine)
    for day in range(3):
        book.append(statement(day), day or None)
    first = Resolution(
        "full",
        "offensive",
        date(2016, 3, 9),
        30,
        1,
        Outcome.YES,
        STATED_AT + timedelta(days=9),
        How.RULE,
        "the rule",
        "counted",
    ).named()
    undone = replace(first, outcome=Outcome.OPEN, supersedes=first.id, settled_at=STATED_AT + timedelta(days=10))
    ResolutionShelf(engine).record([first, undone.named()])
    with writing(engine) as connection:
        connection.execute(
            insert(feed), [{"id": "f", "started_at": _LATE, "checked_at": _LATE, "failures": 0, "problem": ""}]
        )
        connection.execute(insert(feed_record), [_RECORD])
    return engine


def _verified(engine: Engine, tmp_path: Path, head: Head | None = None, now: datetime = _LATE) -> Verified:
    folder = tmp_path / "fits"
    return verify(
        publications=PublicationShelf(engine),
        resolutions=ResolutionShelf(engine),
        fits=FitShelf(engine, folder),
        inspection=StoreInspection(engine, folder),
        now=now,
        head=head,
    )


def test_a_store_that_nobody_touched_is_whole(store: Engine, tmp_path: Path) -> None:
    """And its head is there to be noted."""
    found = _verified(store, tmp_path)
    assert found.faults == ()
    assert (found.publications, found.fits) == (3, 1)
    assert found.head is not None
    assert found.head.number == 3
    assert _verified(store, tmp_path, found.head).faults == ()


def test_an_empty_store_is_whole(engine: Engine, tmp_path: Path) -> None:
    """Without a head."""
    assert _verified(engine, tmp_path) == Verified(0, 0, (), None)


@pytest.mark.parametrize(
    ("statement_", "part", "said"),
    [
        ("UPDATE publication SET note = 'x' WHERE number = 2", "publication", "its content is not what its SHA-256"),
        ("UPDATE publication SET odds = '[' WHERE number = 2", "publication", "cannot be read to its end"),
        (
            "UPDATE publication SET odds = REPLACE(odds, '0.3', '0.31') WHERE number = 2",
            "publication",
            "its content is not what its SHA-256",
        ),
        ("DELETE FROM publication WHERE number = 2", "publication", "it comes after number 1"),
        ("DELETE FROM publication WHERE number = 1", "resolution", "publication names publication 1, which is not"),
        ("UPDATE publication SET number = 7 WHERE number = 3", "publication", "it comes after number 2"),
        ("UPDATE publication SET fit = 'gone' WHERE number = 3", "publication", "fit names fit gone, which is not"),
        ("DELETE FROM fit", "publication", "fit names fit ffffffffffffffff, which is not there"),
        ("DELETE FROM fit", "stray draws", "no fit names them"),
        ("UPDATE fit SET id = 'eeee', recipe = 'e'", "fit", "its id is not the beginning of its recipe"),
        ("UPDATE observation SET value = 3", "observation", "its content is not what its fingerprint says"),
        ("UPDATE observation SET grade = 'Z9'", "observation", "it cannot be read"),
        ("UPDATE feed_record SET content = 'x'", "feed_record", "cannot be unpacked"),
        ("UPDATE feed_record SET sha256 = 'x'", "feed_record", "its content is not what its SHA-256 says"),
        ("UPDATE fit SET rejections = '['", "fit", "ffffffffffffffff cannot be read"),
        ("UPDATE fit SET seed = 'x'", "fit", "ffffffffffffffff cannot be read"),
        ("UPDATE fit SET diagnosis = '{}'", "fit", "ffffffffffffffff cannot be read"),
        ("UPDATE fit SET sensitivity = '[1]'", "fit", "ffffffffffffffff cannot be read"),
        ("DELETE FROM observation WHERE supersedes IS NULL", "observation", "supersedes names observation"),
        ("DELETE FROM resolution WHERE supersedes IS NULL", "resolution", "supersedes names resolution"),
        ("UPDATE resolution SET outcome = 'void'", "resolution", "its content is not what its id says"),
        ("UPDATE resolution SET reports = '['", "resolution", "cannot be read"),
        ("UPDATE resolution SET horizon_days = 31", "resolution", "no publication opened the window"),
        ("UPDATE resolution SET publication = 2", "resolution", "was opened by publication 1, not 2"),
    ],
)
def test_damage_is_found_with_what_to_do(store: Engine, tmp_path: Path, statement_: str, part: str, said: str) -> None:
    """Each kind, written past the triggers."""
    damage(store, statement_)
    found = _verified(store, tmp_path).faults
    assert any(fault.part == part and said in fault.what for fault in found), found
    assert all(advice(fault) for fault in found)


def test_an_end_that_was_cut_off_is_found_by_the_head(store: Engine, tmp_path: Path) -> None:
    """And by nothing else."""
    head = _verified(store, tmp_path).head
    damage(store, "DELETE FROM publication WHERE number = 3")
    assert _verified(store, tmp_path).faults == ()
    assert [fault.where for fault in _verified(store, tmp_path, head).faults] == ["3"]


def test_draws_that_are_gone_or_altered_are_found(store: Engine, tmp_path: Path) -> None:
    """By the SHA-256 of the file, and the other way round, files that no fit names."""
    file = next((tmp_path / "fits").iterdir())
    file.write_bytes(b"other")
    assert [fault.part for fault in _verified(store, tmp_path).faults] == ["draws"]
    file.rename(file.with_name(f"{'0' * 64}.zarr.zip"))
    found = _verified(store, tmp_path).faults
    assert [(fault.part, fault.where) for fault in found] == [
        ("draws", stating_fit().sha256),
        ("stray draws", "0" * 64),
    ]


def test_draws_of_a_fit_that_is_being_recorded_are_nobodys_only_once_that_takes_too_long(
    store: Engine, tmp_path: Path
) -> None:
    """They are on disk before the row is: a look in between must not call the store damaged."""
    file = tmp_path / "fits" / f"{'0' * 64}.zarr.zip"
    file.write_bytes(b"draws whose row is on its way")
    written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    assert _verified(store, tmp_path, now=written + RECORDING - timedelta(seconds=1)).faults == ()
    late = _verified(store, tmp_path, now=written + RECORDING).faults
    assert [(fault.part, fault.where) for fault in late] == [("stray draws", "0" * 64)]


@pytest.mark.parametrize("table", ["publication", "alert_step", "acknowledgement", "notice", "message"])
def test_a_trigger_that_is_gone_is_found(store: Engine, tmp_path: Path, table: str) -> None:
    """Whoever takes it away can rewrite what he wants afterwards."""
    where = "" if store.dialect.name == "sqlite" else f" ON {table}"
    name = f"{table}_refuses_{'update' if store.dialect.name == 'sqlite' else 'change'}"
    with writing(store) as connection:
        connection.execute(text(f"DROP TRIGGER {name}{where}"))
    assert [fault.where for fault in _verified(store, tmp_path).faults] == [name]


def test_a_fit_that_cannot_be_read_is_told_by_name_and_its_draws_are_not_called_nobodys(
    store: Engine, tmp_path: Path
) -> None:
    """Whoever asks for odds hears it in words; nobody is told to delete what the fit may need."""
    damage(store, "UPDATE fit SET rejections = '['")
    assert {fault.part for fault in _verified(store, tmp_path).faults} == {"fit"}
    with pytest.raises(StoreError, match="fit ffffffffffffffff cannot be read"):
        FitShelf(store, tmp_path / "fits").find(stating_fit().id)


def test_others_write_while_a_store_is_verified(store: Engine, tmp_path: Path) -> None:
    """On SQLite too, where readers keep writers waiting."""
    other = open_engine(store.url.render_as_string(hide_password=False), busy_seconds=0.1)
    inspection = StoreInspection(store, tmp_path / "fits")
    faults, fits = inspection.faults(), inspection.fits()
    next(fits)
    damage(store, "UPDATE observation SET grade = 'Z9'")
    next(faults)
    assert ObservationLedger(other).record([replace(FIRST_REPORT, id="late", origin="late")]).added == ("late",)
    faults.close()  # type: ignore[attr-defined]
    other.dispose()


@ONLY_SQLITE
def test_something_else_in_place_of_an_instant_is_told(database: Database, store: Engine, tmp_path: Path) -> None:
    """SQLite lets it pass."""
    del database
    damage(store, "UPDATE fit SET as_of = 'noon'")
    with pytest.raises(StoreError, match="'noon' stands where an instant should"):
        FitShelf(store, tmp_path / "fits").find(stating_fit().id)
