"""Heartbeats show that a connection is alive, and keep the seat."""

import asyncio
from contextlib import suppress
from itertools import chain

import pytest

from ephemera.domain.cursors import NOWHERE
from ephemera.domain.presence import Lease
from ephemera.hub.heartbeat import AT_ONCE, Heartbeat
from ephemera.hub.hub import SLICES
from ephemera.hub.stream import Stream
from ephemera.lobby.lobby import Admission
from tests.support.patience import PATIENCE
from tests.support.readers import JSON, Reader, Station, a_station, until
from tests.support.rooms import NOON


def a_heart(station: Station) -> Heartbeat:
    """Return a heart that does not wait between its beats, and beats when it is told to."""
    presence = station.storey.presence
    return Heartbeat(
        station.hub, presence.renew, presence.linger, station.storey.engine.signal, period=0
    )


async def one_period(heart: Heartbeat) -> None:
    for number in range(SLICES):
        await heart.turn(number)


async def lease_of(station: Station, admission: Admission) -> Lease:
    snapshot = await station.storey.load(admission)
    assert snapshot
    return snapshot.leases[admission.member.id]


def pings(reader: Reader) -> int:
    return b"".join(reader.chunks).count(JSON.beat)


async def test_every_stream_is_pinged_once_in_a_period() -> None:
    station = a_station()
    admissions = [await station.storey.open() for _ in range(40)]
    readers = [await station.live(admission) for admission in admissions]
    before = [pings(reader) for reader in readers]
    await one_period(a_heart(station))
    await until(lambda: [pings(reader) for reader in readers] == [count + 1 for count in before])


async def test_a_heartbeat_renews_the_lease_of_the_seat() -> None:
    station = a_station()
    ada = await station.storey.open()
    ben = await station.storey.join(ada, "Ben")
    await station.live(ada)
    station.storey.clock.turn(15)
    await one_period(a_heart(station))
    assert await lease_of(station, ada) == Lease.renewed(NOON + 15)
    assert await lease_of(station, ben) == Lease.renewed(NOON)


async def test_a_finite_stream_has_no_heartbeat() -> None:
    station = a_station()
    ada = await station.storey.open()
    station.storey.clock.turn(15)
    reader = station.tune_in(ada, after=ada.room.sequence, finite=True)
    await until(lambda: len(station.hub) == 1)
    await one_period(a_heart(station))
    assert reader.chunks == []
    assert await lease_of(station, ada) == Lease.renewed(NOON)


async def test_a_seat_whose_last_stream_closed_lingers_from_then_on() -> None:
    station = a_station()
    ada = await station.storey.open()
    reader = await station.live(ada)
    station.storey.clock.turn(3)
    reader.has_left.set()
    await until(lambda: len(station.hub) == 0)
    station.storey.clock.turn(1)
    await a_heart(station).turn(0)
    assert await lease_of(station, ada) == Lease.lingering(NOON + 3)


async def test_whoever_came_back_meanwhile_does_not_linger() -> None:
    station = a_station()
    ada = await station.storey.open()
    reader = await station.live(ada)
    reader.has_left.set()
    await until(lambda: len(station.hub) == 0)
    station.storey.clock.turn(2)
    await station.live(ada)
    await one_period(a_heart(station))
    assert await lease_of(station, ada) == Lease.renewed(NOON + 2)


async def test_the_heart_beats_for_as_long_as_it_is_let() -> None:
    station = a_station()
    ada = await station.storey.open()
    reader = await station.live(ada)
    beaten = asyncio.Event()

    async def renew(room_id: str, *member_ids: str) -> None:
        await station.storey.presence.renew(room_id, *member_ids)
        beaten.set()

    heart = Heartbeat(
        station.hub,
        renew,
        station.storey.presence.linger,
        station.storey.engine.signal,
        period=0.015,
    )
    task = asyncio.create_task(heart.run())
    for _ in range(3):
        await asyncio.wait_for(beaten.wait(), PATIENCE)
        beaten.clear()
    assert not task.done()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert pings(reader) >= 3


async def test_a_room_that_everybody_has_left_before_its_turn_is_passed_over() -> None:
    station = a_station()
    ada = await station.storey.open()
    reader = await station.live(ada)
    heart = a_heart(station)
    turns = [asyncio.ensure_future(heart.turn(number)) for number in range(SLICES)]
    await asyncio.sleep(0)
    station.storey.clock.turn(15)
    before = pings(reader)
    assert reader.stream
    station.hub.remove(reader.stream)
    station.hub.take_departed()
    await asyncio.gather(*turns)
    station.hub.add(reader.stream)
    assert pings(reader) == before
    assert await lease_of(station, ada) == Lease.renewed(NOON)


async def test_a_heart_that_is_late_does_more_at_once() -> None:
    station = a_station()
    for number in range(2 * SLICES * AT_ONCE):
        stream = Stream(f"room {number}", "p1", JSON, Reader().write, cursor=NOWHERE)
        station.hub.add(stream)
    presence = station.storey.presence
    heart = Heartbeat(
        station.hub, presence.renew, presence.linger, station.storey.engine.signal, period=15
    )
    now = asyncio.get_running_loop().time()
    heart._due = now + 15
    on_time = heart._batches(0)
    heart._due = now - 5
    late = heart._batches(0)
    assert list(map(len, on_time)) == [AT_ONCE, AT_ONCE]
    assert list(map(len, late)) == [2 * AT_ONCE]
    assert list(chain(*on_time)) == list(chain(*late))


async def test_a_heart_that_stood_still_does_not_make_up_for_every_beat_it_missed() -> None:
    station = a_station()
    presence = station.storey.presence
    heart = Heartbeat(
        station.hub, presence.renew, presence.linger, station.storey.engine.signal, period=15
    )
    heart._due = asyncio.get_running_loop().time() - 3600
    assert heart._lateness() == pytest.approx(15)
    await heart._wait(1)
    assert heart._lateness() == pytest.approx(15, abs=1)
    await heart._wait(14)
    assert heart._lateness() == pytest.approx(1, abs=1)


async def test_asking_how_late_it_is_changes_nothing() -> None:
    station = a_station()
    presence = station.storey.presence
    heart = Heartbeat(
        station.hub, presence.renew, presence.linger, station.storey.engine.signal, period=15
    )
    due = heart._due = asyncio.get_running_loop().time() - 3600
    heart._lateness()
    assert heart._due == due
