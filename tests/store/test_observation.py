from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from support.databases import ONLY_POSTGRESQL, ONLY_SQLITE
from tocsin.domain.errors import InvalidObservationError, StoreError
from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation, effective
from tocsin.store.engine import open_engine, reading, writing
from tocsin.store.observation import ObservationLedger

_NOON = datetime(2016, 3, 8, 12, tzinfo=UTC)
_LATE = datetime(2100, 1, 1, tzinfo=UTC)
_ATTACK = "violence/border-attack"
_PROTEST = "society/protest"


def _report(name: str, **changes: object) -> Observation:
    plain = Observation(
        id=name,
        indicator=_ATTACK,
        observed_on=date(2016, 3, 7),
        value=1.0,
        grade=Grade("B", "2"),
        origin=f"origin of {name}",
        summary="Posts in Ben Guerdane attacked — “at once”",
        source="desk note",
        author="duty analyst",
        recorded_at=_NOON,
        reason="counted again" if changes.get("supersedes") else "",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # the caller names fields of Observation


def test_what_was_recorded_is_read_back_as_it_was(engine: Engine) -> None:
    """Every field, none and zero told apart."""
    ledger = ObservationLedger(engine)
    first = _report("a", value=0.1 + 0.2, coverage=0.35, links=("https://example.org/تقرير", "http://example.org/?b=2"))
    second = _report("b", value=0.0, supersedes="a", withdrawn=True, recorded_at=_NOON + timedelta(microseconds=1))
    assert ledger.record([first, second]).added == ("a", "b")
    assert ledger.observations([_ATTACK], _LATE) == [first, second]


def test_the_same_content_is_recorded_once(engine: Engine) -> None:
    """In one batch or in two, whoever says it and whenever: the first record stays."""
    ledger = ObservationLedger(engine)
    first = _report("a")
    assert ledger.record([first, replace(first, id="b")]).known_already == 1
    again = ledger.record([_report("c", origin=first.origin, author="somebody else", recorded_at=_LATE)])
    assert (again.added, again.known_already) == ((), 1)
    assert ledger.observations([_ATTACK], _LATE) == [first]


def test_importing_again_does_not_bring_back_what_was_withdrawn(engine: Engine) -> None:
    """An analyst's override is not undone by an automatic job."""
    ledger = ObservationLedger(engine)
    ledger.record([_report("a")])
    ledger.record([_report("b", supersedes="a", withdrawn=True)])
    assert ledger.record([_report("a")]).known_already == 1
    assert effective(ledger.observations([_ATTACK], _LATE), _LATE) == ()


def test_an_earlier_instant_sees_only_what_was_known_then(engine: Engine) -> None:
    """A backtest reads the same ledger with an older clock."""
    ledger = ObservationLedger(engine)
    ledger.record([_report("a"), _report("b", supersedes="a", value=2.0, recorded_at=_NOON + timedelta(days=1))])
    before = _NOON - timedelta(microseconds=1)
    assert [item.id for item in ledger.observations([_ATTACK], before)] == []
    assert [item.id for item in ledger.observations([_ATTACK], _NOON)] == ["a"]
    assert [item.id for item in ledger.observations([_ATTACK], _LATE)] == ["a", "b"]


def test_reading_gives_the_asked_indicators_in_order_of_day_instant_and_id(engine: Engine) -> None:
    """Everything derived from it repeats bit for bit."""
    ledger = ObservationLedger(engine)
    ledger.record(
        [
            _report("d"),
            _report("c"),
            _report("b", recorded_at=_NOON - timedelta(hours=1)),
            _report("a", observed_on=date(2016, 3, 8)),
            _report("e", observed_on=date(2016, 3, 1)),
            _report("other", indicator=_PROTEST),
        ]
    )
    assert [item.id for item in ledger.observations([_ATTACK], _LATE)] == ["e", "b", "c", "d", "a"]
    assert ledger.observations([], _LATE) == []


def test_when_the_first_and_last_news_were_written_is_told_without_reading_them(engine: Engine) -> None:
    """As by reading everything: known by an instant and written after another, history when it was entered."""
    ledger = ObservationLedger(engine)
    hour = timedelta(hours=1)
    ledger.record(
        [
            _report("a"),
            _report("b", recorded_at=_NOON + hour),
            _report("c", recorded_at=_NOON - 900 * hour, entered_at=_NOON + 3 * hour),
            _report("d", recorded_at=_NOON + 4 * hour, supersedes="b", value=2.0, origin="origin of b"),
            _report("e", recorded_at=_NOON, entered_at=_NOON + 90 * hour),
            _report("other", indicator=_PROTEST, recorded_at=_NOON + 5 * hour),
        ]
    )
    for names in ([_ATTACK], [_PROTEST], [_ATTACK, _PROTEST], []):
        for as_of in (_NOON, _NOON + 3 * hour, _NOON + 6 * hour, _LATE):
            for after in (None, _NOON - hour, _NOON, _NOON + hour, _NOON + 4 * hour, _LATE):
                news = [
                    item.written_at
                    for item in ledger.observations(names, as_of)
                    if item.written_at <= as_of and (after is None or item.written_at > after)
                ]
                assert ledger.written(names, as_of, after) == ((min(news), max(news)) if news else None)


def test_more_than_fits_into_one_question_is_recorded_and_recognized(engine: Engine) -> None:
    """Databases limit the names in one statement."""
    ledger = ObservationLedger(engine)
    many = [_report(f"{number:05}") for number in range(1201)]
    assert len(ledger.record(many).added) == 1201
    assert ledger.record(many).known_already == 1201


@pytest.mark.parametrize("named", ["nobody", "of-another-indicator", "itself-later"])
def test_a_correction_of_nothing_is_refused_and_nothing_is_recorded(engine: Engine, named: str) -> None:
    """It would replace nothing, and nobody would notice."""
    ledger = ObservationLedger(engine)
    ledger.record([_report("of-another-indicator", indicator=_PROTEST)])
    with pytest.raises(InvalidObservationError, match="supersedes") as caught:
        ledger.record(
            [
                _report("a"),
                _report("b", supersedes=named),
                _report("c", supersedes="no one"),
                _report("itself-later"),
            ]
        )
    assert len(caught.value.problems) == 2
    assert ledger.observations([_ATTACK], _LATE) == []


def test_an_id_that_is_taken_by_another_content_is_refused(engine: Engine) -> None:
    """Ids name one report for good."""
    ledger = ObservationLedger(engine)
    ledger.record([_report("a")])
    with pytest.raises(StoreError):
        ledger.record([_report("b"), _report("a", value=2.0)])
    assert [item.id for item in ledger.observations([_ATTACK], _LATE)] == ["a"]


_REST = (
    "fingerprint, indicator, observed_on, 9, grade, origin, summary, source, author, recorded_at, coverage, "
    "supersedes, withdrawn, entered_at, reason, links, through FROM observation"
)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE observation SET value = 0",
        "UPDATE observation SET withdrawn = true WHERE id = 'a'",
        "DELETE FROM observation",
    ],
)
def test_the_database_itself_refuses_to_change_observations(engine: Engine, statement: str) -> None:
    """Append-only holds for whoever opens the store, not only for this program."""
    _refused(engine, statement)


