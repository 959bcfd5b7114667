"""What it means that the engine cannot be reached, said once."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from redis import exceptions

from ephemera.domain.errors import Unavailable

RETRY_SECONDS: Final = 2.0
"""So long nobody tries an engine that has failed again and again."""
FAILURES: Final = 3
"""So many in a row are no accident, such as a connection that had been lost while it was idle."""

AT_ONCE: Final = 64
"""So many questions are put to the engine at once: on its line, or on as many of redis-py's 100
connections while there is none."""

UNREACHED: Final = (
    exceptions.ConnectionError,  # a lost connection, one refused, one whose engine is loading
    exceptions.TimeoutError,
    exceptions.ClusterDownError,
    exceptions.MasterDownError,
    exceptions.ReadOnlyError,  # a master that has become a replica in the meantime
    exceptions.OutOfMemoryError,
    exceptions.RedisClusterException,  # no node of the cluster answers
    OSError,
)


class Reach:
    """Whether the engine can be reached, as far as the last tries tell.

    An engine that does not answer must not keep everybody waiting one after the other: while it
    is known to be away, it is away at once.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._next_try = 0.0
        self._turns = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def trying(self) -> AsyncIterator[None]:
        """Raise `Unavailable` when the engine cannot be reached, or not in time.

        What waits for its turn is not tried yet: a crowd of our own is no fault of the engine.
        """
        async with self._turns:
            if (wait := self._next_try - time.monotonic()) > 0:
                raise Unavailable(wait)
            try:
                yield
            except UNREACHED as error:
                self._failures += 1
                if self._failures >= FAILURES:
                    self._next_try = time.monotonic() + RETRY_SECONDS
                raise Unavailable(RETRY_SECONDS) from error
            self._failures = 0
