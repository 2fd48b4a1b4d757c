"""Judge the alert rules of a theater: how their alerts stand now, and what is to be told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tocsin.domain.alert import Alert, Cause, Phase, Reading, Sign, advance, announce, lose, read_anew, withdraw
from tocsin.domain.alert_rule import Certainty, Change, Level
from tocsin.domain.notice import NoticeKind, next_notice, next_of_no_rule
from tocsin.domain.silence import why_quiet
from tocsin.usecases.alert_ports import AlertStep, Judged, KeptAlert, Telling
from tocsin.usecases.read_condition import read_condition
from tocsin.usecases.tell_alerts import Teller, tell_of_no_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from tocsin.domain.alert import Transition
    from tocsin.domain.alert_rule import AlertRule
    from tocsin.domain.notice import Quiet
    from tocsin.domain.publication import Publication
    from tocsin.domain.theater import Theater
    from tocsin.usecases.judging_ports import JudgingMeans

_ATTEMPTS = 3
_MOST_NOTICES = 6  # of one alert at one instant: there are as many kinds
_PAGE = 200
_RACE = timedelta(minutes=1)
_ODDS = (Level, Certainty, Change)
_CROSSINGS = {Cause.LASTED, Cause.STAYED_CLEAR, Cause.NEAR_AGAIN}
_EVER = datetime.max.replace(tzinfo=UTC)  # a clock that was put back hides nothing that was stated before


def judge_alerts(
    theater: Theater,
    rules: Iterable[AlertRule],
    means: JudgingMeans,
    now: datetime,
    unreadable: Mapping[str, str] | None = None,
) -> Judged:
    """Bring the alerts of a theater up to an instant, and put on record what is to be told; again, it changes nothing.

    1. Rules on odds read every publication since the last that they read, in order and each at its instant, so that
       nothing is missed that crossed and cleared while nobody judged. A rule that never was judged, or asks something
       else by now, begins with what is stated now.
    2. All rules are read as of now, so that what takes time can have lasted.
    3. What inhibits is told before what it inhibits. Whether an alert is quiet is a matter of now, whenever it crossed.
    4. An alert whose rule is `unreadable`, by id and with the reason, has no data; one whose rule is gone is withdrawn.
       Who was told that it fires is told of that.
    5. All is recorded in one transaction. Where the record has changed meanwhile, all is judged anew; three times.

    An error in one rule leaves that one as it was, keeps no other from being judged, and is told in `problems`; such a
    rule inhibits nothing.
    """
    ordered = in_order(rules)
    for _ in range(_ATTEMPTS):
        judged = _judge(theater, ordered, means, now, unreadable or {})
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


def _judge(
    theater: Theater,
    rules: Sequence[AlertRule],
    means: JudgingMeans,
    now: datetime,
    unreadable: Mapping[str, str],
) -> Judged:
    judging = _Judging(theater, rules, means, now)
    if not judging.overtaken:
        judging.run()
        judging.let_go(unreadable)
    return judging.judged()


class _Judging:
    """One attempt: what has been decided so far, of which nothing is on record."""

    def __init__(self, theater: Theater, rules: Sequence[AlertRule], means: JudgingMeans, now: datetime) -> None:
        self._theater, self._rules, self._means, self._now = theater, rules, means, now
        self._teller = Teller(theater, means)
        self._seen = means.alerts.standing(theater.id, now)
        self._alerts: dict[str, KeptAlert] = {}
        self._read: dict[str, tuple[Reading, Publication | None]] = {}
        self._steps: list[AlertStep] = []
        self._tellings: list[Telling] = []
        self._quiet: dict[str, Quiet] = {}
        self._problems: dict[str, str] = {}
        self._orphans: set[str] = set()

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
        latest = self._means.publications.newest(self._theater.id)
        if latest is None or not first:
            return [] if latest is None else [latest]
        found: list[Publication] = []
        after = first - 1
        while page := self._means.publications.page([self._theater.id], _EVER, after, _PAGE):
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
        whole = {rule.id for rule in self._rules} - self._problems.keys() | self._orphans
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
        return 0 if kept is None or kept.condition != rule.condition_key else kept.read_through

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
        self._take(rule.id, after, steps, number)

    def _take(self, rule: str, after: Alert, steps: Iterable[Transition], number: int | None) -> None:
        self._steps += [AlertStep(self._theater.id, rule, after.episode, step, number) for step in steps]

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
            reading, publication = self._read.get(rule.id, (None, None))
            telling = self._teller.telling(rule, kept, due, reading, publication)
            self._tellings.append(telling)
            alert = kept.alert
            if notice.kind is NoticeKind.FIRED and reading is not None:
                alert, steps = announce(rule, alert, reading, self._now)
                self._take(rule.id, alert, steps, telling.publication)
            told = replace(told, publication=telling.publication or told.publication)
            kept = replace(kept, alert=alert, told=told, judged_at=self._now)
            self._alerts[rule.id] = kept

    def let_go(self, unreadable: Mapping[str, str]) -> None:
        """Of alerts that have no rule which can be read: those of rules that are no more are withdrawn."""
        known = {rule.id for rule in self._rules}
        for name, kept in self._seen.alerts.items():
            if name in known or (name not in unreadable and not kept.condition):
                continue
            if name in unreadable:
                said = Reading(Sign.ABSENT, f"the rule cannot be read: {unreadable[name]}", kept.alert.mark)
                alert, steps = lose(kept.alert, said, self._now)
                changed = replace(kept, alert=alert)
            else:
                alert, steps = withdraw(kept.alert, self._now)
                changed = replace(kept, alert=alert, condition="", read_through=0)
            self._take(name, alert, steps, None)
            due = next_of_no_rule(self._theater.id, name, alert, kept.told, self._now)
            if due is not None:
                changed = replace(changed, told=due[1])
                self._tellings += tell_of_no_rule(self._theater, name, due, steps, self._means)
            if changed != kept:
                self._orphans.add(name)
                self._alerts[name] = replace(changed, judged_at=self._now)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
