"""Passwords as they are hashed in earnest."""

from __future__ import annotations

import time
from statistics import median

from argon2 import Parameters, extract_parameters
from argon2.low_level import Type, hash_secret_raw
from argon2.profiles import CHEAPEST

from tocsin.store.password import Argon2Passwords


def test_passwords_are_hashed_by_the_second_choice_of_rfc_9106() -> None:
    """Argon2id, 3 passes over 64 MiB in 4 lanes, 16 bytes of salt and 32 of hash."""
    kept = Argon2Passwords().hash("three short words")
    assert extract_parameters(kept) == Parameters(Type.ID, 19, 16, 32, 3, 65_536, 4)
    assert Argon2Passwords().verify(kept, "three short words")
    assert not Argon2Passwords().verify(kept, "three short word")
    assert not Argon2Passwords().outdated(kept)


def test_what_was_hashed_otherwise_is_verified_and_outdated() -> None:
    """So that parameters may change without asking anybody for a new password."""
    kept = Argon2Passwords(CHEAPEST).hash("three short words")
    assert Argon2Passwords().verify(kept, "three short words")
    assert Argon2Passwords().outdated(kept)


def test_a_name_that_there_is_not_costs_as_much_time_as_one_that_there_is() -> None:
    """And nothing is its password. A factor of 2 is for machines that are shared; without the work it is 1000."""
    passwords = Argon2Passwords()
    kept = passwords.hash("three short words")

    def seconds(known: str | None) -> float:
        began = time.thread_time() + time.perf_counter()
        assert not passwords.verify(known, "a wrong guess")
        return time.thread_time() + time.perf_counter() - began

    pairs = [(seconds(None), seconds(kept)) for _ in range(5)]
    assert 0.5 < median(nobody / somebody for nobody, somebody in pairs) < 2


def test_what_is_no_hash_verifies_nothing() -> None:
    """Whatever got into the column."""
    assert not Argon2Passwords().verify("plain words", "plain words")


def test_what_holds_a_password_is_told_apart_by_as_slow_a_hash() -> None:
    """The same parameters, written out; another salt or another content gives another."""
    passwords, content, salt = Argon2Passwords(), b'{"password": "three short words"}', b"0123456789abcdef"
    found = passwords.fingerprint(content, salt)
    assert found == hash_secret_raw(content, salt, 3, 65_536, 4, 32, Type.ID, 19).hex()
    cheap = Argon2Passwords(CHEAPEST)
    assert len({cheap.fingerprint(*sent) for sent in ((content, salt), (b"x", salt), (content, salt[::-1]))}) == 3
