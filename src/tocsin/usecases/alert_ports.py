"""What alerts need from outside: the record of how they stand, what was said of them, and what became of that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from tocsin.domain.alert import Alert, Reading, Transition
    from tocsin.domain.alert_rule import AlertRule
    from tocsin.domain.delivery import Delivery, Destination, Message, Outcome, Stage
    from tocsin.domain.notice import Acknowledgement, Assignment, Notice, NoticeKind, Quiet, Told
    from tocsin.domain.publication import Publication
    from tocsin.domain.silence import Silence
    from tocsin.domain.theater import Theater
    from tocsin.ensemble.explain import Part
    from tocsin.usecases.feed_ports import FeedBook
    from tocsin.usecases.ports import FitBook, Ledger, PublicationBook


@dataclass(frozen=True, slots=True)
class KeptAlert:
    """All that is on record of a rule's alert.

    Attributes:
        alert: How it stands.
        told: What was said of it; None before anything was.
        condition: The `condition_key` of the rule that was read; empty where there is no rule of this id any more.
        judged_at: When it was judged last with any change.
        read_through: Number of the last publication that was read for it, whether or not it said anything; 0 for none.
        version: Counts the changes, and what people said of it; 0 where it is not on record yet.
        acknowledged: The latest acknowledgement, in force or not; it is written by `acknowledge` alone.
        assigned: The latest assignment, of this episode or not; it is written by `assign` alone.
    """

    alert: Alert
    told: Told | None
    condition: str
    judged_at: datetime
    read_through: int = 0
    version: int = 0
    acknowledged: Acknowledgement | None = None
    assigned: Assignment | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How all alerts of a theater stand, by rule, and the silences that have not ended."""

    alerts: Mapping[str, KeptAlert]
    silences: tuple[Silence, ...]


@dataclass(frozen=True, slots=True)
class AlertStep:
    """One step of an alert.

    Attributes:
        theater: Id of the theater.
        rule: Id of the rule.
        episode: Of the alert, once all steps of that reading were taken.
        transition: The step, with its cause and reading.
        publication: Number of the publication that was read; None where the rule reads none.
        number: Its place among all steps of the store, from 1; 0 until it is recorded.
    """

    theater: str
    rule: str
    episode: int
    transition: Transition
    publication: int | None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Telling:
    """A notice with what it says, and to whom; an urgent one waits for no digest."""

    theater: str
    rule: str
    notice: Notice
    publication: int | None
    message: Message
    destinations: tuple[str, ...]
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """The last message of an episode, and the ids of the destinations of all of its messages, in order."""

    message: Message
    destinations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeptNotice:
    """A notice on record; `number` is its place among all notices of the store, from 1."""

    theater: str
    rule: str
    notice: Notice
    publication: int | None
    number: int


@dataclass(frozen=True, slots=True)
class SetRule:
    """A version of an alert rule that somebody set, other than by a file.

    Attributes:
        theater: Id of the theater.
        rule: Id of the rule.
        version: Counts those of this id, from 1.
        document: The rule as a file would declare it; None where it was removed.
        by: Who set it.
        at: When.
    """

    theater: str
    rule: str
    version: int
    document: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Trail:
    """A delivery, and what it delivers.

    Attributes:
        delivery: The delivery.
        at: When its message was written.
        subject: Of its message.
        theater: Whose notice it is, or whose notices a digest says; empty for what says none, such as a test.
        rule: Of the notice.
        kind: Of the notice; None for what is none.
    """

    delivery: Delivery
    at: datetime
    subject: str
    theater: str = ""
    rule: str = ""
    kind: NoticeKind | None = None

    @property
    def place(self) -> tuple[datetime, str, str]:
        """Where it stands among all, oldest first."""
        return self.at, self.delivery.message, self.delivery.destination


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of judging the rules of a theater.

    Attributes:
        now: When.
        seen: What it was decided on.
        alerts: How those alerts stand now that have changed, by rule; their versions are those that were seen.
        steps: The steps that they took, in order.
        tellings: What is to be told, in order.
        quiet: Why rules whose alerts go on say nothing, by rule.
        problems: Why rules could not be judged, by rule; they are left as they were.
        recorded: It is on record, or there was nothing to record. False where others changed the record each time
            before this could be written: nothing is, and it must be judged anew.
    """

    now: datetime
    seen: Standing
    alerts: Mapping[str, KeptAlert] = field(default_factory=dict)
    steps: tuple[AlertStep, ...] = ()
    tellings: tuple[Telling, ...] = ()
    quiet: Mapping[str, Quiet] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a notice is about.

    Attributes:
        theater: The theater.
        rule: The rule.
        alert: How its alert stands.
        notice: The notice.
        reading: What was read of its condition; None where nothing could be read now.
        publication: What was stated last; None where the rule is about no odds.
        before: What it came from: of an alert that begins, the odds before they crossed, or those that a change is
            measured from; of one that goes on or ends, those that were told last. None where there are none.
        assigned_to: Who was asked to take this episode up; empty for nobody.
        moved: What moved the odds most between the two publications; None where that could not be told.
        place: Of the notice among those of its episode, from 1.
    """

    theater: Theater
    rule: AlertRule
    alert: Alert
    notice: Notice
    reading: Reading | None
    publication: Publication | None
    before: Publication | None
    assigned_to: str = ""
    moved: tuple[Part, ...] | None = ()
    place: int = 1


type Explain = Callable[[Theater, tuple[str, int], tuple[Publication, Publication]], tuple[Part, ...]]
"""Tells what moved the odds of a scenario by a horizon from one publication to another."""
type Compose = Callable[[Occasion], Message]
"""Says a notice: the same id as the notice has, the same words for the same occasion."""


