from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.theaters import event, full_theater, indicator, scenario, span
from tocsin.domain.indicator import Kind
from tocsin.domain.scenario import Link, Pressure, Threshold
from tocsin.domain.theater import Coupling, Theater
from tocsin.domain.timeline import Step, Timeline
from tocsin.ensemble.design import lay_out
from tocsin.ensemble.paths import informs

if TYPE_CHECKING:
    from collections.abc import Mapping

_PRESSURE = Pressure(span(4, 14), None, None)


def _told(
    links: Mapping[str, str],
    couplings: tuple[str, ...] = (),
    rules: Mapping[str, str] | None = None,
    indicators: str = "ijk",
) -> set[str]:
    """Pairs "ia", where i tells of scenario a, from each scenario's indicators and couplings such as "ab" (a → b)."""
    counted = rules or {}
    scenarios = tuple(
        scenario(
            name,
            Threshold(counted[name], 3, 4) if name in counted else event(),
            tuple(Link(item, span(2.0, 4.0)) for item in linked),
            _PRESSURE,
        )
        for name, linked in links.items()
    )
    theater = Theater(
        "t",
        "T",
        Timeline(Step.WEEK, 10, "UTC"),
        scenarios,
        tuple(indicator(name, Kind.COUNT) for name in indicators),
        tuple(Coupling(pair[0], pair[1], span(0.1, 0.5)) for pair in couplings),
    )
    told = informs(lay_out(theater))
    return {
        f"{item}{name}" for row, item in enumerate(indicators) for column, name in enumerate(links) if told[row, column]
    }


@pytest.mark.parametrize(
    ("links", "couplings", "rules", "told"),
    [
        ({"a": "i", "b": "j"}, (), {}, "ia jb"),
        ({"a": "ij", "b": "jk"}, (), {}, "ia ib ja jb ka kb"),
        ({"a": "i", "b": "ij", "c": "jk"}, (), {}, "ia ib ic ja jb jc ka kb kc"),
        ({"a": "i", "b": "j"}, ("ab",), {}, "ia ib jb"),
        ({"a": "i", "b": "j", "c": "k"}, ("ab", "bc"), {}, "ia ib ic jb jc kc"),
        ({"a": "i", "b": "jk", "c": "k"}, ("ab",), {}, "ia ib jb jc kb kc"),
        ({"a": "i", "b": "j"}, (), {"b": "k"}, "ia kb"),
        ({"a": "i", "b": "jk"}, (), {"b": "k"}, "ia jb kb"),
        ({"a": "ik", "b": "j"}, (), {"b": "k"}, "ia ib ka kb"),
        ({"a": "i", "b": "k", "c": "j"}, ("ab",), {"c": "k"}, "ia ib ic kb kc"),
        ({"a": "i", "b": "j"}, ("ba",), {"b": "k"}, "ia ka kb"),
        ({"a": "i", "b": "j", "c": ""}, ("ab", "ba"), {}, "ia ib ja jb"),
    ],
    ids=[
        "a link",
        "a shared indicator",
        "a chain of shared indicators",
        "a coupling leads on and not back",
        "couplings in a row",
        "after a future occurrence no shared indicator leads back",
        "a rule's own indicator; pressure that its rule does not count says nothing",
        "pressure that the rule's indicator is linked to",
        "another scenario's pressure on what a rule counts",
        "a coupling into what a rule counts",
        "a count that leads on by a coupling",
        "couplings both ways, and a scenario that nothing tells of",
    ],
)
def test_an_indicator_tells_of_what_it_has_a_path_to(
    links: Mapping[str, str], couplings: tuple[str, ...], rules: Mapping[str, str], told: str
) -> None:
    """Exactly those pairs, each worked out by hand."""
    assert _told(links, couplings, rules) == set(told.split())


def test_nothing_leads_from_the_quiet_indicator_of_the_full_theater() -> None:
    """All others tell of all scenarios: they share indicators."""
    told = informs(lay_out(full_theater()))
    assert told.any(axis=1).tolist() == [True, True, True, True, False]
    assert told[:4].all()


def test_a_theater_without_links_or_couplings_has_no_paths_but_its_rules() -> None:
    """Empty blocks are no trouble."""
    assert _told({"a": "", "b": ""}, (), {"b": "j"}) == {"jb"}
