"""How long something takes, without the time in which the machine did something else.

The kernel counts how long each thread could have run and had no turn: on a machine with busy
neighbours that is most of the time, on a quiet one next to none. It is no time of ours.
"""

import asyncio
import threading
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

SAMPLED_EVERY: Final = 0.02
CONTROL_SECONDS: Final = 0.1


class Stopwatch:
    """Seconds since its start in which we, and the processes that are looked at, had our turn."""

    def __init__(self, *pids: int) -> None:
        self._threads = [f"{pid}" for pid in pids] + [f"self/task/{threading.get_native_id()}"]
        self._waited: dict[str, float] = {}
        self._start, self._start_by_the_wall = self._now(), time.monotonic()

    @property
    def seconds(self) -> float:
        """For what must have happened by now."""
        return self._now() - self._start

    @property
    def seconds_by_the_wall(self) -> float:
        """For what must not have happened before: a busy machine only makes it late."""
        return time.monotonic() - self._start_by_the_wall

    def _now(self) -> float:
        for thread in self._threads:
            try:
                figures = Path(f"/proc/{thread}/schedstat").read_text(encoding="ascii")
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended: what it had waited until then is known
            self._waited[thread] = int(figures.split()[1]) / 1e9
        return time.monotonic() - sum(self._waited.values())


async def seconds_of(work: Coroutine[Any, Any, object], *pids: int) -> float:
    """Return how long the work took; the processes may end meanwhile."""
    watch, doing = Stopwatch(*pids), asyncio.ensure_future(work)
    while not doing.done():
        await asyncio.wait([doing], timeout=SAMPLED_EVERY)
        took = watch.seconds
    await doing
    return took


def slowness() -> float:
    """Return how many times as long as on a quiet machine everything takes now.

    A control for what several processes do one after the other, such as a browser and what is in
    front of a server: of them no stopwatch can tell who waited for whom.
    """
    start, began = time.monotonic(), time.thread_time()
    while time.thread_time() - began < CONTROL_SECONDS:
        pass
    return max(1.0, (time.monotonic() - start) / CONTROL_SECONDS)
