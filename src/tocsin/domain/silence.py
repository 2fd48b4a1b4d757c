"""Silences, inhibition and active hours: why an alert is left unsaid for now."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tocsin.domain.notice import Quiet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from tocsin.domain.alert_rule import AlertRule


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing is said of some rules for a while.

    Attributes:
        id: Its id.
        theater: Id of the theater, or a pattern such as `tun*`; `*` for all.
        rule: Id of the rule, or a pattern.
        severity: A severity, or a pattern.
        begins_at: From this instant.
        ends_at: Before this one; whoever silences must say when it is over.
        author: Who silenced it.
        comment: Why.
    """

    id: str
    theater: str
    rule: str
    severity: str
    begins_at: datetime
    ends_at: datetime
    author: str
    comment: str

    def covers(self, rule: AlertRule, now: datetime) -> bool:
        """Whether it is in force and all its patterns match, case and all."""
        matched = ((rule.theater, self.theater), (rule.id, self.rule), (rule.severity.value, self.severity))
        return self.begins_at <= now < self.ends_at and all(fnmatchcase(name, pattern) for name, pattern in matched)


def why_quiet(rule: AlertRule, *, silences: Iterable[Silence], firing: Collection[str], now: datetime) -> Quiet | None:
    """Why nothing is said of a rule at an instant; None where it is.

    Args:
        rule: The rule.
        silences: Those there are, in force or not.
        firing: Ids of the rules of its theater whose alerts go on and are not quiet: what is itself left unsaid says
            nothing for others.
        now: The instant.
    """
    if any(silence.covers(rule, now) for silence in silences):
        return Quiet.SILENCED
    if any(other in firing for other in rule.inhibited_by):
        return Quiet.INHIBITED
    if rule.active is not None and not rule.active.hold(now):
        return Quiet.OUT_OF_HOURS
    return None
