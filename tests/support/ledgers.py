"""A first report to change, and a ledger in memory, for use cases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from tocsin.domain.errors import ConflictError
from tocsin.domain.grading import Grade
from tocsin.domain.observation import Observation
from tocsin.usecases.ports import Recorded

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

FIRST_REPORT = Observation(
    id="first",
    indicator="violence/border-attack",
    observed_on=date(2016, 3, 7),
    value=1.0,
    grade=Grade("B", "2"),
    origin="bg",
    summary="",
    source="",
    author="duty analyst",
    recorded_at=datetime(2016, 3, 8, 12, tzinfo=UTC),
)


class MemoryLedger:
    """Remembers, knows content that it has, and refuses a second change of one version."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.kept: dict[str, Observation] = {}

    def record(self, observations: Sequence[Observation], *_report: object) -> Recorded:
        """All of them or none."""
        fresh = {item.fingerprint(): item for item in observations if item.fingerprint() not in self.kept}
        changed = {item.supersedes: item for item in self.kept.values()}
        for item in fresh.values():
            if item.supersedes is not None and item.supersedes in changed:
                raise ConflictError(item.supersedes, item.version(), changed[item.supersedes].version())
        self.kept.update(fresh)
        return Recorded(tuple(item.id for item in fresh.values()), len(observations) - len(fresh))

    def await_writers(self) -> None:
        """Nobody writes."""

    def held(self, observations: Sequence[Observation]) -> frozenset[str]:
        """Of whose content."""
        return frozenset(item.fingerprint() for item in observations) & self.kept.keys()

    def named(self, beginning: str) -> list[Observation]:
        """All of that beginning."""
        return [item for item in self.kept.values() if item.id.startswith(beginning)]

    def observations(self, indicators: Collection[str], as_of: datetime, *_bearing: object) -> list[Observation]:
        """What was known of some indicators: all of it, which holds what has a bearing."""
        found = [item for item in self.kept.values() if item.indicator in indicators and item.recorded_at <= as_of]
        return sorted(found, key=lambda item: (item.observed_on, item.recorded_at, item.id))

    def written(
        self, indicators: Collection[str], as_of: datetime, after: datetime | None
    ) -> tuple[datetime, datetime] | None:
        """By looking at all."""
        known = [item.written_at for item in self.observations(indicators, as_of) if item.written_at <= as_of]
        news = [at for at in known if after is None or at > after]
        return (min(news), max(news)) if news else None
