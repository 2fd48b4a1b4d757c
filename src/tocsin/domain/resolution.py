"""Resolutions: how the window of a scenario was settled, by its rule or by a person; append-only like all we said.

A window is one question that we have answered in advance: does this scenario happen from the day on which it opens
through its horizon? It belongs to the first publication that stated it on its opening day, so that what is scored is
what we said first, and nobody can better an answer by repeating it later in the day.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from tocsin.domain.publication import Publication

ID_DIGITS = 16


class Outcome(StrEnum):
    """What became of a window."""

    YES = "yes"
    NO = "no"
    VOID = "void"
    """It cannot be told; a person says so."""
    OPEN = "open"
    """Only of a window settled before: a correction undid that, and it is not decided yet."""


class How(StrEnum):
    """Who settled it."""

    RULE = "rule"
    JUDGED = "judged"


@dataclass(frozen=True, slots=True)
class Window:
    """A question that was answered in advance. It counts the days from `opened_on` through `closes_on`."""

    theater: str
    scenario: str
    opened_on: date
    horizon_days: int
    closes_on: date
    rule: str
    """The rule by which it settles itself, as it was declared when it opened; empty where people judge."""
    publication: int
    """Number of the first publication that stated it on its opening day."""

    @property
    def key(self) -> WindowKey:
        """What names it within the store."""
        return self.theater, self.scenario, self.opened_on, self.horizon_days


type WindowKey = tuple[str, str, date, int]
"""Theater, scenario, opening day and days of the horizon."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """One version of how a window was settled.

    Attributes:
        id: The first 16 hexadecimal digits of the SHA-256 of its content; empty until `named`.
        theater: Id of the theater.
        scenario: Id of the scenario.
        opened_on: The first day that counts.
        horizon_days: Days that count.
        publication: Number of the publication that opened the window.
        outcome: What became of it.
        settled_at: The instant at which this was recorded.
        how: By the declared rule, or judged.
        author: Who answers for it.
        reason: Why, in words.
        reports: Ids of the observations that met the rule.
        supersedes: Id of the version that this one replaces; None for the first.
    """

    theater: str
    scenario: str
    opened_on: date
    horizon_days: int
    publication: int
    outcome: Outcome
    settled_at: datetime
    how: How
    author: str
    reason: str
    reports: tuple[str, ...] = ()
    supersedes: str | None = None
    id: str = ""

    @property
    def key(self) -> WindowKey:
        """The window that it settles."""
        return self.theater, self.scenario, self.opened_on, self.horizon_days

    def named(self) -> Resolution:
        """This with the id that comes from its content, the instant included: a window may change its mind back."""
        content = [
            self.theater,
            self.scenario,
            self.opened_on.isoformat(),
            self.horizon_days,
            self.publication,
            self.outcome.value,
            self.settled_at.isoformat(timespec="microseconds"),
            self.how.value,
            self.author,
            self.reason,
            list(self.reports),
            self.supersedes,
        ]
        return replace(self, id=hashlib.sha256(json.dumps(content).encode()).hexdigest()[:ID_DIGITS])


def windows_of(publications: Iterable[Publication]) -> dict[WindowKey, Window]:
    """The windows that publications opened, in order of the publications.

    Only those stated with foresight open any: odds that are told after their window began could borrow from it.
    """
    found: dict[WindowKey, Window] = {}
    for item in sorted(publications, key=lambda publication: publication.number):
        if item.foresight:
            for odds in item.odds:
                window = Window(
                    theater=item.theater,
                    scenario=odds.scenario,
                    opened_on=item.opens_on,
                    horizon_days=odds.horizon_days,
                    closes_on=odds.closes_on,
                    rule=odds.rule,
                    publication=item.number,
                )
                found.setdefault(window.key, window)
    return found


def standing(resolutions: Iterable[Resolution]) -> dict[WindowKey, Resolution]:
    """How each window stands settled: the version of it that no other supersedes."""
    kept = list(resolutions)
    replaced = {item.supersedes for item in kept}
    return {item.key: item for item in kept if item.id not in replaced}


def judged_by(item: Resolution, versions: Iterable[Resolution]) -> tuple[str, ...]:
    """The people who say of a window what a judgement says, the first first; empty where a rule settled it.

    One with a reason is enough. Whoever agrees judges the same, superseding what stands: these are the authors of the
    judgements from this one back for as long as they say the same, each person once.
    """
    by_id = {version.id: version for version in versions}
    authors: list[str] = []
    at: Resolution | None = item
    while at is not None and (at.how, at.outcome) == (How.JUDGED, item.outcome):
        authors.append(at.author)
        at = None if at.supersedes is None else by_id.get(at.supersedes)
    return tuple(dict.fromkeys(reversed(authors)))
