from __future__ import annotations

from datetime import time, timedelta

import pytest

from support.alerts import alert_rule
from tocsin.domain.alert_rule import ActiveHours
from tocsin.domain.rule_words import patience_words

_HOUR = timedelta(hours=1)
_WAITS = "what comes at other times waits until then"
_NIGHTS = ActiveHours(frozenset(range(7)), time(22), time(6), "Africa/Tunis")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, [("Fires", "at once"), ("Ends", "once it is clear")]),
        (
            {"pending_for": 2 * _HOUR, "pending_publications": 2},
            [
                ("Fires", "once it has held for 2 h 0 min and in 2 publications one after another"),
                ("Ends", "once it is clear"),
            ],
        ),
        (
            {"keep_firing_for": 12 * _HOUR, "repeat_every": 6 * _HOUR},
            [
                ("Fires", "at once"),
                ("Ends", "once it was clear for 12 h 0 min"),
                ("Again", "every 6 h 0 min until somebody takes it up"),
            ],
        ),
        (
            {
                "escalate_after": _HOUR,
                "escalates_to": ("chief", "desk"),
                "active": _NIGHTS,
                "inhibited_by": ("likely",),
            },
            [
                ("Fires", "at once"),
                ("Ends", "once it is clear"),
                ("Escalates", "to chief and desk, where nobody has taken it up for 1 h 0 min"),
                (
                    "Is told",
                    f"Mon to Sun from 22:00 to 06:00 of the next day, by the clocks of Africa/Tunis; {_WAITS}",
                ),
                ("Leaves it to", "likely, while that fires"),
            ],
        ),
    ],
)
def test_a_rule_says_in_words_how_patient_it_is_and_whom_it_tells_when(
    changes: dict[str, object], said: list[tuple[str, str]]
) -> None:
    """Whatever it declares, and nothing that it does not."""
    quiet = {"pending_for": timedelta(0), "pending_publications": 1, "keep_firing_for": timedelta(0)}
    assert patience_words(alert_rule(**(quiet | changes))) == said
