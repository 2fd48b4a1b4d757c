"""Corrections and retractions in the ledger: a version is superseded once, and the second hears of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, inspect, text

from support.ledgers import FIRST_REPORT
from tocsin.domain.errors import ConflictError, InvalidObservationError, StoreError
from tocsin.domain.observation import Observation
from tocsin.store import observation as store
from tocsin.store.engine import reading, writing
from tocsin.store.observation import ObservationLedger
from tocsin.store.tables import metadata

_NOON = datetime(2016, 3, 8, 12, tzinfo=UTC)
_LATE = datetime(2100, 1, 1, tzinfo=UTC)
_ATTACK = "violence/border-attack"


def _change(name: str, of: str, **changes: object) -> Observation:
    plain = replace(FIRST_REPORT, id=name, value=2.0, supersedes=of, reason=f"why {name}", author=f"author of {name}")
    return replace(plain, recorded_at=_NOON + timedelta(hours=1), **changes)  # type: ignore[arg-type]


@pytest.fixture
def ledger(engine: Engine) -> ObservationLedger:
    ledger = ObservationLedger(engine)
    ledger.record([FIRST_REPORT])
    return ledger


def _ids(ledger: ObservationLedger) -> set[str]:
    return {item.id for item in ledger.observations([_ATTACK], _LATE)}


def test_the_second_change_of_one_version_conflicts_and_hears_of_both(ledger: ObservationLedger) -> None:
    """Who, when and why; the standing version is the last, not the next; nothing is written."""
    ledger.record([_change("second", "first")])
    ledger.record([_change("third", "second", value=3.0)])
    with pytest.raises(ConflictError) as caught:
        ledger.record([_change("mine", "first", value=4.0), replace(FIRST_REPORT, id="beside", origin="x")])
    conflict = caught.value
    assert (conflict.changed, conflict.meant.id, conflict.standing.id) == ("first", "mine", "third")
    assert str(conflict) == (
        "observation first has been changed already; nothing was written\n"
        "  yours: mine (violence/border-attack on 2016-03-07: 4 at B2), by author of mine at 2016-03-08 13:00:00 UTC: "
        "why mine\n"
        "  now: third (violence/border-attack on 2016-03-07: 3 at B2), by author of third at 2016-03-08 13:00:00 UTC: "
        "why third\n"
        "look at it, and change third if yours still holds"
    )
    assert _ids(ledger) == {"first", "second", "third"}


@pytest.mark.parametrize("named", ["first", "gone"])
def test_what_is_withdrawn_cannot_be_changed(ledger: ObservationLedger, named: str) -> None:
    """Neither the observation nor its retraction, by a correction or by another retraction."""
    ledger.record([_change("gone", "first", withdrawn=True)])
    for mine in (_change("mine", named), _change("mine", named, withdrawn=True, value=1.5)):
        with pytest.raises(ConflictError, match="has been withdrawn already") as caught:
            ledger.record([mine])
        assert caught.value.standing.id == "gone"
        assert caught.value.standing.withdrawn
    assert "report it anew" in str(caught.value)
    assert _ids(ledger) == {"first", "gone"}


@pytest.mark.parametrize("withdrawn", [False, True])
def test_the_same_change_again_is_known_and_no_conflict(ledger: ObservationLedger, *, withdrawn: bool) -> None:
    """Also from somebody else, with another reason, and after a further change."""
    ledger.record([_change("second", "first", withdrawn=withdrawn)])
    again = _change("again", "first", withdrawn=withdrawn, reason="in other words")
    assert ledger.record([again]).known_already == 1
    if not withdrawn:
        ledger.record([_change("third", "second", value=3.0)])
        assert ledger.record([again]).known_already == 1


def test_two_changes_of_one_version_in_one_batch_conflict(ledger: ObservationLedger) -> None:
    """A chain does not; what the batch withdraws cannot be changed in it either."""
    with pytest.raises(ConflictError) as caught:
        ledger.record([_change("a", "first"), _change("b", "a", value=3.0), _change("c", "first", value=4.0)])
    assert (caught.value.meant.id, caught.value.standing.id) == ("c", "b")
    with pytest.raises(ConflictError):
        ledger.record([_change("a", "first", withdrawn=True), _change("b", "a")])
    assert _ids(ledger) == {"first"}
    assert len(ledger.record([_change("a", "first"), _change("b", "a", value=3.0)]).added) == 2


def test_a_change_without_a_reason_is_refused(ledger: ObservationLedger) -> None:
    """By the ledger in words, and by the database whoever writes."""
    with pytest.raises(InvalidObservationError, match="reason is empty; accepted: why first is changed"):
        ledger.record([_change("a", "first", reason="")])
    assert _ids(ledger) == {"first"}


_COPY = "observed_on, value, grade, origin, summary, source, author, recorded_at, coverage, withdrawn, links"


@pytest.mark.parametrize(
    ("verb", "supersedes", "reason", "said"),
    [
        ("INSERT", "'first'", "''", "ck_observation_change_has_reason"),
        ("INSERT", "'first'", "'why'", "uq_observation_supersedes"),
        ("REPLACE", "'first'", "'why'", "uq_observation_supersedes"),
        ("INSERT", "'second'", "'why'", None),
        ("INSERT", "NULL", "''", None),
    ],
)
def test_the_database_itself_holds_reasons_and_one_change_a_version(
    engine: Engine, ledger: ObservationLedger, verb: str, supersedes: str, reason: str, said: str | None
) -> None:
    """Somebody writes by hand; what is right is taken, so each refusal is for what it says."""
    if verb == "REPLACE" and engine.dialect.name != "sqlite":
        pytest.skip("only SQLite has REPLACE")
    if "uq" in (said or "uq"):
        ledger.record([_change("second", "first")])
    columns = f"(id, fingerprint, indicator, supersedes, reason, {_COPY})"
    of_first = "FROM observation WHERE id = 'first'"
    values = f"SELECT 'by hand', 'x', indicator, {supersedes}, {reason}, {_COPY} {of_first}"

    def write() -> None:
        with writing(engine) as connection:
            connection.execute(text(f"{verb} INTO observation {columns} {values}"))

    if said is None:
        write()
        assert "by hand" in _ids(ledger)
    else:
        with pytest.raises(StoreError, match=said):
            write()
        assert "by hand" not in _ids(ledger)


def test_the_migration_makes_the_declared_checks(engine: Engine) -> None:
    """The comparison of migrations with tables does not look at them."""
    with reading(engine) as connection:
        found = {item["name"]: item["sqltext"] for item in inspect(connection).get_check_constraints("observation")}
    declared = {
        str(item.name): str(item.sqltext)  # type: ignore[attr-defined]
        for item in metadata.tables["observation"].constraints
        if hasattr(item, "sqltext")
    }
    assert declared
    # PostgreSQL writes out the type of a constant.
    assert {name: said.removesuffix("::text") for name, said in found.items()} == declared


def test_a_change_that_comes_between_the_check_and_the_writing_conflicts_too(
    ledger: ObservationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The constraint of the database finds it where somebody wrote without the writer's lock."""
    ledger.record([_change("second", "first")])
    check = store.first_conflict
    looked: list[str] = []

    def blind_once(*words: object) -> ConflictError | None:
        looked.append("here")
        return None if len(looked) == 1 else check(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "first_conflict", blind_once)
    with pytest.raises(ConflictError) as caught:
        ledger.record([_change("mine", "first", value=4.0)])
    assert caught.value.standing.id == "second"
    assert len(looked) == 2
    assert _ids(ledger) == {"first", "second"}


def test_an_observation_is_found_by_its_id_or_its_beginning(ledger: ObservationLedger) -> None:
    """Whatever became of it; a few where they are many, with the exact one among them."""
    many = [replace(FIRST_REPORT, id=f"4f2a1c{number:02x}", origin=str(number)) for number in range(20)]
    ledger.record(
        [*many, replace(FIRST_REPORT, id="4f2a1c", origin="exact"), replace(FIRST_REPORT, id="4f2a1d", origin="other")]
    )
    ledger.record([_change("4f2a1e", "4f2a1d")])
    found = [item.id for item in ledger.named("4f2a1c")]
    assert len(found) == 10
    assert "4f2a1c" in found
    assert all(name.startswith("4f2a1c") for name in found)
    assert [item.id for item in ledger.named("4f2a1d")] == ["4f2a1d"]
    assert [item.id for item in ledger.named("4f2a1c0f")] == ["4f2a1c0f"]
    assert ledger.named("4f2a1f") == ledger.named("4f2a1%") == ledger.named("4f2a1_") == []
