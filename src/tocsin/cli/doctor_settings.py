"""What the doctor says of settings: each with its value and where that comes from, and names that are none."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass

from tocsin.bootstrap.mail import read_mail
from tocsin.bootstrap.service import catalog_folder
from tocsin.cli.doctor_look import Unwell
from tocsin.settings import Settings

_PREFIX = "TOCSIN_"
_FILE = "_FILE"
_HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting in force; a secret's value is not shown."""

    variable: str
    value: str
    where: str


def settings_in_force(settings: Settings) -> list[Setting]:
    """Every setting, in the order of their names."""
    in_effect = {
        "backups": settings.backup_folder,
        "catalog": catalog_folder(settings),
        "compile_cache": settings.cache_folder,
    }
    found = []
    for name in sorted(type(settings).model_fields):
        value = in_effect.get(name, getattr(settings, name))
        shown = _HIDDEN if hasattr(value, "get_secret_value") else "not set" if value is None else str(value)
        found.append(Setting(f"{_PREFIX}{name.upper()}", shown, _where(f"{_PREFIX}{name.upper()}")))
    return found


def _where(variable: str) -> str:
    if variable in _variables():
        return "environment"
    named = os.environ.get(f"{variable}{_FILE}")
    return "default" if named is None else f"file {named}"


def _variables() -> set[str]:
    return {name.upper() for name in os.environ if name.upper().startswith(_PREFIX)}


def mail_server(settings: Settings) -> str:
    """By what notices go out as e-mail; InvalidInputError where it is set up in part or cannot be."""
    found = read_mail(settings)
    if found is None:
        return "none is set, so notices do not go out as e-mail"
    return f"{found.host}:{found.port} by {found.security}, from {found.sender}"


def unknown_variables() -> str | Unwell:
    """Variables that look like settings and are none: a slip of the keyboard that would go unnoticed."""
    known = {f"{_PREFIX}{name.upper()}" for name in Settings.model_fields}
    strange = sorted(name for name in _variables() if name not in known and name.removesuffix(_FILE) not in known)
    if strange:
        told = []
        for name in strange:
            near = difflib.get_close_matches(name, known, n=1)
            told.append(f"{name} (did you mean {near[0]}?)" if near else name)
        message = f"no such setting, so it changes nothing: {', '.join(told)}; unset it, or set the one that is meant"
        return Unwell(message)
    return f"{len(_variables())} in the environment, all known"
