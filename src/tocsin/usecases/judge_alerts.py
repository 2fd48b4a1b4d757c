"""Judge the alert rules of a theater: how their alerts stand now, and what is to be told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.domain.alert import Alert, Cause, Phase, advance, read_anew
from tocsin.domain.alert_rule import Certainty, Change, Level
from tocsin.domain.errors import TocsinError
from tocsin.domain.notice import next_notice, recipients
from tocsin.domain.silence import why_quiet
from tocsin.usecases.alert_ports import AlertStep, Judged, KeptAlert, Occasion, Telling
from tocsin.usecases.read_condition import read_condition

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import datetime

    from tocsin.domain.alert import Reading
    from tocsin.domain.alert_rule import AlertRule
    from tocsin.domain.notice import Notice, Quiet, Told
    from tocsin.domain.publication import Publication
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.explain import Part
    from tocsin.usecases.judging_ports import JudgingMeans

_ATTEMPTS = 3
_MOST_NOTICES = 6  # of one alert at one instant: there are as many kinds
_PAGE = 200
_RACE = timedelta(minutes=1)
_ODDS = (Level, Certainty, Change)
_CROSSINGS = {Cause.LASTED, Cause.STAYED_CLEAR}


def judge_alerts(theater: Theater, rules: Iterable[AlertRule], means: JudgingMeans, now: datetime) -> Judged:
    """Bring the alerts of a theater up to an instant, and put on record what is to be told; again, it changes nothing.

    1. Rules on odds read every publication since the last that they read, in order and each at its instant, so that
       nothing is missed that crossed and cleared while nobody judged. A rule that never was judged begins with what is
       stated now.
    2. All rules are read as of now, so that what takes time can have lasted.
    3. What inhibits is told before what it inhibits. Whether an alert is quiet is a matter of now, whenever it crossed.
    4. All is recorded in one transaction. Where the record has changed meanwhile, all is judged anew; three times.

    An error in one rule leaves that one as it was, keeps no other from being judged, and is told in `problems`; such a
    rule inhibits nothing.
    """
    ordered = in_order(rules)
    for _ in range(_ATTEMPTS):
        judged = _judge(theater, ordered, means, now)
        if not judged.alerts or means.alerts.record(theater.id, judged):
            return replace(judged, recorded=True)
    return judged


def in_order(rules: Iterable[AlertRule]) -> tuple[AlertRule, ...]:
    """What inhibits before what it inhibits, otherwise by id; of a circle each once."""
    known = {rule.id: rule for rule in sorted(rules, key=lambda rule: rule.id)}
    ordered: dict[str, AlertRule] = {}

    def place(rule: AlertRule, on_the_way: frozenset[str]) -> None:
        for name in sorted(rule.inhibited_by):
            if name in known and name not in ordered and name not in on_the_way:
                place(known[name], on_the_way | {name})
        ordered.setdefault(rule.id, rule)

    for rule in known.values():
        place(rule, frozenset({rule.id}))
    return tuple(ordered.values())


def _judge(theater: Theater, rules: Sequence[AlertRule], means: JudgingMeans, now: datetime) -> Judged:
    judging = _Judging(theater, rules, means, now)
    if not judging.overtaken:
        judging.run()
    return judging.judged()


class _Judging:
    """One attempt: what has been decided so far, of which nothing is on record."""

    def __init__(self, theater: Theater, rules: Sequence[AlertRule], means: JudgingMeans, now: datetime) -> None:
        self._theater, self._rules, self._means, self._now = theater, rules, means, now
        self._seen = means.alerts.standing(theater.id, now)
        self._alerts: dict[str, KeptAlert] = {}
        self._read: dict[str, tuple[Reading, Publication | None]] = {}
        self._steps: list[AlertStep] = []
        self._tellings: list[Telling] = []
        self._quiet: dict[str, Quiet] = {}
        self._problems: dict[str, str] = {}
        self._explained: dict[tuple[str, int, int, int], tuple[Part, ...] | None] = {}

    @property
    def overtaken(self) -> bool:
        """Somebody has judged with a later instant just now, and knew more. A clock that was put back is no race."""
        last = max((kept.judged_at for kept in self._seen.alerts.values()), default=self._now)
        return self._now < last <= self._now + _RACE

    def run(self) -> None:
        """Read every rule, first as of what was published since, then as of now, and say what is to be said."""
        odds = [rule for rule in self._rules if isinstance(rule.condition, _ODDS)]
        try:
            stated = self._stated(odds)
        except Exception as error:  # noqa: BLE001 (rules on anything else do not wait until that is mended)
            stated = []
            self._problems |= {rule.id: _told(error) for rule in odds}
        before: Publication | None = None
        for publication in stated:
            # Once more what had stood until then: it may have lasted.
            behind = [rule for rule in odds if 0 < self._read_through(rule) < publication.number]
            for said in (before, publication):
                self._pass_by(behind, said, publication.stated_at)
            before = publication
        for rule in self._rules:
            self._try(rule, lambda it: self._look(it, before if it in odds else None, self._now))
        self._say({rule.id for rule in self._rules})

    def _stated(self, odds: Sequence[AlertRule]) -> list[Publication]:
        """What was stated last, and all from that on which any of some rules read last, in order."""
        first = min((number for rule in odds if (number := self._read_through(rule))), default=0)
        latest = self._means.publications.latest(self._theater.id, self._now)
        if latest is None or not first:
            return [] if latest is None else [latest]
        found: list[Publication] = []
        after = first - 1
        while page := self._means.publications.page([self._theater.id], self._now, after, _PAGE):
            found += page
            after = page[-1].number
        return found or [latest]

    def _pass_by(self, rules: Sequence[AlertRule], stated: Publication | None, at: datetime) -> None:
        """Read some rules as of an instant that has passed, and say of those that crossed then what is to be said."""
        taken = len(self._steps)
        for rule in rules:
            self._try(rule, lambda it: self._look(it, stated, at))
        crossed = {step.rule for step in self._steps[taken:] if step.transition.cause in _CROSSINGS}
        if crossed:
            self._say(crossed)

    def judged(self) -> Judged:
        """All that was decided, without rules that could not be judged."""
        whole = {rule.id for rule in self._rules} - self._problems.keys()
        return Judged(
            now=self._now,
            seen=self._seen,
            alerts={rule: kept for rule, kept in self._alerts.items() if rule in whole},
            steps=tuple(step for step in self._steps if step.rule in whole),
            tellings=tuple(telling for telling in self._tellings if telling.rule in whole),
            quiet={rule: quiet for rule, quiet in self._quiet.items() if rule in whole},
            problems=dict(self._problems),
        )

    def _kept(self, rule: AlertRule) -> KeptAlert | None:
        return self._alerts.get(rule.id) or self._seen.alerts.get(rule.id)

    def _read_through(self, rule: AlertRule) -> int:
        kept = self._kept(rule)
        return 0 if kept is None else kept.read_through

    def _try(self, rule: AlertRule, what: Callable[[AlertRule], None]) -> None:
        if rule.id in self._problems:
            return
        try:
            what(rule)
        except Exception as error:  # noqa: BLE001 (whatever is wrong with one rule, the others are judged)
            self._problems[rule.id] = _told(error)

    def _look(self, rule: AlertRule, publication: Publication | None, at: datetime) -> None:
        """Read a rule, and take the steps that follow; what was read before is not read after something later."""
        kept = self._kept(rule) or KeptAlert(Alert(Phase.NORMAL, at), None, rule.condition_key, self._now)
        alert = kept.alert if kept.condition == rule.condition_key else read_anew(kept.alert)
        number = None if publication is None else publication.number
        if number is not None and number < kept.read_through:
            return
        reading = read_condition(rule, alert, publication, theater=self._theater, means=self._means, at=at)
        if reading is None or (number is None and reading.mark < alert.mark):
            return
        self._read[rule.id] = reading, publication
        after, steps = advance(rule, alert, reading, at)
        through = kept.read_through if number is None else number
        changed = replace(kept, alert=after, condition=rule.condition_key, read_through=through)
        if changed != self._kept(rule):
            self._alerts[rule.id] = replace(changed, judged_at=self._now)
        self._steps += [AlertStep(self._theater.id, rule.id, after.episode, step, number) for step in steps]

    def _say(self, of: Collection[str]) -> None:
        """Say what is to be said of some rules, now."""
        audible: set[str] = set()
        self._quiet = {}
        for rule in self._rules:
            self._try(rule, lambda it: self._tell(it, audible, say=it.id in of))

    def _tell(self, rule: AlertRule, audible: set[str], *, say: bool) -> None:
        kept = self._kept(rule)
        if kept is None:
            return
        quiet = why_quiet(rule, silences=self._seen.silences, firing=audible, now=self._now)
        if kept.alert.rings and quiet is None:
            audible.add(rule.id)
        elif kept.alert.rings and quiet is not None:
            self._quiet[rule.id] = quiet
        for _ in range(_MOST_NOTICES if say else 0):
            due = next_notice(rule, kept.alert, kept.told, quiet=quiet, acknowledged=kept.acknowledged, now=self._now)
            if due is None:
                return
            notice, told = due
            self._tellings.append(self._telling(rule, kept.alert, notice, told))
            kept = replace(kept, told=told, judged_at=self._now)
            self._alerts[rule.id] = kept

    def _telling(self, rule: AlertRule, alert: Alert, notice: Notice, told: Told) -> Telling:
        reading, publication = self._read.get(rule.id, (None, None))
        before = None
        if publication is not None:
            earlier = publication.stated_at - timedelta(microseconds=1)
            before = self._means.publications.latest(self._theater.id, earlier)
        moved = self._moved(rule, before, publication)
        kept = self._kept(rule)
        asked = None if kept is None else kept.assigned
        to = asked.to if asked is not None and asked.episode == notice.episode else ""
        occasion = Occasion(self._theater, rule, alert, notice, reading, publication, before, to, moved)
        message = self._means.compose(occasion)
        number = None if publication is None else publication.number
        whom = recipients(rule, notice.kind, told)
        return Telling(self._theater.id, rule.id, notice, number, message, whom)

    def _moved(self, rule: AlertRule, before: Publication | None, now: Publication | None) -> tuple[Part, ...] | None:
        """What moved the odds; None where that cannot be told, which keeps nobody from being told the rest."""
        condition = rule.condition
        if before is None or now is None or not isinstance(condition, _ODDS):
            return ()
        about = condition.scenario, condition.horizon_days
        asked = *about, before.number, now.number
        if asked not in self._explained:
            try:
                self._explained[asked] = self._means.explain(self._theater, about, (before, now))
            except TocsinError:
                self._explained[asked] = None
        return self._explained[asked]


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
