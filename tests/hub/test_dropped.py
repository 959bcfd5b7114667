"""Streams of readers who are too slow are counted, and no others."""

from ephemera.hub.feed import Feed
from ephemera.hub.hub import Hub
from ephemera.hub.mailbox import MOST_EVENTS
from tests.support.readers import Station, until
from tests.support.rooms import a_storey


def a_counting_station(dropped: list[str]) -> Station:
    storey = a_storey()
    hub = Hub(storey.clock, most_streams=9, dropped=lambda: dropped.append("one"))
    storey.engine.listen(hub.hear, hub.sense)
    return Station(storey, hub, Feed(storey.engine, hub))


async def test_a_reader_who_is_too_slow_is_counted_once() -> None:
    dropped: list[str] = []
    station = a_counting_station(dropped)
    ada = await station.storey.open()
    reader, slow = [await station.live(ada) for _ in range(2)]
    slow.flows.clear()
    for number in range(MOST_EVENTS + 3):
        await station.storey.post(ada, f"text {number}")
    await until(lambda: not slow.is_served)
    assert reader.is_served
    assert dropped == ["one"]


async def test_readers_who_leave_and_those_sent_away_are_not_counted() -> None:
    dropped: list[str] = []
    station = a_counting_station(dropped)
    ada = await station.storey.open()
    leaving, staying = [await station.live(ada) for _ in range(2)]
    leaving.has_left.set()
    await until(lambda: not leaving.is_served)
    station.hub.drain()
    station.hub.cut()
    await until(lambda: not staying.is_served)
    assert len(station.hub) == 0
    assert dropped == []
