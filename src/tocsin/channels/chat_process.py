"""One attempt by Apprise: takes what to say from standard input as JSON, and prints why it failed, or null."""

from __future__ import annotations

import json
import math
import re
import signal
import sys
from typing import TYPE_CHECKING, Any

from apprise import Apprise, AppriseAsset, AppriseResultStatus, NotifyFormat, PersistentStoreMode

if sys.platform == "linux":
    import resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apprise import AppriseResult

_MOST_BYTES = 512 * 1024 * 1024
"""What this process may take of memory; Apprise needs 200 MiB of addresses, and reads answers whole."""
_STATUS = re.compile(r"\berror=([1-5][0-9]{2})\b")


def main() -> None:
    """Make the attempt that standard input asks for."""
    asked = json.load(sys.stdin)
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    if sys.platform != "win32":
        signal.alarm(math.ceil(asked["seconds"]) + 1)  # whoever waits for us may have been killed
    sys.stdout.write("\n" + json.dumps({"reason": _attempt(asked)}) + "\n")


def _attempt(asked: Mapping[str, Any]) -> str | None:
    """Why nothing was sent, in words of our own as the library's may hold tokens; None where it was."""
    asset = AppriseAsset(
        app_id="Tocsin",
        allow_templates=False,
        async_mode=False,
        http_redirects=False,
        pem_autogen=False,
        pgp_autogen=False,
        service_timeout=asked["seconds"],
        storage_mode=PersistentStoreMode.MEMORY,
    )
    service = Apprise.instantiate(asked["address"], asset=asset)
    if service is None:
        return "the address is none that Apprise knows"
    if not service.verify_certificate:
        return "the address switches the check of certificates off (verify=no), so nothing is sent"
    service.redirects = False
    apprise = Apprise(asset=asset)
    apprise.add(service)
    sent = apprise.notify(title=asked["title"], body=asked["body"], body_format=NotifyFormat.TEXT)
    return None if sent else _failure(str(service.service_name), sent)


def _failure(name: str, sent: AppriseResult) -> str:
    if sent.status is AppriseResultStatus.TIMEOUT:
        return f"{name} took too long; it may have the message all the same"
    found = [match[1] for entry in sent.logs() if (match := _STATUS.search(entry.message))]
    return f"{name} does not take it{f': it answers {found[-1]}' if found else ', or cannot be reached'}"


if __name__ == "__main__":
    main()