@dataclass(frozen=True, eq=False, slots=True)
class AlertMeans:
    """What judging alerts works with."""

    alerts: AlertBook
    publications: PublicationBook
    ledger: Ledger
    fits: FitBook
    feeds: FeedBook
    compose: Compose
    explain: Explain


class AlertRecord(Protocol):
    """What judging reads and writes of alerts."""

    def standing(self, theater: str, now: datetime) -> Standing:
        """How all alerts of a theater stand, and the silences that end after an instant, of one state of the record."""
        ...

    def record(self, theater: str, judged: Judged) -> bool:
        """Write all that was judged, with deliveries and events, in one transaction.

        False, and nothing is written, where any alert of the theater or any silence is not as it was seen.
        """
        ...

    def said(self, theater: str, rule: str, episode: int) -> Said | None:
        """The last that was said of an episode, and all to whom anything was; None where nothing was."""
        ...


class AlertBook(AlertRecord, Protocol):
    """The record of alerts: how they stand, every step, every notice, and what people said to them."""

    def acknowledge(self, theater: str, rule: str, acknowledgement: Acknowledgement) -> bool:
        """Write that somebody has an alert's present episode in hand; False where that is another one, or is over."""
        ...

    def acknowledgements(self, theater: str, rule: str) -> list[Acknowledgement]:
        """Everything that was acknowledged of an alert, oldest first."""
        ...

    def assign(self, theater: str, rule: str, assignment: Assignment) -> bool:
        """Write who is asked to take an alert's present episode up; False where that is another one, or is over."""
        ...

    def steps(self, theater: str, after: int, limit: int, rule: str | None = None) -> list[AlertStep]:
        """At most `limit` steps of a theater's alerts, of numbers above `after`, in order."""
        ...

    def last_steps(self, theater: str) -> Mapping[str, AlertStep]:
        """The last step that each alert of a theater has taken, by rule."""
        ...

    def notice(self, theater: str, notice_id: str) -> KeptNotice | None:
        """The notice of that id, if it is of that theater."""
        ...

    def notices(self, theater: str, rule: str | None = None, after: int = 0, limit: int = 1_000) -> list[KeptNotice]:
        """At most `limit` notices of a theater, or of one rule, of numbers above `after`, in order."""
        ...


class RuleBook(Protocol):
    """The record of alert rules that were set other than by files."""

    def rules(self, theater: str) -> list[SetRule]:
        """The last version of each rule of a theater, removed ones too, by id."""
        ...

    def versions(self, theater: str, rule: str) -> list[SetRule]:
        """Every version of a rule, oldest first."""
        ...

    def put(self, version: SetRule, seen: Mapping[str, int]) -> bool:
        """Write a version, with its event; False where any rule of the theater has another version than was seen.

        Rules name each other, so what was found right of one holds only of those that were looked at.
        """
        ...


class SilenceBook(Protocol):
    """The record of silences."""

    def begin(self, silence: Silence, now: datetime) -> None:
        """Write a new silence, with its event."""
        ...

    def end(self, silence: str, actor: str, now: datetime) -> Silence | None:
        """Let a silence end now; as it is then. None where there is none of that id, or it has ended already."""
        ...

    def silences(self, ending_after: datetime) -> list[Silence]:
        """Those that end after an instant, those that end first first."""
        ...


class DeliveryBook(Protocol):
    """The outbox: every message, and its trail to each destination."""

    def claim(self, now: datetime, most: int, besides: Collection[str] = ()) -> list[Delivery]:
        """Take at most so many deliveries that are due, those that wait longest first, each under a lease.

        Of several processes that ask at once one gets a delivery. `besides` names destinations to leave out.
        """
        ...

    def end(
        self, claimed: Delivery, outcome: Outcome, now: datetime, share: float, sent_to: Destination | None = None
    ) -> Delivery | None:
        """Write what came of an attempt (`after_attempt`); None where it is not held by that claim any more.

        A destination that says that it is gone is marked so, unless it was set to another receiver than `sent_to`
        meanwhile: then this attempt has only failed.
        """
        ...

    def message(self, message: str) -> Message | None:
        """The message of that id."""
        ...

    def counts(self) -> Mapping[tuple[str, Stage], int]:
        """How many deliveries to a destination are in a stage; none where there are none."""
        ...

    def trails(
        self,
        theaters: Collection[str] | None,
        *,
        stage: Stage | None = None,
        destination: str | None = None,
        message: str | None = None,
        after: tuple[datetime, str, str] | None = None,
        limit: int = 1_000,
    ) -> list[Trail]:
        """At most `limit` deliveries of some theaters' notices, or with None all there are, after a place, in order."""
        ...

    def post(self, message: Message, destination: str) -> Delivery:
        """Put a message of no alert on its way, such as a test; the one that is there where it is sent already."""
        ...

    def send_again(self, message: str, destination: str, actor: str, now: datetime) -> Delivery | None:
        """Have a delivery that was given up tried anew (`sent_again`); None where there is none that was."""
        ...


class DestinationBook(Protocol):
    """The record of destinations."""

    def put(self, destination: Destination, actor: str, now: datetime) -> None:
        """Set a destination, new or anew."""
        ...

    def remove(self, destination: str, actor: str, now: datetime) -> bool:
        """Forget a destination; False where there is none of that id. What was sent there stays on record."""
        ...

    def destinations(self) -> list[Destination]:
        """All of them, by id."""
        ...
