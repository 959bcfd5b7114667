"""How long a connection may be idle."""

import asyncio
from collections.abc import Callable
from typing import Final

LATE_SECONDS: Final = 1.0


class Idleness:
    """Calls `when_over` after `seconds` without anything to do; then, and when stopped, it is over.

    There is one timer for however many requests, and none while an answer takes long. A timer that
    comes late was kept waiting with everything else here: whoever is silent gets their time anew.
    """

    __slots__ = ("_seconds", "_since", "_timer", "_when_over")

    def __init__(self, seconds: float, when_over: Callable[[], None]) -> None:
        self._seconds = seconds
        self._when_over: Callable[[], None] | None = when_over
        self._since: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_on(self) -> bool:
        """Whether there is nothing to do now."""
        return self._since is not None

    def begin(self) -> None:
        """Note that there is nothing to do from now on, if that is not noted already."""
        if self._since is not None:
            return
        loop = asyncio.get_running_loop()
        self._since = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look)

    def end(self) -> None:
        """Note that there is something to do."""
        self._since = None

    def stop(self) -> None:
        """Look no more, and let go of everything: whom it would call owns this."""
        self._since = self._when_over = None
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._since is None:
            return
        loop = asyncio.get_running_loop()
        left = self._since + self._seconds - loop.time()
        if left < -LATE_SECONDS:
            self._since, left = loop.time(), self._seconds
        if left > 0:
            self._timer = loop.call_later(left, self._look)
        elif self._when_over:
            self._when_over()
