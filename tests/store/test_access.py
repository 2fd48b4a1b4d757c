"""Accounts, sessions, keys and attempts to sign in, on a real database."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from support.access import CHEAP, OPERATOR, PASSWORD
from tocsin.domain.access import Role
from tocsin.domain.errors import InvalidInputError, LastAdminError, NotSignedInError, StoreError, UnknownNameError
from tocsin.domain.event import Event, EventKind
from tocsin.domain.session import digest, judge
from tocsin.store.access import open_access
from tocsin.store.engine import reading
from tocsin.store.event import EventShelf
from tocsin.store.tables import api_key, sign_in_attempt
from tocsin.store.tables import session as session_table
from tocsin.usecases.add_account import add_account
from tocsin.usecases.change_account import change_account, set_password
from tocsin.usecases.identify import identify_session
from tocsin.usecases.make_key import make_key
from tocsin.usecases.open_session import Visitor, open_session
from tocsin.usecases.sign_in import admit, sign_in
from tocsin.usecases.sign_out import close_session

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tocsin.domain.account import Account
    from tocsin.usecases.access_ports import Access

_NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
_HERE = Visitor("192.0.2.1", "a browser")


@pytest.fixture
def access(engine: Engine) -> Access:
    """Everything about access, hashing for little."""
    return replace(open_access(engine), passwords=CHEAP)


def _add(access: Access, name: str, role: Role = Role.VIEWER, *, first: bool = False) -> Account:
    return add_account(name, PASSWORD, role=role, theaters=None, actor=OPERATOR, access=access, now=_NOW, first=first)


def test_what_is_written_is_read_again(access: Access) -> None:
    """Every field, of an account, a session and a key."""
    account = add_account(
        "ada",
        PASSWORD,
        role=Role.OFFICER,
        theaters=frozenset({"mali", "tunisia"}),
        actor=OPERATOR,
        access=access,
        now=_NOW,
        identity="https://id.example 1",
    )
    assert access.accounts.named("ada") == access.accounts.identified("https://id.example 1") == account
    assert access.accounts.accounts() == [account]
    opened = open_session(account, _HERE, access=access, now=_NOW)
    assert opened is not None
    assert access.sessions.find(digest(opened.token)) == (opened.session, account)
    made = make_key(
        "x", role=Role.VIEWER, theaters=None, expires_at=_NOW + timedelta(1), actor=OPERATOR, access=access, now=_NOW
    )
    assert access.keys.find(made.key.id) == made.key
    assert access.keys.every() == [made.key]


def test_no_secret_is_in_the_store(access: Access, engine: Engine) -> None:
    """Whoever reads a backup cannot sign in with it."""
    account = _add(access, "ada")
    opened = open_session(account, _HERE, access=access, now=_NOW)
    made = make_key("x", role=Role.VIEWER, theaters=None, expires_at=None, actor=OPERATOR, access=access, now=_NOW)
    assert opened is not None
    with reading(engine) as connection:
        rows = [connection.execute(select(table)).all() for table in (session_table, api_key)]
    kept = repr(rows) + repr(access.accounts.accounts()[0].password) + repr(EventShelf(engine).after(0, 100))
    for secret in (opened.token, made.text, made.text[20:84], PASSWORD):
        assert secret not in kept
    assert PASSWORD not in repr(account)
    assert opened.token not in repr(opened)
    assert made.text not in repr(made)


def test_of_two_accounts_of_one_name_one_is_made(access: Access) -> None:
    """Upper case does not make another; the audit has one."""
    _add(access, "ada")
    with pytest.raises(InvalidInputError, match="a name that no account has"):
        _add(access, "ADA")


def test_of_many_first_accounts_at_once_one_is_made(access: Access, engine: Engine) -> None:
    """Two processes that start together do not make two administrators."""

    def attempt(number: int) -> bool:
        try:
            _add(access, f"admin{number}", Role.ADMIN, first=True)
        except InvalidInputError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(8))) == 1
    assert len(access.accounts.accounts()) == 1
    assert len(EventShelf(engine).after(0, 100, [EventKind.ACCOUNT_CHANGED])) == 1


def test_of_two_administrators_who_disable_each_other_one_stays(access: Access) -> None:
    """However close together: what is decided is decided under the writer's lock."""
    for name in ("eve", "ida"):
        _add(access, name, Role.ADMIN)

    def disable(name: str) -> bool:
        try:
            change_account(name, lambda item: replace(item, disabled_at=_NOW), actor=OPERATOR, access=access, now=_NOW)
        except LastAdminError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(disable, ("eve", "ida"))) == [False, True]
    assert sum(item.keeps_the_door for item in access.accounts.accounts()) == 1


