"""Everything about who may do what, on one database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.store.account import AccountShelf
from tocsin.store.api_key import KeyShelf
from tocsin.store.password import Argon2Passwords
from tocsin.store.refusal import RefusalShelf
from tocsin.store.session import SessionShelf
from tocsin.store.sign_in import SignInShelf
from tocsin.usecases.access_ports import Access

if TYPE_CHECKING:
    from sqlalchemy import Engine


def open_access(engine: Engine) -> Access:
    """The adapters on a store whose tables are there already."""
    return Access(
        accounts=AccountShelf(engine),
        sessions=SessionShelf(engine),
        keys=KeyShelf(engine),
        sign_ins=SignInShelf(engine),
        refusals=RefusalShelf(engine),
        passwords=Argon2Passwords(),
    )
