"""How the alerts of a theater stand, put together for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.silence import why_quiet
from tocsin.usecases.judge_alerts import in_order

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.alert_rule import AlertRule
    from tocsin.domain.notice import Acknowledgement, Assignment, Quiet
    from tocsin.usecases.alert_ports import AlertBook, AlertStep, KeptAlert
    from tocsin.usecases.alert_rules import AlertRules


@dataclass(frozen=True, slots=True)
class Overview:
    """A rule and its alert.

    Attributes:
        rule: The rule.
        kept: What is on record of its alert; None where it was never judged.
        step: The last step that it took; None before the first.
        quiet: Why nothing is said of it now; None where it is, or nothing is to be said.
        in_hand: Who has it in hand now; None where nobody has.
        asked: Who was asked to take it up; None where nobody was, or it is over.
    """

    rule: AlertRule
    kept: KeptAlert | None
    step: AlertStep | None
    quiet: Quiet | None
    in_hand: Acknowledgement | None
    asked: Assignment | None

    @property
    def rings(self) -> bool:
        """Whether it goes on, as far as is known."""
        return self.kept is not None and self.kept.alert.rings

    @property
    def waits(self) -> bool:
        """Whether it goes on, and nobody has it in hand."""
        return self.rings and self.in_hand is None


def overview(theater: str, *, rules: AlertRules, book: AlertBook, now: datetime) -> list[Overview]:
    """Every rule of a theater that can be judged, with its alert, by id."""
    steps, standing = book.last_steps(theater), book.standing(theater, now)
    known, audible = rules.of(theater).rules, set[str]()
    found = []
    for rule in in_order(known):
        kept = standing.alerts.get(rule.id)
        quiet = why_quiet(rule, silences=standing.silences, firing=audible, now=now)
        if kept is not None and kept.alert.rings and quiet is None:
            audible.add(rule.id)
        found.append(Overview(rule, kept, steps.get(rule.id), quiet, _in_hand(kept, now), _asked(kept)))
    return sorted(found, key=lambda item: item.rule.id)


def _in_hand(kept: KeptAlert | None, now: datetime) -> Acknowledgement | None:
    if kept is None or not kept.alert.rings or kept.acknowledged is None:
        return None
    said = kept.acknowledged
    holds = said.until is None or now < said.until
    return said if said.episode == kept.alert.episode and holds else None


def _asked(kept: KeptAlert | None) -> Assignment | None:
    if kept is None or not kept.alert.rings or kept.assigned is None:
        return None
    return kept.assigned if kept.assigned.episode == kept.alert.episode else None
