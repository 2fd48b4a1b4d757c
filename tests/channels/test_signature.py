"""Signatures are those of the Standard Webhooks specification, as its own library makes and judges them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from support.messages import SECRET
from tocsin.channels.signature import read_secret, signature
from tocsin.domain.errors import InvalidInputError

_KEY = st.binary(min_size=24, max_size=64)


def _secret(key: bytes) -> str:
    return f"whsec_{base64.b64encode(key).decode()}"


@given(_KEY, st.text(alphabet="0123456789abcdef", min_size=1), st.integers(0, 2**32), st.text())
def test_a_signature_is_that_of_an_independent_library(key: bytes, message: str, timestamp: int, body: str) -> None:
    """Of any key, id, instant and body."""
    body = body.encode("utf-8", "replace").decode()
    theirs = Webhook(_secret(key)).sign(message, datetime.fromtimestamp(timestamp, UTC), body)
    assert signature(read_secret(_secret(key)), message, timestamp, body.encode()) == theirs


@given(_KEY)
def test_a_secret_is_read_with_and_without_its_padding(key: bytes) -> None:
    """Receivers take both."""
    assert read_secret(_secret(key)) == read_secret(_secret(key).rstrip("=")) == key


@pytest.mark.parametrize(
    "secret",
    [
        SECRET.removeprefix("whsec_"),
        _secret(b"x" * 23),
        _secret(b"x" * 65),
        "whsec_",
        "",
        f"whsec_{'*' * 40}",
        f"{SECRET}\n",
        f"whsec_{'ä' * 40}",
        f"whsk_{base64.b64encode(b'x' * 32).decode()}",
    ],
)
def test_a_secret_of_another_form_is_refused_and_not_shown(secret: str) -> None:
    """Whoever sets it hears what is accepted."""
    with pytest.raises(InvalidInputError) as refused:
        read_secret(secret)
    told = str(refused.value)
    assert told == "secret is not of this form; accepted: whsec_ and then 24 to 64 random bytes in base64"


def test_no_secret_is_said_to_be_none() -> None:
    """Nothing is sent without a signature."""
    with pytest.raises(InvalidInputError, match="secret is not set"):
        read_secret(None)
