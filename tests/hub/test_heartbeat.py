"""Heartbeats show that a connection is alive, and keep the seat."""

import asyncio
from contextlib import suppress

from ephemera.domain.cursors import Cursor
from ephemera.domain.presence import Lease
from ephemera.hub.heartbeat import Heartbeat
from ephemera.hub.hub import SLICES
from ephemera.lobby.lobby import Admission
from tests.support.readers import JSON, Reader, Station, a_station, until
from tests.support.rooms import NOON


def a_heart(station: Station, period: float = 15) -> Heartbeat:
    presence = station.house.presence
    return Heartbeat(station.hub, presence.renew, presence.linger, period=period)


async def one_period(heart: Heartbeat) -> None:
    for _ in range(SLICES):
        await heart.tick()


async def lease_of(station: Station, admission: Admission) -> Lease:
    snapshot = await station.house.load(admission)
    assert snapshot
    return snapshot.leases[admission.member.id]


def pings(reader: Reader) -> int:
    return b"".join(reader.chunks).count(JSON.ping(Cursor("g1", 0)))


async def test_every_stream_is_pinged_once_in_a_period() -> None:
    station = a_station()
    admissions = [await station.house.open() for _ in range(40)]
    readers = [await station.live(admission) for admission in admissions]
    before = [pings(reader) for reader in readers]
    await one_period(a_heart(station))
    await until(lambda: [pings(reader) for reader in readers] == [count + 1 for count in before])


async def test_a_heartbeat_renews_the_lease_of_the_seat() -> None:
    station = a_station()
    ada = await station.house.open()
    ben = await station.house.join(ada, "Ben")
    await station.live(ada)
    station.house.clock.turn(15)
    await one_period(a_heart(station))
    assert await lease_of(station, ada) == Lease.renewed(NOON + 15)
    assert await lease_of(station, ben) == Lease.renewed(NOON)


async def test_a_finite_stream_has_no_heartbeat() -> None:
    station = a_station()
    ada = await station.house.open()
    station.house.clock.turn(15)
    reader = station.tune_in(ada, after=ada.room.sequence, finite=True)
    await until(lambda: len(station.hub) == 1)
    await one_period(a_heart(station))
    assert reader.chunks == []
    assert await lease_of(station, ada) == Lease.renewed(NOON)


async def test_a_seat_whose_last_stream_closed_lingers_from_then_on() -> None:
    station = a_station()
    ada = await station.house.open()
    reader = await station.live(ada)
    station.house.clock.turn(3)
    reader.has_left.set()
    await until(lambda: len(station.hub) == 0)
    station.house.clock.turn(1)
    await a_heart(station).tick()
    assert await lease_of(station, ada) == Lease.lingering(NOON + 3)


async def test_whoever_came_back_meanwhile_does_not_linger() -> None:
    station = a_station()
    ada = await station.house.open()
    reader = await station.live(ada)
    reader.has_left.set()
    await until(lambda: len(station.hub) == 0)
    station.house.clock.turn(2)
    await station.live(ada)
    await one_period(a_heart(station))
    assert await lease_of(station, ada) == Lease.renewed(NOON + 2)


async def test_the_heart_beats_for_as_long_as_it_is_let() -> None:
    station = a_station()
    ada = await station.house.open()
    reader = await station.live(ada)
    beaten = asyncio.Event()

    async def renew(room_id: str, member_id: str) -> None:
        await station.house.presence.renew(room_id, member_id)
        beaten.set()

    heart = Heartbeat(station.hub, renew, station.house.presence.linger, period=0.015)
    task = asyncio.create_task(heart.run())
    for _ in range(3):
        await asyncio.wait_for(beaten.wait(), 10)
        beaten.clear()
    assert not task.done()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert pings(reader) >= 3
