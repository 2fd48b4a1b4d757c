import math
from dataclasses import fields, replace

import pytest

from tocsin.domain.diagnosis import Diagnosis, rejections

_HEALTHY = Diagnosis(
    rhat=1.004, ess_bulk=873.0, ess_tail=612.0, divergent_share=0.0004, bfmi=0.71, odds_error=0.0062, draws=4000
)
_NUMBERS = [field.name for field in fields(Diagnosis) if field.name != "draws"]


def test_a_healthy_fit_is_not_rejected() -> None:
    """Every number is on its good side."""
    assert rejections(_HEALTHY) == ()


def test_a_perfect_fit_is_not_rejected() -> None:
    """No divergence at all is the best share, not a missing one."""
    assert rejections(replace(_HEALTHY, rhat=1.0, divergent_share=0.0, odds_error=0.0)) == ()


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("rhat", 1.0234, "R-hat 1.0234"),
        ("ess_bulk", 371.0, "bulk effective draws 371"),
        ("ess_tail", 127.0, "tail effective draws 127"),
        ("divergent_share", 0.0025, "divergent share 0.2500%"),
        ("bfmi", 0.27, "BFMI 0.27"),
        ("odds_error", 0.0135, "1.35 points"),
    ],
)
def test_each_limit_broken_alone_gives_its_own_reason_with_the_number(field: str, value: float, named: str) -> None:
    """One reason and no other."""
    (reason,) = rejections(replace(_HEALTHY, **{field: value}))  # type: ignore[arg-type]
    assert named in reason


@pytest.mark.parametrize(
    ("field", "limit", "inside"),
    [
        ("rhat", 1.01, math.nextafter(1.01, 0)),
        ("ess_bulk", 400.0, math.nextafter(400.0, math.inf)),
        ("ess_tail", 400.0, math.nextafter(400.0, math.inf)),
        ("divergent_share", 0.001, math.nextafter(0.001, 0)),
        ("bfmi", 0.3, math.nextafter(0.3, 1)),
        ("odds_error", 0.01, math.nextafter(0.01, 0)),
    ],
)
def test_a_limit_itself_is_not_enough(field: str, limit: float, inside: float) -> None:
    """The limits are strict; the next number on the good side passes."""
    assert len(rejections(replace(_HEALTHY, **{field: limit}))) == 1  # type: ignore[arg-type]
    assert rejections(replace(_HEALTHY, **{field: inside})) == ()  # type: ignore[arg-type]


@pytest.mark.parametrize("field", _NUMBERS)
def test_not_a_number_fails(field: str) -> None:
    """NaN compares as false with everything, and must not pass for that."""
    (reason,) = rejections(replace(_HEALTHY, **{field: math.nan}))  # type: ignore[arg-type]
    assert "nan" in reason


def test_every_reason_is_given_and_not_only_the_first() -> None:
    """A steward who mends one thing should know of the others."""
    nothing_known = replace(_HEALTHY, **dict.fromkeys(_NUMBERS, math.nan))  # type: ignore[arg-type]
    assert len(rejections(nothing_known)) == len(_NUMBERS)
    two = rejections(replace(_HEALTHY, rhat=1.2, bfmi=0.1))
    assert [reason.split()[0] for reason in two] == ["R-hat", "BFMI"]
