from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.ledgers import MemoryLedger
from support.theaters import full_theater
from tocsin.domain.batch import KNOWN, Batch, Fate
from tocsin.domain.errors import InvalidObservationError, Problem
from tocsin.domain.observation import Draft
from tocsin.usecases.import_observations import import_observations
from tocsin.usecases.judge_import import Incoming

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.domain.observation import Observation
    from tocsin.usecases.ports import Recorded

_THEATER = full_theater()
_NOW = datetime(2016, 3, 8, 12, tzinfo=UTC)
_DRAFT = Draft("field/attack", "2016-03-07", "1", "B2", origin="bg", place="x.csv", line=2)


def _import(
    drafts: Sequence[Draft],
    ledger: MemoryLedger,
    problems: Sequence[Problem] = (),
    now: datetime = _NOW,
) -> Batch:
    incoming = Incoming(drafts, problems)
    return import_observations(incoming, _THEATER, ledger=ledger, now=now, author="ann", history=False)


def _change(ledger: MemoryLedger, changed: Observation, **how: object) -> None:
    after = replace(changed, supersedes=changed.id, reason="looked again", recorded_at=_NOW + timedelta(1), **how)
    ledger.record([after.named()])


def test_what_is_known_already_is_told_with_what_became_of_it() -> None:
    """One stands, one was corrected, one was withdrawn, one is new and one says the same again."""
    ledger = MemoryLedger()
    drafts = [replace(_DRAFT, origin=name) for name in ("stands", "corrected", "withdrawn")]
    assert _import(drafts, ledger).count(Fate.NEW) == 3
    by_origin = {item.origin: item for item in ledger.kept.values()}
    _change(ledger, by_origin["corrected"], value=2.0)
    _change(ledger, by_origin["withdrawn"], withdrawn=True)
    new = replace(_DRAFT, origin="new", observed_on="2015-12-31")
    batch = _import([*drafts, new, new], ledger, now=_NOW + timedelta(2))
    assert [batch.count(fate) for fate in Fate] == [1, 1, 1, 1, 1]
    assert [(group.year, dict(group.rows)) for group in batch.groups] == [
        (2015, {Fate.NEW: 1, Fate.REPEATED: 1}),
        (2016, {Fate.STANDS: 1, Fate.SUPERSEDED: 1, Fate.WITHDRAWN: 1}),
    ]
    assert len(ledger.kept) == 6


def test_problems_of_form_and_of_content_are_told_together_each_once() -> None:
    """A short line, a bad value, and a day that could not be read: it is not also called no day."""
    ledger = MemoryLedger()
    short = Problem("x.csv", 9, "record", "3 cells long", "8 cells")
    unread = Problem("x.csv", 4, "observed_on", "'7.3.'", "a day as %d.%m.%Y")
    drafts = [_DRAFT, replace(_DRAFT, value="one", line=3), replace(_DRAFT, observed_on="7.3.", grade="Z9", line=4)]
    with pytest.raises(InvalidObservationError) as caught:
        _import(drafts, ledger, [short, unread])
    told = [(problem.line, problem.field) for problem in caught.value.problems]
    assert told == [(3, "value"), (4, "grade"), (4, "observed_on"), (9, "record")]
    assert unread in caught.value.problems
    assert ledger.kept == {}


def test_problems_of_form_alone_refuse_everything() -> None:
    """Though every row that could be read is good."""
    ledger = MemoryLedger()
    with pytest.raises(InvalidObservationError):
        _import([_DRAFT], ledger, [Problem("x.csv", 3, "record", "3 cells long", "8 cells")])
    assert ledger.kept == {}


def test_what_somebody_recorded_meanwhile_is_not_called_new() -> None:
    """Between the comparison and the record."""
    other = replace(_DRAFT, origin="other")

    class Overtaken(MemoryLedger):
        """Somebody else is quicker with the first of what is brought."""

        def record(self, observations: Sequence[Observation], *_report: object) -> Recorded:
            super().record(observations[:1])
            return super().record(observations)

    batch = _import([_DRAFT, other], Overtaken())
    assert (batch.count(Fate.NEW), batch.count(Fate.STANDS)) == (1, 1)


@given(st.lists(st.lists(st.sampled_from("abcde"), max_size=5), max_size=5))
def test_every_row_has_one_fate_and_only_new_ones_add(imports: list[list[str]]) -> None:
    """Whatever is imported in whichever order, the ledger holds each content once, and again adds nothing."""
    ledger = MemoryLedger()
    for names in imports:
        drafts = [replace(_DRAFT, origin=name) for name in names]
        before = len(ledger.kept)
        batch = _import(drafts, ledger)
        assert batch.count(*Fate) == len(names)
        assert len(ledger.kept) - before == batch.count(Fate.NEW)
        again = _import(drafts, ledger)
        assert again.count(Fate.NEW) == 0
        assert again.count(*KNOWN) == len(set(names))
    assert len(ledger.kept) == len({name for names in imports for name in names})
