"""An ensemble as one Zarr zip, never pickled. Imports no sampler, so that the web process can read what it serves."""

from __future__ import annotations

import io
import tempfile
import zipfile
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr
from zarr.storage import ZipStore

from tocsin.domain.errors import DamagedArtifactError
from tocsin.ensemble.draws import Draws
from tocsin.ensemble.ensemble import Ensemble
from tocsin.ensemble.futures import Futures

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
"""Raised when the layout changes; other formats are refused."""


class ZarrDraws:
    """Encodes and decodes an ensemble."""

    def encode(self, ensemble: Ensemble) -> bytes:
        """The ensemble as the bytes of a Zarr zip: groups `draws` and `futures`, one array a field."""
        with tempfile.TemporaryDirectory(prefix="tocsin-") as folder:
            path = Path(folder) / "draws.zarr.zip"
            with ZipStore(path, mode="w") as store:
                root = zarr.create_group(store=store, attributes=_attributes(ensemble))
                _write(root.create_group("draws"), ensemble.draws)
                _write(root.create_group("futures"), ensemble.futures)
            return _repacked(path)

    def decode(self, data: bytes) -> Ensemble:
        """The ensemble again, bit for bit; DamagedArtifactError where the bytes are not one."""
        with tempfile.TemporaryDirectory(prefix="tocsin-") as folder:
            path = Path(folder) / "draws.zarr.zip"
            path.write_bytes(data)
            try:
                with ZipStore(path, mode="r") as store:
                    root = zarr.open_group(store=store, mode="r")
                    return _read(root)
            # Zarr raises whatever its codecs and zip reader raise: any of it means that these bytes are no ensemble.
            except Exception as error:
                raise DamagedArtifactError("draws", f"{type(error).__name__}: {error}") from error


def _repacked(path: Path) -> bytes:
    """The zip again without the instants at which it was written, so that equal ensembles are equal bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as written, zipfile.ZipFile(packed, "w") as plain:
        for name in sorted(written.namelist()):
            plain.writestr(zipfile.ZipInfo(name), written.read(name))
    return packed.getvalue()


def _attributes(ensemble: Ensemble) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "scenarios": list(ensemble.scenarios),
        "chains": ensemble.draws.chains,
        "prior": [[scenario, days, chance] for (scenario, days), chance in ensemble.prior.items()],
    }


def _write(group: zarr.Group, record: Draws | Futures) -> None:
    for field in fields(record):
        array = getattr(record, field.name)
        if isinstance(array, np.ndarray):
            # One chunk an array: it is always read whole, and a zip entry has its cost.
            group.create_array(field.name, data=np.ascontiguousarray(array), chunks=array.shape)


def _read(root: zarr.Group) -> Ensemble:
    attributes: Mapping[str, Any] = root.attrs.asdict()
    if attributes["format"] != FORMAT:
        message = f"format {attributes['format']}, where this version reads {FORMAT}"
        raise ValueError(message)
    arrays = {
        name: {key: np.asarray(array[...]) for key, array in root[name].arrays()}  # type: ignore[union-attr]
        for name in ("draws", "futures")
    }
    return Ensemble(
        scenarios=tuple(attributes["scenarios"]),
        draws=Draws(chains=attributes["chains"], **arrays["draws"]),
        futures=Futures(**arrays["futures"]),
        prior={(scenario, days): chance for scenario, days, chance in attributes["prior"]},
    )
