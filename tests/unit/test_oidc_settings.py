"""The settings of sign-in by OpenID Connect: all or nothing, and every problem at once, before anybody is answered."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tocsin.bootstrap.oidc import read_oidc
from tocsin.cli.web import greet
from tocsin.domain.access import Role
from tocsin.domain.errors import InvalidInputError
from tocsin.settings import Settings, read_settings

if TYPE_CHECKING:
    from pathlib import Path

_WHOLE = {
    "oidc_issuer": "https://id.example/realm",
    "oidc_client_id": "tocsin",
    "oidc_client_secret": "opens nothing",
    "oidc_redirect": "https://tocsin.example/api/v1/session/oidc/callback",
    "oidc_roles": "watch=officer, desk = analyst,cn=chiefs=admin",
}
_PROGRAM = """
import sys
import tocsin.web.serve
from tocsin.settings import Settings
from tocsin.web.oidc import open_oidc
assert open_oidc(Settings()) is None
print(sorted({"cryptography", "joserfc", "tocsin.web.oidc_client", "tocsin.web.oidc_token"} & set(sys.modules)))
"""


def _problems(**changed: str | None) -> dict[str, str]:
    with pytest.raises(InvalidInputError) as refused:
        read_oidc(Settings(**_WHOLE | changed))
    return {item.field: item.value for item in refused.value.problems}


def test_what_is_set_is_read() -> None:
    """Names of groups may hold an equals sign; blanks around them do not count."""
    found = read_oidc(Settings(**_WHOLE))
    assert found is not None
    assert found.roles == {"watch": Role.OFFICER, "desk": Role.ANALYST, "cn=chiefs": Role.ADMIN}
    assert found.role_claim == "groups"
    assert "opens nothing" not in repr(found)


def test_a_part_of_it_is_refused_and_every_missing_one_is_named() -> None:
    """Half of it would look as if it worked."""
    with pytest.raises(InvalidInputError) as refused:
        read_oidc(Settings(oidc_issuer="https://id.example"))
    assert {item.field for item in refused.value.problems} == {
        "TOCSIN_OIDC_CLIENT_ID",
        "TOCSIN_OIDC_CLIENT_SECRET",
        "TOCSIN_OIDC_REDIRECT",
        "TOCSIN_OIDC_ROLES",
    }


@pytest.mark.parametrize(
    "issuer",
    [
        "http://id.example",
        "id.example",
        "https://",
        "https://id.example?a",
        "https://a:b@id.example",
        "http://127.0.0.1.id.example",
    ],
)
def test_an_issuer_that_others_could_speak_for_is_refused(issuer: str) -> None:
    """Over http only this machine is one."""
    assert _problems(oidc_issuer=issuer) == {"TOCSIN_OIDC_ISSUER": repr(issuer)}


@pytest.mark.parametrize(
    "address",
    [
        "http://tocsin.example/api/v1/session/oidc/callback",
        "https://tocsin.example/",
        "https://[a/api/v1/session/oidc/callback",
    ],
)
def test_a_redirect_that_is_not_our_callback_is_refused(address: str) -> None:
    """The provider would send codes there."""
    assert _problems(oidc_redirect=address) == {"TOCSIN_OIDC_REDIRECT": repr(address)}


@pytest.mark.parametrize(
    ("roles", "part"),
    [("watch=chief", "watch=chief"), ("watch", "watch"), ("a=viewer,a=admin", "a=admin"), ("a=viewer,", "")],
)
def test_a_mapping_that_cannot_be_is_refused(roles: str, part: str) -> None:
    """An unknown role, a group without one, or one twice."""
    assert _problems(oidc_roles=roles) == {"TOCSIN_OIDC_ROLES": repr(part) if part else "not set"}


def test_without_the_extra_it_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """At the start, by the process that would start those that answer; nothing is made before."""
    monkeypatch.setattr("tocsin.bootstrap.oidc.find_spec", lambda name: None if name == "joserfc" else name)
    with pytest.raises(InvalidInputError, match=r"pip install 'tocsin\[oidc\]'"):
        greet(Settings(home=tmp_path, **_WHOLE))


def test_the_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As every other."""
    file = tmp_path / "secret"
    file.write_text("from a file\n")
    monkeypatch.setenv("TOCSIN_OIDC_CLIENT_SECRET_FILE", str(file))
    assert read_settings().credential("oidc_client_secret") == "from a file"


def test_without_a_provider_nothing_that_asks_it_or_verifies_is_loaded() -> None:
    """By the web process, which is to stay small."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
