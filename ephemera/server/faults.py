"""What goes wrong on and on: how it is known, and how often the log hears of it."""

import errno
import math
import time
from collections.abc import Callable
from typing import Final

EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""As `accept` says that there is no descriptor or no memory for one more connection. Asyncio takes
these, and no others, for a reason to try again later."""
SELDOM_SECONDS: Final = 60.0
"""Once in so many is often enough for what goes on and on."""


class Seldom:
    """Lets the log hear of something once in `SELDOM_SECONDS`; `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._silent_until = -math.inf

    def is_due(self) -> bool:
        """Tell whether it is time again; if so, it is not for a while."""
        now = self._clock()
        if now < self._silent_until:
            return False
        self._silent_until = now + SELDOM_SECONDS
        return True
