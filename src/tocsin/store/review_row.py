"""Review items as rows, and rows as review items."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tocsin.domain.observation import Draft
from tocsin.domain.review import Action, Decision, ReviewItem

if TYPE_CHECKING:
    from sqlalchemy import Row


def to_review_row(item: ReviewItem) -> dict[str, Any]:
    """The columns of an item, by name."""
    return asdict(item) | {
        "action": item.action.value,
        "decision": item.decision.value,
        "draft": json.dumps(asdict(item.draft)),
    }


def from_review_row(row: Row[Any]) -> ReviewItem:
    """The item that a row holds."""
    content = dict(row._mapping)  # noqa: SLF001 (public: the underscore keeps it clear of column names)
    content["draft"] = draft_of(content["draft"])
    content["action"], content["decision"] = Action(content["action"]), Decision(content["decision"])
    return ReviewItem(**content)


def draft_of(text: str) -> Draft:
    """The draft that the column of that name holds."""
    return Draft(**json.loads(text))
