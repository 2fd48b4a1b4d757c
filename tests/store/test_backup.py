"""A backup is whole or not there, and gives back exactly what was saved."""

import hashlib
import json
import os
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from support.damage import damage
from support.databases import ONLY_SQLITE, Database, PostgresDatabase
from support.fits import NOON, fit_of
from support.ledgers import FIRST_REPORT
from tocsin.domain.errors import DamagedBackupError, StoreError
from tocsin.domain.observation import Observation
from tocsin.store import backup_file
from tocsin.store.backup import back_up, restore
from tocsin.store.backup_file import verify_backup
from tocsin.store.backup_name import backup_name, backups_of, prune, store_mark
from tocsin.store.copy import copy_store
from tocsin.store.engine import open_engine, reading, writing
from tocsin.store.fit import FitShelf
from tocsin.store.migrate import revision, upgrade
from tocsin.store.observation import ObservationLedger
from tocsin.store.snapshot import snapshot
from tocsin.store.tables import metadata
from tocsin.usecases.ports import Progress

_LATER = datetime(2030, 1, 1, tzinfo=UTC)


def _quiet(_: Progress) -> None:
    return None


def _corrections(many: int) -> list[Observation]:
    """A report and a chain of corrections of it, whose ids are in no order."""
    chain = [replace(FIRST_REPORT, id="m")]
    for place in range(many):
        name = f"{(place * 7919) % 1000:03d}"
        before = chain[-1]
        chain.append(
            replace(
                before, id=name, value=float(place), supersedes=before.id, reason="recount",
                recorded_at=before.recorded_at - timedelta(minutes=place % 3),
            )
        )  # fmt: skip
    return chain


@pytest.fixture
def filled(engine: Engine, tmp_path: Path) -> Engine:
    """A store with corrections of corrections, two fits, and their draws."""
    ObservationLedger(engine).record(_corrections(30))
    shelf = FitShelf(engine, tmp_path / "fits")
    shelf.save(fit_of("a", b"draws of a"), b"draws of a", "test")
    shelf.save(fit_of("b", b"draws of b"), b"draws of b", "test")
    return engine


def _saved(engine: Engine, tmp_path: Path) -> Path:
    return back_up(engine, tmp_path / "fits", tmp_path / "backups", now=NOON, report=_quiet)


def _empty(tmp_path: Path, name: str = "other") -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path / name}.db")
    upgrade(engine)
    return engine


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty store on either database, without tables yet."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path / 'target.db'}")
        yield engine
        engine.dispose()
        return
    kind: PostgresDatabase = request.getfixturevalue("postgresql")
    with kind.fresh(upgraded=False) as address:
        engine = open_engine(address)
        yield engine
        engine.dispose()


def test_a_backup_is_readable_by_its_owner_alone(filled: Engine, tmp_path: Path) -> None:
    """It holds what webhooks are signed with."""
    path = back_up(filled, tmp_path / "fits", tmp_path / "backups", now=NOON, report=_quiet)
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_restored_is_what_was_saved(filled: Engine, target: Engine, tmp_path: Path) -> None:
    """From each database to each: every observation with its corrections, every fit, and the draws byte for byte."""
    path = _saved(filled, tmp_path)
    manifest = restore(path, target, tmp_path / "new" / "fits", report=_quiet)
    before, after = ObservationLedger(filled), ObservationLedger(target)
    names = [FIRST_REPORT.indicator]
    assert after.observations(names, _LATER) == before.observations(names, _LATER)
    shelf = FitShelf(target, tmp_path / "new" / "fits")
    assert [shelf.draws(fit) for fit in shelf.accepted("tunisia", _LATER)] == [b"draws of a", b"draws of b"]
    assert shelf.find("a") == fit_of("a", b"draws of a")
    assert (manifest.rows["observation"], manifest.rows["fit"]) == (31, 2)


def test_the_file_is_named_by_its_instant_and_nothing_else_is_left_behind(filled: Engine, tmp_path: Path) -> None:
    """No half-written file that somebody might take for a backup."""
    path = _saved(filled, tmp_path)
    assert path.name == f"tocsin-20160308T120000Z-{store_mark(filled.url)}.backup.zip"
    assert list((tmp_path / "backups").iterdir()) == [path]


