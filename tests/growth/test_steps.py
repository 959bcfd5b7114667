"""What things cost, counted: as much with ten rooms in the process as with 10,000."""

import asyncio
import gc
import sys
import tracemalloc
from collections import Counter
from collections.abc import Awaitable
from types import FrameType
from typing import Any, Final

from ephemera.lobby.lobby import Admission
from tests.support.asking import CURL, HTMX
from tests.support.cast import House, Person
from tests.support.crowds import listen
from tests.support.readers import quiet
from tests.support.rooms import Storey, a_storey

FEW: Final = 10
MANY: Final = 10_000
MEMBERS: Final = 8
KEY: Final = "a-key-of-24-letters-----"
LESS_THAN_A_LIST_OF_ALL: Final = 4 * MANY
"""Bytes; what walks all rooms inside of C takes no steps, but mostly makes a list of them."""
SORTING: Final = asyncio.TimerHandle.__lt__.__code__
"""The event loop sorts what timers it has: those of requests that are over, too."""


class Town:
    """The whole application with rooms in it, and one in which everybody listens."""

    def __init__(self) -> None:
        self.house = House(rate_limits=True, max_streams=MANY + 10 * MEMBERS)
        self.lobby: Storey = a_storey(self.house.engine, clock=self.house.clock)
        self.heard: list[bytes] = []

    async def grow(self, rooms: int) -> Admission:
        """Open rooms until there are so many, each with a reader; return the one full of them."""
        for _ in range(await self.house.engine.count_rooms(), rooms - 1):
            listen(self.house.app.hub, await self.lobby.open(), self._hear)
        ada = await self.lobby.open()
        members = [await self.lobby.join(ada, f"Ben {place}") for place in range(1, MEMBERS)]
        for admission in (ada, *members):
            listen(self.house.app.hub, admission, self._hear)
        return ada

    async def _hear(self, body: bytes, more: bool) -> None:  # noqa: FBT001 - as ASGI has it
        assert more
        self.heard.append(body)


async def say(town: Town, ada: Admission) -> None:
    answer = await Person(town.house, ada.token).say(ada.room.id, "hello", HTMX, KEY)
    assert answer.status == 200
    await quiet()
    assert len(town.heard) == MEMBERS
    town.heard.clear()


async def ask_what_is_due(town: Town, _: Admission) -> None:
    assert await town.house.engine.take_due(town.house.clock(), 100) == []


async def ask_for_metrics(town: Town, _: Admission) -> None:
    answer = await Person(town.house).get("/metrics", CURL)
    assert f"ephemera_rooms {await town.house.engine.count_rooms()}.0\n" in answer.text


async def steps_of(deed: Awaitable[None]) -> Counter[str]:
    """Return how many steps the interpreter takes for the deed, by function."""
    steps: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _: object) -> Any:  # noqa: ANN401 - itself
        if frame.f_code is SORTING or frame.f_code.co_filename == __file__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            steps[f"{frame.f_code.co_filename}: {frame.f_code.co_name}"] += 1
        return note

    gc.collect()
    gc.disable()  # what it calls, it calls whenever it likes
    asyncio.get_running_loop().slow_callback_duration = 3600  # nor is a busy machine to be told of
    before = sys.gettrace()
    sys.settrace(note)
    try:
        await deed
    finally:
        sys.settrace(before)
        gc.enable()
    return steps


async def most_bytes_of(deed: Awaitable[None]) -> int:
    """Return how much memory the deed takes at most while it is done."""
    gc.collect()
    tracemalloc.start()
    try:
        await deed
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_it_takes_as_many_steps_with_10_000_rooms_as_with_ten() -> None:
    town, deeds = Town(), (say, ask_what_is_due, ask_for_metrics)
    steps: dict[tuple[str, int], Counter[str]] = {}
    most: dict[tuple[str, int], int] = {}
    for rooms in (FEW - 2, FEW, MANY):  # at first some things are loaded or compiled
        one, another = await town.grow(rooms - 1), await town.grow(rooms)
        assert await town.house.engine.count_rooms() == rooms
        town.heard.clear()
        for deed in deeds:
            steps[deed.__name__, rooms] = await steps_of(deed(town, one))
            most[deed.__name__, rooms] = await most_bytes_of(deed(town, another))
    for name in (deed.__name__ for deed in deeds):
        few, many = steps[name, FEW], steps[name, MANY]
        assert few.total() > 50
        assert {at: (few[at], count) for at, count in many.items() if few[at] != count} == {}
        assert few == many
        assert most[name, MANY] < most[name, FEW] + LESS_THAN_A_LIST_OF_ALL
