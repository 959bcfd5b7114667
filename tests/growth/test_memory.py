"""The memory of a wiped room comes back, and nothing leads to it any more."""

import asyncio
import gc
import re
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any, Final

import pytest

from ephemera.domain.log import Entry
from ephemera.domain.rooms import Member, Options, Room, Seat, Trace
from ephemera.engine.memory import MemoryEngine
from ephemera.hub.hub import Hub
from ephemera.hub.stream import Stream
from ephemera.lobby.lobby import Admission
from tests.support.crowds import a_heart, hang_up, listen, one_period
from tests.support.rooms import Storey, a_storey

ROOMS: Final = 2000
LEAST_OF_A_ROOM: Final = 5_000
"""Bytes that a room of two takes at least, with a few words, streams and all."""
MOST_LEFT: Final = 800
"""Bytes that may be left of it: room for its entries in tables, which shrink only when something
is put into them again."""
KINDS: Final = (Room, Member, Seat, Trace, Entry, Stream)
LEADS_ELSEWHERE: Final = (
    type,
    ModuleType,
    FunctionType,
    BuiltinFunctionType,
    CodeType,
    FrameType,
)


class Town:
    """A house in which rooms come and go by the thousand."""

    def __init__(self) -> None:
        self.engine = MemoryEngine()
        self.storey: Storey = a_storey(self.engine, rate_limits=True)
        self.hub = Hub(self.storey.clock, most_streams=2 * ROOMS)
        self.storey.engine.listen(self.hub.hear, self.hub.sense)
        self.heart = a_heart(self.hub, self.storey.presence)
        self.hosts: list[Admission] = []

    async def live(self) -> None:
        """Let rooms be opened, joined and talked in."""
        for number in range(ROOMS):
            options = Options(capacity=2, vanish=60)
            ada = await self.storey.lobby.open("Ada", options, f"visitor {number}")
            ben = await self.storey.join(ada, "Ben", visitor=f"visitor {number}")
            listen(self.hub, ada, self._hear)
            listen(self.hub, ben, self._hear)
            self.hosts.append(ada)
            await self.storey.post(ada, "hello", "a key of hers")

    async def die(self) -> None:
        """Let everybody hang up, every other room be closed, the rest end in their time.

        Afterwards all rates are full again.
        """
        hang_up(self.hub)
        for ada in self.hosts[::2]:
            await self.storey.lobby.close(await self.storey.seated(ada))
        self.hosts.clear()
        await one_period(self.heart)
        self.storey.clock.turn(3600)
        while await self.storey.reaper.reap_due():
            pass
        while len(self.engine._budgets):
            assert await self.storey.reaper.reap_due() == 0

    def words(self) -> set[str]:
        """Return what leads to rooms or tells of them: ids, generations and codes."""
        rooms = [kept.room for kept in self.engine._rooms.values()]
        return {word for room in rooms for word in (room.id, room.generation, room.code)}

    async def _hear(self, _: bytes, __: bool) -> None:  # noqa: FBT001 - as ASGI has it
        """Keep nothing."""


def bytes_in_use() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


@pytest.fixture
async def traced() -> AsyncIterator[None]:
    asyncio.get_running_loop().set_debug(False)  # it would note where every coroutine came from
    tracemalloc.start()
    yield
    tracemalloc.stop()


def census() -> Counter[type]:
    """Count what there is of rooms in this process."""
    gc.collect()
    return Counter(kind for one in gc.get_objects() if (kind := type(one)) in KINDS)


def words_kept_by(*roots: Any) -> set[str]:  # noqa: ANN401 - whatever keeps something
    """Return every word that can be reached from these, whole or as a part of a longer one."""
    waiting, seen, found = list(roots), set[int](), set[str]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, LEADS_ELSEWHERE):
            continue
        seen.add(id(one))
        if isinstance(one, str):
            found.update(re.split("[:/]", one))
        waiting.extend(gc.get_referents(one))
    return found


@pytest.mark.usefixtures("traced")
async def test_the_memory_of_wiped_rooms_comes_back() -> None:
    town = Town()
    before = bytes_in_use()
    await town.live()
    lived = bytes_in_use() - before
    await town.die()
    left = bytes_in_use() - before
    assert lived > ROOMS * LEAST_OF_A_ROOM
    assert left < ROOMS * MOST_LEFT


async def test_nothing_of_wiped_rooms_is_there_and_nothing_leads_to_them() -> None:
    before = census()
    town = Town()
    stays = (town.storey, town.hub, town.heart)
    await town.live()
    words = town.words()
    assert len(words) == 3 * ROOMS
    assert words <= words_kept_by(*stays)
    assert all((census() - before)[kind] >= ROOMS for kind in KINDS)
    await town.die()
    assert words.isdisjoint(words_kept_by(*stays))
    assert census() - before == Counter()
