"""What can be judged of a feed only beside its theater: its indicators, their values, and names that stand twice."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tocsin.catalog.names import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tocsin.catalog.document import Document, Loc
    from tocsin.catalog.feed import AnyFeedFile
    from tocsin.catalog.references import Declared
    from tocsin.domain.errors import Problem
    from tocsin.domain.theater import Theater


def feed_problems(feed: Declared[AnyFeedFile], theater: Theater) -> Iterator[Problem]:
    """What is wrong between a feed file and its theater."""
    document, content = feed.document, feed.content
    indicators = {indicator.id: indicator for indicator in theater.indicators}
    for position, rule in enumerate(content.rules):
        loc: Loc = ("rules", position)
        indicator = indicators.get(rule.indicator)
        if indicator is None:
            accepted = f"an indicator that the theater lists{nearest(rule.indicator, indicators)}"
            yield document.problem((*loc, "indicator"), repr(rule.indicator), accepted)
        elif wanted := indicator.value_problem(rule.value if math.isfinite(rule.value) else math.nan):
            accepted = f"{wanted} ({indicator.id} is of kind {indicator.kind})"
            yield document.problem((*loc, "value"), repr(rule.value), accepted)
    yield from _twice(document, "rules", "id", [rule.id for rule in content.rules])
    yield from _twice(document, "same_as", "record", [item.record for item in content.same_as])


def _twice(document: Document, part: str, key: str, names: Sequence[str]) -> Iterator[Problem]:
    for position, name in enumerate(names):
        if name in names[:position]:
            yield document.problem((part, position, key), repr(name), f"each {key} once (it stands above)")
