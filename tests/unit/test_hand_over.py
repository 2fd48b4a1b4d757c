"""What is handed over: the parts of a change that are worth a line."""

from __future__ import annotations

from tocsin.domain.change import Cause
from tocsin.ensemble.explain import Part
from tocsin.usecases.hand_over import MOST_PARTS, largest


def test_the_largest_parts_are_told_whichever_way_they_went_and_noise_never_is() -> None:
    """Five parts, of which one is noise and one too small."""
    parts = [
        Part(Cause.TIME, "", -0.4, guessed=False),
        Part(Cause.REPORTED, "a/b", 0.3, guessed=False),
        Part(Cause.UNSEEN, "c/d", -0.019, guessed=False),
        Part(Cause.CORRECTED, "e/f", 0.5, guessed=True),
        Part(Cause.NOISE, "", 2.0, guessed=False),
    ]
    assert [part.change for part in largest(parts)] == [0.5, -0.4, 0.3]
    more = [*parts, Part(Cause.REPORTED, "g/h", -0.7, guessed=False)]
    assert [part.change for part in largest(more)] == [-0.7, 0.5, -0.4]
    assert len(largest(more)) == MOST_PARTS
    assert largest([parts[2], parts[4]]) == ()