def test_a_session_is_not_opened_for_what_was_changed_while_the_password_was_verified(access: Access) -> None:
    """Another password or a disabled account counts although the old hash was matched."""
    read = _add(access, "ada")
    set_password("ada", "entirely other words", actor=OPERATOR, access=access, now=_NOW)
    assert open_session(read, _HERE, access=access, now=_NOW) is None
    again = access.accounts.named("ada")
    assert again is not None
    change_account("ada", lambda item: replace(item, disabled_at=_NOW), actor=OPERATOR, access=access, now=_NOW)
    assert open_session(again, _HERE, access=access, now=_NOW) is None
    assert access.sessions.unclosed() == []


def test_an_unknown_account_is_told(access: Access) -> None:
    """With those that there are."""
    _add(access, "ada")
    with pytest.raises(UnknownNameError, match="no account named 'bob'; known: ada"):
        set_password("bob", "entirely other words", actor=OPERATOR, access=access, now=_NOW)


def test_a_password_of_older_parameters_is_hashed_anew_at_the_next_sign_in(access: Access, engine: Engine) -> None:
    """The session is opened all the same, and the password stays the same."""

    class Stricter:
        """As the cheap ones, which count as outdated."""

        verify = staticmethod(CHEAP.verify)
        hash = staticmethod(CHEAP.hash)

        @staticmethod
        def outdated(_: str) -> bool:
            """Whatever it is."""
            return True

    before = _add(access, "ada").password
    stricter = replace(access, passwords=Stricter())
    for _ in range(2):
        attempt = admit("ada", "192.0.2.1", access=stricter, now=_NOW)
        sign_in("ada", PASSWORD, attempt, _HERE, access=stricter, now=_NOW)
    after = access.accounts.named("ada")
    assert after is not None
    assert after.password != before
    assert len(access.sessions.unclosed()) == 2
    assert EventShelf(engine).after(0, 100)[-1].detail == {"password": "hashed anew"}


def test_attempts_are_forgotten_after_an_hour(access: Access, engine: Engine) -> None:
    """The table does not grow with what is tried."""
    for minutes in range(0, 180, 3):
        admit(f"name{minutes}", f"192.0.2.{minutes}", access=access, now=_NOW + timedelta(minutes=minutes))
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(sign_in_attempt)).scalar_one() <= 21


def test_of_two_requests_with_a_token_that_is_due_one_gets_the_new_one(access: Access) -> None:
    """The other is let in by the old one; there are no two tokens that go on."""
    opened = open_session(_add(access, "ada"), _HERE, access=access, now=_NOW)
    assert opened is not None
    due = _NOW + timedelta(minutes=15)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: identify_session(opened.token, access=access, now=due), range(8)))
    assert {item.principal.name for item in found} == {"ada"}
    assert sum(item.token is not None for item in found) == 1


def test_a_store_that_takes_no_writes_signs_nobody_out(access: Access) -> None:
    """The token stays as it is for a while."""
    opened = open_session(_add(access, "ada"), _HERE, access=access, now=_NOW)
    assert opened is not None

    class Full:
        """Sessions on a disk that is full."""

        find = staticmethod(access.sessions.find)

        @staticmethod
        def rotate(*_: object) -> bool:
            """As it fails."""
            msg = "the disk is full"
            raise StoreError(msg)

    full = replace(access, sessions=Full())  # type: ignore[arg-type]
    found = identify_session(opened.token, access=full, now=_NOW + timedelta(minutes=15))
    assert (found.principal.name, found.token) == ("ada", None)


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["use", "old", "older", "close", "disable", "enable"]),
        st.sampled_from([0, 30, 59, 60, 899, 900, 43_199, 43_200, 200_000]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_STEPS)
