"""The fan-out: who gets what, once, and whose stream ends when."""

import logging

import pytest

from ephemera.domain.errors import Unavailable
from ephemera.domain.events import MessagePosted
from ephemera.domain.log import Entry
from ephemera.hub.hub import COME_BACK_SECONDS, MOST_STREAMS_OF_A_SEAT
from ephemera.hub.rendering import Subscriber
from ephemera.web.rendering.encoding import json_bytes
from ephemera.web.rendering.representations import JsonLines, TextLines
from tests.support.readers import Reader, a_station, quiet, until
from tests.support.rooms import NOON


class CountingLines(JsonLines):
    """JSON lines that count how often an event is rendered."""

    def __init__(self) -> None:
        self.rendered: list[str] = []

    def entry(self, entry: Entry, locale: str) -> bytes:
        self.rendered.append(entry.event.name)
        return super().entry(entry, locale)


class FaultyLines(JsonLines):
    """JSON lines that cannot write one word."""

    broken = True

    def entry(self, entry: Entry, locale: str) -> bytes:
        if self.broken and isinstance(entry.event, MessagePosted) and "fault" in entry.event.text:
            raise ZeroDivisionError(entry.event.text)
        return super().entry(entry, locale)


async def hears(reader: Reader, text: str) -> None:
    await until(lambda: reader.texts[-1:] == [text])


async def test_everybody_in_the_room_gets_every_event_once_and_nobody_else() -> None:
    station = a_station()
    ada = await station.storey.open()
    ben = await station.storey.join(ada, "Ben")
    mallory = await station.storey.open("Mallory")
    readers = [await station.live(who) for who in (ada, ben)]
    stranger = await station.live(mallory)
    for number in range(5):
        await station.storey.post(ada, f"text {number}")
    await until(lambda: all(len(reader.texts) == 5 for reader in readers))
    for reader in readers:
        assert reader.texts == [f"text {number}" for number in range(5)]
        assert reader.sequences == list(range(1, 9))
    assert stranger.texts == []


async def test_an_event_is_rendered_once_for_each_representation_that_is_read() -> None:
    station, counting = a_station(), CountingLines()
    ada = await station.storey.open()
    readers = [await station.live(ada, counting) for _ in range(3)]
    ben = await station.storey.join(ada, "Ben")
    plain = await station.live(ben, TextLines())
    counting.rendered.clear()
    await station.storey.post(ada, "hello")
    await until(lambda: all(reader.texts == ["hello"] for reader in readers))
    await until(lambda: b"Ada: hello\n" in b"".join(plain.chunks))
    assert counting.rendered == ["message-posted"]


async def test_a_room_that_nobody_reads_here_is_not_rendered() -> None:
    station, counting = a_station(), CountingLines()
    ada, mallory = await station.storey.open(), await station.storey.open("Mallory")
    await station.live(mallory, counting)
    counting.rendered.clear()
    await station.storey.post(ada, "hello")
    assert counting.rendered == []


async def test_the_streams_of_a_released_seat_end_and_no_others() -> None:
    station = a_station()
    ada = await station.storey.open()
    eve = await station.storey.join(ada, "Eve")
    readers = [await station.live(eve) for _ in range(2)]
    staying = await station.live(ada)
    await station.storey.leave(eve)
    await until(lambda: all(reader.was_ended for reader in readers))
    await station.storey.post(ada, "she has gone")
    await until(lambda: staying.texts == ["she has gone"])
    assert all(reader.names[-1] == "member-left" for reader in readers)
    await until(lambda: not any(reader.is_served for reader in readers))
    assert staying.is_served
    assert len(station.hub) == 1


class Farewell(JsonLines):
    """JSON lines that say goodbye to who has left."""

    def left(self, to: Subscriber, end: Entry) -> bytes:  # noqa: ARG002 - the same for all
        return json_bytes(
            {"cursor": str(end.cursor), "event": "farewell", "of": end.event.released}
        )


