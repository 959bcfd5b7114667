"""How long a client may take nothing of what was written to it."""

import asyncio
from collections.abc import Callable
from typing import Final

LAST_SECONDS: Final = 2.0
"""For what is left when a connection is closed."""
_LOOKS: Final = 4
"""As often it is looked at a client before it is given up."""


class WriteTimeout:
    """Calls `when_over` when nothing was taken for `seconds`. It exists while something waits.

    The kernel has a time-out for that (`listening.py`), but not on sockets at a path.
    """

    __slots__ = ("_end", "_last", "_loop", "_seconds", "_taken_at", "_timer", "_unsent", "_when")

    def __init__(
        self, seconds: float, unsent: Callable[[], int], when_over: Callable[[], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._seconds = seconds
        self._unsent = unsent
        self._when = when_over
        self._last = unsent()
        self._taken_at = self._loop.time()
        self._end = float("inf")
        self._timer = self._loop.call_later(seconds / _LOOKS, self._look)

    def add(self, count: int) -> None:
        """Note that so many bytes more wait."""
        self._last += count

    def hurry(self) -> None:
        """Wait for `LAST_SECONDS` only, whatever is taken."""
        self._end = min(self._end, self._loop.time() + LAST_SECONDS)
        self._timer.cancel()
        self._look()

    def stop(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def _look(self) -> None:
        now, unsent = self._loop.time(), self._unsent()
        if unsent < self._last:
            self._taken_at = now
        self._last = unsent
        left = min(self._taken_at + self._seconds, self._end) - now
        if left <= 0:
            self._when()
        else:
            self._timer = self._loop.call_later(min(left, self._seconds / _LOOKS), self._look)