def test_a_session_in_the_store_lives_as_the_rules_say(access: Access, steps: list[tuple[str, int]]) -> None:
    """Whatever is done with it in whatever order, told by the plain rules from instants alone."""
    name = f"a{len(access.accounts.accounts())}"
    account = _add(access, name)
    if not any(item.keeps_the_door for item in access.accounts.accounts()):
        _add(access, "root", Role.ADMIN)
    opened = open_session(account, _HERE, access=access, now=_NOW)
    assert opened is not None
    tokens, turned, used, now = [opened.token], [_NOW], _NOW, _NOW
    ended = closed = disabled = False
    heard = True
    for what, seconds in steps:
        now += timedelta(seconds=seconds)
        ended = ended or closed or now - _NOW >= timedelta(days=7) or now - used >= timedelta(hours=12)
        back = {"use": 1, "old": 2, "older": 3}.get(what)
        if what == "close" and not ended and not disabled:
            close_session(opened.session.id, account.principal(), access=access, now=now)
            closed = True
        elif what in {"disable", "enable"}:
            at = now if what == "disable" else None
            change_account(
                name, lambda item, at=at: replace(item, disabled_at=at), actor=OPERATOR, access=access, now=now
            )
            closed = closed or (at is not None and not disabled)
            disabled = at is not None
        elif back is not None and back <= len(tokens):
            late = now - turned[-1] >= timedelta(minutes=1)
            good = not ended and not closed and (back == 1 or (back == 2 and not (late and heard)))
            if not good:
                with pytest.raises(NotSignedInError) as refused:
                    identify_session(tokens[-back], access=access, now=now)
                assert "not known" not in str(refused.value)  # so it is told from one that somebody makes up
                continue
            found = identify_session(tokens[-back], access=access, now=now)
            heard = heard or back == 1
            due = now - turned[-1] >= timedelta(minutes=15) if back == 1 else late
            assert (found.token is not None) is due
            access.sessions.note_seen({opened.session.id: now})
            used = now
            if found.token is not None:
                # Sent by the former token, the answer that held the one after it was lost.
                tokens, turned = [*tokens[: len(tokens) - back + 1], found.token], [*turned[: 1 - back or None], now]
                heard = False


def test_the_last_use_never_goes_back(access: Access, engine: Engine) -> None:
    """Two processes write it in any order."""
    opened = open_session(_add(access, "ada"), _HERE, access=access, now=_NOW)
    made = make_key("x", role=Role.VIEWER, theaters=None, expires_at=None, actor=OPERATOR, access=access, now=_NOW)
    assert opened is not None
    before = EventShelf(engine).last()
    for minutes in (5, 3):
        at = _NOW + timedelta(minutes=minutes)
        access.sessions.note_seen({opened.session.id: at})
        access.keys.note_used({made.key.id: at})
    ((session, _),) = access.sessions.unclosed()
    (key,) = access.keys.every()
    assert session.seen_at == key.used_at == _NOW + timedelta(minutes=5)
    assert judge(session, session.token, _NOW + timedelta(hours=12)).is_good
    assert EventShelf(engine).last() == before


def test_of_many_who_tell_one_refusal_at_once_one_does(access: Access, engine: Engine) -> None:
    """What is looked for before the writer's lock is looked for again under it."""
    together = threading.Barrier(6)
    event = Event(EventKind.CREDENTIAL_REFUSED, _NOW, "", "k", "key:k", {"why": "revoked"})

    def tell(_: int) -> None:
        together.wait(timeout=30)
        access.refusals.note(event, _NOW - timedelta(hours=1))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(tell, range(6)))
    assert len(EventShelf(engine).after(0, 100)) == 1


def test_a_token_that_was_replaced_is_not_replaced_again(access: Access) -> None:
    """Whoever read the session before the other wrote comes too late."""
    opened = open_session(_add(access, "ada"), _HERE, access=access, now=_NOW)
    assert opened is not None
    assert access.sessions.rotate(opened.session, opened.session.token, digest("second"), _NOW)
    assert not access.sessions.rotate(opened.session, opened.session.token, digest("third"), _NOW)
    assert access.sessions.find(digest("second")) is not None


def test_an_answer_that_is_lost_signs_nobody_out(access: Access) -> None:
    """The former token is taken until the new one is sent, and is replaced anew; then it is not good any more."""
    opened = open_session(_add(access, "ada"), _HERE, access=access, now=_NOW)
    assert opened is not None
    lost = identify_session(opened.token, access=access, now=_NOW + timedelta(minutes=15))
    later = _NOW + timedelta(hours=2)
    again = identify_session(opened.token, access=access, now=later)
    assert None not in {lost.token, again.token}
    assert lost.token != again.token
    assert identify_session(again.token or "", access=access, now=later).principal.name == "ada"
    for token in (opened.token, lost.token or ""):
        with pytest.raises(NotSignedInError, match="goes on with another token"):
            identify_session(token, access=access, now=later + timedelta(minutes=1))


def test_a_token_that_was_replaced_twice_is_in_the_audit(access: Access, engine: Engine) -> None:
    """Somebody has it who should not; one that was made up is only refused."""
    opened = open_session(_add(access, "ada"), _HERE, access=access, now=_NOW)
    assert opened is not None
    token, now = opened.token, _NOW
    for _ in range(3):
        now += timedelta(minutes=15)
        token = identify_session(token, access=access, now=now).token or ""
    for sent in (opened.token, "made up"):
        with pytest.raises(NotSignedInError):
            identify_session(sent, access=access, now=now)
    told = EventShelf(engine).after(0, 100, [EventKind.CREDENTIAL_REFUSED])
    assert [(event.subject, event.actor, event.detail["why"]) for event in told] == [
        (opened.session.id, "ada", "reused")
    ]
