"""A random history of writes, read at every instant, beside a plain replay of what was written."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import batched

from hypothesis import given, settings
from hypothesis import strategies as st

from support.databases import Database
from support.theaters import full_theater
from tocsin.domain.evidence import derive_evidence, first_day_with_bearing
from tocsin.domain.grading import Grade
from tocsin.domain.indicator import Kind
from tocsin.domain.observation import Observation, effective
from tocsin.store.engine import open_engine
from tocsin.store.observation import ObservationLedger

_THEATER = full_theater(window=8)
_NAMES = [indicator.id for indicator in _THEATER.indicators]
_START = datetime(2016, 3, 8, 12, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_INSTANT = timedelta(microseconds=1)
_GRADES = (Grade("A", "1"), Grade("B", "2"), Grade("C", "3"), Grade("E", "5"))


@dataclass(frozen=True)
class _Move:
    """One thing that somebody does to the ledger."""

    verb: str
    which: int  # of the indicators, or of what nobody has changed yet, counted around
    minutes: int  # since the move before
    days_ago: int
    level: int
    grade: Grade
    known: int  # history counts as known so many minutes before it was entered, or after


_MOVES = st.lists(
    st.builds(
        _Move,
        verb=st.sampled_from(["report", "report", "echo", "history", "correct", "correct", "reattribute", "retract"]),
        which=st.integers(0, 30),
        minutes=st.integers(0, 3),  # several at one instant, too
        days_ago=st.integers(0, 40) | st.integers(140, 155),  # the window bears on 148
        level=st.integers(0, 2),
        grade=st.sampled_from(_GRADES),
        known=st.integers(-4, 4),
    ),
    min_size=1,
    max_size=16,
)


def _write(moves: Sequence[_Move]) -> list[Observation]:
    """What is written, in this order."""
    written: list[Observation] = []
    heads: list[Observation] = []
    now = _START
    for number, move in enumerate(moves):
        now += move.minutes * _MINUTE
        before = heads[move.which % len(heads)] if heads and move.verb not in {"report", "history"} else None
        new = _observation(move, f"{number:03}", now, _NAMES[move.which % 5] if before is None else before.indicator)
        if before is not None and move.verb != "reattribute":
            new = replace(new, origin=before.origin)
        if before is not None and move.verb != "echo":
            new = replace(new, supersedes=before.id, reason="counted again", withdrawn=move.verb == "retract")
            heads.remove(before)
        if move.verb == "history":
            new = replace(new, recorded_at=now + move.known * _MINUTE, entered_at=now)
        written.append(new)
        if not new.withdrawn:
            heads.append(new)
    return written


def _observation(move: _Move, name: str, now: datetime, indicator: str) -> Observation:
    kind = _THEATER.indicator(indicator).kind
    values = {Kind.PRESENCE: float(min(move.level, 1)), Kind.MEASURE: move.level + 0.1}
    return Observation(
        id=name,
        indicator=indicator,
        observed_on=date(2016, 3, 8) - timedelta(days=move.days_ago),
        value=values.get(kind, float(move.level)),
        grade=move.grade,
        origin=f"origin of {name}",
        summary=f"as {name} has it",  # the same words twice would be one report
        source="",
        author="duty analyst",
        recorded_at=now,
        links=("https://example.org/a",) * (move.level % 2),
    )


def _replay(written: Sequence[Observation], instant: datetime) -> list[Observation]:
    """One entry after the other: what is not known yet is passed over, a change rubs out the line that it names."""
    lines: dict[str, Observation] = {}
    for item in written:
        if item.recorded_at <= instant:
            lines.pop(item.supersedes or "", None)
            if not item.withdrawn:
                lines[item.id] = replace(item, supersedes=None)
    return list(lines.values())


@contextmanager
def _ledger(database: Database) -> Iterator[ObservationLedger]:
    with database.fresh(upgraded=True) as url:
        engine = open_engine(url)
        try:
            yield ObservationLedger(engine)
        finally:
            engine.dispose()


def _order(item: Observation) -> tuple[date, datetime, str]:
    return item.observed_on, item.recorded_at, item.id


@settings(deadline=None, max_examples=20)  # a store for each example, on each database
@given(moves=_MOVES, batch=st.integers(1, 4))
def test_any_history_read_at_any_instant_is_what_a_plain_replay_leaves(
    database: Database, moves: list[_Move], batch: int
) -> None:
    """The list, what stands of it, and the evidence derived from it, to the last bit of every number."""
    written = _write(moves)
    instants = {item.recorded_at + offset for item in written for offset in (-_INSTANT, timedelta(), _INSTANT)}
    with _ledger(database) as ledger:
        for together in batched(written, batch):
            assert len(ledger.record(together).added) == len(together)
        for instant in sorted(instants):
            known = ledger.observations(_NAMES, instant)
            assert known == sorted((item for item in written if item.recorded_at <= instant), key=_order)
            replayed = _replay(written, instant)
            assert {item.id for item in effective(known, instant)} == {item.id for item in replayed}
            assert derive_evidence(_THEATER, known, instant) == derive_evidence(_THEATER, replayed, instant)


@settings(deadline=None, max_examples=20)  # as above
@given(moves=_MOVES)
def test_what_was_read_once_is_read_again_whatever_is_written_later(database: Database, moves: list[_Move]) -> None:
    """Corrections and retractions of later change nothing; only history entered since then is to be left out."""
    written = _write(moves)
    with _ledger(database) as ledger:
        then: dict[datetime, list[Observation]] = {}
        for item in written:
            ledger.record([item])
            then[item.written_at] = ledger.observations(_NAMES, item.written_at)
        for instant, read in then.items():
            again = [item for item in ledger.observations(_NAMES, instant) if item.written_at <= instant]
            assert again == read
            assert derive_evidence(_THEATER, again, instant) == derive_evidence(_THEATER, read, instant)


@settings(deadline=None, max_examples=30)  # as above
@given(moves=_MOVES)
def test_what_bears_on_a_window_gives_its_evidence_to_the_last_bit(database: Database, moves: list[_Move]) -> None:
    """At any instant from the one whose window was read for, and of what was written by any."""
    written = _write(moves)
    with _ledger(database) as ledger:
        ledger.record(written)
        instants = sorted({item.recorded_at for item in written} | {item.written_at for item in written})
        for as_of in instants[-2:]:
            whole = ledger.observations(_NAMES, as_of)
            bearing = ledger.observations(_NAMES, as_of, first_day_with_bearing(_THEATER, instants[0]))
            ids = {item.id for item in bearing}
            assert [item for item in whole if item.id in ids] == bearing
            assert {item.supersedes for item in bearing if item.supersedes} <= ids | {
                item.id for item in written if item.recorded_at > as_of
            }
            for instant in instants:
                for by in instants:
                    seen, all_seen = ([item for item in known if item.written_at <= by] for known in (bearing, whole))
                    assert derive_evidence(_THEATER, seen, instant) == derive_evidence(_THEATER, all_seen, instant)


def test_an_echo_before_the_window_and_a_report_moved_out_of_it_are_read_and_little_else_is(
    database: Database,
) -> None:
    """The best graded echo takes its origin along; what is replaced does not stand; the rest stays unread."""
    day, old = date(2016, 3, 7), date(2010, 3, 1)
    move = _Move("report", 0, 0, 0, 1, _GRADES[1], 0)
    base = replace(_observation(move, "x", _START, _NAMES[0]), observed_on=day)
    echoed = replace(base, id="echoed", origin="shared", summary="echo")
    best = replace(echoed, id="best", observed_on=old, grade=_GRADES[0])
    moved = replace(base, id="moved", supersedes="x", reason="misread year", observed_on=old, origin="other")
    aside = [replace(base, id=f"old {number}", observed_on=old, origin=f"{number}") for number in range(50)]
    asked = [replace(base, id="asked", observed_on=old, origin="to be imagined")]
    with _ledger(database) as ledger:
        ledger.record([base, echoed, best, moved, *aside, *asked])
        since = first_day_with_bearing(_THEATER, _START)
        read = ledger.observations(_NAMES, _START, since)
        assert {item.id for item in read} == {"x", "echoed", "best", "moved"}
        assert all(cell.silent for cell in derive_evidence(_THEATER, read, _START).cells)
        more = ledger.observations(_NAMES, _START, since, ["to be imagined"])
        assert {item.id for item in more} - {item.id for item in read} == {"asked"}
