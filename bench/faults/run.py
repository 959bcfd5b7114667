"""One run: fill the rooms, let everything go wrong, come to rest, empty them, look what is left."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Final

from bench.errors import BenchError
from bench.faults.engine import Engine
from bench.faults.mischief import Mischief
from bench.faults.plan import Plan
from bench.faults.processes import Processes
from bench.faults.room import Room
from bench.faults.world import World
from bench.soak.loop import Loop
from bench.soak.world import MEMBERS

PROCESSES: Final = 3
STARTS_WITHIN: Final = 30.0
ROOMS_AT_ONCE: Final = 4
A_ROOM_TAKES: Final = 2.0
CALMS_DOWN_WITHIN: Final = 60.0
LEAVES_A_SECOND: Final = 100
TOLD_WITHIN: Final = 20.0
GONE_WITHIN: Final = 10.0


def carry_out(plan: Plan, say: Callable[[str], None]) -> World:
    """Return what came of a run. Raises `BenchError` when it could not be carried out."""
    with _surroundings(plan) as world:
        try:
            _run(world, plan, say)
        except BenchError as error:
            raise BenchError("\n".join([str(error), *world.violations.examples])) from error
        _look_at_logs(world)
    return world


@contextmanager
def _surroundings(plan: Plan) -> Iterator[World]:
    """Start the engine and the processes; end them all."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        loop, dice = Loop(), Random(plan.seed)  # noqa: S311 - to repeat it
        stack.callback(loop.close)
        engine = Engine(folder, sentinel=plan.sentinel)
        stack.callback(engine.stop)
        loop.until(lambda: engine.is_ready, STARTS_WITHIN, "starting the engine")
        processes = Processes(loop, folder, engine.url, PROCESSES, dice)
        for process in processes.each:
            process.start()
            stack.callback(process.stop)
        loop.until(
            lambda: all(process.listens for process in processes.each), STARTS_WITHIN, "starting"
        )
        yield World(plan.seed, loop, engine, processes, dice)


def _run(world: World, plan: Plan, say: Callable[[str], None]) -> None:
    rooms = _filled(world, plan.rooms)
    world.done.clear()
    say(f"{len(rooms) * MEMBERS:,} streams are open; {plan.seconds:g} s begin")
    began = time.monotonic()
    mischief, talk = Mischief(world, rooms, plan.mishaps()), _Talk(world, plan, rooms)
    talk.go_on()
    loop, within = world.loop, plan.seconds + CALMS_DOWN_WITHIN
    loop.until(
        lambda: mischief.is_over and time.monotonic() > began + plan.seconds, within, "the run"
    )
    talk.is_over = True
    say("everybody comes to rest, and leaves")
    _calm_down(world, rooms)
    for room in rooms:
        for reader in () if room.book.is_lost else room.readers:
            reader.check()
    _leave(world, rooms)
    _look_what_is_left(world)


def _filled(world: World, count: int) -> list[Room]:
    rooms: list[Room] = []
    full: list[None] = []

    def some_more() -> None:
        while len(rooms) < min(count, len(full) + ROOMS_AT_ONCE):
            rooms.append(Room(world, lambda: full.append(None)))

    def is_full() -> bool:
        some_more()
        return len(full) == count and all(room.is_whole for room in rooms)

    world.loop.until(is_full, 30 + count * A_ROOM_TAKES, "filling the rooms")
    return rooms


class _Talk:
    """Lets somebody say something, at random times that are `posts` a second on average."""

    def __init__(self, world: World, plan: Plan, rooms: list[Room]) -> None:
        self._world = world
        self._posts = plan.posts
        self._rooms = rooms
        self._last = 0
        self.is_over = False

    def go_on(self) -> None:
        """Say the next thing, and so on."""
        if self.is_over:
            return
        self._last += 1
        self._world.dice.choice(self._rooms).post(self._last)
        self._world.loop.after(self._world.dice.expovariate(self._posts), self.go_on)


def _calm_down(world: World, rooms: list[Room]) -> None:
    """Wait until everybody is back and has everything; note who has not."""
    deadline = time.monotonic() + CALMS_DOWN_WITHIN
    while time.monotonic() < deadline and not all(room.is_whole for room in rooms):
        world.loop.run(0.5)
    world.done["seconds until all had everything"] = round(
        time.monotonic() - deadline + CALMS_DOWN_WITHIN
    )
    for room in rooms:
        newest = max((reader.reading.at.sequence for reader in room.readers), default=0)
        for reader in room.readers:
            at, is_open = reader.reading.at, reader.is_open
            if not room.is_whole and (at.sequence < newest or not is_open or reader.is_busy):
                state = f"open: {is_open}, post under way: {reader.is_busy}"
                reader.reading.violation("a reader without the newest", f"{newest}; {state}")


def _leave(world: World, rooms: list[Room]) -> None:
    """Let everybody leave, and wait until all have been told so."""
    world.is_ending = True
    readers = [reader for room in rooms if not room.book.is_lost for reader in room.readers]
    for place, reader in enumerate(readers):
        world.loop.after(place / LEAVES_A_SECOND, reader.leave)
    world.loop.run(len(readers) / LEAVES_A_SECOND)
    deadline = time.monotonic() + TOLD_WITHIN
    while time.monotonic() < deadline and not all(reader.is_gone for reader in readers):
        world.loop.run(0.2)
    for reader in readers:
        if not reader.is_gone:
            reader.reading.violation("a reader who was not told of their leaving", "")


def _look_what_is_left(world: World) -> None:
    began = time.monotonic()
    while (left := world.engine.left()) and time.monotonic() < began + GONE_WITHIN:
        world.loop.run(0.2)
    for key in left:
        world.violation("a key left in the engine", key)


def _look_at_logs(world: World) -> None:
    for process in world.processes.each:
        for fault in process.faults:
            world.violation("a fault in the log of a process", fault)
