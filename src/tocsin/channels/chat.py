"""Chat: a message through one of the services that Apprise knows, at an address that an administrator set."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from tocsin.channels.connection import TOTAL_SECONDS, why
from tocsin.domain.delivery import Accepted, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.delivery import Destination, Message, Outcome

_PROGRAM = (sys.executable, "-P", "-m", "tocsin.channels.chat_process")


class ChatChannel:
    """Sends through Apprise, in a process of its own for each attempt.

    Only a process can be ended in time whatever a service's plugin does, has an environment without proxies, and takes
    with it what the plugins log, which may hold tokens.

    Apprise cannot promise exactly once: most services know no id that would tell a message sent twice from two.
    """

    def __init__(self, seconds: float = TOTAL_SECONDS) -> None:
        """Take how long an attempt may take, the start of its process included."""
        self._seconds = seconds

    def send(self, destination: Destination, message: Message, now: datetime) -> Outcome:  # noqa: ARG002 (inherited)
        """Send a message as subject and plain text, which each service turns into what it shows."""
        if find_spec("apprise") is None:
            return Refused("chat needs Apprise, which is not installed; run: pip install 'tocsin[chat]'")
        asked = {
            "address": destination.address,
            "title": message.subject,
            "body": message.text,
            "seconds": self._seconds,
        }
        try:
            done = subprocess.run(  # noqa: S603 (our own command; what is secret goes by its input)
                _PROGRAM,
                input=json.dumps(asked),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
                errors="replace",
                timeout=self._seconds,
                env=_environment(),
                check=False,
            )
        except subprocess.TimeoutExpired:
            caps = f"at most {self._seconds:g} s in all"
            return Refused(f"the chat service took too long ({caps}); it may have the message all the same")
        except OSError as error:
            return Refused(f"no process could be started for Apprise: {why(error)}")
        return _outcome(done.stdout)


_KEPT = {"PATH", "HOME", "TMPDIR", "TEMP", "TMP", "TZ", "LANG", "SYSTEMROOT", "LD_LIBRARY_PATH"} | {
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
}
_KEPT_FAMILIES = ("LC_", "PYTHON")


def _environment() -> dict[str, str]:
    """What Python and TLS need of ours: no secrets, no proxy, and nobody's passwords by machine."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _KEPT or name.upper().startswith(_KEPT_FAMILIES)
    }
    return kept | {"NO_PROXY": "*", "NETRC": os.devnull}


def _outcome(printed: str) -> Outcome:
    """What the process says in its last line; a plugin may have printed others."""
    try:
        reason = json.loads(printed.splitlines()[-1])["reason"]
    except (ValueError, LookupError, TypeError):
        return Refused("Apprise broke off; the chat service may have the message all the same")
    return Accepted("taken by the chat service") if reason is None else Refused(str(reason))