async def test_a_reader_of_one_answer_is_told_of_the_end_of_the_seat_with_it() -> None:
    station, farewell = a_station(), Farewell()
    ada = await station.storey.open()
    eve = await station.storey.join(ada, "Eve")
    hers, another = (
        station.tune_in(who, after=eve.room.sequence, representation=farewell, finite=True)
        for who in (eve, ada)
    )
    await until(lambda: all(one.stream and one.stream.is_live for one in (hers, another)))
    await station.storey.leave(eve)
    await until(lambda: not (hers.is_served or another.is_served))
    assert hers.names == ["member-left", "farewell"]
    assert another.names == ["member-left"]


async def test_a_wipe_is_the_last_that_everybody_gets() -> None:
    station = a_station()
    ada = await station.storey.open()
    ben = await station.storey.join(ada, "Ben")
    readers = [await station.live(who) for who in (ada, ben)]
    await station.storey.lobby.close(await station.storey.seated(ada))
    await until(lambda: not any(reader.is_served for reader in readers))
    assert all(reader.was_ended and reader.names[-1] == "room-wiped" for reader in readers)
    assert len(station.hub) == 0
    assert not station.hub._rooms
    assert not any(station.hub._slices)


async def test_the_fourth_stream_of_a_seat_sends_the_oldest_to_go_on_finite() -> None:
    station = a_station()
    ada = await station.storey.open()
    readers = [await station.live(ada) for _ in range(MOST_STREAMS_OF_A_SEAT)]
    await quiet()
    assert MOST_STREAMS_OF_A_SEAT == 3
    assert all(reader.is_served for reader in readers)
    fourth = await station.live(ada)
    await until(lambda: not readers[0].is_served)
    assert readers[0].was_ended
    assert readers[0].names[-1] == "finite"
    assert all(reader.is_served for reader in (*readers[1:], fourth))


async def test_streams_of_others_and_finite_ones_are_not_counted() -> None:
    station = a_station()
    ada = await station.storey.open()
    ben = await station.storey.join(ada, "Ben")
    readers = [station.tune_in(ada, after=ben.room.sequence, finite=True) for _ in range(3)]
    readers += [await station.live(ben) for _ in range(3)]
    readers += [await station.live(ada) for _ in range(3)]
    await quiet()
    assert all(reader.is_served for reader in readers)


async def test_a_burst_of_tabs_leaves_the_newest_three() -> None:
    station = a_station()
    ada = await station.storey.open()
    readers = [station.tune_in(ada) for _ in range(10)]
    await until(lambda: len(station.hub) == 3)
    assert [reader.is_served for reader in readers] == [False] * 7 + [True] * 3
    assert all(reader.names[-1] == "finite" for reader in readers[:7])


async def test_a_full_process_takes_no_more_streams() -> None:
    station = a_station(most_streams=2)
    ada = await station.storey.open()
    await station.live(ada)
    station.hub.refuse_when_full()
    reader = await station.live(ada)
    with pytest.raises(Unavailable) as refusal:
        station.hub.refuse_when_full()
    assert refusal.value.retry_after > 0
    reader.has_left.set()
    await until(lambda: len(station.hub) == 1)
    station.hub.refuse_when_full()


async def test_a_draining_hub_sends_everybody_away_for_a_while() -> None:
    station = a_station()
    ada = await station.storey.open()
    readers = [await station.live(ada) for _ in range(3)]
    station.hub.drain()
    await station.hub.emptied()
    await until(lambda: not any(reader.is_served for reader in readers))
    with pytest.raises(Unavailable):
        station.hub.refuse_when_full()
    for reader in readers:
        assert reader.was_ended
        assert reader.names[-1] == "reconnect"
        assert COME_BACK_SECONDS[0] <= reader.lines[-1]["retry"] <= COME_BACK_SECONDS[1]


async def test_readers_who_are_sent_away_are_spread() -> None:
    station = a_station()
    guests = [await station.storey.open() for _ in range(30)]
    readers = [await station.live(guest) for guest in guests]
    station.hub.drain()
    await station.hub.emptied()
    assert len({reader.lines[-1]["retry"] for reader in readers}) > 15


