"""What changed between two evidence tables, and to whose account it goes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.domain.evidence import Cell, Evidence

type Key = tuple[str, int]
"""Indicator and step, counted in the later window."""


class Cause(StrEnum):
    """Why odds moved."""

    TIME = "passage of time"
    """The horizon moved on, and with it pressure and what a count rule still counts."""
    REPORTED = "reported"
    """Something was observed that was not known before."""
    UNSEEN = "unseen"
    """An indicator that somebody always looks at stayed silent."""
    CORRECTED = "corrected"
    """What was known already was corrected or retracted."""
    OCCURRENCE = "occurred or not"
    """A scenario of the kind `event` occurred, or did not for longer."""
    REFIT = "refit"
    """The declared files changed, or more changed than the draws of two fits can tell apart."""
    NOISE = "Monte Carlo noise"
    """The same question put to other draws."""


_WORDS = {
    Cause.TIME: "passage of time",
    Cause.REPORTED: "{} reported",
    Cause.UNSEEN: "{} not seen",
    Cause.CORRECTED: "{} corrected or retracted",
    Cause.OCCURRENCE: "{} occurred, or did not",
    Cause.REFIT: "refit: {}",
    Cause.NOISE: "Monte Carlo noise",
}


def cause_words(cause: Cause, subject: str) -> str:
    """A cause as people read it; `subject` is the indicator, the scenario or the reason, "" where there is none.

    >>> cause_words(Cause.REPORTED, "violence/border-attack"), cause_words(Cause.REFIT, "")
    ('violence/border-attack reported', 'refit: more than the draws can tell apart')
    """
    named = subject or ("more than the draws can tell apart" if cause is Cause.REFIT else "")
    return _WORDS[cause].format(named)


@dataclass(frozen=True, slots=True)
class CellChanges:
    """The cells of one indicator that changed for one cause: as they are, and what they replace."""

    cause: Cause
    indicator: str
    gained: tuple[Cell, ...]
    lost: tuple[Cell, ...]


def differences(before: Evidence, after: Evidence) -> dict[Key, tuple[Cell | None, Cell | None]]:
    """The cells that are other than they were, as (old, new), in steps of the later window.

    What rolled out of the window is left out: it was counted, and still holds.
    """
    passed = after.first_step - before.first_step
    shifted = (replace(cell, step=cell.step - passed) for cell in before.cells) if passed else before.cells
    old = {(cell.indicator, cell.step): cell for cell in shifted}
    new = {(cell.indicator, cell.step): cell for cell in after.cells}
    keys = dict.fromkeys((*new, *(key for key in old if key[1] >= 0)))
    pairs = {key: (old.get(key), new.get(key)) for key in keys}
    return {key: pair for key, pair in pairs.items() if not _alike(*pair)}


def _alike(one: Cell | None, other: Cell | None) -> bool:
    """The same but for who reported it, which is nothing to the likelihood."""
    if one is None or other is None:
        return one is other
    return (
        (one.indicator, one.step, one.coverage) == (other.indicator, other.step, other.coverage)
        and one.silence_stands == other.silence_stands
        and one.alternatives == other.alternatives
    )


def sort_changes(before: Evidence, corrected: Evidence, after: Evidence) -> tuple[CellChanges, ...]:
    """The changes between two evidence tables by cause and indicator.

    Args:
        before: What was known at the earlier instant.
        corrected: What would be known at the later one, had only corrections and retractions come in since.
        after: What is known at the later one.
    """
    sorted_: dict[tuple[Cause, str], list[tuple[Cell | None, Cell | None]]] = defaultdict(list)
    middle = {(cell.indicator, cell.step): cell for cell in corrected.cells}
    for key, (old, new) in differences(before, after).items():
        between = middle.get(key)
        touched = _reports(old) != _reports(between)
        if touched:
            sorted_[Cause.CORRECTED, key[0]].append((old, between))
        if not _alike(between, new):
            sorted_[Cause.REPORTED, key[0]].append((between if touched else old, new))
        elif not touched:
            sorted_[Cause.UNSEEN, key[0]].append((old, new))
    return tuple(
        CellChanges(
            cause,
            indicator,
            tuple(new for _, new in pairs if new is not None),
            tuple(old for old, _ in pairs if old is not None),
        )
        for (cause, indicator), pairs in sorted_.items()
    )


def _reports(cell: Cell | None) -> tuple[str, ...]:
    return () if cell is None else cell.reports
