"""What can be judged of a rule test only beside its theater and its rules, and the test as the domain has it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING

from tocsin.catalog.names import nearest
from tocsin.catalog.rule_test import expanded
from tocsin.catalog.spans import interval_of
from tocsin.domain.alert import Phase
from tocsin.domain.alert_rule import Staleness, Tripwire
from tocsin.domain.notice import NoticeKind
from tocsin.domain.odds import Interval, Status
from tocsin.domain.publication import Publication, StatedOdds
from tocsin.domain.rule_test import Expectation, RuleTest, TakenUp
from tocsin.domain.silence import Silence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from tocsin.catalog.document import Loc
    from tocsin.catalog.read import Catalog
    from tocsin.catalog.references import Declared
    from tocsin.catalog.rule_test import RuleTestFile, SeriesFile, SilenceFile, StatusFile
    from tocsin.domain.errors import Problem
    from tocsin.domain.theater import Theater
    from tocsin.domain.timeline import Timeline

_MOST_LOOKS = 100_000  # some seconds of judging
_LEAST, _MOST = 1e-6, 1.0 - 1e-6  # no interval reaches the ends of the scale


def rule_test_problems(test: Declared[RuleTestFile], catalog: Catalog) -> Iterator[Problem]:
    """What is wrong between a test and what is declared, and between its own parts."""
    document, content = test.document, test.content
    theater = catalog.theaters.get(content.theater)
    if theater is None:
        accepted = f"a declared theater{nearest(content.theater, catalog.theaters)}"
        yield document.problem(("theater",), repr(content.theater), accepted)
        return
    yield from _rule_problems(test, catalog)
    for place, series in enumerate(content.series):
        yield from _series_problems(test, place, series, theater)
    spans: list[tuple[str, int, StatusFile | SilenceFile]] = [
        *(("statuses", place, span) for place, span in enumerate(content.statuses)),
        *(("silences", place, span) for place, span in enumerate(content.silences)),
    ]
    for part, place, item in spans:
        if _after(item.end) <= _after(item.begin):
            yield document.problem((part, place, "to"), repr(item.end), f"a span after from, which is {item.begin}")
    last = max(_after(expected.at) for expected in content.expect)
    if last / interval_of(content.judged_every) > _MOST_LOOKS:
        accepted = f"a longer span: rules are judged {_MOST_LOOKS:,} times at most until the last thing is expected"
        yield document.problem(("judged_every",), repr(content.judged_every), accepted)


def _rule_problems(test: Declared[RuleTestFile], catalog: Catalog) -> Iterator[Problem]:
    document, content = test.document, test.content
    known = {rule.id: rule for rule in catalog.alert_rules.values() if rule.theater == content.theater}
    for place, name in enumerate(content.rules):
        if name not in known:
            accepted = f"a rule of {content.theater}{nearest(name, known)}"
            yield document.problem(("rules", place), repr(name), accepted)
        elif isinstance(known[name].condition, Staleness | Tripwire):
            yield document.problem(("rules", place), repr(name), "a rule on odds, as nothing else is stated here")
    said: list[tuple[Loc, str | None]] = [
        *((("taken_up", place), item.rule) for place, item in enumerate(content.taken_up)),
        *((("expect", place), item.rule) for place, item in enumerate(content.expect)),
    ]
    for loc, rule in said:
        if rule is None and len(content.rules) > 1:
            yield document.problem((*loc, "rule"), "missing", f"one of rules: {', '.join(content.rules)}")
        elif rule is not None and rule not in content.rules:
            yield document.problem((*loc, "rule"), repr(rule), f"one of rules{nearest(rule, content.rules)}")


def _series_problems(
    test: Declared[RuleTestFile], place: int, series: SeriesFile, theater: Theater
) -> Iterator[Problem]:
    document = test.document
    scenarios = {scenario.id: scenario for scenario in theater.scenarios}
    scenario = scenarios.get(series.scenario)
    if scenario is None:
        accepted = f"a scenario of {theater.id}{nearest(series.scenario, scenarios)}"
        yield document.problem(("series", place, "scenario"), repr(series.scenario), accepted)
    elif series.horizon not in scenario.horizons:
        days = ", ".join(str(item) for item in scenario.horizons)
        yield document.problem(
            ("series", place, "horizon"), repr(series.horizon), f"a horizon of {scenario.id}: {days}"
        )


def rule_test_of(test: Declared[RuleTestFile], timeline: Timeline) -> RuleTest:
    """The test as the domain has it."""
    document, content = test.document, test.content
    begin = content.start
    expected = [
        Expectation(
            rule=item.rule or content.rules[0],
            at=begin + _after(item.at),
            after=item.at,
            phase=None if item.phase is None else Phase(item.phase),
            told=None if item.told is None else tuple(NoticeKind(kind) for kind in item.told),
            line=document.line(("expect", place)),
        )
        for place, item in enumerate(content.expect)
    ]
    return RuleTest(
        file=document.file,
        title=content.title,
        theater=content.theater,
        rules=tuple(dict.fromkeys(content.rules)),
        begin=begin,
        every=interval_of(content.judged_every),
        stated=tuple(_stated(content, timeline)),
        silences=tuple(_silences(content)),
        taken_up=tuple(
            TakenUp(item.rule or content.rules[0], at, None if item.lasts is None else at + interval_of(item.lasts))
            for item in content.taken_up
            for at in (begin + _after(item.at),)
        ),
        expected=tuple(sorted(expected, key=lambda item: item.at)),
    )


def _after(text: str) -> timedelta:
    return timedelta(0) if text == "start" else interval_of(text)


def _silences(content: RuleTestFile) -> Iterator[Silence]:
    for place, item in enumerate(content.silences):
        begins, ends = content.start + _after(item.begin), content.start + _after(item.end)
        yield Silence(f"silence {place}", content.theater, item.rule, "*", begins, ends, "the test", "")


def _stated(content: RuleTestFile, timeline: Timeline) -> Iterator[Publication]:
    """One publication for each step at which any series states something."""
    rows = zip_longest(*(expanded(series.odds) or () for series in content.series))
    for place, row in enumerate(rows):
        if any(value is not None for value in row):
            at = content.start + place * interval_of(content.step)
            yield _publication(content, place + 1, at, timeline.last_day(at), row)


def _publication(
    content: RuleTestFile, number: int, at: datetime, day: date, row: Sequence[float | None]
) -> Publication:
    return Publication(
        number=number,
        theater=content.theater,
        stated_at=at,
        as_of=at,
        fit="",
        fitted_as_of=at,
        evidence="",
        status=_status(content, at - content.start),
        reason="a test",
        note="",
        opens_on=day,
        foresight=True,
        odds=tuple(
            _odds(series, value, day) for series, value in zip(content.series, row, strict=True) if value is not None
        ),
    )


def _status(content: RuleTestFile, after: timedelta) -> Status:
    return next(
        (Status(item.status) for item in content.statuses if _after(item.begin) <= after < _after(item.end)),
        Status.LIVE,
    )


def _odds(series: SeriesFile, value: float, day: date) -> StatedOdds:
    return StatedOdds(
        scenario=series.scenario,
        horizon_days=series.horizon,
        closes_on=day + timedelta(days=series.horizon - 1),
        probability=value,
        interval50=_around(value, series.spread50),
        interval90=_around(value, series.spread90),
        prior=value,
        prior_driven=False,
        error=series.error,
        words="",
        rule="",
    )


def _around(value: float, half: float) -> Interval:
    return Interval(max(_LEAST, value - half), min(_MOST, value + half))
