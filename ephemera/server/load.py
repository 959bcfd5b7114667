"""How far the server is behind: told by how long the turns of its event loop take.

What arrives while a turn runs is done in the next one. A server that keeps up has short turns;
when more arrives than it can carry, each turn is longer than the one before, and so is everybody's
wait. Turns are counted only while somebody asks, so a server at rest does nothing for this.

The time is the processor's (of this thread), not the wall's: a machine that is busy with something
else makes turns late, but work that is refused here would not make them any earlier.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from ephemera.server.faults import Seldom

LONG_SECONDS: Final = 0.003
"""A turn of more has kept somebody waiting."""
CALM_SECONDS: Final = 0.0015
"""A turn of less takes a long one back."""
RECOVERED_AFTER: Final = 0.25
"""Seconds in which nobody had to be refused: then a server that was behind keeps up again. A single
calm turn would prove nothing, for those who are refused make it calm."""
SHARE_SECONDS: Final = 0.003
"""While the server is behind, more work is taken on only in the beginning of each turn. The rest of
the turn is for those who are refused: the share decides how long a turn is, and a message waits for
about two of them. To refuse costs a quarter of a message (ADR 0028), and a short turn has no more
than this to do, so that a server which is not behind after all refuses nobody."""
LONG_TURNS: Final = 2
"""So many long turns, each as long as the one before or longer, are no accident."""
CATCHING_UP: Final = 0.95
"""A turn that is shorter than this part of the longest one is one that catches up, as they do after
a single pause (garbage, a large page)."""
FADING: Final = 0.7
"""Of the longest turn so much still counts a turn later: one pause must not hide what follows."""

logger = logging.getLogger(__name__)


class Load:
    """The gauge of one event loop.

    `clock` tells the processor time of its thread, `now` that of the wall, in seconds.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.thread_time,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._now = now
        self._began = 0.0
        self._longest = 0.0
        self._long = 0
        self._refused_at = 0.0
        self._is_counting = False
        self._was_asked = False
        self._warning = Seldom()

    def is_too_much(self) -> bool:
        """Tell whether one more piece of work is too much now.

        Must be asked on the event loop, for each piece of work.
        """
        self._was_asked = True
        if not self._is_counting:
            self._start()
        taken = self._clock() - self._began
        if taken <= SHARE_SECONDS or not self._is_behind(taken):
            return False
        now = self._now()
        if now - self._refused_at > RECOVERED_AFTER:
            self._long, self._longest = 0, 0.0
            return False
        self._refused_at = now
        return True

    def _start(self) -> None:
        self._is_counting = True
        self._began = self._clock()
        asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        """Note that a turn is over, and look at the next one if there is a reason to."""
        now = self._clock()
        self._weigh(now - self._began)
        self._began = now
        self._is_counting = self._was_asked or 0 < self._long < LONG_TURNS
        self._was_asked = False
        if self._is_counting:
            asyncio.get_running_loop().call_soon(self._turn)

    def _weigh(self, took: float) -> None:
        if self._is_behind(took):
            return
        if took < CALM_SECONDS:
            self._long, self._longest = max(0, self._long - 1), self._longest * FADING
            return
        is_long = self._is_long(took)
        self._longest = max(took, self._longest * FADING)
        if is_long:
            self._long += 1

    def _is_long(self, taken: float) -> bool:
        return taken > max(LONG_SECONDS, self._longest * CATCHING_UP)

    def _is_behind(self, taken: float) -> bool:
        """Tell whether so many turns were long; the last of them counts before it is over."""
        if self._long == LONG_TURNS - 1 and self._is_long(taken):
            self._long = LONG_TURNS
            self._refused_at = self._now()
            if self._warning.is_due():
                logger.warning("More comes in than can be carried: some is told to come later.")
        return self._long == LONG_TURNS
