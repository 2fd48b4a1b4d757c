"""Verify that a store still holds what was written into it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.domain.chain import Head, verify_chain
from tocsin.domain.errors import DamagedArtifactError, StoreError
from tocsin.domain.plural import counted
from tocsin.domain.resolution import ID_DIGITS, windows_of
from tocsin.usecases.ports import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from tocsin.domain.publication import Publication
    from tocsin.domain.resolution import WindowKey
    from tocsin.usecases.ports import FitBook, Inspection, PublicationBook, ResolutionBook

RECORDING = timedelta(minutes=10)
"""How long a fit may have its draws on disk before its row is: until its turn to write comes, which takes seconds."""
_RESTORE = "restore the store from a backup made before: tocsin restore"
_ADVICE = {
    "database": f"stop Tocsin, keep a copy of the file, and {_RESTORE}",
    "draws": "restore the file from a backup, or fit again with the same --as-of and --seed, which gives the same",
    "stray draws": "no fit needs the file: delete it",
    "feed_record": f"what came of it stands in the ledger; {_RESTORE}, or let the feed bring it again",
    "fit": f"{_RESTORE}; or fit again",
    "observation": _RESTORE,
    "publication": f"compare with an export or a copy elsewhere (tocsin verify --file), and {_RESTORE}",
    "resolution": _RESTORE,
}


def _go_on() -> None:
    """Nobody stops it."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, what is broken, and the head of the chain to note down; None where it is empty."""

    publications: int
    fits: int
    faults: tuple[Fault, ...]
    head: Head | None


def advice(fault: Fault) -> str:
    """What to do about a fault."""
    return _ADVICE.get(fault.part, _RESTORE)


def verify(
    *,
    publications: PublicationBook,
    resolutions: ResolutionBook,
    fits: FitBook,
    inspection: Inspection,
    now: datetime,
    head: Head | None = None,
    check: Callable[[], None] = _go_on,
) -> Verified:
    """Look at the chain, at the draws of every fit, at every reference, and at the hashes of what was recorded.

    `head` is the last publication as it was noted before: only with it can a chain whose end was cut off, or that was
    rewritten as a whole, be told from an honest one. `check` is called between pieces of work, and what it
    raises ends it.
    """
    chain, broken = _chain(publications, check)
    faults = [*_checked(inspection.faults(), check), *broken]
    faults += [Fault("publication", str(item.number), item.what) for item in verify_chain(chain, head)]
    # Draws of a fit that cannot be read would seem to be nobody's, and to be deleted.
    strays = all(fault.part != "fit" for fault in faults)
    # Files first: one that comes later has no row yet, and of one that is there by then the row may still be coming.
    old = [name for name, written in inspection.draws().items() if strays and written <= now - RECORDING]
    count, unfit = _fits(fits, inspection, check, old)
    faults += unfit
    faults += _unknown_windows(chain, resolutions, now)
    last = Head(chain[-1].number, chain[-1].sha256) if chain else None
    return Verified(len(chain), count, tuple(faults), last)


def _checked[T](items: Iterable[T], check: Callable[[], None]) -> Iterator[T]:
    for item in items:
        check()
        yield item


def _chain(publications: PublicationBook, check: Callable[[], None]) -> tuple[list[Publication], list[Fault]]:
    """The publications that can be read, up to the first that cannot."""
    chain: list[Publication] = []
    try:
        chain.extend(_checked(publications.chain(), check))
    except StoreError as error:
        return chain, [Fault("publication", "", f"the chain cannot be read to its end: {error}")]
    return chain, []


def _fits(
    fits: FitBook, inspection: Inspection, check: Callable[[], None], old: Sequence[str]
) -> tuple[int, list[Fault]]:
    """How many fits there are, and what is wrong with them; `old` are the files of draws that some fit must name."""
    faults: list[Fault] = []
    named: set[str] = set()
    count = 0
    for fit in _checked(inspection.fits(), check):
        count += 1
        named.add(fit.sha256)
        if fit.id != fit.recipe[:ID_DIGITS]:
            faults.append(Fault("fit", fit.id, f"its id is not the beginning of its recipe, {fit.recipe}"))
        try:
            fits.draws(fit)
        except DamagedArtifactError as error:
            faults.append(Fault("draws", fit.sha256, f"of fit {fit.id} of {fit.theater}: {error.detail}"))
    why = "no fit names them: one was stopped while it was recorded"
    faults += [Fault("stray draws", name, why) for name in old if name not in named]
    return count, faults


def _unknown_windows(chain: Sequence[Publication], resolutions: ResolutionBook, now: datetime) -> Iterator[Fault]:
    """Resolutions of windows that no publication opened, or another than the one that they name."""
    opened = windows_of(chain)
    theaters: dict[str, None] = dict.fromkeys(item.theater for item in chain)
    for theater in theaters:
        try:
            recorded = resolutions.resolutions(theater, now)
        except StoreError:  # the inspection tells which one cannot be read
            continue
        for item in recorded:
            window = opened.get(item.key)
            if window is None:
                yield Fault("resolution", item.id, f"no publication opened the window {_told(item.key)}")
            elif window.publication != item.publication:
                yield Fault(
                    "resolution",
                    item.id,
                    f"the window {_told(item.key)} was opened by publication {window.publication}, not "
                    f"{item.publication}",
                )


def _told(key: WindowKey) -> str:
    theater, scenario, opened_on, days = key
    return f"of {scenario} in {theater} that opened on {opened_on} for {counted(days, 'day')}"
