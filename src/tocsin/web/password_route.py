"""Writes whose bodies hold passwords: of such a body nothing is kept from which one could be guessed quickly."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, override

from anyio import to_thread

from tocsin.domain.errors import ServerBusyError
from tocsin.web.hashing import hashing
from tocsin.web.heavy import RETRY_SECONDS
from tocsin.web.idempotency import KeyedRoute, head_of
from tocsin.web.means import means_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import Request

_SALT_BYTES = 16
_REFUSED = 400


class PasswordRoute(KeyedRoute):
    """A keyed route whose record of a request is as hard to guess from as that of an account."""

    @override
    async def tell_apart(self, request: Request, body: BinaryIO, asker: str, key: str) -> str:
        """Argon2id of the body, under a salt that no other key of anybody has.

        SHA-256 would do for what nobody can guess, and a password can be: whoever reads the store would try millions a
        second. Nobody has two computed at once, as each takes what a sign-in takes, and those who sign in wait for it.
        """
        salt = hashlib.sha256("\n".join((asker, key, *head_of(request))).encode()).digest()[:_SALT_BYTES]
        passwords = (await means_of(request)).service.access.passwords
        with _alone(request, asker):
            return await to_thread.run_sync(partial(passwords.fingerprint, body.read(), salt), limiter=hashing(request))


@contextmanager
def _alone(request: Request, asker: str) -> Iterator[None]:
    """ServerBusyError where a request of the same account or key is being told apart already."""
    state = request.app.state
    if not hasattr(state, "told_apart"):
        state.told_apart = set()
    names: set[str] = state.told_apart
    if asker in names:
        raise ServerBusyError("yours", RETRY_SECONDS)
    names.add(asker)
    try:
        yield
    finally:
        names.discard(asker)
