"""A store copied to another database: everything is there, in every bit, or nothing is."""

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Insert, event, inspect, text

from support.alerting import alarm
from support.alerts import START, alert_rule
from support.databases import ONLY_POSTGRESQL, Database, SqliteDatabase
from support.ledgers import FIRST_REPORT
from tocsin.domain.alert import Alert, Phase
from tocsin.domain.delivery import Destination, DestinationKind
from tocsin.domain.errors import StoreError
from tocsin.domain.notice import Acknowledgement
from tocsin.domain.observation import Observation
from tocsin.domain.silence import Silence
from tocsin.store import copy
from tocsin.store.alert import AlertShelf
from tocsin.store.copy import copy_store
from tocsin.store.destination import DestinationShelf
from tocsin.store.engine import open_engine, reading, writing
from tocsin.store.observation import ObservationLedger
from tocsin.store.tables import metadata
from tocsin.usecases.alert_ports import Judged, KeptAlert, Standing
from tocsin.usecases.ports import Progress

_LATE = datetime(2100, 1, 1, tzinfo=UTC)
_ATTACK = FIRST_REPORT.indicator


def _silent(_: Progress) -> None:
    pass


@contextmanager
def _opened(*databases: Database) -> Iterator[list[Engine]]:
    """A fresh store with tables on each."""
    with ExitStack() as stack:
        engines = [open_engine(stack.enter_context(each.fresh(upgraded=True))) for each in databases]
        for engine in engines:
            stack.callback(engine.dispose)
        yield engines


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabase:
    return SqliteDatabase(tmp_path_factory.mktemp("beside"))


@pytest.fixture
def other(sqlite: SqliteDatabase) -> Iterator[Engine]:
    """An empty store with its tables, on SQLite."""
    with _opened(sqlite) as (engine,):
        yield engine


def _chain(length: int) -> list[Observation]:
    """Corrections of corrections whose ids come in the opposite order of their making."""
    names = [f"{length - place:06}" for place in range(length)]
    return [
        replace(FIRST_REPORT, id=name, value=float(place), supersedes=before, reason="again" if before else "")
        for place, (name, before) in enumerate(zip(names, [None, *names], strict=False))
    ]


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
_REPORTS = st.lists(
    st.builds(
        lambda day, value, coverage, summary, at: replace(
            FIRST_REPORT, observed_on=day, value=value, coverage=coverage, summary=summary, recorded_at=at
        ),
        st.dates(date(1900, 1, 1), date(2200, 1, 1)),
        st.just(-0.0) | st.floats(allow_nan=False, allow_infinity=False),
        st.none() | st.floats(0, 1),
        _TEXT,
        st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 (zone beside)
    ),
    max_size=12,
)


@settings(max_examples=8)  # three stores for each
@given(reports=_REPORTS)
def test_whatever_is_in_a_store_comes_back_from_the_other_database_as_it_was(
    database: Database, sqlite: SqliteDatabase, reports: list[Observation]
) -> None:
    """There and back again: every text, number, day and instant, and the same hashes on the way."""
    items = [replace(item, id=f"{place:03}") for place, item in enumerate(reports)]
    with _opened(sqlite, database, sqlite) as (first, second, third):
        ObservationLedger(first).record(items)
        there, back = copy_store(first, second, _silent), copy_store(second, third, _silent)
        assert there == back
        written = ObservationLedger(first).observations([_ATTACK], _LATE)
        assert [repr(item) for item in ObservationLedger(third).observations([_ATTACK], _LATE)] == list(
            map(repr, written)
        )


@ONLY_POSTGRESQL
def test_a_zero_with_a_sign_does_not_keep_a_store_from_being_copied(engine: Engine, other: Engine) -> None:
    """PostgreSQL keeps the sign and SQLite does not; also where it was written before we took care."""
    ObservationLedger(engine).record([FIRST_REPORT])
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE observation DISABLE TRIGGER observation_refuses_change"))
        connection.execute(text("UPDATE observation SET value = '-0', coverage = '-0'"))
    copy_store(engine, other, _silent)
    (there,) = ObservationLedger(other).observations([_ATTACK], _LATE)
    assert (there.value, there.coverage) == (0.0, 0.0)


@ONLY_POSTGRESQL
def test_no_zero_is_recorded_with_a_sign(engine: Engine) -> None:
    """A count of -0.0 is a count of 0."""
    ObservationLedger(engine).record([replace(FIRST_REPORT, value=-0.0, coverage=-0.0)])
    with reading(engine) as connection:
        row = connection.execute(text("SELECT value::text, coverage::text FROM observation")).one()
    assert tuple(row) == ("0", "0")


