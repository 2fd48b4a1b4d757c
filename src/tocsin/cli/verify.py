"""`tocsin verify`: is what we said still what we said?"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tocsin.bootstrap.service import open_service
from tocsin.domain.chain import Head, verify_chain
from tocsin.domain.errors import InvalidInputError, Problem
from tocsin.domain.plural import counted
from tocsin.domain.publication import Publication, read_exported
from tocsin.settings import read_settings
from tocsin.usecases.ports import Fault
from tocsin.usecases.verify import Verified, advice
from tocsin.usecases.verify import verify as verify_store

_HEAD = re.compile(r"([1-9][0-9]{0,8}):([0-9a-f]{64})")


def verify(
    file: Annotated[
        Path | None,
        typer.Option(
            help="Verify a chain written by tocsin history --export; needs no store.", exists=True, dir_okay=False
        ),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(help="NUMBER:SHA256 as an earlier run printed it; shows whether the end of the chain is gone."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Verify the chain of publications, the draws of every fit, every reference and hash; nothing is changed.

    Not covered by a hash: who wrote an observation, when and for what reason, and how it stands with feeds and jobs.

    Example: tocsin verify --json
    """
    noted = _read_head(head)
    found = _verify_file(file, noted) if file is not None else _verify_store(noted)
    if as_json:
        typer.echo(_json(found))
    else:
        for fault in found.faults:
            typer.echo(f"BROKEN {_told(fault)}\n       {advice(fault)}")
        typer.echo(_summary(found))
    if found.faults:
        raise typer.Exit(1)


def _verify_store(head: Head | None) -> Verified:
    with open_service(read_settings()) as service:
        return verify_store(
            publications=service.publications,
            resolutions=service.resolutions,
            fits=service.fits,
            inspection=service.inspection,
            now=datetime.now(UTC),
            head=head,
        )


def _verify_file(path: Path, head: Head | None) -> Verified:
    chain: list[Publication] = []
    faults: list[Fault] = []
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            try:
                chain.append(read_exported(line.removesuffix("\n")))
            except ValueError as error:
                faults.append(Fault("publication", f"line {number}", str(error)))
    faults += [Fault("publication", str(item.number), item.what) for item in verify_chain(chain, head)]
    return Verified(len(chain), 0, tuple(faults), Head(chain[-1].number, chain[-1].sha256) if chain else None)


def _read_head(text: str | None) -> Head | None:
    if text is None:
        return None
    found = _HEAD.fullmatch(text)
    if found is None:
        accepted = "NUMBER:SHA256 as tocsin verify prints it, such as 12:ab…ef with 64 hexadecimal digits"
        raise InvalidInputError([Problem("", None, "--head", repr(text), accepted)])
    return Head(int(found[1]), found[2])


def _told(fault: Fault) -> str:
    return f"{fault.part} {fault.where}: {fault.what}" if fault.where else f"{fault.part}: {fault.what}"


def _summary(found: Verified) -> str:
    looked_at = f"{counted(found.publications, 'publication')} and {counted(found.fits, 'fit')}"
    if found.faults:
        return f"{len(found.faults)} broken; looked at {looked_at}"
    noted = "" if found.head is None else f"; to note elsewhere: --head {found.head.number}:{found.head.sha256}"
    return f"whole: {looked_at}{noted}"


def _json(found: Verified) -> str:
    return json.dumps(
        {
            "publications": found.publications,
            "fits": found.fits,
            "head": None if found.head is None else {"number": found.head.number, "sha256": found.head.sha256},
            "broken": [
                {"part": fault.part, "where": fault.where, "what": fault.what, "to_do": advice(fault)}
                for fault in found.faults
            ],
        },
        indent=2,
    )
