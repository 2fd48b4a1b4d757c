"""The file of a backup: a zip with a manifest that holds the SHA-256 of everything in it."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from tocsin.domain.errors import DamagedBackupError
from tocsin.usecases.ports import Progress, in_silence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import IO

FORM = 2
STORE = "store.sqlite"
_READ_FORMS = (1, FORM)  # the first said nothing about the tables' content
_MANIFEST = "manifest.json"
_FITS = "fits/"
_DRAWS = ".zarr.zip"
_BLOCK = 1 << 20
# What reading a damaged zip ends in; the last is what it says of a member that claims to be encrypted.
_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    zlib.error,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about itself.

    Attributes:
        form: The number of this form of backup.
        made_at: The instant at which it was begun, in ISO 8601.
        revision: The store's revision.
        rows: By table, how many rows.
        sha256: By member, the SHA-256 of its content.
        content: By table, the SHA-256 of its rows as `copy_store` read them in the store itself; empty in form 1.
    """

    form: int
    made_at: str
    revision: str
    rows: dict[str, int]
    sha256: dict[str, str]
    content: dict[str, str] = field(default_factory=dict)


def draws_member(sha256: str) -> str:
    """The name in a backup of the draws with this SHA-256."""
    return f"{_FITS}{sha256}{_DRAWS}"


def draws_members(manifest: Manifest) -> list[str]:
    """The names of all draws in a backup."""
    return [name for name in manifest.sha256 if name.startswith(_FITS)]


def pack(path: Path, members: Mapping[str, Path], manifest: Manifest, report: Callable[[Progress], None]) -> None:
    """Write the members and the manifest, with the SHA-256 of each added; DamagedBackupError where one is gone."""
    total = 1 + sum(source.stat().st_size for source in members.values() if source.exists())
    done = 0
    with zipfile.ZipFile(path, "w", allowZip64=True) as archive:
        for name, source in members.items():
            digest = hashlib.sha256()
            # Draws are packed already.
            kind = zipfile.ZIP_DEFLATED if name == STORE else zipfile.ZIP_STORED
            with _opened(source) as content, archive.open(_info(name, kind), "w", force_zip64=True) as member:
                for block in _blocks(content):
                    digest.update(block)
                    member.write(block)
                    done += len(block)
                    report(Progress("packing", done, total))
            manifest.sha256[name] = digest.hexdigest() if name == STORE else _stated(name)
        archive.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=1))


def verify_backup(path: Path, report: Callable[[Progress], None] = in_silence) -> Manifest:
    """The manifest of a backup in which everything is as the manifest says; DamagedBackupError otherwise."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(path, archive)
            expected = {*manifest.sha256, _MANIFEST}
            if found := expected ^ set(archive.namelist()):
                raise DamagedBackupError(str(path), f"{', '.join(sorted(found))} is missing or should not be there")
            _verify_members(path, archive, manifest, report)
    except _UNREADABLE as error:
        raise DamagedBackupError(str(path), str(error)) from error
    return manifest


def _verify_members(
    path: Path, archive: zipfile.ZipFile, manifest: Manifest, report: Callable[[Progress], None]
) -> None:
    total = 1 + sum(info.file_size for info in archive.infolist())
    done = 0
    for name, stated in manifest.sha256.items():
        digest = hashlib.sha256()
        with archive.open(name) as member:
            for block in _blocks(member):
                digest.update(block)
                done += len(block)
                report(Progress("verifying", done, max(done, total)))
        if digest.hexdigest() != stated:
            raise DamagedBackupError(str(path), f"the SHA-256 of {name} is not the one recorded")


def _manifest(path: Path, archive: zipfile.ZipFile) -> Manifest:
    try:
        content: dict[str, Any] = json.loads(archive.read(_MANIFEST))
        manifest = Manifest(**content)
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedBackupError(str(path), f"its {_MANIFEST} cannot be read") from error
    if manifest.form not in _READ_FORMS:
        raise DamagedBackupError(str(path), f"it has form {manifest.form}, this Tocsin reads up to form {FORM}")
    return manifest


def _stated(name: str) -> str:
    """The SHA-256 that the fit states, which is the name of its draws: what is damaged already must not pass."""
    return name.removeprefix(_FITS).removesuffix(_DRAWS)


def _info(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = kind
    return info


def _opened(source: Path) -> IO[bytes]:
    try:
        return source.open("rb")
    except OSError as error:
        raise DamagedBackupError(str(source), error.strerror or str(error)) from error


def _blocks(content: IO[bytes]) -> Iterator[bytes]:
    while block := content.read(_BLOCK):
        yield block
