"""Gets one message across: never lost without a word, never there twice."""

import asyncio
import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ephemera.terminal.client import Client
from ephemera.terminal.mistakes import Mistake, TooFast, Unreached

PATIENCE_SECONDS: Final = 60.0
FIRST_WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Draft:
    """Lines that become one message; the key makes a retry the same message."""

    lines: tuple[str, ...]
    key: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    @property
    def text(self) -> str:
        """The text of the message."""
        return "\n".join(self.lines)


Grow = Callable[[Draft], Draft]
"""Returns the draft with what has piled up since, or the same one."""


class Backoff:
    """How long to try again, and how soon; counted from the first failure."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._failures = 0
        self._until = 0.0

    def wait(self, failure: Unreached) -> float:
        """Return the seconds until the next try. Raises `Mistake` when it has been long enough."""
        now = self._clock()
        if not self._failures:
            self._until = now + self._seconds
        if now >= self._until:
            raise Mistake(failure.sentence)
        step = min(FIRST_WAIT_SECONDS * 2.0**self._failures, LONGEST_WAIT_SECONDS)
        self._failures += 1
        jittered = step * random.uniform(0.5, 1.0)  # noqa: S311 - it spreads load
        return min(max(jittered, failure.seconds), self._until - now)


async def deliver(client: Client, draft: Draft, seconds: float, grow: Grow) -> None:
    """Post the draft; wait when told to, and try again for so many seconds when nobody answers.

    What was refused for its rate may grow before the next try. What perhaps arrived may not: the
    server knows it by its key and its text. Raises `Mistake`.
    """
    backoff, perhaps_there = Backoff(seconds), False
    while True:
        try:
            return await client.post(draft.text, draft.key)
        except TooFast as refusal:
            await asyncio.sleep(refusal.seconds)
            draft = draft if perhaps_there else grow(draft)
        except Unreached as failure:
            perhaps_there = True
            await asyncio.sleep(backoff.wait(failure))
