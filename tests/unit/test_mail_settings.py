"""The settings of the mail server: all or nothing, and every problem at once, before a notice waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tocsin.bootstrap.mail import read_mail
from tocsin.channels.mail_server import MailServer
from tocsin.cli.doctor_settings import mail_server, settings_in_force
from tocsin.domain.errors import InvalidInputError
from tocsin.settings import Settings, read_settings

if TYPE_CHECKING:
    from pathlib import Path

_WHOLE = {
    "smtp_host": "mail.example",
    "smtp_user": "tocsin",
    "smtp_password": "opens nothing",
    "smtp_from": "tocsin@desk.example",
}


def _problems(**changed: str | None) -> dict[str, str]:
    with pytest.raises(InvalidInputError) as refused:
        read_mail(Settings(**_WHOLE | changed))
    assert "opens" not in str(refused.value)
    return {item.field: item.value for item in refused.value.problems}


def test_what_is_set_is_read_and_does_not_print_the_password() -> None:
    """STARTTLS unless something else is asked for."""
    found = read_mail(Settings(**_WHOLE))
    assert found == MailServer("mail.example", 587, "starttls", "tocsin@desk.example", "tocsin", "opens nothing")
    assert "opens nothing" not in repr(found)
    assert read_mail(Settings()) is None


def test_a_part_of_it_is_refused_and_every_missing_one_is_named() -> None:
    """Half of it would be found out by the first notice."""
    assert _problems(smtp_host=None, smtp_from=None, smtp_user=None) == {
        "TOCSIN_SMTP_HOST": "not set",
        "TOCSIN_SMTP_FROM": "not set",
        "TOCSIN_SMTP_USER": "not set",
    }
    assert _problems(smtp_password=None) == {"TOCSIN_SMTP_PASSWORD": "not set"}


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("host", "mail.example\r\nX: y", repr("mail.example\r\nX: y")),
        ("host", "https://mail.example", repr("https://mail.example")),
        ("from", "Tocsin <tocsin@desk.example>", repr("Tocsin <tocsin@desk.example>")),
        ("from", "a@b\nBcc: c@d", repr("a@b\nBcc: c@d")),
        ("user", "töcsin", repr("töcsin")),
        ("password", "öpens", repr("not shown")),
        ("security", "none", repr("none")),
    ],
)
def test_what_cannot_be_is_refused_by_the_variables_name(name: str, value: str, shown: str) -> None:
    """What could begin another command, what SMTP cannot say, and a password that others could read."""
    assert _problems(**{f"smtp_{name}": value}) == {f"TOCSIN_SMTP_{name.upper()}": shown}


def test_the_password_may_lie_in_a_file_and_the_doctor_hides_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As every other secret; the doctor lists each setting."""
    file = tmp_path / "password"
    file.write_text("opens nothing\n")
    monkeypatch.setenv("TOCSIN_SMTP_PASSWORD_FILE", str(file))
    settings = read_settings()
    assert settings.credential("smtp_password") == "opens nothing"
    listed = {item.variable: item.value for item in settings_in_force(settings)}
    assert (listed["TOCSIN_SMTP_PASSWORD"], listed["TOCSIN_SMTP_PORT"]) == ("***", "587")


def test_the_doctor_says_by_what_mail_goes_out() -> None:
    """Or that none does, or what is missing."""
    assert mail_server(Settings(**_WHOLE)) == "mail.example:587 by starttls, from tocsin@desk.example"
    assert "do not go out as e-mail" in mail_server(Settings())
    with pytest.raises(InvalidInputError, match="TOCSIN_SMTP_HOST"):
        mail_server(Settings(**_WHOLE | {"smtp_host": None}))
