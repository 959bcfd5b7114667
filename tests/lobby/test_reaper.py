"""Seats are released and rooms wiped when their time has come, and not before."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest

from ephemera.domain.log import Entry, Snapshot
from ephemera.domain.presence import GUEST_SECONDS
from ephemera.domain.rooms import GRACES
from ephemera.engine.memory import MemoryEngine
from ephemera.lobby.lobby import Admission
from ephemera.lobby.reaper import BATCH, PERIOD_SECONDS
from tests.support.patience import PATIENCE
from tests.support.rooms import DAY, NOON, BusyEngine, Storey, a_storey


async def reap_until(storey: Storey, at: float) -> None:
    """Let the clock run to `at` as it does in life: the reaper looks every half second."""
    while storey.clock() < at:
        storey.clock.now = min(storey.clock() + PERIOD_SECONDS, at)
        await storey.reaper.reap_due()


async def nothing_is_kept(engine: MemoryEngine) -> bool:
    return not (engine._rooms or engine._codes or engine._due._index)


@pytest.mark.parametrize("grace", GRACES)
async def test_a_room_whose_guest_has_gone_is_wiped_at_its_grace(grace: int) -> None:
    engine = MemoryEngine()
    storey = a_storey(engine)
    ada = await storey.open_met(grace=grace)
    await reap_until(storey, NOON + grace - 0.001)
    assert await storey.load(ada)
    await reap_until(storey, NOON + grace + 2)
    assert await nothing_is_kept(engine)


@pytest.mark.parametrize("grace", GRACES)
async def test_a_room_that_nobody_came_to_is_wiped_after_an_hour_and_not_before(
    grace: int,
) -> None:
    engine = MemoryEngine()
    storey = a_storey(engine)
    ada = await storey.open(grace=grace)
    await storey.presence.linger(ada.room.id, ada.member.id, NOON + 10)
    await reap_until(storey, NOON + 10 + GUEST_SECONDS - 0.001)
    assert await storey.load(ada)
    await reap_until(storey, NOON + 10 + GUEST_SECONDS + 2)
    assert await nothing_is_kept(engine)


async def test_a_guest_who_comes_late_finds_who_waited_for_them() -> None:
    storey = a_storey()
    ada = await storey.open(grace=30)
    await reap_until(storey, NOON + 3000)
    await storey.join(ada, "Ben")
    await reap_until(storey, NOON + 3000 + 29.9)
    assert await storey.member(ada)
    await storey.presence.renew(ada.room.id, ada.member.id)
    await reap_until(storey, NOON + 3000 + 59)
    assert (await storey.room(ada)).member(ada.member.id)


async def test_a_room_whose_streams_all_closed_is_wiped_at_its_grace() -> None:
    engine = MemoryEngine()
    storey = a_storey(engine)
    ada = await storey.open(grace=120)
    ben = await storey.join(ada, "Ben")
    for admission in (ada, ben):
        await storey.presence.linger(ada.room.id, admission.member.id, NOON + 10)
    await reap_until(storey, NOON + 10 + 119.999)
    assert await storey.load(ada)
    await reap_until(storey, NOON + 10 + 122)
    assert await nothing_is_kept(engine)


async def test_nobody_is_reaped_under_a_live_lease() -> None:
    storey = a_storey()
    ada = await storey.open(grace=30)
    ben = await storey.join(ada, "Ben")
    for seconds in range(15, 600, 15):
        await storey.presence.renew(ada.room.id, ada.member.id)
        await reap_until(storey, NOON + seconds)
    assert await storey.member(ada)
    assert await storey.member(ben) is None
    assert (await storey.seated(ada)).member.away_since is None


async def test_a_member_is_shown_away_before_the_seat_is_released() -> None:
    storey = a_storey()
    ada = await storey.open(grace=120)
    await reap_until(storey, NOON + 29.9)
    member = await storey.member(ada)
    assert member
    assert member.away_since is None
    await reap_until(storey, NOON + 30.5)
    member = await storey.member(ada)
    assert member
    assert member.away_since == NOON


async def test_a_room_ends_at_its_time_though_everybody_is_here() -> None:
    storey = a_storey(lifetime=100)
    ada = await storey.open()
    for seconds in range(20, 100, 20):
        await storey.presence.renew(ada.room.id, ada.member.id)
        await reap_until(storey, NOON + seconds)
    await reap_until(storey, NOON + 99.999)
    await storey.presence.renew(ada.room.id, ada.member.id)
    assert await storey.load(ada)
    await reap_until(storey, NOON + 100.5)
    assert await storey.load(ada) is None


async def test_who_returns_in_that_moment_keeps_the_seat() -> None:
    engine = BusyEngine()
    storey = a_storey(engine)
    ada = await storey.open_met(grace=30)
    storey.clock.turn(30)
    engine.faster = lambda: storey.presence.renew(ada.room.id, ada.member.id)
    assert await storey.reaper.reap_due() == 1
    assert await storey.member(ada)
    await reap_until(storey, NOON + 59.9)
    assert await storey.member(ada)
    await reap_until(storey, NOON + 62)
    assert await storey.load(ada) is None


async def test_a_room_that_is_wiped_while_it_waits_to_be_looked_at_is_no_error() -> None:
    engine = BusyEngine()
    storey = a_storey(engine)
    ada = await storey.open()
    storey.clock.turn(1)
    ben = await storey.open("Ben")
    storey.clock.turn(35)
    engine.faster = lambda: storey.leave(ben)
    due = await engine.take_due(storey.clock(), BATCH)
    assert due == [ada.room.id, ben.room.id]
    for room_id in due:
        await storey.reaper._reap(room_id)
    assert await storey.load(ben) is None
    assert await storey.member(ada)


async def test_a_batch_is_bounded_and_the_rest_comes_next() -> None:
    storey = a_storey()
    for _ in range(BATCH + 1):
        await storey.open_met(grace=30)
    storey.clock.turn(31)
    assert await storey.reaper.reap_due() == BATCH
    assert await storey.engine.count_rooms() == 1
    assert await storey.reaper.reap_due() == 1
    assert await storey.engine.count_rooms() == 0
    assert await storey.reaper.reap_due() == 0


def all_wiped(storey: Storey, rooms: int) -> asyncio.Event:
    """Return the event that so many rooms were wiped from now on."""
    wiped, every = [], asyncio.Event()

    def hear(room_id: str, entries: Sequence[Entry]) -> None:
        if entries[-1].event.name == "room-wiped":
            wiped.append(room_id)
        if len(wiped) == rooms:
            every.set()

    storey.engine.listen(hear)
    return every


async def test_the_reaper_runs_for_as_long_as_it_is_let() -> None:
    storey = a_storey()
    for _ in range(BATCH + 1):
        await storey.open_met(grace=30)
    wiped = all_wiped(storey, BATCH + 1)
    task = asyncio.create_task(storey.reaper.run())
    await asyncio.sleep(0)
    assert await storey.engine.count_rooms() == BATCH + 1
    storey.clock.turn(31)
    await asyncio.wait_for(wiped.wait(), PATIENCE)
    assert not task.done()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


class CountingEngine(MemoryEngine):
    """An engine that counts how often a room is looked at."""

    loads = 0

    async def load(self, room_id: str) -> Snapshot | None:
        self.loads += 1
        return await super().load(room_id)


async def test_rooms_that_are_not_due_are_not_looked_at() -> None:
    engine = CountingEngine()
    storey = a_storey(engine)
    late: list[Admission] = [await storey.open() for _ in range(10_000)]
    engine.loads = 0
    for _ in range(50):
        storey.clock.turn(PERIOD_SECONDS)
        assert await storey.reaper.reap_due() == 0
    assert engine.loads == 0
    assert len(late) == await engine.count_rooms()
    storey.clock.now = NOON + DAY
    assert await storey.reaper.reap_due() == BATCH
    assert 0 < engine.loads <= 2 * BATCH
