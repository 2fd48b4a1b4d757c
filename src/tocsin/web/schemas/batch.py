"""What an import did or would do, as bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from tocsin.domain.batch import KNOWN, Fate
from tocsin.web.schemas.change import ChangeBody

if TYPE_CHECKING:
    from tocsin.domain.batch import Batch


class KnownBody(BaseModel):
    """Rows that the ledger held before, by what became of them since."""

    stand: int
    corrected_since: int = Field(description="They stay corrected.")
    withdrawn_since: int = Field(description="They stay withdrawn.")


class GroupBody(BaseModel):
    """The rows of one indicator and calendar year."""

    indicator: str
    year: int
    new: int
    known_already: int
    repeated: int


class BatchBody(BaseModel):
    """What an import did, or with `dry_run` would do."""

    dry_run: bool
    recorded: int = Field(description="Rows that were recorded; 0 in a dry run.")
    new: int = Field(description="Rows that are new to the ledger.")
    known_already: KnownBody
    repeated: int = Field(description="Rows whose content stands earlier in the same file.")
    groups: list[GroupBody]
    change: ChangeBody | None = Field(description="The odds before and after; none where there are none.")
    no_odds: str | None = Field(description="Why there are none, and what to do; none where there are.")

    @classmethod
    def of(cls, batch: Batch, change: ChangeBody | None, no_odds: str | None, *, dry_run: bool) -> Self:
        """The body of a batch."""
        new = batch.count(Fate.NEW)
        return cls(
            dry_run=dry_run,
            recorded=0 if dry_run else new,
            new=new,
            known_already=KnownBody(
                stand=batch.count(Fate.STANDS),
                corrected_since=batch.count(Fate.SUPERSEDED),
                withdrawn_since=batch.count(Fate.WITHDRAWN),
            ),
            repeated=batch.count(Fate.REPEATED),
            groups=[
                GroupBody(
                    indicator=group.indicator,
                    year=group.year,
                    new=group.rows.get(Fate.NEW, 0),
                    known_already=sum(group.rows.get(fate, 0) for fate in KNOWN),
                    repeated=group.rows.get(Fate.REPEATED, 0),
                )
                for group in batch.groups
            ],
            change=change,
            no_odds=no_odds,
        )
