"""Tests of alert rules: odds that are stated, and what rules must do of them; both are data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.alert import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from tocsin.domain.alert import Transition
    from tocsin.domain.notice import Notice, NoticeKind
    from tocsin.domain.publication import Publication
    from tocsin.domain.silence import Silence


@dataclass(frozen=True, slots=True)
class TakenUp:
    """Somebody takes an alert up: the rule, when, and until when; None for as long as it goes on."""

    rule: str
    at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Expectation:
    """How an alert must stand at an instant, once it was judged then.

    Attributes:
        rule: Id of the rule.
        at: The instant.
        after: The same, as the test says it.
        phase: Where it must stand; None where that is left open.
        told: All that must have been told since the expectation before, or the beginning; None where that is left open.
        line: Of the file.
    """

    rule: str
    at: datetime
    after: str
    phase: Phase | None
    told: tuple[NoticeKind, ...] | None
    line: int


@dataclass(frozen=True, slots=True)
class RuleTest:
    """A test of rules of a theater.

    Attributes:
        file: Where it stands.
        title: What it shows.
        theater: Id of the theater.
        rules: Ids of the rules that are judged.
        begin: When it begins.
        every: How often rules are judged, besides whenever something is stated, expected or taken up.
        stated: What is stated.
        silences: What is silenced.
        taken_up: What is taken up.
        expected: What is expected, in order of time.
    """

    file: str
    title: str
    theater: str
    rules: tuple[str, ...]
    begin: datetime
    every: timedelta
    stated: tuple[Publication, ...]
    silences: tuple[Silence, ...]
    taken_up: tuple[TakenUp, ...]
    expected: tuple[Expectation, ...]

    @property
    def end(self) -> datetime:
        """When the last thing is expected."""
        return max(item.at for item in self.expected)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What a rule did instead of what was expected; `of` is "phase" or "told"."""

    expectation: Expectation
    of: str
    expected: str
    got: str


def mismatches(
    expected: Iterable[Expectation],
    steps: Sequence[tuple[str, Transition]],
    notices: Sequence[tuple[str, Notice]],
) -> list[Mismatch]:
    """Every expectation that the steps and notices of rules, each with the rule's id, do not meet, in order."""
    found: list[Mismatch] = []
    heard: dict[str, int] = {}
    for item in sorted(expected, key=lambda expectation: expectation.at):
        phase = _phase(item, steps)
        if item.phase is not None and phase is not item.phase:
            found.append(Mismatch(item, "phase", item.phase.value, phase.value))
        told = [notice.kind for rule, notice in notices if rule == item.rule and notice.at <= item.at]
        since, heard[item.rule] = told[heard.get(item.rule, 0) :], len(told)
        if item.told is not None and tuple(since) != item.told:
            found.append(Mismatch(item, "told", _listed(item.told), _listed(since)))
    return found


def _phase(item: Expectation, steps: Sequence[tuple[str, Transition]]) -> Phase:
    taken = [step.after for rule, step in steps if rule == item.rule and step.at <= item.at]
    return taken[-1] if taken else Phase.NORMAL


def _listed(kinds: Iterable[NoticeKind]) -> str:
    return ", ".join(kind.value for kind in kinds) or "nothing"
