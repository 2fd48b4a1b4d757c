"""Whether a theater wants to be fitted again, and which news make it so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin.domain.errors import DamagedArtifactError, NoFitError
from tocsin.domain.odds import Status
from tocsin.domain.slot import Want
from tocsin.usecases.read_odds import stand_at

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.theater import Theater
    from tocsin.usecases.ports import DrawsCodec, FitBook, Ledger


def why_refit(status: Status, reason: str | None) -> str | None:
    """Why odds of a status want a refit, where `reason` is what live update gave up for; None where they do not."""
    if status is Status.PROVISIONAL:
        return "so much has come in since the fit that the odds rest on few of its draws"
    return reason


def want_refit(theater: Theater, *, ledger: Ledger, fits: FitBook, codec: DrawsCodec, as_of: datetime) -> Want | None:
    """Why the odds as of an instant want a refit; None where live update answers for them."""
    settled = None
    try:
        standing = stand_at(theater, ledger=ledger, fits=fits, codec=codec, as_of=as_of)
    except NoFitError:
        reason = "no fit has been accepted yet"
    except DamagedArtifactError as error:
        reason = str(error)
    else:
        settled = standing.fit.recorded_at
        why = why_refit(standing.status, standing.reason)
        if why is None:
            return None
        reason = why
    first, last = ledger.written([indicator.id for indicator in theater.indicators], as_of, settled) or (None, None)
    return Want(reason, settled, first, last)
