"""Observations as rows, and rows as observations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tocsin.domain.errors import StoreError
from tocsin.domain.grading import parse_grade
from tocsin.domain.observation import Observation

if TYPE_CHECKING:
    from sqlalchemy import Row

_NO_LINKS = "[]"


def to_row(item: Observation, fingerprint: str) -> dict[str, Any]:
    """The columns of an observation, by name."""
    return {
        "id": item.id,
        "fingerprint": fingerprint,
        "indicator": item.indicator,
        "observed_on": item.observed_on,
        "value": item.value + 0.0,  # not -0.0, which SQLite does not keep
        "grade": str(item.grade),
        "origin": item.origin,
        "summary": item.summary,
        "source": item.source,
        "author": item.author,
        "recorded_at": item.recorded_at,
        "entered_at": item.entered_at,
        "coverage": None if item.coverage is None else item.coverage + 0.0,
        "supersedes": item.supersedes,
        "withdrawn": item.withdrawn,
        "reason": item.reason,
        "links": json.dumps(item.links),
        "through": item.through,
    }


def from_row(row: Row[Any]) -> Observation:
    """The observation that a row holds; StoreError where it holds none."""
    content = dict(row._mapping)  # noqa: SLF001 (public: the underscore keeps it clear of column names)
    del content["fingerprint"]
    grade, links = parse_grade(content.pop("grade")), content.pop("links")
    if grade is None:
        msg = f"observation {row.id} holds no grade; the store was changed by something else than Tocsin"
        raise StoreError(msg)
    # Nearly all rows hold none, and a ledger may have a million.
    return Observation(grade=grade, links=() if links == _NO_LINKS else tuple(json.loads(links)), **content)
