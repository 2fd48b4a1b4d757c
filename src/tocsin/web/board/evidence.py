"""The evidence as a map: what is known of each indicator in each step, and where nobody looked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response

from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.evidence import derive_evidence, first_day_with_bearing
from tocsin.domain.indicator import Kind
from tocsin.web.board.page import AsOf, PageRoute, Reader, asked, render
from tocsin.web.means import Acting

if TYPE_CHECKING:
    from datetime import date

    from tocsin.domain.evidence import Cell
    from tocsin.domain.indicator import Indicator

router = APIRouter(tags=["board"], include_in_schema=False, route_class=PageRoute)
_STEPS = (13, 26, 52)
_LEVELS = 4


@dataclass(frozen=True, slots=True)
class Square:
    """One indicator in one step.

    Attributes:
        said: What stands in it, in few signs: a value, 0 for looked and not seen, · for silence that counts, nothing
            where nobody looked.
        words: The same in words, with coverage and trust.
        level: From 1 to 4, how much was seen against the most of the row; 0 for nothing seen.
        gap: Whether nobody looked.
        day: The first day of the step.
    """

    said: str
    words: str
    level: int
    gap: bool
    day: date


@router.get("/theaters/{theater}/evidence")
def show_evidence(
    request: Request,
    theater: str,
    means: Acting,
    _: Reader,
    as_of: AsOf = None,
    steps: Annotated[int, Query()] = _STEPS[1],
) -> Response:
    """Indicators by steps of the window, the latest at the right."""
    declared = means.service.catalog.theater(theater)
    when = asked(as_of, declared.timeline, means.clock())
    if not 1 <= steps <= declared.timeline.window:
        accepted = f"a whole number from 1 to {declared.timeline.window}, the steps of the window"
        raise InvalidInputError([Problem("", None, "steps", str(steps), accepted)])
    names = [item.id for item in declared.indicators]
    known = means.service.ledger.observations(names, when.instant, first_day_with_bearing(declared, when.instant))
    evidence = derive_evidence(declared, known, when.instant)
    first = evidence.steps - steps
    cells = {(cell.indicator, cell.step): cell for cell in evidence.cells}
    days = [declared.timeline.start_of(evidence.first_step + step) for step in range(first, evidence.steps)]
    rows = [
        (item, _row(item, [cells.get((item.id, step)) for step in range(first, evidence.steps)], days))
        for item in declared.indicators
    ]
    return render(
        request,
        "evidence.html",
        theater=declared,
        when=when,
        rows=rows,
        days=days,
        steps=steps,
        choices=sorted({*_STEPS, declared.timeline.window}),
        elapsed=evidence.elapsed,
    )


def _row(indicator: Indicator, cells: list[Cell | None], days: list[date]) -> list[Square]:
    most = max((_best(cell)[0] for cell in cells if cell is not None and not cell.silent), default=0.0)
    return [_square(indicator, cell, day, most) for cell, day in zip(cells, days, strict=True)]


def _best(cell: Cell) -> tuple[float, float]:
    """The value that is most likely what was there, and its trust."""
    best = max(cell.alternatives, key=lambda item: item.trust)
    return best.value, best.trust


def _square(indicator: Indicator, cell: Cell | None, day: date, most: float) -> Square:
    if cell is None:
        return Square("", f"{day}: nobody looked", 0, gap=True, day=day)
    covered = f"coverage {cell.coverage:.2g}"
    if cell.silent:
        return Square("·", f"{day}: silence that counts as not seen, {covered}", 0, gap=False, day=day)
    value, trust = _best(cell)
    seen = indicator.transform.undo(value) if indicator.kind is Kind.MEASURE else value
    level = 0 if value <= 0 else max(1, min(_LEVELS, round(_LEVELS * value / most))) if most > 0 else 1
    reports = f"{len(cell.reports)} report{'s' if len(cell.reports) != 1 else ''}"
    what = "looked, not seen" if seen == 0 else f"{seen:g}"
    return Square(f"{seen:.3g}", f"{day}: {what}, trust {trust:.2f}, {covered}, {reports}", level, gap=False, day=day)
