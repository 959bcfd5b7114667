"""One soak: start the server, fill it, let everything happen, empty it, look what is left."""

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Final

from bench.entrants import Entrant, ephemera
from bench.errors import BenchError
from bench.server import running
from bench.soak.calls import Answer, Calls
from bench.soak.gauges import Flatness, Gauges, Sample
from bench.soak.loop import Loop
from bench.soak.plan import Plan
from bench.soak.record import Faults
from bench.soak.traffic import Traffic
from bench.soak.world import MEMBERS, World

HEARTBEAT: Final = 15.0
SPARE: Final = 1.3
"""Rooms that end are there for a moment beside those that take their place."""
LET_GO_WITHIN: Final = 30.0
BETWEEN_SAMPLES: Final = 10.0
_METRIC: Final = re.compile(rb"^ephemera_(rooms|streams) (\d+)\.0$", re.MULTILINE)


@dataclass(slots=True)
class Outcome:
    """What came of a soak.

    start, end: the server with no rooms, before and after. filled: seconds that opening took.
    left: what the server says it still has in the end.
    """

    plan: Plan
    start: Sample
    end: Sample
    filled: float
    samples: Sequence[Sample]
    done: Counter[str]
    faults: Faults
    left: dict[str, int] = field(default_factory=dict)

    @property
    def flatness(self) -> Flatness:
        """Return the comparison of the second part with the last."""
        return Flatness(self.samples, self.plan.window)

    @property
    def problems(self) -> list[str]:
        """Return everything that is wrong, as sentences; nothing when all is well."""
        found = [f"{count:,} times {kind}." for kind, count in self.faults.counts.most_common()]
        found += self.flatness.problems()
        found += [f"{name} is {count} in the end." for name, count in self.left.items() if count]
        if self.end.descriptors != self.start.descriptors:
            found.append(
                f"{self.end.descriptors} descriptors in the end, {self.start.descriptors} at first."
            )
        return found


def carry_out(plan: Plan, folder: Path, say: Callable[[str], None]) -> Outcome:
    """Soak the server of a checkout. Raises `BenchError` when it cannot be filled or emptied."""
    with running(_roomy(plan, folder), HEARTBEAT) as server, closing(Loop()) as loop:
        world = World(loop, Calls(loop, server.port), Random(plan.seed))  # noqa: S311 # to repeat it
        try:
            return _soaked(world, plan, say)
        except BenchError as error:
            raise BenchError("\n".join([str(error), *world.faults.examples])) from error


def _soaked(world: World, plan: Plan, say: Callable[[str], None]) -> Outcome:
    gauges, traffic = Gauges(world), Traffic(world, plan)
    _try_out(world)
    start = gauges.take()
    began = time.monotonic()
    traffic.open_rooms()
    filled = time.monotonic() - began
    say(f"{plan.rooms:,} rooms were opened in {filled:.0f} s; {plan.seconds:g} s begin")
    samples = _sampled(world, plan, traffic, gauges)
    say("everybody comes to rest, and leaves")
    traffic.calm_down()
    traffic.leave()
    left = _left(world)
    _wait_for_descriptors(world, gauges, start)
    return Outcome(plan, start, gauges.take(), filled, samples, world.done, world.faults, left)


def _sampled(world: World, plan: Plan, traffic: Traffic, gauges: Gauges) -> list[Sample]:
    samples: list[Sample] = []
    pause = min(BETWEEN_SAMPLES, plan.window / 6)

    def sample() -> None:
        samples.append(gauges.take())
        traffic.look_for_deaf()
        if samples[-1].seconds + pause <= plan.seconds:
            world.loop.after(pause, sample)

    gauges.begin()
    sample()
    traffic.run(plan.seconds)
    return samples


def _try_out(world: World) -> None:
    """Open a room and end it, with everything that a server does once."""
    first = Traffic(world, Plan(rooms=1, talkative=0))
    first.open_rooms()
    first.leave()
    world.done.clear()


def _left(world: World) -> dict[str, int]:
    """Return what the server says it has, when that is nothing or time is up."""
    found: dict[str, int] = {}

    def read(answer: Answer) -> None:
        found.update((name.decode(), int(count)) for name, count in _METRIC.findall(answer.body))

    request = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    deadline = time.monotonic() + LET_GO_WITHIN
    while (not found or any(found.values())) and time.monotonic() < deadline:
        world.calls.send(request, read)
        world.loop.run(1)
    return found or {"/metrics": 1}


def _wait_for_descriptors(world: World, gauges: Gauges, start: Sample) -> None:
    deadline = time.monotonic() + LET_GO_WITHIN
    while gauges.descriptors() != start.descriptors and time.monotonic() < deadline:
        world.loop.run(0.5)


def _roomy(plan: Plan, folder: Path) -> Entrant:
    """Return the server with place for all."""
    server = ephemera("ephemera", folder)
    rooms = round(plan.rooms * SPARE) + 20
    most = {
        "EPHEMERA_MAX_ROOMS": str(rooms),
        "EPHEMERA_MAX_STREAMS": str(rooms * MEMBERS),
    }
    return replace(server, environ={**server.environ, **most})
