"""How long an engine may be silent, counted in time in which it could have been heard.

By a clock, a process that was busy, or got no turn on a busy machine, finds at the same moment that
the time is over and that the answer is there, unread. So time passes in pieces here, and after each
of them the loop looks at what has arrived: no lag of ours counts for more than a piece.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from redis.exceptions import TimeoutError as NoAnswer

ANSWERS_WITHIN: Final = 3.0
"""Seconds after which a silent engine counts as out of reach."""
PIECES: Final = 10


class Silence:
    """Calls `give_up` when there was nothing but silence since it began, or was broken."""

    def __init__(self, give_up: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._give_up = give_up
        self._left = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Count from now on; whoever has waited already waits anew."""
        self._left = PIECES
        if self._timer is None:
            self._wait_on()

    def end(self) -> None:
        """Count no more. The timer finds out by itself: that costs less than to cancel it."""
        self._left = 0

    def close(self) -> None:
        """Leave nothing behind."""
        if self._timer:
            self._timer.cancel()

    def _wait_on(self) -> None:
        self._timer = self._loop.call_later(ANSWERS_WITHIN / PIECES, self._count)

    def _count(self) -> None:
        self._timer = None
        if not self._left:
            return
        self._left -= 1
        if self._left:
            self._wait_on()
        else:
            self._give_up()


@asynccontextmanager
async def patiently() -> AsyncIterator[None]:
    """Raise redis-py's `TimeoutError` when the engine is silent for too long."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(None) as limit:
            silence = Silence(lambda: limit.reschedule(loop.time()))
            silence.begin()
            try:
                yield
            finally:
                silence.close()
    except TimeoutError:
        raise NoAnswer("the engine does not answer") from None


def made_patient(kind: type[Any]) -> type[Any]:
    """Return the same kind of redis-py's connections, but one that counts as we do.

    Its own time-outs, which go by the clock, must be off.
    """
    return type(f"Patient{kind.__name__}", (_Patient, kind), {})


async def _as_a_task() -> None:
    """Go on as a task: work that was begun at once becomes one when it waits (`server/eager.py`).

    Elsewhere it must not wait: whoever is cancelled here leaves no answer unread behind, for
    nothing was asked yet.
    """
    if asyncio.current_task() is None:
        await asyncio.sleep(0)


_Kind: Any = object  # some kind of redis-py's, for mypy


class _Patient(_Kind):  # type: ignore[misc] # of which it knows nothing
    """What may take for ever on a connection of redis-py's."""

    async def _connect(self) -> None:
        await _as_a_task()
        async with patiently():
            await super()._connect()

    async def disconnect(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 - redis-py's
        if asyncio.current_task() is None:  # then redis-py waits for nothing
            await super().disconnect(*given, **named)
            return
        async with patiently():
            await super().disconnect(*given, **named)

    async def send_packed_command(self, command: Any, check_health: Any = True) -> None:  # noqa: ANN401, FBT002 - redis-py's
        await _as_a_task()
        if not self.is_connected:
            await self.connect_check_health(check_health=False)
        if check_health:
            await self.check_health()
        async with patiently():
            await super().send_packed_command(command, check_health=False)

    async def read_response(self, *given: Any, timeout: Any = None, **named: Any) -> Any:  # noqa: ANN401, ASYNC109 - redis-py's
        if timeout is not None:  # then silence is no fault
            return await super().read_response(*given, timeout=timeout, **named)
        async with patiently():
            return await super().read_response(*given, **named)
