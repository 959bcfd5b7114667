"""What the server holds: descriptors and memory, sampled while it works, and whether they grow."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from bench import proc
from bench.soak.world import World

MOST_GROWTH: Final = 0.03
"""By so much the memory of the last part may exceed that of the second one."""
MOST_STRAY: Final = 0.005
"""So many descriptors may be on their way, being opened or closed, for each connection: who has
no time at the moment accepts and closes late. In the end every single one must be gone."""
LEAST_STRAY: Final = 3
SHORTEST: Final = 300.0
"""Seconds of which a comparison says anything."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the server. Memory is PSS in KiB, processor time is in seconds so far.

    connections: open at both ends. descriptors: open at the server, for whatever.
    """

    seconds: float
    connections: int
    descriptors: int
    memory: int
    server_cpu: float
    load_cpu: float

    @property
    def own(self) -> int:
        """Return the descriptors that are no connections to us."""
        return self.descriptors - self.connections


class Gauges:
    """Looks at the server, which is our only child."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pids = proc.family(os.getpid())[1:]
        self._began = time.monotonic()

    def begin(self) -> None:
        """Count seconds from now on."""
        self._began = time.monotonic()

    def take(self) -> Sample:
        """Return what there is now."""
        return Sample(
            time.monotonic() - self._began,
            self._world.loop.count_connected(),
            self.descriptors(),
            proc.memory_kib(self._pids),
            proc.cpu_seconds(self._pids),
            time.process_time(),
        )

    def descriptors(self) -> int:
        """Return how many descriptors the server has open."""
        return sum(_count(proc.PROC / str(pid) / "fd") for pid in self._pids)


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())


@dataclass(frozen=True, slots=True)
class Flatness:
    """The second part of the samples against the last one, each `window` seconds long."""

    samples: Sequence[Sample]
    window: float

    @property
    def second(self) -> list[Sample]:
        """Return the samples of the second part: by then everything has happened once."""
        return [one for one in self.samples if self.window <= one.seconds < 2 * self.window]

    @property
    def last(self) -> list[Sample]:
        """Return the samples of the last part."""
        return [
            one for one in self.samples if one.seconds >= self.samples[-1].seconds - self.window
        ]

    @property
    def growth(self) -> float:
        """Return by how much of itself the memory has grown from one part to the other."""
        before, after = (median(one.memory for one in part) for part in (self.second, self.last))
        return after / before - 1

    @property
    def stray(self) -> float:
        """Return by how many descriptors beside connections one part exceeds the other."""
        before, after = (median(one.own for one in part) for part in (self.second, self.last))
        return after - before

    @property
    def most_stray(self) -> int:
        """Return how many that may be."""
        return max(LEAST_STRAY, round(MOST_STRAY * self.samples[-1].connections))

    @property
    def is_long_enough(self) -> bool:
        """Whether there was time to show anything."""
        return self.samples[-1].seconds >= SHORTEST

    def problems(self) -> list[str]:
        """Return what is not flat, as sentences."""
        if not self.is_long_enough:
            return []
        found = []
        if self.stray > self.most_stray:
            found.append(f"Descriptors that are no connections grew by {self.stray:g}.")
        if self.growth > MOST_GROWTH:
            found.append(f"Memory grew by {self.growth:.1%}.")
        return found
