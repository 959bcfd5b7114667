"""The time, handed to everything that needs it, so that tests can turn it."""

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Returns seconds since the epoch."""


def steady_clock() -> Clock:
    """Return a clock that tells the wall time of its start plus what has really passed since.

    Leases and graces must not end because somebody set the machine's clock.
    """
    start = time.time() - time.monotonic()
    return lambda: start + time.monotonic()