def test_a_store_whose_draws_are_damaged_is_not_backed_up_as_if_it_were_whole(filled: Engine, tmp_path: Path) -> None:
    """The file that a backup is needed for must be found while the last good one is still kept."""
    damaged = tmp_path / "fits" / f"{fit_of('a', b'draws of a').sha256}.zarr.zip"
    damaged.write_bytes(b"something else")
    with pytest.raises(DamagedBackupError, match=r"SHA-256 of fits/.* is not the one recorded"):
        _saved(filled, tmp_path)
    damaged.unlink()
    with pytest.raises(DamagedBackupError, match=damaged.name):
        _saved(filled, tmp_path)
    assert list((tmp_path / "backups").iterdir()) == []


@pytest.mark.parametrize("what", ["cut", "byte", "member", "manifest", "form"])
def test_a_damaged_backup_is_refused_and_the_store_stays_empty(filled: Engine, tmp_path: Path, what: str) -> None:
    """Cut off, one byte turned, a member gone, or a manifest that is none."""
    path = _saved(filled, tmp_path)
    _damage(path, what)
    with pytest.raises(DamagedBackupError):
        verify_backup(path)
    target = _empty(tmp_path)
    with pytest.raises(DamagedBackupError):
        restore(path, target, tmp_path / "new" / "fits", report=_quiet)
    assert ObservationLedger(target).observations([FIRST_REPORT.indicator], _LATER) == []
    target.dispose()


def _damage(path: Path, what: str) -> None:
    content = path.read_bytes()
    if what == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif what == "byte":
        place = content.index(b"draws of a")
        path.write_bytes(content[:place] + b"D" + content[place + 1 :])
    else:
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        if what == "member":
            members.pop(next(name for name in members if name.startswith("fits/")))
        elif what == "manifest":
            members["manifest.json"] = b"[1"
        else:
            members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | {"form": 3}).encode()
        with zipfile.ZipFile(path, "w") as archive:
            for name, member in members.items():
                archive.writestr(name, member)


def _held(path: Path) -> dict[str, bytes]:
    """What the members hold, by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@ONLY_SQLITE
def test_no_damage_anywhere_ends_in_anything_but_a_refusal(database: Database, filled: Engine, tmp_path: Path) -> None:
    """Bytes turned all over the file, in headers and in the directory too; none in what it holds is overlooked."""
    del database
    path = _saved(filled, tmp_path)
    content, held = path.read_bytes(), _held(path)
    for place in range(0, len(content), 11):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        try:
            verify_backup(path)
        except DamagedBackupError:
            continue
        # A date, say, or who made it; or a byte that says in another way where the same zeros are copied from.
        assert _held(path) == held, place


def _rewritten(path: Path, change: str) -> None:
    """As by somebody who alters the store in a backup and makes its hash right again."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    file = path.with_suffix(".altered")
    file.write_bytes(members["store.sqlite"])
    damage(open_engine(f"sqlite:///{file}"), change)
    members["store.sqlite"] = file.read_bytes()
    file.unlink()
    manifest = json.loads(members["manifest.json"])
    manifest["sha256"]["store.sqlite"] = hashlib.sha256(members["store.sqlite"]).hexdigest()
    members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)


def test_a_backup_is_held_to_the_store_that_was_backed_up(filled: Engine, target: Engine, tmp_path: Path) -> None:
    """Not to itself: one value altered in the copy, before its hash was taken, and nothing is restored."""
    path = _saved(filled, tmp_path)
    _rewritten(path, "UPDATE observation SET value = 7.5 WHERE supersedes IS NULL")
    verify_backup(path)
    with pytest.raises(StoreError, match=r"observation is not what it was in the store that was backed up"):
        restore(path, target, tmp_path / "new" / "fits", report=_quiet)
    assert ObservationLedger(target).observations([FIRST_REPORT.indicator], _LATER) == []


