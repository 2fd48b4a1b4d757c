"""Passwords, hashed by Argon2id."""

from __future__ import annotations

from argon2 import Parameters, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import hash_secret_raw
from argon2.profiles import RFC_9106_LOW_MEMORY

# A hash of nothing that anybody knows, in the form that Argon2 has for it: 16 bytes of salt and 32 of hash, all zero.
_SALT, _HASH = 22 * "A", 43 * "A"
_FINGERPRINT_BYTES = 32


class Argon2Passwords:
    """The port `Passwords`, with the second choice of RFC 9106: 3 passes over 64 MiB in 4 lanes."""

    def __init__(self, parameters: Parameters = RFC_9106_LOW_MEMORY) -> None:
        """Hash by other parameters where given; what was hashed before is verified by its own."""
        self._parameters = parameters
        self._hasher = PasswordHasher.from_parameters(parameters)
        # Whoever tries a name that there is not waits as long as with one that there is.
        self._nobodys = (
            f"$argon2id$v={parameters.version}$m={parameters.memory_cost},t={parameters.time_cost},"
            f"p={parameters.parallelism}${_SALT}${_HASH}"
        )

    def hash(self, password: str) -> str:
        """What is kept of a password."""
        return self._hasher.hash(password)

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether it is the password; without any kept, no, after as much work as with one."""
        try:
            # Half a character, which no UTF-8 can hold, is in no password that is kept; what it is costs the same time.
            typed = password.encode("utf-8", "surrogatepass")
            self._hasher.verify(self._nobodys if kept is None else kept, typed)
        except (InvalidHashError, VerificationError):
            return False
        return kept is not None

    def outdated(self, kept: str) -> bool:
        """Whether it would be hashed otherwise today."""
        return self._hasher.check_needs_rehash(kept)

    def fingerprint(self, content: bytes, salt: bytes) -> str:
        """What tells something that holds a password apart, in 64 digits that are as hard to guess from as `hash`."""
        by = self._parameters
        return hash_secret_raw(
            content,
            salt,
            time_cost=by.time_cost,
            memory_cost=by.memory_cost,
            parallelism=by.parallelism,
            hash_len=_FINGERPRINT_BYTES,
            type=by.type,
            version=by.version,
        ).hex()