async def test_a_stream_that_comes_while_the_hub_drains_catches_up_and_goes() -> None:
    station = a_station()
    ada = await station.storey.open()
    await station.storey.post(ada, "hello")
    station.hub.drain()
    reader = station.tune_in(ada)
    await until(lambda: not reader.is_served)
    assert reader.texts == ["hello"]
    assert reader.names[-1] == "reconnect"
    assert reader.lines[-1]["cursor"] == reader.lines[-2]["cursor"]


async def test_what_does_not_drain_is_cut() -> None:
    station = a_station()
    ada = await station.storey.open()
    reader = await station.live(ada)
    reader.flows.clear()
    station.hub.drain()
    await quiet()
    assert reader.is_served
    station.hub.cut()
    await until(lambda: not reader.is_served)
    assert not reader.was_ended
    assert len(station.hub) == 0


async def test_nobody_waits_for_a_reader_that_has_stalled() -> None:
    station = a_station()
    ada = await station.storey.open()
    ben = await station.storey.join(ada, "Ben")
    stalled, reader = await station.live(ben), await station.live(ada)
    stalled.flows.clear()
    for number in range(100):
        await station.storey.post(ada, str(number))
        await hears(reader, str(number))
    assert reader.texts == [str(number) for number in range(100)]
    await until(lambda: not stalled.is_served)
    assert not stalled.was_ended
    again = station.tune_in(ben, after=stalled.sequences[-1])
    await until(lambda: len(again.texts) == 100)


async def test_a_fault_in_rendering_loses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    station, faulty = a_station(), FaultyLines()
    ada = await station.storey.open()
    reader, other = await station.live(ada, faulty), await station.live(ada)
    with caplog.at_level(logging.ERROR):
        await station.storey.post(ada, "a fault")
    await until(lambda: not reader.is_served and not other.is_served)
    assert [record.message for record in caplog.records] == ["an event could not be rendered"]
    faulty.broken = False
    again = station.tune_in(ada, after=reader.sequences[-1], representation=faulty)
    await until(lambda: again.texts == ["a fault"])
    assert not reader.was_ended


async def test_a_seat_departs_with_its_last_stream() -> None:
    station = a_station()
    ada = await station.storey.open()
    one, two = await station.live(ada), await station.live(ada)
    seat = (ada.room.id, ada.member.id)
    station.storey.clock.turn(5)
    one.has_left.set()
    await until(lambda: len(station.hub) == 1)
    assert [departure.at for departure in station.hub.take_departed()] == [NOON + 5]
    assert station.hub.has_stream(*seat)
    station.storey.clock.turn(5)
    two.has_left.set()
    await until(lambda: len(station.hub) == 0)
    assert not station.hub.has_stream(*seat)
    departed = station.hub.take_departed()
    assert [(one.room_id, one.closed.member_id, one.at) for one in departed] == [(*seat, NOON + 10)]
    assert station.hub.take_departed() == []


async def test_the_end_is_told_to_a_stream_that_is_still_catching_up() -> None:
    station = a_station()
    ada = await station.storey.open()
    reader = Reader()
    reader.flows.clear()
    station.tune_in(ada, reader=reader)
    await until(lambda: len(station.hub) == 1)
    await station.storey.post(ada, "goodbye")
    await station.storey.leave(ada)
    reader.flows.set()
    await until(lambda: not reader.is_served)
    assert reader.was_ended
    assert reader.texts == ["goodbye"]
    assert reader.names[-1] == "member-left"


async def test_a_wipe_is_told_to_a_stream_that_is_still_catching_up() -> None:
    station = a_station()
    ada = await station.storey.open()
    ben = await station.storey.join(ada, "Ben")
    reader = Reader()
    reader.flows.clear()
    station.tune_in(ben, reader=reader)
    await until(lambda: len(station.hub) == 1)
    await station.storey.lobby.close(await station.storey.seated(ada))
    await quiet()
    assert reader.chunks == []
    reader.flows.set()
    await until(lambda: not reader.is_served)
    assert reader.was_ended
    assert reader.names[-1] == "room-wiped"
