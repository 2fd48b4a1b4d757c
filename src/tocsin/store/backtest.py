"""What backtests have made, as files beside the store.

It is no part of the record: it can be made again from the ledger, so it is in no table, no backup and no copy, and
nothing that answers, publishes, rings or scores reads here. Whoever wants it gone deletes the folder.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from tocsin.domain.backtest import Forecast
from tocsin.domain.diagnosis import Diagnosis
from tocsin.domain.errors import StoreError
from tocsin.domain.publication import BEGINNING, digest, exported, read_exported
from tocsin.store.durable import write_durably

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tocsin.domain.publication import Publication


class ForecastFolder:
    """The port `ForecastShelf`: one file a forecast, `<folder>/<theater>/<recipe>.json`.

    A file is named by everything that decides what is in it, so a changed theater, ledger, seed or library finds
    nothing of before.
    """

    def __init__(self, folder: Path) -> None:
        """The folder is made when the first forecast comes."""
        self._folder = folder

    def find(self, theater: str, recipe: str) -> Forecast | None:
        """What was made of that recipe; None where nothing was, or the file is damaged: then it is made again."""
        try:
            found = _read(self._path(theater, recipe).read_text(encoding="ascii"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        right = found.recipe == recipe and (found.statement is None or found.statement.theater == theater)
        return found if right else None

    def keep(self, theater: str, forecast: Forecast) -> None:
        """Keep it under its recipe, whole and on disk; StoreError where that is not possible."""
        path = self._path(theater, forecast.recipe)
        try:
            write_durably(path, _written(forecast).encode("ascii"))
        except OSError as error:
            message = f"the forecast of {forecast.origin} could not be kept in {path.parent}: {error}"
            raise StoreError(message) from error

    def _path(self, theater: str, recipe: str) -> Path:
        return self._folder / theater / f"{recipe}.json"


def _written(forecast: Forecast) -> str:
    """Two lines: the SHA-256 of the second, and all there is as JSON."""
    line = json.dumps(_content(forecast))
    return f"{digest(line)}\n{line}\n"


def _read(text: str) -> Forecast:
    """The forecast that such lines hold; ValueError, KeyError or TypeError where they hold none."""
    sha256, line = text.splitlines()
    if digest(line) != sha256:
        message = "it is not what its SHA-256 says"
        raise ValueError(message)
    return _forecast(json.loads(line))


def _content(forecast: Forecast) -> dict[str, object]:
    statement = forecast.statement
    return {
        "origin": forecast.origin.isoformat(),
        "recipe": forecast.recipe,
        "diagnosis": None if forecast.diagnosis is None else asdict(forecast.diagnosis),
        "rejections": list(forecast.rejections),
        # In the form of an exported publication, which gives back the same bits.
        "statement": None if statement is None else exported(statement.chained(None)),
        "seconds": forecast.seconds,
    }


def _forecast(content: Mapping[str, Any]) -> Forecast:
    return Forecast(
        origin=date.fromisoformat(content["origin"]),
        recipe=content["recipe"],
        diagnosis=None if content["diagnosis"] is None else Diagnosis(**content["diagnosis"]),
        rejections=tuple(content["rejections"]),
        statement=None if content["statement"] is None else _statement(content["statement"]),
        seconds=content["seconds"],
    )


def _statement(line: str) -> Publication:
    return replace(read_exported(line), number=0, previous=BEGINNING, sha256="")
