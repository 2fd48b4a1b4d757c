"""Notices: when somebody is told of an alert, and when they are left alone, by a pure function.

What is true of an alert and what was said of it are two records. While an alert is quiet nothing is said; when it is
not, what was said catches up with what is true, by one notice at a time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from tocsin.domain.alert import Phase
from tocsin.domain.delivery import THE_LOG

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.alert import Alert
    from tocsin.domain.alert_rule import AlertRule


class NoticeKind(StrEnum):
    """Why somebody is told."""

    FIRED = "fired"
    LOST = "lost"
    """It fires as far as is known, and there are no data any more."""
    FOUND = "found"
    """There are data again, and it still fires."""
    ESCALATED = "escalated"
    """Nobody has acknowledged it for so long that others are told."""
    REMINDED = "reminded"
    """It still fires, and nobody has acknowledged it, or the acknowledgement has run out."""
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    """It was said to fire, and there is no such rule any more: nothing more is said of it."""


class Quiet(StrEnum):
    """Why nothing is said."""

    SILENCED = "silenced"
    INHIBITED = "inhibited"
    """Another alert that fires says it already."""
    OUT_OF_HOURS = "out of hours"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody has taken an alert up.

    Attributes:
        episode: Of the alert; the next one is not acknowledged by it.
        by: Who.
        at: When.
        until: When it runs out; None for never.
        note: What they said.
    """

    episode: int
    by: str
    at: datetime
    until: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """Somebody is asked to take an alert up. Until they do, it is as if nobody had been.

    Attributes:
        episode: Of the alert; the next one is not assigned by it.
        to: Whom.
        by: Who asks.
        at: When.
        note: What they said.
    """

    episode: int
    to: str
    by: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of an alert's last episode of which anything was said.

    Attributes:
        episode: Its number.
        fired_at: When it was said to fire.
        last_at: When something was said last.
        fires: It was not yet said to be over.
        lost: It was said to be without data, and not yet to have them again.
        escalated: It was escalated.
        count: How many notices there were of it.
        publication: Number of the publication that the last one was about; 0 where it was about none.
    """

    episode: int
    fired_at: datetime
    last_at: datetime
    fires: bool = True
    lost: bool = False
    escalated: bool = False
    count: int = 0
    publication: int = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell.

    Attributes:
        id: The same whenever the same is told again: of theater, rule, episode and place in the episode.
        kind: Why.
        episode: Of the alert.
        at: When it was decided.
    """

    id: str
    kind: NoticeKind
    episode: int
    at: datetime


def next_notice(
    rule: AlertRule,
    alert: Alert,
    told: Told | None,
    *,
    quiet: Quiet | None,
    acknowledged: Acknowledgement | None,
    now: datetime,
) -> tuple[Notice, Told] | None:
    """What is to be told next, and what was told then; None where nothing is.

    1. While quiet: nothing, of whatever kind.
    2. A new episode that still goes on: fired, unless somebody has it in hand already, and for as long. What was never
       told of an earlier one is passed over.
    3. Without data, and with them again: lost, found.
    4. Not acknowledged for `escalate_after`: escalated, once an episode.
    5. An acknowledgement that ran out since the last notice, or `repeat_every` without one: reminded.
    6. Over, and said to fire: resolved.

    `told` is None before anything was said, `acknowledged` the latest acknowledgement, in force or not.
    """
    if quiet is not None:
        return None
    kind = _kind(rule, alert, told, acknowledged, now)
    if kind is None:
        return None
    if told is None or kind is NoticeKind.FIRED:
        told = Told(alert.episode, now, now)
    return _said(rule.theater, rule.id, alert, told, kind, now)


def next_of_no_rule(
    theater: str, rule: str, alert: Alert, told: Told | None, now: datetime
) -> tuple[Notice, Told] | None:
    """What is to be told of an alert whose rule cannot be read, or is no more; None where nothing is.

    Only to those who were told that it fires: that there are no data while it is held, or that it is withdrawn.
    """
    if told is None or not told.fires or (alert.rings and told.lost):
        return None
    return _said(theater, rule, alert, told, NoticeKind.LOST if alert.rings else NoticeKind.WITHDRAWN, now)


def recipients(rule: AlertRule, kind: NoticeKind, told: Told) -> tuple[str, ...]:
    """Ids of the destinations of a notice, each once; `told` is what was told with it.

    An escalation goes to those it is for. From then on they are told of everything with the others: whoever was called
    must hear that it is over.
    """
    usual = rule.destinations or (THE_LOG.id,)
    if kind is NoticeKind.ESCALATED:
        return tuple(dict.fromkeys(rule.escalates_to or usual))
    return tuple(dict.fromkeys((*usual, *rule.escalates_to) if told.escalated else usual))


def _said(theater: str, rule: str, alert: Alert, told: Told, kind: NoticeKind, now: datetime) -> tuple[Notice, Told]:
    told = replace(
        told,
        last_at=now,
        fires=kind not in {NoticeKind.RESOLVED, NoticeKind.WITHDRAWN},
        lost=alert.phase is Phase.NO_DATA,
        escalated=told.escalated or kind is NoticeKind.ESCALATED,
        count=told.count + 1,
    )
    return Notice(_id(theater, rule, told), kind, told.episode, now), told


def _kind(
    rule: AlertRule, alert: Alert, told: Told | None, acknowledged: Acknowledgement | None, now: datetime
) -> NoticeKind | None:
    if not alert.rings:
        return NoticeKind.RESOLVED if told is not None and told.fires else None
    if told is None or told.episode < alert.episode:
        return None if _in_hand(alert.episode, acknowledged, now) else NoticeKind.FIRED
    if (alert.phase is Phase.NO_DATA) != told.lost:
        return NoticeKind.FOUND if told.lost else NoticeKind.LOST
    return _unanswered(rule, told, acknowledged, now)


def _unanswered(rule: AlertRule, told: Told, acknowledged: Acknowledgement | None, now: datetime) -> NoticeKind | None:
    """What is due of an alert that goes on, of which all is said."""
    if _in_hand(told.episode, acknowledged, now):
        return None
    free_since = told.fired_at
    if acknowledged is not None and acknowledged.episode == told.episode and acknowledged.until is not None:
        free_since = max(free_since, acknowledged.until)  # before that, somebody had it in hand
    if rule.escalate_after is not None and not told.escalated and now - free_since >= rule.escalate_after:
        return NoticeKind.ESCALATED
    if told.last_at < free_since:
        return NoticeKind.REMINDED
    if rule.repeat_every is not None and now - told.last_at >= rule.repeat_every:
        return NoticeKind.REMINDED
    return None


def _in_hand(episode: int, acknowledged: Acknowledgement | None, now: datetime) -> bool:
    if acknowledged is None or acknowledged.episode != episode:
        return False
    return acknowledged.until is None or now < acknowledged.until


def _id(theater: str, rule: str, told: Told) -> str:
    named = "\n".join(("notice", theater, rule, str(told.episode), str(told.count)))
    return hashlib.sha256(named.encode()).hexdigest()[:32]