def test_changes_are_copied_though_the_changed_come_later(
    engine: Engine, other: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their keys are checked at the end; afterwards the target checks each row at once, as ever."""
    monkeypatch.setattr(copy, "_BATCH", 7)
    ObservationLedger(other).record(_chain(50))
    seen: list[Progress] = []
    copied = {table.name: table for table in copy_store(other, engine, seen.append).tables}
    assert set(copied) == set(metadata.tables)
    assert copied["observation"].rows == 50
    assert Progress("copying observation", 50, 50) in seen
    assert Progress("checking observation", 50, 50) in seen
    ledger = ObservationLedger(engine)
    assert ledger.observations([_ATTACK], _LATE) == ObservationLedger(other).observations([_ATTACK], _LATE)
    keys = inspect(engine).get_foreign_keys("observation")
    assert [key["options"] for key in keys] == [{}]
    columns = ", ".join(column.name for column in metadata.tables["observation"].columns)
    lost = columns.replace("id,", "'b',", 1).replace("fingerprint", "'f'").replace("supersedes", "'x'")
    lost = lost.replace("reason", "'why'")
    statement = f"INSERT INTO observation ({columns}) SELECT {lost} FROM observation WHERE supersedes IS NULL"  # noqa: S608
    with pytest.raises(StoreError, match=r"(?i)foreign key"), writing(engine) as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("half", ["source", "target"])
def test_a_store_at_another_revision_is_refused(engine: Engine, other: Engine, half: str) -> None:
    """Its tables may be others."""
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    source, target = (engine, other) if half == "source" else (other, engine)
    with pytest.raises(StoreError, match="run: tocsin db upgrade"):
        copy_store(source, target, _silent)


def test_a_target_with_rows_is_refused_and_left_alone(engine: Engine, other: Engine) -> None:
    """Somebody works with it already."""
    ObservationLedger(engine).record([FIRST_REPORT])
    ObservationLedger(other).record([replace(FIRST_REPORT, id="second", origin="x")])
    with pytest.raises(StoreError, match=r"is not empty \("):
        copy_store(other, engine, _silent)
    assert [item.id for item in ObservationLedger(engine).observations([_ATTACK], _LATE)] == ["first"]


def test_alerts_are_copied_with_all_that_was_said_of_them(engine: Engine, other: Engine, tmp_path: Path) -> None:
    """Onto a store whose worker has read, and found nothing to say; not onto one that has said something."""
    source, target = alarm(engine, tmp_path, alert_rule()), AlertShelf(other)
    source.publish(0.4)
    source.judge()
    source.book.acknowledge("full", "rule", Acknowledgement(1, "officer", START, None, "looking"))
    source.silences.begin(Silence("s", "*", "*", "*", START, START + timedelta(hours=1), "officer", ""), START)
    DestinationShelf(engine).put(Destination("desk", DestinationKind.LOG, "Desk", ""), "admin", START)
    read = KeptAlert(Alert(Phase.NORMAL, START), None, "key", START)
    assert target.record("full", Judged(START, Standing({}, ()), {"rule": read}))
    copied = {table.name: table.rows for table in copy_store(engine, other, _silent).tables}
    names = ("alert", "alert_step", "acknowledgement", "silence", "message", "notice", "destination", "delivery")
    assert {name: copied[name] for name in names} == dict.fromkeys(names, 1) | {"alert_step": 2}
    assert target.standing("full", START) == source.book.standing("full", START)
    assert target.notices("full") == source.book.notices("full")
    with pytest.raises(StoreError, match="is not empty"):
        copy_store(other, engine, _silent)


def test_what_arrives_altered_is_noticed_and_nothing_is_kept(engine: Engine, other: Engine) -> None:
    """One bit of one number, on the way."""
    ObservationLedger(other).record([replace(FIRST_REPORT, id=str(n), value=0.1 + n, origin=str(n)) for n in range(5)])

    @event.listens_for(engine, "before_execute", retval=True)
    def alter(
        _: object, clause: object, rows: list[dict[str, object]], single: object, __: object
    ) -> tuple[object, object, object]:
        if isinstance(clause, Insert) and clause.table.name == "observation":
            rows = [row | {"value": math.nextafter(0.1, 1)} if row["id"] == "0" else row for row in rows]
        return clause, rows, single

    with pytest.raises(StoreError, match=r"observation came out different: 5 rows.*Nothing was copied"):
        copy_store(other, engine, _silent)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM observation")).scalar() == 0


def test_a_copy_is_of_one_state_while_others_write(engine: Engine, other: Engine) -> None:
    """What is recorded meanwhile is recorded at once and stays behind; the hashes agree."""
    ledger = ObservationLedger(engine)
    ledger.record([replace(FIRST_REPORT, id=str(n), origin=str(n)) for n in range(10)])
    writer = open_engine(engine.url.render_as_string(hide_password=False), busy_seconds=0.1)
    wrote: list[str] = []

    def meanwhile(progress: Progress) -> None:
        if progress.phase == "copying observation" and not wrote:
            late = replace(FIRST_REPORT, id="late", origin="late", recorded_at=FIRST_REPORT.recorded_at + timedelta(1))
            wrote.extend(ObservationLedger(writer).record([late]).added)

    copied = {table.name: table.rows for table in copy_store(engine, other, meanwhile).tables}
    writer.dispose()
    assert copied["observation"] == 10
    assert wrote == ["late"]


def test_the_source_of_a_copy_is_only_read(engine: Engine, other: Engine, tmp_path: Path) -> None:
    """Copying twice, to two targets, gives the same hashes."""
    ObservationLedger(engine).record([FIRST_REPORT])
    first = copy_store(engine, other, _silent)
    with _opened(SqliteDatabase(tmp_path)) as (second,):
        assert copy_store(engine, second, _silent) == first
