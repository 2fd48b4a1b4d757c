from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING

from support.studies import write_study
from tocsin.cli.implied_table import print_implied
from tocsin.domain.contradiction import contradictions
from tocsin.usecases.imply import imply

if TYPE_CHECKING:
    from support.kit import Kit


def test_what_the_tunisian_ranges_imply_is_on_record(kit: Kit) -> None:
    """As `tocsin check tunisia --prior` prints it; a scenario that nothing can bring about would be a mistake."""
    implied = imply(kit.theater)
    printed = StringIO()
    with redirect_stdout(printed):
        print_implied(kit.theater, implied, contradictions(kit.theater, implied))
    write_study("prior", "What the ranges of the Tunisia kit imply", f"```\n{printed.getvalue().rstrip()}\n```")
    assert all(max(item.developing) > 0.01 for item in implied.scenarios)
