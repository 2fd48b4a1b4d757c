"""Reading one page of the ledger, at the cost of that page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, and_, or_, select

from tocsin.store.observation_row import from_row
from tocsin.store.tables import observation as table
from tocsin.usecases.ports import LedgerPlace, LedgerQuestion, Stood

if TYPE_CHECKING:
    from tocsin.domain.observation import Observation


def read_page(connection: Connection, asked: LedgerQuestion, after: LedgerPlace | None, limit: int) -> list[Stood]:
    """What the port `Ledger.page` promises.

    Each indicator is asked by itself, so that the index on indicator and day gives its rows in their order and the
    database may stop after `limit` of them; the pages of all are merged here.
    """
    found: list[Observation] = []
    for indicator in asked.indicators:
        rows = connection.execute(_question(indicator, asked, after).limit(limit))
        found.extend(from_row(row) for row in rows)
    page = sorted(found, key=place_of)[:limit]
    changed = _changes(connection, page, asked)
    return [Stood(item, changed.get(item.id)) for item in page]


def place_of(item: Observation) -> LedgerPlace:
    """Where an observation stands in the order of the ledger."""
    return item.observed_on, item.recorded_at, item.id


def _question(indicator: str, asked: LedgerQuestion, after: LedgerPlace | None) -> Select[Any]:
    question = select(table).where(table.c.indicator == indicator, table.c.recorded_at <= asked.as_of)
    if asked.since is not None:
        question = question.where(table.c.observed_on >= asked.since)
    if asked.until is not None:
        question = question.where(table.c.observed_on <= asked.until)
    if not asked.everything:
        later = table.alias("later")
        changed = select(later.c.id).where(later.c.supersedes == table.c.id, later.c.recorded_at <= asked.as_of)
        question = question.where(~table.c.withdrawn, ~changed.exists())
    if after is not None:
        day, instant, name = after
        # The first condition says nothing more, and is the one that an index can use.
        question = question.where(
            table.c.observed_on >= day,
            or_(
                table.c.observed_on > day,
                table.c.recorded_at > instant,
                and_(table.c.recorded_at == instant, table.c.id > name),
            ),
        )
    # Ids are hexadecimal digits, which every collation orders alike.
    return question.order_by(table.c.observed_on, table.c.recorded_at, table.c.id)


def _changes(connection: Connection, page: list[Observation], asked: LedgerQuestion) -> dict[str, Observation]:
    """By id, what had superseded observations of a page by the instant asked about."""
    if not page or not asked.everything:
        return {}
    names = [item.id for item in page]
    question = select(table).where(table.c.supersedes.in_(names), table.c.recorded_at <= asked.as_of)
    return {row.supersedes: from_row(row) for row in connection.execute(question)}
