"""What a new version of an upstream record does to the observations that the old one stands as."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from tocsin.domain.review import Action

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from tocsin.domain.observation import Observation

_AGAIN = " (reported again at "


@dataclass(frozen=True, slots=True)
class Standing:
    """What a feed has stated, and what has become of it: `now` is its last correction, or what withdraws it."""

    stated: Observation
    now: Observation


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something that a person decides.

    Attributes:
        action: What confirming does.
        observation: As it would be; of a retraction, what would be withdrawn.
        target: What it would correct or withdraw or, of a report, the withdrawn one whose place it would take.
        why: Why a person must decide.
        meanwhile: What the record stands as until it is decided.
    """

    action: Action
    observation: Observation
    target: str | None
    why: str
    meanwhile: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do: `write` goes to the ledger, `stands_as` are the ids that the record stands as afterwards."""

    write: tuple[Observation, ...]
    stands_as: tuple[str, ...]
    propose: tuple[Proposal, ...]


def plan_revision(
    old: Sequence[Standing],
    new: Sequence[Observation],
    *,
    author: str,
    now: datetime,
    reason: str,
    review: bool,
    doubtful: bool = False,
    met: Mapping[str, Standing],
    dismissed: Collection[Observation],
    shared: Collection[str],
) -> Plan:
    """Corrections, retractions and new reports, indicator by indicator.

    What a person has changed is never undone by a feed: there the change goes to the review queue, and only where the
    feed now says something else than before. Of a feed that a person reviews, other words or links are something else:
    they are what was decided by.

    Args:
        old: What the record stands as until now.
        new: What it says now, as new observations.
        author: The feed's.
        now: The instant of the change.
        reason: Why corrections and retractions are made.
        review: Every new report needs a person.
        doubtful: So does every withdrawal.
        met: By id, those of `new` that the ledger holds already.
        dismissed: What a person has refused of this record's earlier versions.
        shared: Ids that other records stand as too; they are not withdrawn with this one.
    """
    refused = frozenset(_substance(item, words=review) for item in dismissed)
    desk = _Desk(author, now, reason, review, doubtful, met, refused, shared)
    write: list[Observation] = []
    stands: list[str] = []
    propose: list[Proposal] = []
    for standing, wanted in _pairs(old, new):
        step = desk.step(standing, wanted)
        if isinstance(step, Proposal):
            propose.append(step)
            stands.extend(() if step.meanwhile is None else (step.meanwhile,))
        elif isinstance(step, str):
            stands.append(step)
        elif step is not None:
            write.append(step)
            stands.extend(() if step.withdrawn else (step.id,))
    return Plan(tuple(write), tuple(stands), tuple(propose))


def _pairs(old: Iterable[Standing], new: Iterable[Observation]) -> Iterator[tuple[Standing | None, Observation | None]]:
    """Old and new of one indicator belong together, in their order."""
    by_indicator: dict[str, tuple[list[Standing], list[Observation]]] = defaultdict(lambda: ([], []))
    for standing in old:
        by_indicator[standing.stated.indicator][0].append(standing)
    for wanted in new:
        by_indicator[wanted.indicator][1].append(wanted)
    for before, after in by_indicator.values():
        yield from zip_longest(before, after)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Everything that one step is decided by; see `plan_revision`."""

    author: str
    now: datetime
    reason: str
    review: bool
    doubtful: bool
    met: Mapping[str, Standing]
    dismissed: frozenset[tuple[object, ...]]
    shared: Collection[str]

    def step(self, standing: Standing | None, wanted: Observation | None) -> Observation | Proposal | str | None:
        """An observation to write, something to propose, the id of what stands as it is, or nothing."""
        if standing is None:
            return None if wanted is None else self._report(wanted)
        if wanted is None:
            return self._withdrawal(standing)
        return standing.stated.id if self._unchanged(standing, wanted) else self._revision(standing, wanted)

    def _unchanged(self, standing: Standing, wanted: Observation) -> bool:
        """The feed says what it said: of what a person stands for only what matters to evidence is compared."""
        held = standing.now
        persons = held.author != self.author or held.withdrawn
        return self._substance(wanted) == self._substance(standing.stated) and (persons or _says(wanted) == _says(held))

    def _substance(self, item: Observation) -> tuple[object, ...]:
        return _substance(item, words=self.review)

    def _revision(self, standing: Standing, wanted: Observation) -> Observation | Proposal | str | None:
        stated, held = standing.stated, standing.now
        if self._substance(wanted) in self.dismissed:
            return stated.id
        if held.withdrawn:
            why = f"{held.author} has withdrawn {held.supersedes} ({held.reason}); the feed has revised it since"
            return Proposal(Action.REPORT, _restated(wanted, self.now, self.reason), held.id, why, stated.id)
        if held.author != self.author:
            why = f"{held.author} stands for {held.id}{_because(held)}; the feed has revised it since"
            return Proposal(Action.CORRECT, wanted, held.id, why, stated.id)
        if stated.id in self.shared:
            return self._report(wanted)
        changed = replace(wanted, recorded_at=self.now, entered_at=None, supersedes=held.id, reason=self.reason)
        return changed.named()

    def _report(self, wanted: Observation) -> Observation | Proposal | str | None:
        before = self.met.get(wanted.id)
        if before is not None and not before.now.withdrawn:
            return wanted.id
        if self._substance(wanted) in self.dismissed:
            return None
        if before is not None:
            wanted = _restated(wanted, self.now, self.reason)
            if before.now.author != self.author:
                why = f"{before.now.author} has withdrawn {before.stated.id} ({before.now.reason})"
                return Proposal(Action.REPORT, wanted, before.now.id, why, before.stated.id)
        if self.review:
            return Proposal(Action.REPORT, wanted, None, "a person confirms what this feed brings", None)
        return wanted

    def _withdrawal(self, standing: Standing) -> Observation | Proposal | None:
        held = standing.now
        if held.withdrawn or standing.stated.id in self.shared:
            return None
        if held.author != self.author:
            why = f"{held.author} stands for {held.id}{_because(held)}; {self.reason}"
            return Proposal(Action.RETRACT, held, held.id, why, standing.stated.id)
        if self.doubtful:
            why = f"{self.reason}; has it been withdrawn, or mended there?"
            return Proposal(Action.RETRACT, held, held.id, why, standing.stated.id)
        gone = replace(held, recorded_at=self.now, entered_at=None, supersedes=held.id, withdrawn=True)
        return replace(gone, reason=self.reason).named()


def _restated(wanted: Observation, now: datetime, reason: str) -> Observation:
    # The ledger knows content again, and would take a report that is back for the one that was withdrawn. The reason
    # names the revision: one page may bring a report back, withdraw it and bring it back again.
    return replace(wanted, summary=f"{wanted.summary}{_AGAIN}{now.isoformat()}, {reason})").named()


def _because(held: Observation) -> str:
    return f" ({held.reason})" if held.reason else ""


def _substance(item: Observation, *, words: bool) -> tuple[object, ...]:
    """What makes a difference to evidence and, with `words`, to a person who reads the report."""
    evidence = item.indicator, item.observed_on, item.value, item.grade, item.coverage, item.origin
    # What Tocsin has written behind the upstream's words is none of them.
    return (*evidence, item.summary.partition(_AGAIN)[0], *sorted(item.links)) if words else evidence


def _says(item: Observation) -> str:
    return replace(item, supersedes=None, withdrawn=False).fingerprint()
