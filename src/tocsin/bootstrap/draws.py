"""The codec of draws, put together when the first are read or written."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.ensemble.ensemble import Ensemble
    from tocsin.usecases.ports import DrawsCodec


class LateDraws:
    """Encodes and decodes an ensemble, by what is loaded only then: with Zarr it takes longer than most commands."""

    def encode(self, ensemble: Ensemble) -> bytes:
        """The ensemble as bytes."""
        return self._codec.encode(ensemble)

    def decode(self, data: bytes) -> Ensemble:
        """The ensemble again; DamagedArtifactError where the bytes are not one."""
        return self._codec.decode(data)

    @cached_property
    def _codec(self) -> DrawsCodec:
        from tocsin.inference.artifact import ZarrDraws  # noqa: PLC0415 (only who has to do with draws pays for it)

        return ZarrDraws()
