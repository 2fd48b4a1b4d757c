"""What somebody has added to a store that a command made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from tocsin.store.engine import reading
from tocsin.store.tables import account, api_key, fit, observation, publication, resolution

if TYPE_CHECKING:
    from sqlalchemy import Engine

_ADDED = {"resolution": resolution, "account": account, "key": api_key}


def count_additions(engine: Engine, author: str, fits: int, publications: int) -> dict[str, int]:
    """How much is in a store beside an author's observations and so many fits and publications, by noun."""
    by_others = select(func.count()).select_from(observation).where(observation.c.author != author)
    with reading(engine) as connection:
        counts = {
            "observation": connection.execute(by_others).scalar_one(),
            "fit": connection.execute(select(func.count()).select_from(fit)).scalar_one() - fits,
            "publication": connection.execute(select(func.count()).select_from(publication)).scalar_one()
            - publications,
            **{
                noun: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for noun, table in _ADDED.items()
            },
        }
    return {noun: count for noun, count in counts.items() if count > 0}
