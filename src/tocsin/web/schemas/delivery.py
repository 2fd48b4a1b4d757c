"""Notices, their deliveries, and where they go, as bodies."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from tocsin.domain.delivery import MOST_DIGEST_MINUTES, Destination, DestinationKind, Stage
from tocsin.domain.notice import NoticeKind
from tocsin.web.schemas.texts import Name, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tocsin.domain.delivery import Delivery, Message
    from tocsin.usecases.alert_ports import KeptNotice, Trail

_DELIVERY: dict[str, Any] = {
    "message": "5b0e4c7f9a1d2c3b4a5968778695a4b3",
    "destination": "desk",
    "stage": "dead",
    "attempts": 10,
    "written_at": "2016-03-07T09:12:41.000000Z",
    "due_at": "2016-03-08T23:12:41.000000Z",
    "last_at": "2016-03-08T23:12:42.000000Z",
    "last_word": "the receiver answered 500",
    "subject": "critical: An offensive at the border is likely: fires",
    "theater": "tunisia",
    "rule": "offensive-likely",
    "kind": "fired",
}
_NOTICE: dict[str, Any] = {
    "id": "5b0e4c7f9a1d2c3b4a5968778695a4b3",
    "number": 1,
    "theater": "tunisia",
    "rule": "offensive-likely",
    "kind": "fired",
    "episode": 1,
    "at": "2016-03-07T09:12:41.000000Z",
    "publication": 12,
}


class DeliveryBody(BaseModel):
    """The trail of one message to one destination."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DELIVERY]})

    message: str = Field(description="Id of the message, which the receiver sees as well.")
    destination: str
    stage: Stage
    attempts: int
    written_at: datetime = Field(description="When its message was written.")
    due_at: datetime = Field(description="When the next attempt is due, or was.")
    last_at: datetime | None = Field(description="When the last attempt ended.")
    last_word: str = Field(description="What came of it.")
    subject: str
    theater: str = Field(description="Of the notice; empty for what is none, such as a test.")
    rule: str
    kind: NoticeKind | None

    @classmethod
    def of(cls, trail: Trail) -> Self:
        """The body of a delivery."""
        item: Delivery = trail.delivery
        return cls(
            message=item.message,
            destination=item.destination,
            stage=item.stage,
            attempts=item.attempts,
            written_at=trail.at,
            due_at=item.due_at,
            last_at=item.last_at,
            last_word=item.last_word,
            subject=trail.subject,
            theater=trail.theater,
            rule=trail.rule,
            kind=trail.kind,
        )


class NoticeBody(BaseModel):
    """Something that was told of an alert."""

    model_config = ConfigDict(json_schema_extra={"examples": [_NOTICE]})

    id: str
    number: int = Field(description="Its place among all notices of the store.")
    theater: str
    rule: str
    kind: NoticeKind
    episode: int
    at: datetime
    publication: int | None = Field(description="Number of the publication that it is about.")

    @classmethod
    def of(cls, kept: KeptNotice) -> Self:
        """The body of a notice."""
        return cls(**cls.parts(kept))

    @staticmethod
    def parts(kept: KeptNotice) -> dict[str, Any]:
        """What a notice consists of, by name."""
        return {
            "id": kept.notice.id,
            "number": kept.number,
            "theater": kept.theater,
            "rule": kept.rule,
            "kind": kept.notice.kind,
            "episode": kept.notice.episode,
            "at": kept.notice.at,
            "publication": kept.publication,
        }


class WholeNoticeBody(NoticeBody):
    """A notice with its words, and what became of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _NOTICE
                | {
                    "subject": "critical: An offensive at the border is likely: fires",
                    "text": "critical: An offensive at the border is likely: fires\n",
                    "data": {"notice": _NOTICE["id"], "kind": "fired"},
                    "deliveries": [_DELIVERY],
                }
            ]
        }
    )

    subject: str
    text: str
    data: dict[str, Any] = Field(description="What a webhook is sent.")
    deliveries: list[DeliveryBody]

    @classmethod
    def whole(cls, kept: KeptNotice, message: Message, trails: Iterable[Trail]) -> Self:
        """The body of a notice with its message and its deliveries."""
        return cls(
            **cls.parts(kept),
            subject=message.subject,
            text=message.text,
            data=dict(message.data),
            deliveries=[DeliveryBody.of(trail) for trail in trails],
        )


class DestinationBody(BaseModel):
    """Where notices go; neither its address nor its secret, which may be one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "desk",
                    "kind": "webhook",
                    "title": "The desk",
                    "digest_minutes": None,
                    "gone": False,
                    "waiting": 0,
                    "delivered": 12,
                    "dead": 1,
                    "bundled": 0,
                }
            ]
        }
    )

    id: str
    kind: DestinationKind
    title: str
    digest_minutes: int | None = Field(description="Notices of so long go there as one message; null for one each.")
    gone: bool = Field(description="It has said that it is no longer there, and is sent nothing until it is set anew.")
    waiting: int = Field(description="Messages that are on their way.")
    delivered: int
    dead: int = Field(description="Messages that were given up; they can be sent again.")
    bundled: int = Field(description="Messages that a digest says.")

    @classmethod
    def of(cls, item: Destination, counts: Mapping[tuple[str, Stage], int]) -> Self:
        """The body of a destination, with how many deliveries are in which stage."""
        each = {stage.value: counts.get((item.id, stage), 0) for stage in Stage}
        return cls(
            id=item.id,
            kind=item.kind,
            title=item.title,
            digest_minutes=item.digest_minutes,
            gone=item.gone,
            **each,
        )


class SetDestinationBody(BaseModel):
    """A destination that was set just now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "desk",
                    "kind": "webhook",
                    "title": "The desk",
                    "secret": "whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ==",
                }
            ]
        }
    )

    id: str
    kind: DestinationKind
    title: str
    secret: str | None = Field(
        description="What a webhook's messages are signed with (Standard Webhooks), where it was made here. It is "
        "shown this once and cannot be read again."
    )


class NewDestination(BaseModel):
    """Where notices are to go."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"kind": "webhook", "title": "The desk", "address": "https://desk.example/hook"}]
        },
    )

    kind: DestinationKind
    title: Name = Field(description="What people call it.")
    address: SecretStr = Field(
        SecretStr(""),
        max_length=2_000,
        description="An http(s) address; mail addresses with commas between; as Apprise writes it.",
    )
    secret: Annotated[SecretStr, Field(max_length=200)] | None = Field(
        None, description="A webhook's own secret (`whsec_…`); one is made where it is left out."
    )

    digest_minutes: Annotated[int, Field(strict=True, ge=1, le=MOST_DIGEST_MINUTES)] | None = Field(
        None, description="Put the notices of so many minutes together into one message; null for one each, at once."
    )

    def destination(self, name: str, secret: str | None) -> Destination:
        """What is to be set."""
        every = None if self.digest_minutes is None else timedelta(minutes=self.digest_minutes)
        return Destination(name, self.kind, self.title, self.address.get_secret_value(), secret, every)


class TrialBody(BaseModel):
    """A message to try a destination with, on its way."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"message": "5b0e4c7f9a1d2c3b4a5968778695a4b3", "destination": "desk"}]}
    )

    message: str = Field(description="Its id; `GET /deliveries?message=…` says what becomes of it.")
    destination: str


class RevivedBody(BaseModel):
    """A delivery that is tried anew."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"message": "5b0e4c7f9a1d2c3b4a5968778695a4b3", "destination": "desk", "stage": "waiting"},
            ]
        }
    )

    message: Text
    destination: str
    stage: Stage
