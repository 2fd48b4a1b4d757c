"""Bring what is stated of a theater, and the alerts that rest on it, up to an instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.domain.errors import NoFitError
from tocsin.usecases.judge_alerts import judge_alerts
from tocsin.usecases.publish import publish

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from tocsin.domain.alert_rule import AlertRule
    from tocsin.domain.theater import Theater
    from tocsin.usecases.alert_ports import AlertMeans, Judged
    from tocsin.usecases.ports import DrawsCodec


@dataclass(frozen=True, slots=True)
class Rung:
    """What came of it.

    Attributes:
        stated: Why odds were published or not; None where that was not looked into.
        judged: What came of judging the rules.
    """

    stated: str | None
    judged: Judged


def ring(
    theater: Theater,
    rules: Collection[AlertRule],
    *,
    means: AlertMeans,
    codec: DrawsCodec,
    now: datetime,
    state: bool = True,
    unreadable: Mapping[str, str] | None = None,
) -> Rung:
    """Publish the odds where they say anything new, unless `state` is false, and judge the rules on what is stated.

    Rules are judged on publications alone: what rang is then what was said, in the chain, and is found there again. A
    theater that no fit answers for states nothing, and its rules are judged all the same: data that are not there
    are a state too, as are rules that are `unreadable`, by id and with the reason.
    """
    stated = None
    if state:
        try:
            stated = publish(
                theater,
                ledger=means.ledger,
                fits=means.fits,
                codec=codec,
                publications=means.publications,
                now=now,
            ).why
        except NoFitError as error:
            stated = str(error)
    return Rung(stated, judge_alerts(theater, rules, means, now, unreadable))
