"""Who is at the keyboard."""

from __future__ import annotations

import getpass
import os


def author() -> str:
    """The user's name, or number where the system knows no name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"
