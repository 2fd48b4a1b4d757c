"""What a session's token is worth, as time passes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from tocsin.domain.session import Session, Standing, is_open, judge, next_look

_START = datetime(2026, 11, 1, tzinfo=UTC)
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["use", "use the old one", "use a very old one", "close"]),
        st.sampled_from([0.0, 1.0, 59.0, 60.0, 61.0, 899.0, 900.0, 3600.0, 43_199.0, 43_200.0, 90_000.0]),
    ),
    max_size=40,
)


@dataclass
class _Plain:
    """The same rules, told by a list of tokens that were heard of, and when each was given out."""

    given: list[datetime]
    used: datetime
    closed: bool = False
    tokens: list[str] = field(default_factory=lambda: ["token 0"])
    heard: bool = True
    made: int = 1

    def give(self, back: int, now: datetime) -> str:
        """Replace a token; where its answer was lost that held the one after it, that one is forgotten."""
        kept = len(self.tokens) - back
        self.tokens, self.given = [*self.tokens[:kept], f"token {self.made}"], [*self.given[:kept], now]
        self.made, self.heard = self.made + 1, False
        return self.tokens[-1]

    def lets_in(self, back: int, now: datetime) -> bool:
        """Whether the token that was given out `back` tokens ago is taken."""
        if self.closed or now >= self.given[0] + timedelta(days=7) or now >= self.used + timedelta(hours=12):
            return False
        return back == 0 or (back == 1 and (now < self.given[-1] + timedelta(minutes=1) or not self.heard))


def _session() -> Session:
    return Session("s", "a", "token 0", None, _START, _START, _START, None, "", "")


@example([("use", 900.0), ("use", 900.0), ("use a very old one", 1.0)])
@example([("use", 900.0), ("use the old one", 900.0), ("use", 1.0), ("use the old one", 61.0)])
@given(_STEPS)
def test_a_token_is_taken_as_the_plain_rules_say(steps: list[tuple[str, float]]) -> None:
    """Whatever is done in whatever order; and until the next look, nothing changes by itself."""
    session, plain, now = _session(), _Plain([_START], _START), _START
    for what, seconds in steps:
        now += timedelta(seconds=seconds)
        back = {"use": 0, "use the old one": 1, "use a very old one": 2}.get(what)
        if back is None:
            session = replace(session, closed_at=session.closed_at or now)
            plain.closed = True
            continue
        if back >= len(plain.given):
            continue
        token = plain.tokens[-1 - back]
        standing = judge(session, token, now)
        assert standing.is_good is plain.lets_in(back, now)
        if not standing.is_good:
            continue
        if standing is not Standing.DUE:
            until = next_look(session, token)
            assert until > now
            assert judge(session, token, until - timedelta(microseconds=1)) is standing
            assert judge(session, token, until) is not standing
        if token == session.token:
            session, plain.heard = replace(session, taken_up=True), True
        if standing is Standing.DUE:
            new = plain.give(back, now)
            session = replace(session, token=new, previous=token, rotated_at=now, taken_up=False)
        session, plain.used = replace(session, seen_at=now), now


@given(st.timedeltas(timedelta(0), timedelta(days=400)))
def test_what_has_ended_stays_ended(later: timedelta) -> None:
    """No instant brings a session back."""
    for ended in (replace(_session(), closed_at=_START), _session()):
        end = _START + timedelta(hours=12)
        assert not is_open(ended, end + later)


def test_the_last_quarter_of_an_hour_may_be_a_short_one() -> None:
    """What is kept in memory of a session does not outlast its week."""
    end = _START + timedelta(days=7)
    session = replace(_session(), rotated_at=end - timedelta(minutes=5), seen_at=end - timedelta(minutes=5))
    assert next_look(session, "token 0") == end


def test_each_end_has_its_name() -> None:
    """What is told is why."""
    session = replace(_session(), seen_at=_START + timedelta(days=7))
    assert judge(session, "token 0", _START + timedelta(days=7)) is Standing.AGED
    assert judge(_session(), "token 0", _START + timedelta(hours=12)) is Standing.IDLE
    assert judge(_session(), "older", _START + timedelta(minutes=1)) is Standing.REUSED
    turned = replace(_session(), token="new", previous="old", taken_up=False)  # noqa: S106 - opens nothing
    assert judge(turned, "old", _START + timedelta(minutes=1)) is Standing.DUE
    assert judge(replace(turned, taken_up=True), "old", _START + timedelta(minutes=1)) is Standing.REUSED
    assert judge(replace(session, closed_at=_START), "token 0", _START) is Standing.CLOSED
