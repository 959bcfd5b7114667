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


class Stopwatch:
    """Seconds since its start in which we, and the processes that are looked at, had our turn."""

    def __init__(self, *pids: int) -> None:
        self._threads = [f"{pid}" for pid in pids] + [f"self/task/{threading.get_native_id()}"]
        self._waited: dict[str, float] = {}
        self._start = self._now()

    @property
    def seconds(self) -> float:
        return self._now() - self._start

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
