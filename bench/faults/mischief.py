"""What goes wrong, one thing after the other."""

import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from bench.errors import BenchError
from bench.faults import plan
from bench.faults.processes import Process
from bench.faults.room import Room
from bench.faults.world import Mishap, World

DOWN_FOR: Final = 3.0
PAUSED_FOR: Final = 20.0
LOOKS_AGAIN: Final = 0.05
GIVES_UP: Final = 30.0
CALMS_DOWN_WITHIN: Final = 8.0


class Mischief:
    """Carries the plan's mishaps out; the next one begins when the last one is undone."""

    def __init__(
        self, world: World, rooms: Sequence[Room], mishaps: list[tuple[float, str]]
    ) -> None:
        self._world = world
        self._rooms = rooms
        self._left = mishaps
        self._acts: dict[str, Callable[[], None]] = {
            plan.KILL: self._kill,
            plan.STOP: self._stop,
            plan.PAUSE: self._pause,
            plan.DEAFEN: self._deafen,
            plan.RESTART: self._lose_everything,
            plan.FAILOVER: self._lose_everything,
        }
        self._last: Process | None = None
        self.is_over = False
        self._next()

    def _next(self) -> None:
        if not self._left:
            self.is_over = True
            return
        pause, name = self._left.pop(0)
        self._world.loop.after(pause, partial(self._await_calm, name, time.monotonic() + pause))

    def _await_calm(self, name: str, since: float) -> None:
        """Begin when all streams are open, or when that takes too long: it is reported then."""
        if self._world.closed and time.monotonic() < since + CALMS_DOWN_WITHIN:
            again = partial(self._await_calm, name, since)
            self._world.loop.after(LOOKS_AGAIN, again)
        else:
            self._begin(name)

    def _begin(self, name: str) -> None:
        self._world.mishaps.append(Mishap(name, most_closed=self._world.closed))
        self._acts[name]()

    def _undone(self) -> None:
        mishap = self._world.mishaps[-1]
        mishap.took = time.monotonic() - mishap.at
        self._next()

    def _kill(self) -> None:
        process = self._victim()
        process.signal(signal.SIGKILL)
        self._world.loop.after(DOWN_FOR, partial(self._start_again, process))

    def _stop(self) -> None:
        process = self._victim()
        process.signal(signal.SIGTERM)
        self._when(lambda: process.has_ended, partial(self._start_again, process))

    def _victim(self) -> Process:
        """Return another process than last time, for that one has few streams now."""
        self._last = self._world.processes.any_but(self._last)
        return self._last

    def _start_again(self, process: Process) -> None:
        process.start()
        self._when(lambda: process.listens, self._undone)

    def _pause(self) -> None:
        self._world.engine.pause()
        self._world.loop.after(PAUSED_FOR, self._go_on)

    def _go_on(self) -> None:
        self._world.engine.go_on()
        self._undone()

    def _deafen(self) -> None:
        self._world.done["pub/sub connections killed"] += self._world.engine.deafen()
        self._undone()

    def _lose_everything(self) -> None:
        world = self._world
        world.lost_at = world.back_at = time.monotonic()
        for room in self._rooms:
            room.lose()
        world.engine.lose_everything()
        self._when(lambda: world.engine.is_back, self._has_lost)

    def _has_lost(self) -> None:
        self._world.back_at = time.monotonic()
        self._undone()

    def _when(self, condition: Callable[[], bool], then: Callable[[], None]) -> None:
        """Go on as soon as it is so, and let everything else go on meanwhile."""
        self._look(time.monotonic() + GIVES_UP, condition, then)

    def _look(
        self, deadline: float, condition: Callable[[], bool], then: Callable[[], None]
    ) -> None:
        if condition():
            then()
        elif time.monotonic() > deadline:
            raise BenchError(f"{self._world.mishaps[-1].name} could not be undone in time")
        else:
            again = partial(self._look, deadline, condition, then)
            self._world.loop.after(LOOKS_AGAIN, again)
