"""An engine whose use is counted; what it does is none of this module's business."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NamedTuple, ParamSpec, TypeVar

from ephemera.domain.errors import Unavailable
from ephemera.domain.log import Entry
from ephemera.engine.base import Change, Conflict, Engine

P = ParamSpec("P")
T = TypeVar("T")

Count = Callable[[int], object]


class Counts(NamedTuple):
    """Where it is counted."""

    events: Count
    commits: Count
    conflicts: Count
    unavailable: Count
    lag: Callable[[float], object]
    """Called with the seconds since an event that was heard of by way of the engine."""


class CountedEngine:
    """The contract of `ephemera.engine.base`, kept by the engine within."""

    def __init__(self, engine: Engine, counts: Counts) -> None:
        self._engine = engine
        self._counts = counts
        self._here: set[int] = set()
        self.clock = engine.clock
        self.open = engine.open
        self.load = self._noting(engine.load)
        self.recall = engine.recall
        self._commit = self._noting(engine.commit)
        self.find = self._noting(engine.find)
        self.read = self._noting(engine.read)
        self.renew = self._noting(engine.renew)
        self.take_due = self._noting(engine.take_due)
        self.postpone = self._noting(engine.postpone)
        self.spend = self._noting(engine.spend)
        self.refund = self._noting(engine.refund)
        self.signal = self._noting(engine.signal)
        self.count_rooms = engine.count_rooms
        self.entrust = engine.entrust
        self.watch = self._noting(engine.watch)
        self.unwatch = engine.unwatch
        self.close = engine.close
        self.listen = engine.listen
        engine.listen(self._note_heard)  # once, however many others listen

    async def commit(self, change: Change) -> int:
        """See `Engine.commit`."""
        here = set(map(id, change.entries))
        self._here |= here
        try:
            begins = await self._commit(change)
        except Conflict:
            self._counts.conflicts(1)
            raise
        finally:
            self._here -= here
        self._counts.commits(1)
        return begins

    def _note_heard(self, _: str, entries: Sequence[Entry]) -> None:
        """Count the events, and how late they are when they came by way of the engine.

        What is committed here is heard as the very same objects, unless this process is behind.
        """
        self._counts.events(len(entries))
        for entry in entries:
            if id(entry) not in self._here:
                self._counts.lag(max(0.0, self.clock() - entry.event.at))

    def _noting(
        self, ask: Callable[P, Coroutine[Any, Any, T]]
    ) -> Callable[P, Coroutine[Any, Any, T]]:
        """Let it be counted when the engine cannot be reached."""

        async def asked(*of: P.args, **what: P.kwargs) -> T:
            try:
                return await ask(*of, **what)
            except Unavailable:
                self._counts.unavailable(1)
                raise

        return asked
