"""The desk: the odds of theaters at once, from memory, for as long as nothing has changed."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from tocsin.ensemble.thin import bytes_of
from tocsin.usecases.desk_ahead import Ahead
from tocsin.usecases.desk_changes import CHANGES_ODDS, changes_for
from tocsin.usecases.desk_futures import KeptFutures
from tocsin.usecases.desk_recent import Recent
from tocsin.usecases.desk_theater import Keeping, Mark, TheaterDesk

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.domain.theater import Theater
    from tocsin.ensemble.ensemble import Ensemble
    from tocsin.usecases.desk_answer import Answer
    from tocsin.usecases.freshness import Freshness
    from tocsin.usecases.ports import DrawsCodec, EventBook, FitBook, Ledger
    from tocsin.usecases.read_odds import Reading

_MEBIBYTE = 2**20
_ENSEMBLES, _FUTURES, _PAST = 12 * _MEBIBYTE, 16 * _MEBIBYTE, _MEBIBYTE
_ANSWER_BYTES = 16_384  # about what one takes
_COUNTED = 500  # events; nobody needs to know of more


class Desk:
    """Answers about the odds of theaters: those of `read_odds`, bit for bit.

    1. Whether anything has changed is told by the number of the store's last event, which is looked at as often as
    `Freshness` says, and at once after `look_again`. 2. What events since say is read, and only that.
    3. A theater's odds are computed when something that bears on them has come in or time has moved them, by one
    thread while others wait. 4. Futures that will be wanted next are simulated ahead.

    Any thread may ask. Memory is bounded, whatever number of theaters and instants is asked about.
    """

    def __init__(
        self,
        ledger: Ledger,
        fits: FitBook,
        codec: DrawsCodec,
        events: EventBook,
        freshness: Freshness,
        *,
        ahead: bool = True,
    ) -> None:
        """Answer from a store; with `ahead`, a thread prepares what will be wanted next."""
        self._freshness = freshness
        self._ahead = Ahead() if ahead else None
        ensembles: Recent[str, Ensemble] = Recent(_ENSEMBLES, lambda item: bytes_of(item.draws, item.futures))
        past: Recent[tuple[str, datetime, bool], Answer] = Recent(_PAST, lambda _: _ANSWER_BYTES)
        self._keeping = Keeping(ledger, fits, codec, events, ensembles, KeptFutures(_FUTURES), past, self._ahead)
        self._theaters: dict[str, TheaterDesk] = {}
        self._lock = Lock()

    def read(self, theater: Theater, as_of: datetime) -> Reading:
        """The odds of a theater as of an instant, as `read_odds` gives them, without what counted most.

        NoFitError where there is no fit to tell them.
        """
        return self.answer(theater, as_of).reading

    def answer(self, theater: Theater, as_of: datetime) -> Answer:
        """The odds as of an instant, and what is overdue then; see `read`."""
        found = self.held(theater, as_of)
        return self._of(theater).answer(as_of, self._freshness.number()) if found is None else found.at(as_of)

    def explain(self, theater: Theater, as_of: datetime) -> Answer:
        """The same with what counted most, which takes a second."""
        return self._of(theater).look_back(as_of, self._freshness.number(), reasons=True)

    def mark(self, theater: Theater, as_of: datetime) -> Mark:
        """What is kept under it may be told again as of every instant that has an equal one, but for ages; see `Mark`.

        NoFitError where there are no odds now.
        """
        return self._of(theater).mark(as_of, self._freshness.number())

    def held(self, theater: Theater, as_of: datetime, asked: float | None = None) -> Answer | None:
        """The answer that holds as of an instant (`Answer.at` restates it), without waiting for anything.

        None where something must be looked at, read or computed first. As long as it is the same object, nothing but
        ages and the instant itself have changed. `asked` is when it was asked for, by `time.monotonic`, if not now.
        """
        number = self._freshness.recent(asked)
        kept = self._theaters.get(theater.id)
        current = None if kept is None or kept.theater is not theater else kept.current
        if current is None or current[0] != number or not current[1].holds(as_of):
            return None
        return current[1]

    @property
    def looks_soon(self) -> bool:
        """Whether `held` will soon have nothing, unless somebody calls `look`."""
        return self._freshness.ages

    def look(self) -> None:
        """Look whether anything has changed, in the store of whoever asks for odds anyway: `held` may go on then."""
        self._freshness.renew()

    def number(self) -> int:
        """The number of an event up to which all that is read from now on counts every one: 20 ms old at most."""
        return self._freshness.number()

    def came_in(self, theater: Theater, after: int) -> int:
        """How many events after one bear on the odds of a theater, as the store has them now; 500 at most."""
        indicators = frozenset(indicator.id for indicator in theater.indicators)
        events = self._keeping.events.after(after, _COUNTED, CHANGES_ODDS)
        return sum(not changes_for(theater.id, indicators, [event]).nothing for event in events)

    def look_again(self) -> None:
        """Something was written in this process: the next answer counts it."""
        self._freshness.look_again()

    def prepared(self) -> None:
        """Wait until what is done ahead is done."""
        if self._ahead is not None:
            self._ahead.finish()

    def close(self) -> None:
        """Stop what is done ahead."""
        if self._ahead is not None:
            self._ahead.close()

    @property
    def bytes(self) -> int:
        """What arrays are kept take in memory."""
        return self._keeping.ensembles.bytes + self._keeping.futures.bytes

    def _of(self, theater: Theater) -> TheaterDesk:
        with self._lock:
            kept = self._theaters.get(theater.id)
            # Declarations are read once a process; who reads them anew brings another object.
            if kept is None or kept.theater is not theater:
                kept = self._theaters[theater.id] = TheaterDesk(theater, self._keeping)
            return kept
