"""Leave some alerts unsaid for a while, and say them again before it is over."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.domain.access import Right
from tocsin.domain.alert_rule import Severity
from tocsin.domain.errors import InvalidInputError, NotAllowedError, Problem, UnknownIdError
from tocsin.usecases.acknowledge import read_note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from tocsin.domain.access import Principal
    from tocsin.domain.alert_rule import AlertRule
    from tocsin.domain.silence import Silence
    from tocsin.usecases.alert_ports import SilenceBook

LONGEST = timedelta(days=366)
_LONGEST_PATTERN = 200
_SIGNS = "*?["


def begin_silence(
    wanted: Silence, *, rules: Sequence[AlertRule], book: SilenceBook, actor: Principal, now: datetime
) -> Silence:
    """Begin a silence, under an id and by an author of its own; as it is on record.

    Args:
        wanted: What to silence, from when and until when, and why.
        rules: All rules that there are.
        book: The record.
        actor: Who silences. Whoever does not see all theaters names one that they see.
        now: The instant.

    InvalidInputError with everything that is wrong, such as a pattern that matches no rule: whoever misspells one would
    be woken all the same. NotAllowedError for a theater that is not theirs.
    """
    read_note(wanted.comment, "comment")
    problems = [*_pattern_problems(wanted), *_span_problems(wanted, now)]
    if not wanted.comment.strip():
        problems.append(Problem("", None, "comment", repr(wanted.comment), "why, for whoever wonders about it later"))
    if problems:
        raise InvalidInputError(problems)
    _allow(wanted, actor)
    silence = replace(wanted, id=secrets.token_hex(16), author=actor.name)
    if not covered(silence, rules):
        asked = f"theater {wanted.theater}, rule {wanted.rule}, severity {wanted.severity}"
        names = ", ".join(sorted(f"{rule.theater}/{rule.id}" for rule in rules if _sees(actor, rule.theater)))
        accepted = f"patterns that match a rule: {names or 'there is none'}"
        raise InvalidInputError([Problem("", None, "matcher", asked, accepted)])
    book.begin(silence, now)
    return silence


def end_silence(silence: str, *, book: SilenceBook, actor: Principal, now: datetime) -> Silence:
    """Let a silence end now; as it is then. UnknownIdError where there is none that goes on and that they see."""
    found = next((item for item in book.silences(now) if item.id == silence and seen(item, actor)), None)
    if found is not None:
        _allow(found, actor)
    ended = None if found is None else book.end(silence, actor.name, now)
    if ended is None:
        raise UnknownIdError("silence", silence, "it may have ended: see the list of silences")
    return ended


def seen(silence: Silence, principal: Principal) -> bool:
    """Whether somebody sees a silence: it is of theaters that they see, or may be."""
    return any(sign in silence.theater for sign in _SIGNS) or _sees(principal, silence.theater)


def covered(silence: Silence, rules: Iterable[AlertRule]) -> list[AlertRule]:
    """The rules that a silence is about, while it is in force."""
    return [rule for rule in rules if silence.covers(rule, silence.begins_at)]


def _allow(silence: Silence, actor: Principal) -> None:
    """NotAllowedError where a silence reaches beyond the theaters that somebody sees."""
    if actor.theaters is not None and silence.theater not in actor.theaters:
        raise NotAllowedError(actor.name, f"{Right.ACKNOWLEDGE.value} alerts of theater {silence.theater}")


def _sees(principal: Principal, theater: str) -> bool:
    return principal.may(Right.READ, theater)


def _pattern_problems(wanted: Silence) -> Iterator[Problem]:
    for name in ("theater", "rule", "severity"):
        value: str = getattr(wanted, name)
        if not value or len(value) > _LONGEST_PATTERN or not value.isprintable():
            accepted = f"a name or a pattern such as *, at most {_LONGEST_PATTERN} characters"
            yield Problem("", None, name, repr(value[:_LONGEST_PATTERN]), accepted)
    if not any(sign in wanted.severity for sign in _SIGNS) and wanted.severity not in set(Severity):
        accepted = f"{', '.join(Severity)} or a pattern such as *"
        yield Problem("", None, "severity", repr(wanted.severity[:_LONGEST_PATTERN]), accepted)


def _span_problems(wanted: Silence, now: datetime) -> Iterator[Problem]:
    if wanted.ends_at <= max(now, wanted.begins_at):
        yield Problem("", None, "ends_at", wanted.ends_at.isoformat(), "an instant after its beginning, and after now")
    elif wanted.ends_at - max(now, wanted.begins_at) > LONGEST:
        accepted = f"at most {LONGEST.days} days: a silence that nobody ends must end by itself"
        yield Problem("", None, "ends_at", wanted.ends_at.isoformat(), accepted)
