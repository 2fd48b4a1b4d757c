"""What may become of an account."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.access import RIGHTS, Principal, Role
from tocsin.domain.account import Account, altered, differences, disabled, fold_password, read_name, read_password
from tocsin.domain.errors import InvalidInputError, LastAdminError, NotAllowedError

_NOW = datetime(2026, 11, 1, tzinfo=UTC)
_THEATERS = st.none() | st.frozensets(st.sampled_from(["mali", "tunisia"]))
_ACCOUNTS = st.builds(
    Account,
    id=st.just("a"),
    name=st.sampled_from(["ada", "bob"]),
    role=st.sampled_from(Role),
    theaters=_THEATERS,
    password=st.sampled_from(["one", "two"]),
    identity=st.none(),
    created_at=st.just(_NOW),
    disabled_at=st.sampled_from([None, _NOW]),
)
_ACTORS = st.builds(Principal, st.just("eve"), st.sampled_from(Role), _THEATERS)


def _sees(who: Principal | Account) -> set[tuple[str, str]]:
    """What somebody may do where, written out; `everywhere` stands for theaters that are yet to come."""
    theaters = {"mali", "tunisia", "everywhere"} if who.theaters is None else who.theaters
    return {(right, theater) for right in [*RIGHTS[who.role], "be"] for theater in [*theaters, "nowhere"]}


@given(_ACCOUNTS, _ACCOUNTS, st.lists(_ACCOUNTS, max_size=3), _ACTORS)
def test_a_change_is_within_what_its_maker_has_and_leaves_an_administrator(
    before: Account, wanted: Account, others: list[Account], actor: Principal
) -> None:
    """By rights and theaters written out as a set; otherwise it is refused."""
    within = _sees(before) | _sees(wanted) <= _sees(actor)
    try:
        after = altered(before, others, actor, lambda _: wanted)
    except NotAllowedError:
        assert not within
    except LastAdminError:
        assert before.keeps_the_door
        assert not any(item.keeps_the_door for item in [*others, wanted])
    else:
        assert within
        assert after == wanted
        assert not before.keeps_the_door or any(item.keeps_the_door for item in [*others, after])


@given(_ACCOUNTS, _ACCOUNTS)
def test_the_audit_tells_each_difference_and_no_password(before: Account, after: Account) -> None:
    """Nothing where nothing is different."""
    told = differences(before, replace(after, name=before.name))
    assert ("password" in told) is (before.password != after.password)
    assert (not told) is (before == replace(after, name=before.name))
    assert not {"one", "two"} & {str(value) for value in told.values()}


def test_since_when_an_account_is_disabled_stays() -> None:
    """Disabling it again does not make it later."""
    account = Account("a", "ada", Role.VIEWER, None, None, None, _NOW, _NOW)
    assert disabled(account, datetime(2027, 1, 1, tzinfo=UTC)) == account


@pytest.mark.parametrize("name", ["", " ", "key:1", "-x", "a" * 65, "ада", "a b", "x\n1"])
@pytest.mark.fault(4)
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    """So nobody is mistaken for a key, or for somebody with letters that look alike."""
    with pytest.raises(InvalidInputError, match="name is"):
        read_name(name)


@pytest.mark.parametrize("password", ["", "eleven char", "a" * 12, "long-enough-name", "x" * 256 + "y"])
@pytest.mark.fault(4)
def test_a_password_that_cannot_be_is_refused_and_not_repeated(password: str) -> None:
    """Too short, too long, one letter, or the name."""
    with pytest.raises(InvalidInputError) as refused:
        read_password(password, "long-enough-name")
    assert not password or password not in str(refused.value)


def test_the_same_letters_are_the_same_password() -> None:
    """However a keyboard sends them."""
    assert fold_password("cafe\u0301 ﬁne") == fold_password("caf\u00e9 fine")


def test_a_password_with_half_a_character_is_refused() -> None:
    """No keyboard sends one, and nothing that hashes could take it; it is not repeated."""
    with pytest.raises(InvalidInputError, match="half a character") as refused:
        read_password("\ud800 and eleven more", "ada")
    assert "eleven" not in str(refused.value)
