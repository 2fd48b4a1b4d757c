"""What the tests of channels share: a receiver on the loopback that says what it is told to say."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from support.feed_server import FeedServer, feed_server, self_signed

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def receiver() -> Iterator[FeedServer]:
    """It takes posts as well."""
    with feed_server() as started:
        yield started


@pytest.fixture(scope="session")
def system_tls() -> ssl.SSLContext:
    """Whom this machine believes, which is nobody of these tests."""
    return ssl.create_default_context()


@pytest.fixture(scope="session")
def own_tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server that signed its own certificate, and of a client that believes it."""
    return self_signed(tmp_path_factory.mktemp("certificate"))