def test_a_backup_of_the_first_form_is_still_restored(filled: Engine, tmp_path: Path) -> None:
    """It says nothing about its tables' content, so only its own hashes can be held."""
    path = _saved(filled, tmp_path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members["manifest.json"])
    del manifest["content"]
    members["manifest.json"] = json.dumps(manifest | {"form": 1}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    target = _empty(tmp_path)
    assert restore(path, target, tmp_path / "new" / "fits", report=_quiet).rows["observation"] == 31
    target.dispose()


@pytest.mark.fault(20)
def test_a_filled_target_is_refused_before_anything_is_done_to_it(filled: Engine, tmp_path: Path) -> None:
    """Before the backup is verified, which takes long; it keeps its revision, and no draws are written beside it."""
    path = _saved(filled, tmp_path)
    target = _empty(tmp_path)
    ObservationLedger(target).record([replace(FIRST_REPORT, id="mine", origin="mine")])
    with writing(target) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0004'"))
    told: list[Progress] = []
    with pytest.raises(
        StoreError, match=r"other.db is not empty \(1 observation\): give a new TOCSIN_HOME or database"
    ):
        restore(path, target, tmp_path / "new" / "fits", report=told.append)
    assert told == []
    assert revision(target).current == "0004"
    assert not (tmp_path / "new").exists()
    target.dispose()


def test_what_an_idle_worker_leaves_in_a_new_store_is_no_content(
    filled: Engine, target: Engine, tmp_path: Path
) -> None:
    """Its row, runs, and a feed that never brought anything; a feed that did is."""
    path = _saved(filled, tmp_path)
    upgrade(target)
    run = "'r', 'remind/x', 1, 'done', 1, 'w', 1"
    feed = (
        "INSERT INTO feed (id, started_at, checked_at, succeeded_at, failures, problem) VALUES ('f', 1, 1, {}, 1, 'x')"
    )
    with writing(target) as connection:
        connection.execute(
            text(f"INSERT INTO job_run (id, job, slot, state, attempt, owner, started_at) VALUES ({run})")  # noqa: S608
        )
        connection.execute(text("INSERT INTO worker (id, host, pid, started_at, ticked_at) VALUES ('w', 'h', 1, 1, 1)"))
        connection.execute(text(feed.format("5")))
    with pytest.raises(StoreError, match=r"is not empty \(something in feed\)"):
        restore(path, target, tmp_path / "new" / "fits", report=_quiet)
    with writing(target) as connection:
        connection.execute(text("UPDATE feed SET succeeded_at = NULL"))
    restore(path, target, tmp_path / "new" / "fits", report=_quiet)
    with reading(target) as connection:
        left = [connection.execute(select(metadata.tables[name])).all() for name in ("job_run", "worker", "feed")]
    assert left == [[], [], []]


@pytest.mark.fault(20)
def test_a_store_that_holds_anything_is_never_restored_over(filled: Engine, tmp_path: Path) -> None:
    """Whoever restores by mistake loses nothing, and is told what is there."""
    path = _saved(filled, tmp_path)
    target = _empty(tmp_path)
    ObservationLedger(target).record([replace(FIRST_REPORT, id="mine", origin="mine")])
    with pytest.raises(StoreError, match=r"is not empty \(1 observation\)"):
        restore(path, target, tmp_path / "new" / "fits", report=_quiet)
    (left,) = ObservationLedger(target).observations([FIRST_REPORT.indicator], _LATER)
    assert left.id == "mine"
    target.dispose()


def test_a_row_that_does_not_arrive_as_it_was_sent_leaves_the_target_empty(filled: Engine, tmp_path: Path) -> None:
    """A database that changes what it is given is found out by the digest, before anything is committed."""
    target = _empty(tmp_path)
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as connection:
        connection.execute(
            "CREATE TRIGGER bends AFTER INSERT ON fit BEGIN UPDATE fit SET theater = 'elsewhere' WHERE id = 'b'; END"
        )
    connection.close()
    with pytest.raises(StoreError, match=r"fit came out different"):
        copy_store(filled, target, _quiet)
    assert ObservationLedger(target).observations([FIRST_REPORT.indicator], _LATER) == []
    target.dispose()


def _named(folder: Path, mark: str, *days: int) -> list[Path]:
    """Files named as the backups of a store at noon of these days of March 2016."""
    paths = [folder / backup_name(mark, NOON.replace(day=day)) for day in days]
    for path in paths:
        path.write_bytes(b"")
    return paths


def test_only_the_newest_backups_are_kept(tmp_path: Path) -> None:
    """By the instant in their names, and only what is named like a backup."""
    third, first, second = _named(tmp_path, "aa", 3, 1, 2)
    (tmp_path / "notes.txt").write_bytes(b"")
    (tmp_path / "tocsin-20160301T120000Z.backup.zip").write_bytes(b"")
    assert prune(third, 2) == (first,)
    assert prune(third, 5) == ()
    assert [path for _, path in backups_of("aa", tmp_path)] == [second, third]
    assert prune(third, 1) == (second,)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_backup_is_never_removed_for_one_whose_clock_was_wrong(tmp_path: Path) -> None:
    """Of years ahead: it stays, those before the new one are counted without it."""
    ahead = tmp_path / backup_name("aa", _LATER)
    ahead.write_bytes(b"")
    first, second, third = _named(tmp_path, "aa", 1, 2, 3)
    assert prune(third, 1) == (first, second)
    assert {third, ahead} == set(tmp_path.iterdir())


def test_stores_that_share_a_folder_keep_their_own_backups(tmp_path: Path) -> None:
    """Each by the mark in its names, which comes from where the store is and not from who asks."""
    mine, other = _named(tmp_path, "aa", 5), _named(tmp_path, "bb", 1, 2, 3, 4)
    assert prune(mine[0], 1) == ()
    assert prune(other[-1], 2) == tuple(other[:2])
    marks = {
        store_mark(open_engine(address).url)
        for address in (
            f"sqlite:///{tmp_path / 'a.db'}",
            f"sqlite:///{tmp_path / 'b.db'}",
            "postgresql://u:p@host/a",
            "postgresql://u:p@host/b",
            "postgresql://other:q@host/a?connect_timeout=3",
        )
    }
    assert len(marks) == 4


@pytest.mark.parametrize("phase", ["copying fit", "checking fit", "packing", "verifying"])
def test_a_backup_that_is_stopped_leaves_nothing(filled: Engine, tmp_path: Path, phase: str) -> None:
    """Whatever it was doing."""

    def stop(progress: Progress) -> None:
        if progress.phase == phase:
            raise StoreError(phase)

    with pytest.raises(StoreError, match=phase):
        back_up(filled, tmp_path / "fits", tmp_path / "backups", now=NOON, report=stop)
    assert list((tmp_path / "backups").iterdir()) == []


def test_no_step_of_packing_and_verifying_is_long(
    filled: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked after each block whether it should stop, however large a file is."""
    monkeypatch.setattr(backup_file, "_BLOCK", 1000)
    seen: list[Progress] = []
    back_up(filled, tmp_path / "fits", tmp_path / "backups", now=NOON, report=seen.append)
    for phase in ("packing", "verifying"):
        steps = [0, *(item.done for item in seen if item.phase == phase)]
        assert len(steps) > 50
        assert max(after - before for before, after in pairwise(steps)) <= 1000


def test_what_a_killed_backup_left_is_removed_by_the_next_after_a_day(filled: Engine, tmp_path: Path) -> None:
    """Not before: another may be at work."""
    old, young = (tmp_path / "backups" / f".backup-{name}" for name in ("old", "young"))
    for folder in (old, young):
        folder.mkdir(parents=True)
        (folder / "packed").write_bytes(b"half")
    yesterday = time.time() - 25 * 3600
    os.utime(old, (yesterday, yesterday))
    path = _saved(filled, tmp_path)
    assert set((tmp_path / "backups").iterdir()) == {young, path}


def test_others_write_and_read_while_a_backup_is_under_way(filled: Engine, tmp_path: Path) -> None:
    """At every step of it, and none has to wait; what comes in meanwhile is for the next one."""
    other = open_engine(filled.url.render_as_string(hide_password=False), busy_seconds=0.1)
    ledger = ObservationLedger(other)
    wrote: dict[str, str] = {}

    def meanwhile(progress: Progress) -> None:
        if progress.phase not in wrote:
            wrote[progress.phase] = f"late {progress.phase}"
            ledger.record([replace(FIRST_REPORT, id=wrote[progress.phase], origin=wrote[progress.phase])])
            assert ledger.observations([FIRST_REPORT.indicator], _LATER)

    path = back_up(filled, tmp_path / "fits", tmp_path / "backups", now=NOON, report=meanwhile)
    other.dispose()
    assert {"copying observation", "checking observation", "packing", "verifying"} <= set(wrote)
    # What was written before its table was read, on the way there, may be in it; nothing after that is.
    assert verify_backup(path).rows["observation"] == 31
    assert len(ledger.observations([FIRST_REPORT.indicator], _LATER)) == 31 + len(wrote)
    other.dispose()


@ONLY_SQLITE
def test_a_store_that_is_locked_is_waited_for_and_then_told(database: Database, filled: Engine, tmp_path: Path) -> None:
    """As by any reader; and whoever waits may be stopped."""
    del database
    impatient = open_engine(filled.url.render_as_string(), busy_seconds=0.2)
    with reading(impatient):
        pass  # a connection is open, and set up
    seen: list[Progress] = []
    with sqlite3.connect(str(filled.url.database), isolation_level=None) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with (
            pytest.raises(StoreError, match=r"another process has been writing for 0\.2 s"),
            snapshot(impatient, seen.append),
        ):
            pass
    holder.close()
    assert seen
    assert [path.name for path in tmp_path.glob(".snapshot-*")] == []
    impatient.dispose()


def test_two_backups_of_one_second_do_not_replace_each_other(filled: Engine, tmp_path: Path) -> None:
    """The first stays as it is."""
    path = _saved(filled, tmp_path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is there already"):
        _saved(filled, tmp_path)
    assert path.read_bytes() == before
