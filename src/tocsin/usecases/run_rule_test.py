"""Run a test of alert rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.rule_test import mismatches
from tocsin.usecases.rehearse import rehearse, ticks

if TYPE_CHECKING:
    from collections.abc import Collection

    from tocsin.domain.alert_rule import AlertRule
    from tocsin.domain.rule_test import Mismatch, RuleTest
    from tocsin.domain.theater import Theater


def run_rule_test(test: RuleTest, theater: Theater, rules: Collection[AlertRule]) -> list[Mismatch]:
    """What the rules of a test do that it does not expect; nothing where it is passed.

    InvalidInputError where a rule cannot be judged.
    """
    marks = [
        *(item.stated_at for item in test.stated),
        *(item.at for item in test.expected),
        *(item.at for item in test.taken_up),
    ]
    rehearsed = rehearse(
        theater,
        [rule for rule in rules if rule.id in test.rules],
        stated=test.stated,
        clock=ticks(test.begin, test.end, test.every, marks),
        silences=test.silences,
        taken_up=test.taken_up,
    )
    if rehearsed.problems:
        raise InvalidInputError(
            [
                Problem(test.file, None, rule, why, "a rule that can be judged")
                for rule, why in rehearsed.problems.items()
            ]
        )
    return mismatches(
        test.expected,
        [(step.rule, step.transition) for step in rehearsed.steps],
        [(kept.rule, kept.notice) for kept in rehearsed.notices],
    )
