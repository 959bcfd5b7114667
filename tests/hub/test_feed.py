"""What a stream gets before it is live, and when it ends: never a hole, never anything twice."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest

from ephemera.domain.commands import Remove
from ephemera.domain.cursors import Cursor
from ephemera.domain.errors import Unavailable
from ephemera.domain.log import LOG_EVENTS, Entry
from ephemera.engine.memory import MemoryEngine
from ephemera.lobby.lobby import Admission
from ephemera.web.rendering.representations import TextLines
from tests.support.patience import PATIENCE
from tests.support.readers import JSON, Reader, Station, a_station, quiet, until
from tests.support.rooms import FarEngine


class SlowEngine(FarEngine):
    """An engine across a network on which something happens around every reading of a log."""

    before: Callable[[], Coroutine[Any, Any, Any]] | None = None
    after: Callable[[], Coroutine[Any, Any, Any]] | None = None

    async def read(self, room_id: str, after: Cursor | None) -> Sequence[Entry] | None:
        """See `Engine.read`."""
        await self._happen("before")
        entries = await super().read(room_id, after)
        await asyncio.sleep(0)
        await self._happen("after")
        return entries

    async def _happen(self, when: str) -> None:
        what = getattr(self, when)
        setattr(self, when, None)
        if what:
            await what()


async def say(station: Station, admission: Admission, *texts: str) -> None:
    for text in texts:
        await station.storey.post(admission, text)


async def test_a_stream_gets_the_whole_log_and_then_what_happens() -> None:
    station = a_station()
    ada = await station.storey.open()
    await say(station, ada, "one", "two")
    reader = await station.live(ada)
    await say(station, ada, "three")
    await until(lambda: reader.texts == ["one", "two", "three"])
    assert reader.sequences == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("after", range(6))
async def test_a_stream_gets_what_came_after_its_cursor(after: int) -> None:
    station = a_station()
    ada = await station.storey.open()
    await say(station, ada, "one", "two", "three")
    reader = station.tune_in(ada, after=after)
    await until(lambda: len(reader.sequences) == 5 - after)
    await say(station, ada, "four")
    await until(lambda: reader.sequences == list(range(after + 1, 7)))


@pytest.mark.parametrize("after", [0, 3, 5])
async def test_what_is_said_around_the_catching_up_comes_once_and_in_order(after: int) -> None:
    engine = SlowEngine()
    station = a_station(engine)
    ada = await station.storey.open()
    await say(station, ada, "one", "two", "three")
    engine.before = lambda: say(station, ada, "before")
    engine.after = lambda: say(station, ada, "after", "after all")
    reader = Reader()
    reader.flows.clear()
    station.tune_in(ada, after=after, reader=reader)
    await until(lambda: engine.after is None)
    await quiet()
    await say(station, ada, "while it is written")
    reader.flows.set()
    await until(lambda: len(reader.sequences) == 9 - after)
    await say(station, ada, "live")
    await until(lambda: reader.sequences == list(range(after + 1, 11)))
    assert reader.texts[-5:] == ["before", "after", "after all", "while it is written", "live"]


@pytest.mark.parametrize(
    "cursor", [Cursor("0", 0), Cursor("gone", 3), Cursor("0", 10**15 - 1)], ids=str
)
async def test_a_cursor_of_no_log_gets_the_whole(cursor: Cursor) -> None:
    station = a_station()
    ada = await station.storey.open()
    await say(station, ada, "one")
    reader = station.tune_in(ada, after=cursor)
    await until(lambda: reader.names == ["resync"])
    resync = reader.lines[0]
    assert resync["cursor"] == str((await station.storey.room(ada)).cursor)
    assert [member["nickname"] for member in resync["members"]] == ["Ada"]
    assert [event.get("text") for event in resync["events"]][-1] == "one"
    await say(station, ada, "two")
    await until(lambda: reader.names == ["resync", "message-posted"])


async def test_a_cursor_of_the_future_gets_the_whole_and_misses_nothing_after() -> None:
    station = a_station()
    ada = await station.storey.open()
    reader = station.tune_in(ada, after=1000)
    await until(lambda: reader.names == ["resync"])
    await say(station, ada, "one")
    await until(lambda: reader.texts == ["one"])


async def test_a_cursor_that_has_fallen_out_of_the_log_gets_the_whole() -> None:
    station = a_station()
    ada = await station.storey.open()
    await say(station, ada, *map(str, range(LOG_EVENTS)))
    inside = station.tune_in(ada, after=2)
    await until(lambda: len(inside.texts) == LOG_EVENTS)
    outside = station.tune_in(ada, after=1)
    await until(lambda: outside.names == ["resync"])
    assert "resync" not in inside.names
    assert len(outside.lines[0]["events"]) == LOG_EVENTS


async def test_what_is_said_around_a_resync_comes_once() -> None:
    engine = SlowEngine()
    station = a_station(engine)
    ada = await station.storey.open()

    async def later() -> None:
        engine.before = lambda: say(station, ada, "during")
        engine.after = lambda: say(station, ada, "after")

    engine.after = later
    reader = station.tune_in(ada, after=Cursor("0", 0))
    await until(lambda: reader.texts == ["during", "after"])
    assert reader.names == ["resync", "message-posted", "message-posted"]
    assert reader.lines[0]["cursor"] == str(ada.room.cursor)
    assert len(reader.lines[0]["events"]) == 2


async def test_a_room_that_is_wiped_during_a_resync_ends_the_stream() -> None:
    engine = SlowEngine()
    station = a_station(engine)
    ada = await station.storey.open()
    engine.before = lambda: station.storey.leave(ada)
    reader = station.tune_in(ada, after=Cursor("0", 0))
    await until(lambda: not reader.is_served)
    assert reader.was_ended
    assert "resync" not in reader.names
    assert len(station.hub) == 0


async def test_a_room_that_is_wiped_before_its_log_is_read_gives_no_resync() -> None:
    engine = SlowEngine()
    station = a_station(engine)
    ada = await station.storey.open()

    async def later() -> None:
        engine.before = lambda: station.storey.leave(ada)

    engine.after = later
    reader = station.tune_in(ada, after=Cursor("0", 0))
    await until(lambda: not reader.is_served)
    assert reader.was_ended
    assert "resync" not in reader.names


@pytest.mark.parametrize("wiped", [False, True])
async def test_a_seat_that_went_before_its_stream_came_hears_nothing(
    wiped: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    station = a_station()
    ada = await station.storey.open()
    eve = await station.storey.join(ada, "Eve")
    await station.storey.leave(eve)
    if wiped:
        await station.storey.leave(ada)
    else:
        await say(station, ada, "secret")
    reader = station.tune_in(eve)
    await until(lambda: not reader.is_served)
    assert reader.was_ended
    assert b"".join(reader.chunks) == b""
    assert len(station.hub) == 0


async def test_what_is_said_while_a_lost_seat_is_looked_up_is_not_heard() -> None:
    station = a_station(FarEngine())
    ada = await station.storey.open()
    eve = await station.storey.join(ada, "Eve")
    await station.storey.leave(eve)
    reader = station.tune_in(eve)
    await until(lambda: len(station.hub) == 1)
    await say(station, ada, "secret")
    await until(lambda: not reader.is_served)
    assert b"".join(reader.chunks) == b""


async def test_a_stream_is_over_when_its_client_leaves() -> None:
    station = a_station()
    ada = await station.storey.open()
    reader = await station.live(ada)
    reader.has_left.set()
    await until(lambda: not reader.is_served)
    assert len(station.hub) == 0
    assert not reader.was_ended
    assert len(await station.storey.engine.read(ada.room.id, None) or ()) == 2


async def test_a_stream_whose_task_is_cancelled_is_removed() -> None:
    station = a_station()
    ada = await station.storey.open()
    reader = await station.live(ada)
    assert reader.task
    reader.task.cancel()
    await until(lambda: not reader.is_served)
    assert reader.task.cancelled()
    assert len(station.hub) == 0


async def test_a_stream_is_sent_away_when_its_time_is_over() -> None:
    station = a_station()
    ada = await station.storey.open()
    reader = station.tune_in(ada, seconds=0.01)
    assert reader.task
    await asyncio.wait_for(reader.task, PATIENCE)
    assert reader.was_ended
    assert reader.names[-1] == "reconnect"
    assert reader.sequences == [1, 2, 2]


async def test_a_finite_stream_ends_with_what_there_is() -> None:
    station = a_station()
    ada = await station.storey.open()
    await say(station, ada, "one", "two")
    reader = station.tune_in(ada, after=3, finite=True)
    await until(lambda: not reader.is_served)
    assert reader.was_ended
    assert reader.texts == ["two"]


async def test_a_finite_stream_waits_for_the_first_event() -> None:
    station = a_station()
    ada = await station.storey.open()
    reader = station.tune_in(ada, after=2, finite=True)
    await quiet()
    assert reader.is_served
    assert reader.chunks == []
    await say(station, ada, "one", "two")
    await until(lambda: not reader.is_served)
    assert reader.was_ended
    assert reader.texts == ["one"]


async def test_a_finite_stream_waits_through_what_has_nothing_to_show() -> None:
    station = a_station()
    ada = await station.storey.open()
    ben = await station.storey.join(ada, "Ben")
    station.storey.clock.turn(35)
    await station.storey.presence.renew(ada.room.id, ada.member.id)
    reader = station.tune_in(ada, after=ben.room.sequence, representation=TextLines(), finite=True)
    await quiet()
    await station.storey.reaper.reap_due()
    assert len(await station.storey.engine.read(ada.room.id, ben.room.cursor) or ()) == 1
    await quiet()
    assert reader.is_served
    await say(station, ada, "hello")
    await until(lambda: not reader.is_served)
    assert b"".join(reader.chunks) == b"Ada: hello\n"


async def test_a_finite_stream_that_saw_nothing_says_that_all_is_well() -> None:
    station = a_station()
    ada = await station.storey.open()
    reader = station.tune_in(ada, after=2, finite=True, seconds=0.01)
    assert reader.task
    await asyncio.wait_for(reader.task, PATIENCE)
    assert reader.was_ended
    assert b"".join(reader.chunks) == JSON.beat
    assert reader.names == []


async def test_an_endless_stream_shows_at_once_that_it_flows() -> None:
    station = a_station(MemoryEngine())
    ada = await station.storey.open()
    reader = station.tune_in(ada, after=2)
    await until(lambda: reader.chunks)
    assert reader.names == []


async def remove(station: Station, host: Admission, target: Admission) -> None:
    """Remove somebody; the code changes in the same step, and something is said right after."""
    await station.storey.act(host, Remove(target=target.member.id, code="NEWCODE000"))
    await say(station, host, "secret")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("after", [0, 3, 4, 5, Cursor("0", 0)], ids=str)
async def test_nothing_after_the_end_of_a_seat_is_read_to_it(
    when: str, after: int | Cursor
) -> None:
    """The removal is committed between the look-up of the seat and the reading of the log."""
    engine = SlowEngine()
    station = a_station(engine)
    ada = await station.storey.open()
    eve = await station.storey.join(ada, "Eve")
    setattr(engine, when, lambda: remove(station, ada, eve))
    reader = station.tune_in(eve, after=after)
    await until(lambda: not reader.is_served)
    removal = eve.room.sequence + 1
    assert (await station.storey.room(ada)).sequence == removal + 2
    assert reader.was_ended
    assert max(reader.sequences, default=0) <= removal
    for words in ("secret", "NEWCO", "code-rotated"):
        assert words not in b"".join(reader.chunks).decode()


@pytest.mark.parametrize("after", [0, 3])
async def test_the_end_of_the_seat_itself_is_told(after: int) -> None:
    engine = SlowEngine()
    station = a_station(engine)
    ada = await station.storey.open()
    eve = await station.storey.join(ada, "Eve")
    engine.before = lambda: remove(station, ada, eve)
    reader = station.tune_in(eve, after=after)
    await until(lambda: not reader.is_served)
    assert reader.names[-1] == "member-removed"


class EngineOutOfReach(MemoryEngine):
    """An engine that cannot be reached any more just when a stream is about to be served."""

    async def watch(self, room_id: str) -> None:
        """See `Engine.watch`."""
        await super().watch(room_id)
        raise Unavailable(1.0)


async def test_a_stream_whose_room_is_out_of_reach_ends_and_is_no_fault() -> None:
    station = a_station(EngineOutOfReach())
    ada = await station.storey.open()
    reader = station.tune_in(ada)
    assert reader.task
    await reader.task
    assert (reader.chunks, len(station.hub)) == ([], 0)


async def test_a_room_of_which_something_was_missed_is_caught_up_with_anew() -> None:
    station = a_station()
    ada, other = await station.storey.open(), await station.storey.open("Mallory")
    reader, elsewhere = await station.live(ada), await station.live(other)
    station.hub.start_over(ada.room.id)
    await until(lambda: not reader.is_served)
    assert elsewhere.is_served
    await say(station, ada, "after it")
    back = station.tune_in(ada, after=2)
    await until(lambda: back.texts == ["after it"])
