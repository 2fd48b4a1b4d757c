"""Clients that are killed and try again, and clients that change one observation at once."""

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine

from support.ledgers import FIRST_REPORT
from tocsin.store.observation import ObservationLedger

if TYPE_CHECKING:
    import subprocess

Start = Callable[[str], "subprocess.Popen[str]"]

_LATE = datetime(2100, 1, 1, tzinfo=UTC)
_ATTACK = "violence/border-attack"
_FIRST = replace(FIRST_REPORT, recorded_at=datetime(2016, 3, 8, tzinfo=UTC)).named()

# What a client does: it sends text, and hears an answer.
_CLIENT = """
import json, sys, time
from datetime import UTC, datetime
from pathlib import Path
from sqlalchemy import event
from tocsin.domain.elicitation import Range
from tocsin.domain.errors import ConflictError
from tocsin.domain.indicator import Collection, Indicator, Kind, RateBaseline
from tocsin.domain.observation import Draft
from tocsin.domain.timeline import Step, Timeline
from tocsin.store.engine import open_engine
from tocsin.store.observation import ObservationLedger
from tocsin.usecases.correct import Changes, correct
from tocsin.usecases.observe import observe
from tocsin.usecases.retract import retract

once = Range(0.1, 0.4, "")
attack = Indicator("violence/border-attack", "", "", Kind.COUNT, "", Collection.OCCASIONAL, 0.7, None, 1,
                   RateBaseline(once, once))
indicators = {attack.id: attack}
weeks = Timeline(Step.WEEK, 10, "Africa/Tunis")

def say(word):
    print(word, flush=True)

def send(ledger, verb, name, value, author):
    means = {"ledger": ledger, "now": datetime.now(UTC), "author": author}
    if verb == "observe":
        draft = Draft(attack.id, "2016-03-07", value, "B2", origin="bg")
        return observe([draft], indicators=indicators, timeline=weeks, history=False, **means).added
    if verb == "retract":
        return retract(name, reason=author, indicators=indicators, **means).added
    return correct(name, Changes(value=value), reason=author, indicators=indicators, timeline=weeks, **means).added

def stop_after_commit(engine):
    # The pool takes a connection back only after COMMIT has returned: the rows are on the disk, nobody has heard.
    begun = []
    @event.listens_for(engine, "after_cursor_execute")
    def inserted(connection, cursor, statement, *rest):
        begun.append(statement.startswith("INSERT INTO observation"))
    @event.listens_for(engine.pool, "checkin")
    def stop(connection, record):
        if any(begun):
            say("committed")
            time.sleep(600)
"""


def _heard(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def ledger(engine: Engine) -> ObservationLedger:
    ledger = ObservationLedger(engine)
    ledger.record([_FIRST])
    return ledger


@pytest.mark.fault(1)
@pytest.mark.parametrize("verb", ["observe", "correct", "retract"])
def test_a_client_killed_after_the_commit_tries_again_and_there_is_one_row(
    ledger: ObservationLedger, url: str, start: Start, verb: str
) -> None:
    """It never heard that the row was written; the second time it hears that it is there."""
    call = f"{verb!r}, {_FIRST.id!r}, '5', 'client'"
    killed = start(
        f"{_CLIENT}\nengine = open_engine({url!r})\nstop_after_commit(engine)\n"
        f"say(send(ObservationLedger(engine), {call}))"
    )
    assert _heard(killed) == "committed"
    killed.kill()
    assert killed.wait() == -signal.SIGKILL
    after_kill = ledger.observations([_ATTACK], _LATE)
    again = start(f"{_CLIENT}\nsay(bool(send(ObservationLedger(open_engine({url!r})), {call})))")
    assert _heard(again) == "False"
    assert len(after_kill) == 2
    assert ledger.observations([_ATTACK], _LATE) == after_kill


@pytest.mark.fault(18)
@pytest.mark.parametrize("verbs", [("correct", "correct"), ("correct", "retract"), ("retract", "correct")])
def test_of_two_who_change_one_observation_at_once_one_wins_and_the_other_hears_of_both(
    ledger: ObservationLedger, url: str, tmp_path: Path, start: Start, verbs: tuple[str, str]
) -> None:
    """Both read it before either writes; the loser gets its own change and the one that stands, with who and why."""
    go = tmp_path / "go"
    clients = [
        start(f"""{_CLIENT}
ledger = ObservationLedger(open_engine({url!r}))
found, record = ledger.named({_FIRST.id!r}), ledger.record

def record_when_told(observations):
    say("has read")
    while not Path({str(go)!r}).exists():
        time.sleep(0.001)
    return record(observations)

ledger.named, ledger.record = (lambda beginning: found), record_when_told
try:
    say(json.dumps(["won", bool(send(ledger, {verb!r}, {_FIRST.id!r}, {value!r}, {author!r}))]))
except ConflictError as error:
    say(json.dumps([error.changed, [[v.author, v.reason, v.withdrawn] for v in (error.meant, error.standing)]]))
""")
        for author, verb, value in zip(("ann", "ben"), verbs, ("5", "6"), strict=True)
    ]
    assert [_heard(client) for client in clients] == ["has read", "has read"]
    go.touch()
    answers = [json.loads(_heard(client)) for client in clients]
    assert ["won", True] in answers
    winner = answers.index(["won", True])
    told = [[author, author, verb == "retract"] for author, verb in zip(("ann", "ben"), verbs, strict=True)]
    assert answers[1 - winner] == [_FIRST.id, [told[1 - winner], told[winner]]]
    _, standing = sorted(ledger.observations([_ATTACK], _LATE), key=lambda item: item.recorded_at)
    assert (standing.author, standing.supersedes) == (told[winner][0], _FIRST.id)
