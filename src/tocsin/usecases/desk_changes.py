"""What events say has changed for a theater."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.event import EventKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tocsin.domain.event import Event

CHANGES_ODDS = frozenset({EventKind.OBSERVATIONS_RECORDED, EventKind.FIT_ACCEPTED})
"""What may bear on the odds of a theater."""
FEW = 8
"""So many new observations are looked up one by one; of more, all that bears on the theater is read again."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be read again.

    Attributes:
        fits: Whether a fit was accepted.
        observations: Ids of the few observations that came in; None where they are many, or not all are named.
    """

    fits: bool
    observations: tuple[str, ...] | None

    @property
    def nothing(self) -> bool:
        """No answer changes."""
        return not self.fits and self.observations == ()


EVERYTHING = Changes(fits=True, observations=None)


def changes_for(theater: str, indicators: Collection[str], events: Iterable[Event]) -> Changes:
    """What some events change for a theater with these indicators."""
    fits, named, all_named = False, dict[str, None](), True
    for event in events:
        if event.kind is EventKind.FIT_ACCEPTED:
            fits = fits or event.theater == theater
        elif event.kind is EventKind.OBSERVATIONS_RECORDED:
            about, ids, added = (event.detail.get(name) for name in ("indicators", "ids", "added"))
            # What does not say of which indicators it is may be of any.
            if not isinstance(about, list) or any(name in indicators for name in about):
                all_named = all_named and isinstance(ids, list) and len(ids) == added
                named.update((str(name), None) for name in (ids if isinstance(ids, list) else ()))
    return Changes(fits, tuple(named) if all_named and len(named) <= FEW else None)
