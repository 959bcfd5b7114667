"""What is done for all rooms is done in turns: between two breaths of the loop only for a few."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from ephemera.domain.log import Snapshot
from ephemera.domain.presence import Lease
from ephemera.engine.base import Change
from ephemera.engine.budgets import Budgets
from ephemera.engine.memory import MemoryEngine
from ephemera.hub.hub import SLICES
from ephemera.lobby.reaper import BATCH, Reaper
from tests.support.crowds import a_heart, hang_up, listen, one_period
from tests.support.readers import Station, a_station, quiet
from tests.support.rooms import NOON, Storey, a_storey

ROOMS: Final = 300
MEMBERS: Final = 4

# What a batch may do so that it takes some 2 ms and never 5: the sizes in the code are held to it.
MOST_LOOKS: Final = 50
MOST_CHANGES: Final = 4
MOST_PINGS: Final = 48 + MEMBERS - 1
"""It rests after the room that makes them enough."""
MOST_LINGERING: Final = 100
MOST_FORGOTTEN: Final = 1000


class Watched(MemoryEngine):
    """An engine that counts what it is asked for."""

    loads = commits = renewals = 0

    async def load(self, room_id: str) -> Snapshot | None:
        self.loads += 1
        return await super().load(room_id)

    async def commit(self, change: Change) -> int:
        self.commits += 1
        return await super().commit(change)

    async def renew(self, room_id: str, leases: Mapping[str, Lease]) -> None:
        self.renewals += len(leases)
        await super().renew(room_id, leases)


async def most_at_once(deed: Coroutine[Any, Any, None], count: Callable[[], int]) -> int:
    """Return how much was counted at most from one turn of the event loop to the next."""
    most, before, task = 0, count(), asyncio.create_task(deed)
    while not task.done():
        await asyncio.sleep(0)
        most, before = max(most, count() - before), count()
    await task
    return most


async def reap_all(reaper: Reaper) -> None:
    """Reap until all was looked at, with a breath after each batch, as the reaper runs."""
    for _ in range(ROOMS // BATCH):
        assert await reaper.reap_due() == BATCH
        await asyncio.sleep(0)
    assert await reaper.reap_due() == 0


async def a_town(engine: Watched) -> Storey:
    storey = a_storey(engine)
    for _ in range(ROOMS):
        await storey.open_met(grace=30)
    return storey


async def test_a_reaper_who_comes_for_nothing_looks_at_a_few_rooms_at_once() -> None:
    engine = Watched()
    storey = await a_town(engine)
    storey.clock.turn(20)
    for room_id in tuple(engine._rooms):
        await storey.presence.renew(room_id, "p1")
    storey.clock.turn(15)
    engine.loads = engine.commits = 0
    assert 0 < await most_at_once(reap_all(storey.reaper), lambda: engine.loads) <= 2 * MOST_LOOKS
    assert (engine.loads, engine.commits) == (2 * ROOMS, 0)


async def test_a_reaper_changes_a_few_rooms_at_once() -> None:
    engine = Watched()
    storey = await a_town(engine)
    storey.clock.turn(31)
    engine.commits = 0
    assert 0 < await most_at_once(reap_all(storey.reaper), lambda: engine.commits) <= MOST_CHANGES
    assert (engine.commits, await engine.count_rooms()) == (ROOMS, 0)


class Crowd:
    """Readers of ever so many rooms, who only count what they get."""

    def __init__(self) -> None:
        self.engine = Watched()
        self.station: Station = a_station(self.engine)
        self.pings = 0
        self.heart = a_heart(self.station.hub, self.station.storey.presence)

    async def gather(self) -> None:
        storey = self.station.storey
        for _ in range(ROOMS):
            ada = await storey.open()
            others = [await storey.join(ada, f"Ben {place}") for place in range(1, MEMBERS)]
            for one in (ada, *others):
                listen(self.station.hub, one, self._hear)

    async def one_period(self) -> None:
        await one_period(self.heart)
        await quiet()

    async def _hear(self, _: bytes, __: bool) -> None:  # noqa: FBT001 - as ASGI has it
        self.pings += 1


async def test_a_heart_beats_for_a_few_streams_at_once_and_once_for_each() -> None:
    crowd = Crowd()
    await crowd.gather()
    most = await most_at_once(crowd.one_period(), lambda: crowd.pings)
    assert 0 < most <= MOST_PINGS
    assert crowd.pings == ROOMS * MEMBERS


async def test_a_heart_looks_up_a_room_once_for_all_who_are_in_it() -> None:
    crowd = Crowd()
    await crowd.gather()
    crowd.engine.loads = crowd.engine.renewals = 0
    await crowd.one_period()
    assert (crowd.engine.loads, crowd.engine.renewals) == (ROOMS, ROOMS * MEMBERS)


async def test_the_slices_of_a_period_are_of_one_size() -> None:
    crowd = Crowd()
    await crowd.gather()
    sizes = [len(crowd.station.hub.slice(number)) for number in range(SLICES)]
    assert sum(sizes) == ROOMS
    assert max(sizes) - min(sizes) <= 1


async def test_of_all_who_depart_together_a_few_are_noted_at_once() -> None:
    crowd = Crowd()
    await crowd.gather()
    hang_up(crowd.station.hub)
    crowd.engine.renewals = 0
    most = await most_at_once(crowd.heart.turn(0), lambda: crowd.engine.renewals)
    assert 0 < most <= MOST_LINGERING
    assert crowd.engine.renewals == ROOMS * MEMBERS


def test_of_all_budgets_that_are_full_some_are_forgotten_at_once() -> None:
    budgets = Budgets()
    for number in range(3 * MOST_FORGOTTEN):
        assert budgets.spend(f"budget {number}", 1.0, 1, NOON) == 0
    left = []
    while len(budgets):
        budgets.forget_full(NOON + 1)
        left.append(len(budgets))
    assert left == [2 * MOST_FORGOTTEN, MOST_FORGOTTEN, 0]
