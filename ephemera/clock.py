"""The time, handed to everything that needs it, so that tests can turn it.

What is decided goes by a clock that never jumps; what is shown, by the one on the wall (ADR 0041).
"""

import time
from collections.abc import Callable
from functools import partial
from math import inf
from typing import Final

Clock = Callable[[], float]
"""Returns seconds since the epoch."""

STEP_SECONDS: Final = 1.0
"""What a clock is off by less was not set: it drifts, or was asked a little later."""


_BOOT_TIME: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)  # Linux's
since_boot: Final[Clock] = (
    time.monotonic if _BOOT_TIME is None else partial(time.clock_gettime, _BOOT_TIME)
)
"""Returns the seconds since the machine started, those in which it was suspended too."""


class SteadyClock:
    """Tells what the wall said when it began plus what has really passed since.

    Leases and graces must not end, nor a log get out of order, because somebody set the machine's
    clock; on one without a battery that is done some time after the start.
    """

    def __init__(
        self, wall: Clock = time.time, steady: Clock = since_boot, awake: Clock = time.monotonic
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._awake = awake
        self._began = wall() - steady()
        self._slept = steady() - awake()
        self.woke_at = -inf
        """When the machine was last found to have been suspended."""

    def __call__(self) -> float:
        """Return the time by which everything is decided."""
        return self._began + self._steady()

    def set(self, now: float) -> None:
        """Go on from there."""
        self._began = now - self._steady()

    def look(self) -> None:
        """Look at the wall, and notice whether the machine was suspended: now and then will do."""
        now = self()
        _on_the_wall.note(self._wall() - now)
        slept = self._steady() - self._awake()
        if slept - self._slept > STEP_SECONDS:
            self.woke_at = now
        self._slept = slept


class _Wall:
    """How far this process's clock on the wall is ahead of that by which everything is decided."""

    ahead = 0.0

    def note(self, ahead: float) -> None:
        if abs(ahead - self.ahead) > STEP_SECONDS:
            self.ahead = ahead if abs(ahead) > STEP_SECONDS else 0.0


_on_the_wall: Final = _Wall()


def shown(at: float) -> float:
    """Return a time as people are told it: what the clock on the wall would have said then.

    Once the clock is set that is right for what was before, too.
    """
    return at + _on_the_wall.ahead if _on_the_wall.ahead else at
