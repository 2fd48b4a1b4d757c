"""Whom an identity provider vouches for: the role that groups give, and the names of accounts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.access import RIGHTS, Role
from tocsin.domain.account import read_name
from tocsin.domain.errors import NotSignedInError
from tocsin.domain.identity import Identity, given_role, proposed_names

_ROLES = {"a": Role.VIEWER, "b": Role.ANALYST, "c": Role.OFFICER, "d": Role.ADMIN, "e": Role.VIEWER}
_GROUPS = st.frozensets(st.sampled_from("abcdexyz"))


@given(groups=_GROUPS, more=_GROUPS)
def test_another_group_never_takes_a_right_away(groups: frozenset[str], more: frozenset[str]) -> None:
    """And nobody has a role that none of their groups gives."""
    few, many = given_role(groups, _ROLES), given_role(groups | more, _ROLES)
    assert (few is None) is groups.isdisjoint(_ROLES)
    assert few is None or few in {_ROLES[group] for group in groups & _ROLES.keys()}
    assert few is None or (many is not None and RIGHTS[few] <= RIGHTS[many])


@given(
    names=st.lists(st.text(max_size=80) | st.text("ab1.", min_size=50, max_size=66)),
    subject=st.text("abc123 é", min_size=1),
)
def test_whatever_somebody_is_called_there_they_have_a_name_here(names: list[str], subject: str) -> None:
    """Two, of which the second is marked with their own identity; each is a name as accounts have it."""
    identity = Identity("https://id.example", subject, tuple(names), frozenset())
    first, second = proposed_names(identity)
    assert read_name(first) == first
    assert read_name(second) == second
    assert first != second
    other = proposed_names(Identity("https://id.example", subject + "2", tuple(names), frozenset()))
    assert second != other[1]


@pytest.mark.parametrize("subject", ["", "a\0b", "a\nb", "1" * 500])
def test_somebody_whom_no_account_could_keep_is_nobody(subject: str) -> None:
    """Nothing is cut off: two who begin alike would be one."""
    with pytest.raises(NotSignedInError, match="names nobody"):
        _ = Identity("https://id.example", subject, (), frozenset()).key
