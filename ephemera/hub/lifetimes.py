"""When the time of a stream is over: one timer for all whose time ends at nearly the same moment.

Asyncio throws cancelled timers out early only when they are most of all timers. A timer for each
stream would keep those of other requests, with all that these refer to, until their time has come.
"""

import asyncio
from collections.abc import Callable
from math import ceil
from typing import Final

from ephemera.hub.stream import Stream

LONG_SECONDS: Final = 60.0
"""Who streams for longer does not notice a second more."""
COARSE_SECONDS: Final = 1.0
FINE_SECONDS: Final = 0.125


class Lifetimes:
    """Calls `retire` with each stream whose time is over; it must not raise or wait."""

    def __init__(self, retire: Callable[[Stream], None]) -> None:
        self._retire = retire
        self._ending: dict[float, set[Stream]] = {}

    def begin(self, stream: Stream, seconds: float) -> float:
        """Count from now. Returns what `leave` wants to know: when it will end, by the loop."""
        loop = asyncio.get_running_loop()
        step = COARSE_SECONDS if seconds > LONG_SECONDS else FINE_SECONDS
        end = ceil((loop.time() + seconds) / step) * step
        if end not in self._ending:
            self._ending[end] = set()
            loop.call_at(end, self._end, end)
        self._ending[end].add(stream)
        return end

    def leave(self, stream: Stream, end: float) -> None:
        """Forget a stream that is over before its time, or at it."""
        self._ending.get(end, set()).discard(stream)

    def _end(self, end: float) -> None:
        for stream in self._ending.pop(end):
            self._retire(stream)
