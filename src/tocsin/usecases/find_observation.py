"""Find the observation that somebody names by its id, or by enough of its beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.errors import InvalidObservationError, Problem

if TYPE_CHECKING:
    from collections.abc import Collection

    from tocsin.domain.observation import Observation
    from tocsin.usecases.ports import Ledger

FEWEST_CHARACTERS = 6
"""Of an id that must be given: of a million observations, six hexadecimal digits name one in 94 cases of 100."""

_SHOWN = 5


def find_observation(name: str, *, indicators: Collection[str], ledger: Ledger) -> Observation:
    """The one observation whose id is `name` or begins with it, superseded and withdrawn ones included.

    InvalidObservationError where there is none, where there are several (with them), or where it is of none of the
    theater's indicators.
    """
    if len(name) < FEWEST_CHARACTERS:
        raise _refused(name, f"the id of an observation, or at least its first {FEWEST_CHARACTERS} characters")
    found = ledger.named(name)
    exact = [item for item in found if item.id == name] or found
    if not exact:
        raise _refused(name, "the id of an observation in the ledger, or its beginning; list them: tocsin ledger")
    if len(exact) > 1:
        candidates = "; ".join(f"{item.id} ({item.version().says})" for item in exact[:_SHOWN])
        raise _refused(name, f"a beginning that only one id has, not one of several: {candidates}")
    (one,) = exact
    if one.indicator not in indicators:
        raise _refused(name, f"an observation of this theater; {one.id} is of {one.indicator}, which is none of it")
    return one


def _refused(name: str, accepted: str) -> InvalidObservationError:
    return InvalidObservationError([Problem("", None, "observation", repr(name), accepted)])
