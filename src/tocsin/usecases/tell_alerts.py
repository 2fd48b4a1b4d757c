"""Put a notice into words, with what it came from; whatever is wrong with the words, somebody is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.alert_rule import Certainty, Change, Level, Severity
from tocsin.domain.notice import NoticeKind, recipients
from tocsin.usecases.alert_ports import Occasion, Telling
from tocsin.usecases.compose_notice import bare_message, message_of_no_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.domain.alert import Reading, Transition
    from tocsin.domain.alert_rule import AlertRule
    from tocsin.domain.notice import Notice, Told
    from tocsin.domain.publication import Publication
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.explain import Part
    from tocsin.usecases.alert_ports import KeptAlert
    from tocsin.usecases.judging_ports import JudgingMeans


class Teller:
    """Says the notices of a theater; what moved the odds between two publications is asked once."""

    def __init__(self, theater: Theater, means: JudgingMeans) -> None:
        """Tell of a theater."""
        self._theater, self._means = theater, means
        self._explained: dict[tuple[str, int, int, int], tuple[Part, ...] | None] = {}

    def telling(
        self,
        rule: AlertRule,
        kept: KeptAlert,
        due: tuple[Notice, Told],
        reading: Reading | None,
        publication: Publication | None,
    ) -> Telling:
        """A notice that is due, in words and to whom it goes.

        Args:
            rule: The rule.
            kept: Its alert, before the notice.
            due: The notice, and what is told once it is.
            reading: What was read of the condition; None where nothing was.
            publication: What was stated last; None where the rule is about no odds.
        """
        notice, told = due
        before = self._before(kept, notice, reading, publication)
        moved = self._moved(rule, before, publication)
        asked = kept.assigned
        to = asked.to if asked is not None and asked.episode == notice.episode else ""
        occasion = Occasion(
            self._theater, rule, kept.alert, notice, reading, publication, before, to, moved, told.count
        )
        try:
            message = self._means.compose(occasion)
        except Exception as error:  # noqa: BLE001 (that it rings must be told, in whatever words)
            message = bare_message(occasion, f"{type(error).__name__}: {error}")
        number = None if publication is None else publication.number
        urgent = rule.severity is Severity.CRITICAL or notice.kind is NoticeKind.ESCALATED
        whom = recipients(rule, notice.kind, told)
        return Telling(self._theater.id, rule.id, notice, number, message, whom, urgent)

    def _before(
        self, kept: KeptAlert, notice: Notice, reading: Reading | None, now: Publication | None
    ) -> Publication | None:
        """What the odds came from: since they crossed for those who hear it first, otherwise since they heard last."""
        if now is None:
            return None
        if notice.kind is not NoticeKind.FIRED:
            number = 0 if kept.told is None else kept.told.publication
        elif reading is not None and reading.base is not None:
            number = reading.base.publication
        else:
            number = kept.alert.crossed_from
        if not 0 < number < now.number:
            return None
        found = self._means.publications.page([self._theater.id], now.stated_at, number - 1, 1)
        return found[0] if found and found[0].number == number else None

    def _moved(self, rule: AlertRule, before: Publication | None, now: Publication | None) -> tuple[Part, ...] | None:
        """What moved the odds; None where that cannot be told, which keeps nobody from being told the rest."""
        condition = rule.condition
        if before is None or now is None or not isinstance(condition, Level | Certainty | Change):
            return ()
        about = condition.scenario, condition.horizon_days
        asked = *about, before.number, now.number
        if asked not in self._explained:
            try:
                self._explained[asked] = self._means.explain(self._theater, about, (before, now))
            except Exception:  # noqa: BLE001 (a fit that is damaged, or too little memory, is told elsewhere)
                self._explained[asked] = None
        return self._explained[asked]


def tell_of_no_rule(
    theater: Theater, rule: str, due: tuple[Notice, Told], steps: Sequence[Transition], means: JudgingMeans
) -> list[Telling]:
    """A notice of an alert whose rule cannot be read or is no more, to all who were told of the episode."""
    notice, told = due
    said = means.alerts.said(theater.id, rule, notice.episode)
    if said is None:
        return []
    why = steps[-1].reading.why if steps else "the rule cannot be read"
    message = message_of_no_rule(theater, rule, (notice, told.count), said.message, why)
    return [Telling(theater.id, rule, notice, None, message, said.destinations)]
