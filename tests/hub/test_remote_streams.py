"""A seat whose streams are at several processes: two hubs on one engine."""

import pytest

from ephemera.domain.events import StreamClosed, StreamOpened
from ephemera.domain.presence import Lease
from ephemera.hub.heartbeat import Heartbeat
from ephemera.hub.hub import SLICES
from ephemera.lobby.lobby import Admission
from tests.support.readers import Reader, Station, a_station, quiet, until
from tests.support.rooms import NOON


class Town:
    """Two processes, and the time of both."""

    def __init__(self) -> None:
        self.here = a_station()
        self.there = a_station(self.here.storey.engine)

    async def live(self, station: Station, ada: Admission) -> Reader:
        """Open a stream a second after whatever was before."""
        self.turn(1)
        return await station.live(ada)

    def turn(self, seconds: float) -> None:
        for station in (self.here, self.there):
            station.storey.clock.turn(seconds)

    async def one_period(self) -> None:
        for station in (self.here, self.there):
            presence = station.storey.presence
            tell = station.storey.engine.signal
            heart = Heartbeat(station.hub, presence.renew, presence.linger, tell, period=0)
            for number in range(SLICES):
                await heart.turn(number)


@pytest.fixture
def town() -> Town:
    return Town()


async def close(station: Station, reader: Reader) -> None:
    before = len(station.hub)
    reader.has_left.set()
    await until(lambda: len(station.hub) < before)


async def test_the_fourth_stream_of_a_seat_sends_the_oldest_to_go_on_finite_wherever_it_is(
    town: Town,
) -> None:
    ada = await town.here.storey.open()
    oldest = await town.live(town.here, ada)
    others = [await town.live(station, ada) for station in (town.there, town.here)]
    await quiet()
    assert oldest.is_served
    others.append(await town.live(town.there, ada))
    await until(lambda: not oldest.is_served)
    assert oldest.names[-1] == "finite"
    assert all(reader.is_served for reader in others)


async def test_those_that_closed_elsewhere_do_not_count(town: Town) -> None:
    ada = await town.here.storey.open()
    oldest = await town.live(town.here, ada)
    for _ in range(2):
        await close(town.there, await town.live(town.there, ada))
    await town.one_period()
    others = [await town.live(town.there, ada) for _ in range(2)]
    await quiet()
    assert all(reader.is_served for reader in (oldest, *others))


async def test_those_that_are_older_do_not_count_however_late_they_are_heard_of(
    town: Town,
) -> None:
    ada = await town.here.storey.open()
    town.turn(10)
    readers = [await town.live(town.here, ada) for _ in range(2)]
    for name in ("one", "two"):
        signal = StreamOpened(member_id=ada.member.id, stream=name, at=NOON)
        await town.here.storey.engine.signal(ada.room.id, signal)
        await town.here.storey.engine.signal(
            ada.room.id, StreamClosed(member_id=ada.member.id, stream=name)
        )
    await quiet()
    assert all(reader.is_served for reader in readers)


async def test_a_finite_stream_is_nobodys_business(town: Town) -> None:
    ada = await town.here.storey.open()
    oldest = await town.live(town.here, ada)
    for _ in range(3):
        town.turn(1)
        town.there.tune_in(ada, after=ada.room.sequence, finite=True)
    await until(lambda: len(town.there.hub) == 3)
    assert oldest.is_served


async def test_who_closes_a_stream_elsewhere_is_not_away_while_they_have_one_here(
    town: Town,
) -> None:
    ada = await town.here.storey.open()
    await town.live(town.here, ada)
    there = await town.live(town.there, ada)
    await close(town.there, there)
    town.turn(1)
    await town.one_period()
    await town.one_period()
    snapshot = await town.here.storey.load(ada)
    assert snapshot
    assert snapshot.leases[ada.member.id] == Lease.renewed(NOON + 3)


async def test_whoever_is_called_and_has_no_stream_any_more_is_left_alone(town: Town) -> None:
    ada = await town.here.storey.open()
    here = await town.live(town.here, ada)
    there = await town.live(town.there, ada)
    await close(town.there, there)
    await close(town.here, here)
    await town.one_period()
    await town.one_period()
    snapshot = await town.here.storey.load(ada)
    assert snapshot
    assert snapshot.leases[ada.member.id] == Lease.lingering(NOON + 2)
