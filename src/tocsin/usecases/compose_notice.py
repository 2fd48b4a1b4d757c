"""Say a notice: what crossed what, from what, how far it can be relied on, and why somebody wanted to be told."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from tocsin.domain.alert import Phase
from tocsin.domain.alert_rule import Certainty, Change, Direction, Level, Scale, SinceInstant, SinceWindow
from tocsin.domain.change import cause_words
from tocsin.domain.delivery import Message
from tocsin.domain.instants import show_age, show_instant, write_instant
from tocsin.domain.notice import NoticeKind
from tocsin.domain.plural import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tocsin.domain.alert_rule import AlertRule, OddsCondition
    from tocsin.domain.notice import Notice
    from tocsin.domain.publication import Publication, StatedOdds
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.explain import Part
    from tocsin.usecases.alert_ports import Occasion

_MOST_AHEAD = 3
_HEADLINES = {
    NoticeKind.FIRED: "fires",
    NoticeKind.LOST: "there are no data any more",
    NoticeKind.FOUND: "there are data again, and it still fires",
    NoticeKind.ESCALATED: "nobody has acknowledged it",
    NoticeKind.REMINDED: "still fires",
    NoticeKind.RESOLVED: "is over",
    NoticeKind.WITHDRAWN: "its rule was removed, and nothing more is said of it",
}


def compose_notice(occasion: Occasion, address: str | None = None) -> Message:
    """The message of a notice, as plain text, as HTML and for programs; the same for the same occasion.

    `address` is where people reach the web process, for the link to the alert; None where that is not known.
    """
    rule, notice = occasion.rule, occasion.notice
    subject = f"{rule.severity.value}: {rule.title}: {_HEADLINES[notice.kind]}"
    lines = [subject, *_read(occasion), *_odds(occasion), *_moved(occasion), *_ahead(occasion), *_about(occasion)]
    html = [f"<p>{escape(line)}</p>" for line in lines]
    link = None if address is None else f"{address}/api/v1/alerts/{occasion.theater.id}/{rule.id}"
    if link is not None:
        lines.append(f"See: {link}")
        html.append(f'<p>See: <a href="{escape(link)}">{escape(link)}</a></p>')
    data = _data(occasion) | ({} if link is None else {"link": link})
    return Message(notice.id, notice.at, subject, "\n".join(lines) + "\n", "\n".join(html), data)


def bare_message(occasion: Occasion, problem: str) -> Message:
    """The message of a notice that could not be put into words as usual, and why."""
    rule, notice = occasion.rule, occasion.notice
    subject = f"{rule.severity.value}: {rule.title}: {_HEADLINES[notice.kind]}"
    lines = [subject, *_about(occasion), f"The rest could not be said: {problem}"]
    return Message(notice.id, notice.at, subject, "\n".join(lines) + "\n", _html(lines), _names(occasion))


def message_of_no_rule(theater: Theater, rule: str, told: tuple[Notice, int], last: Message, why: str) -> Message:
    """The message of a notice, with its place, whose rule cannot be read; it is called as in the last message."""
    notice, place = told
    severity, title = last.data.get("severity", ""), last.data.get("title", rule)
    subject = f"{severity}: {title}: {_HEADLINES[notice.kind]}"
    lines = [subject, f"Why: {why}.", f"Rule {rule} of theater {theater.id}; notice {notice.id}."]
    data = {name: value for name, value in last.data.items() if name not in {"reading", "odds"}}
    data |= {
        "type": f"alert.{notice.kind.value}",
        "timestamp": write_instant(notice.at),
        "notice": notice.id,
        "kind": notice.kind.value,
        "at": write_instant(notice.at),
        "place": place,
    }
    data["phase"] = (Phase.NO_DATA if notice.kind is NoticeKind.LOST else Phase.NORMAL).value
    return Message(notice.id, notice.at, subject, "\n".join(lines) + "\n", _html(lines), data)


def _html(lines: Iterable[str]) -> str:
    return "\n".join(f"<p>{escape(line)}</p>" for line in lines)


def _read(occasion: Occasion) -> Iterator[str]:
    rule, reading = occasion.rule, occasion.reading
    if isinstance(rule.condition, Level | Certainty | Change):
        yield f"What rings: {_line(rule.condition)}."
    if reading is not None:
        yield f"What was read: {reading.why}."


def _line(condition: OddsCondition) -> str:
    """What must hold, in words."""
    match condition:
        case Level():
            return f"odds at or above {_share(condition.at)}, until they are at or below {_share(condition.clear_at)}"
        case Certainty():
            return f"a chance of {_share(condition.chance)} or more that the odds are above {_share(condition.above)}"
        case Change():
            ways = {Direction.UP: "rise", Direction.DOWN: "fall", Direction.EITHER: "move"}
            by = (
                f"{counted(100 * condition.by, 'point', '.3g')}"
                if condition.scale is Scale.POINTS
                else f"{condition.by:g} log-odds"
            )
            floor = f", to or from {_share(condition.floor)} or more" if condition.floor else ""
            return f"a {ways[condition.direction]} of the odds by {by} or more {_baseline(condition)}{floor}"


def _baseline(condition: Change) -> str:
    match condition.baseline:
        case SinceWindow(ago):
            return f"within {show_age(ago.total_seconds())}"
        case SinceInstant(instant):
            return f"since {instant:%Y-%m-%d %H:%M} UTC"
        case _:
            return "since the last notice"


def _odds(occasion: Occasion) -> Iterator[str]:
    """What was stated: likelihood in a sentence of its own, apart from how sure it is, as ICD 203 wants it."""
    stated = _stated(occasion.rule, occasion.publication)
    if stated is None or occasion.publication is None:
        return
    before = _stated(occasion.rule, occasion.before)
    came = "" if before is None else f", from {_share(before.probability)} ({before.words})"
    what = f"{stated.scenario} within {counted(stated.horizon_days, 'day')}, through {stated.closes_on}"
    yield f"Odds of {what}: {_share(stated.probability)} ({stated.words}){came}."
    half, most = stated.interval50, stated.interval90
    yield (
        f"Interval: 50 % from {_share(half.low)} to {_share(half.high)}, 90 % from {_share(most.low)} to "
        f"{_share(most.high)}; Monte Carlo error {100 * stated.error:.2g} points."
    )
    publication = occasion.publication
    at, age = show_instant(publication.stated_at, occasion.theater.timeline), show_age(publication.age_seconds)
    yield f"Stated at {at}, publication {publication.number}; {publication.status}, from a fit {age} old."


def _moved(occasion: Occasion) -> Iterator[str]:
    """What moved the odds since they were stated before, each part by what it multiplied them by."""
    if occasion.moved is None:
        yield "Why they moved could not be told; tocsin why tells it where the fits of both instants are there."
    elif occasion.moved:
        parts = "; ".join(_part(part) for part in occasion.moved)
        yield f"Why they moved: {parts}."


def _part(part: Part) -> str:
    guess = ", a guess" if part.guessed else ""
    return f"{cause_words(part.cause, part.subject)} (odds × {math.exp(part.change):.3g}{guess})"


def _ahead(occasion: Occasion) -> Iterator[str]:
    """What would change the judgement: the indicators that are declared to bear most on the scenario."""
    condition = occasion.rule.condition
    if not isinstance(condition, Level | Certainty | Change):
        return
    indicators = {item.id: item for item in occasion.theater.indicators}
    weights = {
        link.indicator: link.prior(indicators[link.indicator]).mean
        for link in occasion.theater.scenario(condition.scenario).links
    }
    first = sorted(weights, key=lambda name: (-abs(weights[name]), name))[:_MOST_AHEAD]
    ways = (
        ("up", [name for name in first if weights[name] > 0]),
        ("down", [name for name in first if weights[name] < 0]),
    )
    told = [f"{way} with more of {' or '.join(names)}" for way, names in ways if names]
    if told:
        yield f"What would change this most: {', '.join(told)}; the other way where somebody looks and sees less."


def _about(occasion: Occasion) -> Iterator[str]:
    rule, alert = occasion.rule, occasion.alert
    yield f"Alert: {alert.phase} since {show_instant(alert.since, occasion.theater.timeline)}, number {alert.episode}."
    yield f"Why you are told: {rule.reason}"
    if rule.owner:
        yield f"Owner: {rule.owner}"
    if occasion.assigned_to:
        yield f"Asked to take it up: {occasion.assigned_to}"
    yield f"Rule {rule.id} of theater {occasion.theater.id}; notice {occasion.notice.id}."


def _stated(rule: AlertRule, publication: Publication | None) -> StatedOdds | None:
    """What a publication says of the scenario and horizon of a rule; None where it is about none, or says nothing."""
    condition = rule.condition
    if publication is None or not isinstance(condition, Level | Certainty | Change):
        return None
    named = condition.scenario, condition.horizon_days
    return next((item for item in publication.odds if (item.scenario, item.horizon_days) == named), None)


def _share(probability: float) -> str:
    return f"{100 * probability:.1f} %"


def _names(occasion: Occasion) -> dict[str, object]:
    rule, notice = occasion.rule, occasion.notice
    return {
        "type": f"alert.{notice.kind.value}",
        "timestamp": write_instant(notice.at),
        "notice": notice.id,
        "kind": notice.kind.value,
        "at": write_instant(notice.at),
        "theater": occasion.theater.id,
        "rule": rule.id,
        "title": rule.title,
        "severity": rule.severity.value,
        "episode": notice.episode,
        "place": occasion.place,
        "phase": occasion.alert.phase.value,
    }


def _data(occasion: Occasion) -> dict[str, object]:
    rule, reading = occasion.rule, occasion.reading
    data = _names(occasion)
    if reading is not None:
        data["reading"] = {
            "sign": reading.sign.value,
            "why": reading.why,
            "value": reading.value,
            "limit": reading.limit,
            "error": reading.error,
        }
    stated, publication = _stated(rule, occasion.publication), occasion.publication
    if stated is not None and publication is not None:
        before = _stated(rule, occasion.before)
        data["odds"] = {
            "publication": publication.number,
            "status": publication.status.value,
            "stated_at": write_instant(publication.stated_at),
            "fitted_as_of": write_instant(publication.fitted_as_of),
            "scenario": stated.scenario,
            "horizon_days": stated.horizon_days,
            "closes_on": stated.closes_on.isoformat(),
            "probability": stated.probability,
            "words": stated.words,
            "before": None if before is None else before.probability,
            "interval50": [stated.interval50.low, stated.interval50.high],
            "interval90": [stated.interval90.low, stated.interval90.high],
            "error": stated.error,
            "moved": None
            if occasion.moved is None
            else [
                {"cause": part.cause.value, "subject": part.subject, "log_odds": part.change, "guessed": part.guessed}
                for part in occasion.moved
            ],
        }
    return data