@ONLY_POSTGRESQL
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE observation CASCADE",
        "INSERT INTO observation SELECT * FROM observation ON CONFLICT (id) DO UPDATE SET value = 9",
        "MERGE INTO observation o USING observation n ON o.id = n.id WHEN MATCHED THEN DELETE",
    ],
)
def test_postgresql_refuses_to_change_observations_in_its_own_ways(engine: Engine, statement: str) -> None:
    """Triggers of rows do not hear of TRUNCATE."""
    _refused(engine, statement)


@ONLY_SQLITE
@pytest.mark.parametrize(
    "statement",
    [
        "REPLACE INTO observation SELECT * FROM observation",
        "REPLACE INTO observation SELECT id, 'x' || " + _REST,
        "REPLACE INTO observation SELECT 'b', fingerprint, " + _REST.replace("fingerprint, ", ""),
    ],
)
def test_sqlite_refuses_to_change_observations_in_its_own_ways(engine: Engine, statement: str) -> None:
    """Its REPLACE deletes without telling the trigger of deletions."""
    _refused(engine, statement)


def _refused(engine: Engine, statement: str) -> None:
    ledger = ObservationLedger(engine)
    ledger.record([_report("a")])
    with pytest.raises(StoreError, match="append-only"), writing(engine) as connection:
        connection.execute(text(statement))
    assert ledger.observations([_ATTACK], _LATE) == [_report("a")]


def test_the_database_itself_refuses_a_correction_of_nothing(engine: Engine) -> None:
    """The foreign key holds even where somebody writes by hand."""
    ObservationLedger(engine).record([_report("a")])
    rest = _REST
    for column, value in {"fingerprint": "x", "supersedes": "nobody", "reason": "why"}.items():
        rest = rest.replace(column, f"'{value}'")
    statement = f"INSERT INTO observation SELECT 'b', {rest}"
    with pytest.raises(StoreError, match=r"(?i)foreign key"), writing(engine) as connection:
        connection.execute(text(statement))


def test_a_store_without_tables_says_what_to_run(url: str) -> None:
    """Not a traceback about a missing table."""
    engine = open_engine(url)
    with pytest.raises(StoreError, match="run: tocsin db upgrade"):
        ObservationLedger(engine).observations([_ATTACK], _LATE)
    engine.dispose()


def test_a_naive_instant_is_refused(engine: Engine) -> None:
    """Nobody can tell which instant it means."""
    naive = datetime(2016, 3, 8)  # noqa: DTZ001 (that is the point)
    with pytest.raises(Exception, match="no time zone"):
        ObservationLedger(engine).observations([_ATTACK], naive)


def test_reading_sees_one_state_of_the_store(engine: Engine, url: str) -> None:
    """What another process commits meanwhile is not half seen."""
    other = open_engine(url)
    ledger = ObservationLedger(other)
    ledger.record([_report("a")])
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM observation")) == 1
    ledger.record([_report("b")])
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM observation")) == 2
    other.dispose()
