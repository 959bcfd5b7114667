"""What it means that the engine cannot be reached, said once."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from ephemera.domain.errors import Unavailable
from ephemera.engine.redis.causes import FAULTS, UNREACHED, cause_of

RETRY_SECONDS: Final = 2.0
"""So long nobody tries an engine that has failed again and again."""
QUIET_SECONDS: Final = 60.0
"""After so long without a failure it is said to be over: some are only of what some ask for."""
FAILURES: Final = 3
"""So many in a row are no accident, such as a connection that had been lost while it was idle."""

AT_ONCE: Final = 64
"""So many questions are put to the engine at once: on its line, or on as many of redis-py's 100
connections while there is none."""

logger = logging.getLogger(__name__)


class Reach:
    """Whether the engine can be reached, as far as the last tries tell.

    An engine that does not answer must not keep everybody waiting one after the other: while it
    is known to be away, it is away at once.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._next_try = 0.0
        self._told: set[str] = set()
        self._failed_at = 0.0
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
            except FAULTS as error:
                if not self.knows(error):
                    raise
                self._failures += 1
                if self._failures >= FAILURES:
                    self._next_try = time.monotonic() + RETRY_SECONDS
                raise Unavailable(RETRY_SECONDS) from error
            self._failures = 0
            if self._told and time.monotonic() - self._failed_at > QUIET_SECONDS:
                self._told.clear()
                logger.warning("The engine does what it is asked again.")

    def knows(self, error: BaseException) -> bool:
        """Tell whether the engine is at fault; then the operator hears why, once."""
        cause = cause_of(error)
        if cause is None:
            return False
        self._failed_at = time.monotonic()
        is_accident = cause == UNREACHED and self._failures + 1 < FAILURES
        if not is_accident and cause not in self._told:
            self._told.add(cause)
            logger.error(cause)
        return True
