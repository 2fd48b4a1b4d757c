"""Compare each elicited link with what was observed; nothing is changed by it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.evidence import derive_evidence, first_day_with_bearing
from tocsin.domain.link_record import LinkRecord, record_link, steps_before
from tocsin.domain.scenario import Threshold
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.identity import declared
from tocsin.ensemble.link_effect import link_effects

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from tocsin.domain.evidence import Cell, Evidence
    from tocsin.domain.fit import Fit
    from tocsin.domain.link_record import Effect
    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger


@dataclass(frozen=True, slots=True)
class TrackedLinks:
    """The links in order of declaration, and the fit that they were learned from.

    That is the last accepted one of the files as they are declared now; None where there is none.
    """

    links: tuple[LinkRecord, ...]
    fit: Fit | None


def track_links(theater: Theater, *, ledger: Ledger, fits: FitBook, codec: DrawsCodec, as_of: datetime) -> TrackedLinks:
    """Each link's declared range beside what the last fit has learned of it, and when its indicator was seen.

    Occurrences are those that the model knows: rules that were met, and what is declared to have occurred. Seen is what
    evidence at the instant says of the theater's window.

    Args:
        theater: Whose links.
        ledger: What was observed.
        fits: What was fitted.
        codec: Reads draws.
        as_of: The instant.
    """
    since = first_day_with_bearing(theater, as_of)
    names = [item.id for item in theater.indicators]
    evidence = derive_evidence(theater, ledger.observations(names, as_of, since), as_of)
    cells: dict[str, list[Cell]] = defaultdict(list)
    for cell in evidence.cells:
        cells[cell.indicator].append(cell)
    design = lay_out(theater)
    model = declared(theater, design)
    fit = next((item for item in fits.accepted(theater.id, as_of) if item.declared == model), None)
    learned = {} if fit is None else link_effects(design, codec.decode(fits.draws(fit)).draws)
    return TrackedLinks(tuple(_records(theater, evidence, cells, learned)), fit)


def _records(
    theater: Theater,
    evidence: Evidence,
    cells: Mapping[str, Sequence[Cell]],
    learned: Mapping[tuple[str, str], Effect],
) -> Iterator[LinkRecord]:
    for scenario in theater.scenarios:
        before = steps_before(evidence.occurred.get(scenario.id, ()), evidence, theater.timeline)
        rule = scenario.mechanism
        for link in scenario.links:
            yield record_link(
                scenario.id,
                link,
                theater.indicator(link.indicator),
                learned=learned.get((scenario.id, link.indicator)),
                cells=cells.get(link.indicator, ()),
                before=before,
                own_rule=isinstance(rule, Threshold) and rule.indicator == link.indicator,
            )
