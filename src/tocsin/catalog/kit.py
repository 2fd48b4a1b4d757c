"""Where the declarations that ship with Tocsin are."""

from __future__ import annotations

from pathlib import Path

from tocsin.domain.errors import InvalidDeclarationError, Problem

_PACKAGE = Path(__file__).resolve().parents[1]


def find_kit(package: Path = _PACKAGE) -> Path:
    """The folder of the shipped `models/` and `indicators/`: in the wheel, or at the root of a checkout."""
    candidates = (package / "kit", package.parents[1])
    for folder in candidates:
        if (folder / "models").is_dir() and (folder / "indicators").is_dir():
            return folder
    places = " or ".join(str(folder) for folder in candidates)
    raise InvalidDeclarationError(
        [
            Problem(
                "",
                None,
                "the shipped kit",
                "missing",
                f"models/ and indicators/ in {places}; reinstall Tocsin",
            )
        ]
    )
