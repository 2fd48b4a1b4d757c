"""Counted things in words."""

from __future__ import annotations

import pytest

from tocsin.domain.plural import counted


@pytest.mark.parametrize(
    ("number", "form", "said"),
    [
        (0, "g", "0 points"),
        (1, "g", "1 point"),
        (1.0, "g", "1 point"),
        (1.0004, ".3g", "1 point"),
        (1.5, ".3g", "1.5 points"),
        (12, "g", "12 points"),
    ],
)
def test_what_is_shown_as_one_is_in_the_singular(number: float, form: str, said: str) -> None:
    """And everything else in the plural."""
    assert counted(number, "point", form) == said
