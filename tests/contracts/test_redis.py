"""What only an engine outside the process can show: several processes, and an engine that goes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from ephemera.domain.commands import Remove
from ephemera.domain.cursors import Cursor
from ephemera.domain.errors import NoSuchRoom, Unavailable
from ephemera.domain.events import MemberWriting, MessagePosted, RoomLocked, RoomRestored, RoomWiped
from ephemera.domain.log import Entry
from ephemera.domain.presence import LEASE_SECONDS, Lease
from ephemera.engine.base import Change, Conflict, EngineUnfit
from ephemera.engine.redis import RedisEngine, checking, connect
from ephemera.engine.redis.keys import SWEPT, keys_of
from ephemera.engine.redis.sweeping import ASLEEP_SECONDS, TAKEN_SECONDS
from ephemera.lobby.restoring import Restoring
from tests.contracts.test_engine import ADA, BEN, END, LATER, ROOM, opening, say, saying, wiping
from tests.support.patience import PATIENCE
from tests.support.processes import comes, until
from tests.support.redis import FORGETFUL, RunningRedis, running_redis, running_sentinel
from tests.support.rooms import DAY, NOON, a_storey, code_of


class Process:
    """An engine as one of several processes has it, and what that process has heard."""

    def __init__(self, url: str, *, strict: bool = False) -> None:
        self.engine = RedisEngine(connect(url), strict=strict)
        self.heard: list[Entry] = []
        self.signals: list[object] = []
        self.astray: list[str] = []
        self.engine.listen(
            lambda _, entries: self.heard.extend(entries),
            lambda _, signal: self.signals.append(signal),
            self.astray.append,
        )
        self.engine.entrust(Restoring(self.engine).bring_back)

    async def has_heard(self, *numbers: int) -> None:
        await comes(lambda: len(self.heard) >= len(numbers))
        assert [entry.sequence for entry in self.heard] == list(numbers)


@asynccontextmanager
async def running(redis: RunningRedis) -> AsyncIterator[Process]:
    process = Process(redis.url)
    await process.engine.open()
    yield process
    await process.engine.close()


@pytest.fixture
async def ours(redis: RunningRedis) -> AsyncIterator[Process]:
    async with running(redis) as process:
        yield process


@pytest.fixture
async def theirs(redis: RunningRedis) -> AsyncIterator[Process]:
    async with running(redis) as process:
        yield process


# Several processes


async def test_what_one_process_commits_another_hears_in_order(
    ours: Process, theirs: Process
) -> None:
    await ours.engine.commit(opening())
    await theirs.engine.watch(ROOM.id)
    room = ROOM
    for number in range(50):
        room = await say(ours.engine, room, str(number), "and more")
    await theirs.has_heard(*range(ROOM.sequence + 1, room.sequence + 1))
    assert theirs.heard == await theirs.engine.read(ROOM.id, ROOM.cursor)
    assert theirs.astray == []


async def test_a_process_hears_nothing_of_rooms_that_nobody_there_watches(
    ours: Process, theirs: Process
) -> None:
    await ours.engine.commit(opening())
    await theirs.engine.watch("other")
    await say(ours.engine, ROOM, "hello")
    await theirs.engine.signal("other", MemberWriting(member=ROOM.members[0]))
    await comes(lambda: theirs.signals)
    assert theirs.heard == []


async def test_two_processes_that_talk_at_once_hear_the_same(
    ours: Process, theirs: Process
) -> None:
    await ours.engine.commit(opening())
    await asyncio.gather(ours.engine.watch(ROOM.id), theirs.engine.watch(ROOM.id))

    async def talk(process: Process) -> None:
        for _ in range(20):
            while True:
                snapshot = await process.engine.load(ROOM.id)
                assert snapshot
                try:
                    await process.engine.commit(saying(snapshot.room, "hello"))
                except Conflict:
                    continue
                break

    await asyncio.gather(talk(ours), talk(theirs))
    numbers = range(ROOM.sequence + 1, ROOM.sequence + 41)
    await ours.has_heard(*numbers)
    await theirs.has_heard(*numbers)
    assert ours.heard == theirs.heard


async def test_the_end_of_a_room_is_heard_everywhere(ours: Process, theirs: Process) -> None:
    await ours.engine.commit(opening())
    await theirs.engine.watch(ROOM.id)
    await ours.engine.commit(wiping(ROOM))
    await theirs.has_heard(ROOM.sequence + 1)
    assert theirs.heard[0].event == RoomWiped(at=LATER, reason="closed")
    assert await theirs.engine.load(ROOM.id) is None


async def test_a_signal_is_felt_everywhere_once(ours: Process, theirs: Process) -> None:
    await ours.engine.commit(opening())
    await asyncio.gather(ours.engine.watch(ROOM.id), theirs.engine.watch(ROOM.id))
    writing = MemberWriting(member=ROOM.members[0])
    await ours.engine.signal(ROOM.id, writing)
    await comes(lambda: ours.signals and theirs.signals)
    assert ours.signals == theirs.signals == [writing]


async def test_what_was_said_while_the_connection_was_lost_is_heard_after_it(
    redis: RunningRedis, ours: Process, theirs: Process
) -> None:
    await ours.engine.commit(opening())
    await theirs.engine.watch(ROOM.id)
    redis.client().client_kill_filter(_type="pubsub")
    room = await say(ours.engine, ROOM, "one", "two")
    await theirs.has_heard(*range(ROOM.sequence + 1, room.sequence + 1))


async def test_who_is_more_than_a_log_behind_starts_over(
    redis: RunningRedis, ours: Process, theirs: Process
) -> None:
    await ours.engine.commit(opening())
    await theirs.engine.watch(ROOM.id)
    redis.client().client_kill_filter(_type="pubsub")
    room = await say(ours.engine, ROOM, *map(str, range(250)))
    await comes(lambda: theirs.astray)
    assert (theirs.astray, theirs.heard) == ([ROOM.id], [])
    await say(ours.engine, room, "after it")
    await theirs.has_heard(room.sequence + 1)


async def test_the_other_process_sees_a_change_of_the_state(ours: Process, theirs: Process) -> None:
    await ours.engine.commit(opening())
    await theirs.engine.watch(ROOM.id)
    room = await say(ours.engine, ROOM, "hello")
    snapshot = await theirs.engine.load(ROOM.id)
    assert snapshot
    assert snapshot.room == room


async def test_who_stops_listening_while_hearing_hears_no_more(
    ours: Process, theirs: Process
) -> None:
    await ours.engine.commit(opening())
    theirs.engine.listen(lambda room_id, _: theirs.engine.unwatch(room_id))
    await theirs.engine.watch(ROOM.id)
    room = await say(ours.engine, ROOM, "one")
    await theirs.has_heard(room.sequence)
    await say(ours.engine, room, "two")
    snapshot = await theirs.engine.load(ROOM.id)
    assert snapshot
    assert [entry.sequence for entry in theirs.heard] == [room.sequence]


async def test_news_that_come_while_a_process_commits_are_heard_after_it(
    ours: Process, theirs: Process
) -> None:
    await ours.engine.commit(opening())
    await theirs.engine.watch(ROOM.id)
    watched = theirs.engine._watching._rooms[ROOM.id]
    await comes(lambda: not watched.catching_up)
    with theirs.engine._watching.committing(ROOM.id):
        room = await say(ours.engine, ROOM, "faster")
        await comes(lambda: watched.newest == room.sequence)
        assert theirs.heard == []
        assert theirs.engine.recall(ROOM.id) is None
    await theirs.has_heard(room.sequence)
    theirs.engine._watching._tell(ROOM.id, watched, list(theirs.heard))
    await theirs.has_heard(room.sequence)


async def test_who_is_further_behind_than_they_knew_reads_all_that_was_missed(
    ours: Process, theirs: Process
) -> None:
    await ours.engine.commit(opening())
    await theirs.engine.watch(ROOM.id)
    watching = theirs.engine._watching
    watched = watching._rooms[ROOM.id]
    await comes(lambda: not watched.catching_up)
    watching._news._take_in = lambda *_: None
    room = await say(ours.engine, ROOM, *map(str, range(20)))
    watching._wake(ROOM.id, watched, 0)
    await theirs.has_heard(*range(ROOM.sequence + 1, room.sequence + 1))
    assert theirs.astray == []


async def test_an_older_view_of_a_room_does_not_replace_a_newer_one(ours: Process) -> None:
    await ours.engine.commit(opening())
    await ours.engine.watch(ROOM.id)
    older = await ours.engine.load(ROOM.id)
    assert older
    room = await say(ours.engine, ROOM, "hello")
    ours.engine._watching.note(older)
    assert ours.engine._watching.last_seen(ROOM.id) == room


async def test_a_process_that_missed_the_news_lets_in_who_joined_and_not_who_was_removed(
    ours: Process, theirs: Process
) -> None:
    """A message rests on what is known without looking; its commit looks."""
    here, there = a_storey(ours.engine), a_storey(theirs.engine)
    ada = await here.open()
    await theirs.engine.watch(ada.room.id)
    await comes(lambda: theirs.engine.recall(ada.room.id))
    theirs.engine._watching._news._take_in = lambda *_: None
    ben = await here.join(ada, "Ben")
    await there.post(ben, "hello")
    await comes(lambda: theirs.engine.recall(ada.room.id))
    await here.act(ada, Remove(target=ben.member.id))
    known = theirs.engine.recall(ada.room.id)
    assert known
    assert known.room.member(ben.member.id), "they have not heard of it"
    with pytest.raises(NoSuchRoom):
        await there.post(ben, "still here")
    log = await ours.engine.read(ada.room.id, None)
    assert [one.event.text for one in log or () if isinstance(one.event, MessagePosted)] == [
        "hello"
    ]


async def test_whoever_may_not_listen_is_told_in_time(
    redis: RunningRedis, ours: Process, caplog: pytest.LogCaptureFixture
) -> None:
    redis.client().execute_command("ACL", "SETUSER", "default", "-ssubscribe")
    await ours.engine.commit(opening())
    with pytest.raises(Unavailable):
        await ours.engine.watch(ROOM.id)
    assert "use SSUBSCRIBE" in caplog.text


async def test_a_process_knows_the_state_of_a_room_after_whatever_it_heard(
    ours: Process, theirs: Process
) -> None:
    await ours.engine.commit(opening())
    await theirs.engine.watch(ROOM.id)
    change = saying(ROOM, "hello")
    assert change.room
    locked = Entry(change.entries[0].cursor, RoomLocked(at=LATER, member=ROOM.members[0]))
    room = replace(change.room, locked=True)
    await ours.engine.commit(replace(change, room=room, entries=[locked]))
    await theirs.has_heard(room.sequence)
    await comes(lambda: theirs.engine._watching.last_seen(ROOM.id) == room)


# What is due


async def test_a_room_is_taken_by_one_process_alone(ours: Process, theirs: Process) -> None:
    for number in range(20):
        room = replace(ROOM, id=f"room {number}", code=code_of(f"room {number}"))
        await ours.engine.commit(opening(room, due=LATER))
    taken = await asyncio.gather(*(one.engine.take_due(LATER, 20) for one in (ours, theirs)))
    assert sorted([*taken[0], *taken[1]]) == sorted({f"room {number}" for number in range(20)})


async def test_a_room_whose_process_ended_while_it_looked_is_due_again(
    ours: Process, theirs: Process
) -> None:
    await ours.engine.commit(opening(due=LATER))
    assert await ours.engine.take_due(LATER, 10) == [ROOM.id]
    assert await theirs.engine.take_due(LATER + TAKEN_SECONDS - 1, 10) == []
    assert await theirs.engine.take_due(LATER + TAKEN_SECONDS, 10) == [ROOM.id]


async def test_nobody_is_late_when_nobody_could_have_been_in_time(ours: Process) -> None:
    """After a pause of the engine everybody has the time of a lease to show that they are here."""
    await ours.engine.commit(opening(due=LATER))
    assert await ours.engine.take_due(LATER - 1, 10) == []
    back = LATER - 1 + ASLEEP_SECONDS + 1
    for seconds in (0, 10, 20, LEASE_SECONDS - 0.1):
        assert await ours.engine.take_due(back + seconds, 10) == []
    assert await ours.engine.take_due(back + LEASE_SECONDS, 10) == [ROOM.id]


async def test_the_time_goes_on_when_the_clock_of_the_engine_is_set(
    redis: RunningRedis, ours: Process, theirs: Process
) -> None:
    """To the processes it is the same whether the clock was set, or what was agreed on about it."""
    for jump in (DAY, -DAY, 10 * DAY):
        began = ours.engine.clock()
        await ours.engine.take_due(began, 10)
        last, rests_until, lead = map(float, redis.client().get(SWEPT).split())
        redis.client().set(SWEPT, f"{last!r} {rests_until!r} {lead + jump!r}")
        for process in (ours, theirs, ours):
            await process.engine.take_due(process.engine.clock(), 10)
            assert process.engine.clock() == pytest.approx(began, abs=PATIENCE)
        async with running(redis) as new:
            assert new.engine.clock() == pytest.approx(ours.engine.clock(), abs=1)
        assert float(redis.client().get(SWEPT).split()[2]) == pytest.approx(lead, abs=1)


async def test_a_process_that_was_stopped_takes_over_the_time_of_the_others(
    redis: RunningRedis, ours: Process
) -> None:
    later = ours.engine.clock() + DAY
    redis.client().set(SWEPT, f"{later!r} {later!r} {DAY!r}")
    await ours.engine.take_due(ours.engine.clock(), 10)
    assert ours.engine.clock() == pytest.approx(later, abs=PATIENCE)
    assert ours.engine.clock() >= later


async def test_a_process_that_starts_never_goes_back_behind_what_has_happened(
    redis: RunningRedis, ours: Process
) -> None:
    last = ours.engine.clock() + DAY
    redis.client().set(SWEPT, f"{last!r} {last!r}")
    async with running(redis) as new:
        assert new.engine.clock() >= last
        await new.engine.take_due(new.engine.clock(), 10)
        await ours.engine.take_due(ours.engine.clock(), 10)
        assert ours.engine.clock() == pytest.approx(new.engine.clock(), abs=1)


async def test_a_time_that_was_agreed_on_goes_on_when_the_engine_has_lost_it(
    redis: RunningRedis, ours: Process
) -> None:
    later = ours.engine.clock() + DAY
    redis.client().set(SWEPT, f"{later!r} {later!r} {DAY!r}")
    await ours.engine.take_due(ours.engine.clock(), 10)
    redis.flush()
    await ours.engine.take_due(ours.engine.clock(), 10)
    assert later <= ours.engine.clock() < later + DAY / 2


async def test_the_rooms_of_all_processes_are_counted(ours: Process, theirs: Process) -> None:
    await ours.engine.commit(opening())
    assert await ours.engine.count_rooms() == 1
    for second in range(20):
        await theirs.engine.take_due(NOON + second, 1)
    assert await theirs.engine.count_rooms() == 1


async def test_the_engine_is_asked_the_same_for_a_room_that_lives_and_for_one_that_never_was(
    redis: RunningRedis, ours: Process, theirs: Process
) -> None:
    """Else a stranger could tell by the time which rooms there are."""
    await theirs.engine.commit(opening())

    def asked() -> int:
        count = redis.client().info("stats")["total_commands_processed"]
        assert isinstance(count, int)
        return count

    async def cost(room_id: str) -> int:
        before = asked()
        await ours.engine.load(room_id)
        return asked() - before

    await cost(ROOM.id)  # the engine is told the script, and the line is opened
    await until(lambda: _has_line(ours), within=PATIENCE)
    costs = [await cost(room_id) for room_id in (ROOM.id, "never was", ROOM.id, "nor this one")]
    assert costs == [costs[0]] * 4


async def _has_line(process: Process) -> bool:
    await process.engine.load(ROOM.id)
    return bool(process.engine._scripts._pipelines._pipelines)


# Loss


async def test_a_room_that_is_watched_survives_its_engine(
    redis: RunningRedis, ours: Process
) -> None:
    await ours.engine.commit(opening())
    await ours.engine.watch(ROOM.id)
    room = await say(ours.engine, ROOM, "lost words")
    redis.stop()
    redis.start_again()
    await comes(lambda: ours.astray)
    snapshot = await ours.engine.load(ROOM.id)
    assert snapshot
    assert snapshot.room.generation != room.generation
    assert snapshot.room.members == room.members
    assert snapshot.room.sequence == room.sequence + 1
    assert await ours.engine.find(ROOM.code) == ROOM.id
    log = await ours.engine.read(ROOM.id, None)
    assert log
    assert [type(entry.event) for entry in log] == [RoomRestored]
    assert await ours.engine.read(ROOM.id, room.cursor) is None, "an old cursor never goes on"
    assert set(snapshot.leases) == {ADA, BEN}


async def test_two_processes_bring_a_room_back_once(
    redis: RunningRedis, ours: Process, theirs: Process
) -> None:
    await ours.engine.commit(opening())
    await asyncio.gather(ours.engine.watch(ROOM.id), theirs.engine.watch(ROOM.id))
    redis.stop()
    redis.start_again()
    await comes(lambda: ours.astray and theirs.astray)
    seen = await asyncio.gather(ours.engine.load(ROOM.id), theirs.engine.load(ROOM.id))
    assert seen[0] == seen[1]
    assert seen[0]
    assert seen[0].room.sequence == ROOM.sequence + 1


async def test_a_room_that_nobody_watches_is_gone_with_its_engine(
    redis: RunningRedis, ours: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ours.engine.commit(opening())
    redis.stop()
    redis.start_again()
    await comes_back(ours)
    with pytest.raises(Unavailable):  # another process might be about to bring it back
        await ours.engine.load(ROOM.id)
    monkeypatch.setattr("ephemera.engine.redis.engine.COMES_BACK_WITHIN", 0.0)
    assert await ours.engine.load(ROOM.id) is None


async def test_a_process_without_a_keeper_brings_nothing_back(redis: RunningRedis) -> None:
    engine = RedisEngine(connect(redis.url))
    await engine.open()
    await engine.commit(opening())
    await engine.watch(ROOM.id)
    redis.client().flushall()
    with pytest.raises(Unavailable):
        await engine.load(ROOM.id)
    await engine.close()


async def test_a_room_that_was_wiped_is_not_brought_back(
    redis: RunningRedis, ours: Process, theirs: Process
) -> None:
    """Its last news may have been lost on the way."""
    await ours.engine.commit(opening())
    await theirs.engine.watch(ROOM.id)
    redis.client().client_kill_filter(_type="pubsub")
    await ours.engine.commit(wiping(ROOM))
    await theirs.has_heard(ROOM.sequence + 1)
    assert await theirs.engine.load(ROOM.id) is None
    assert await ours.engine.load(ROOM.id) is None


async def test_who_looks_a_room_up_before_its_last_news_have_come_hears_of_its_end(
    redis: RunningRedis, ours: Process, theirs: Process
) -> None:
    keys, client = keys_of(ROOM.id), redis.client()
    await ours.engine.commit(opening())
    await ours.engine.commit(wiping(ROOM))
    news = client.getdel(keys.gone)
    await ours.engine.commit(opening())
    await theirs.engine.watch(ROOM.id)
    client.delete(keys.room)  # a wipe whose news are still on their way
    client.set(keys.gone, news)
    assert await theirs.engine.load(ROOM.id) is None
    await theirs.has_heard(ROOM.sequence + 1)


async def test_a_room_that_was_closed_meanwhile_is_not_brought_back_a_second_time(
    redis: RunningRedis, ours: Process, theirs: Process
) -> None:
    """One process found it lost; before it could say so another brought it back and closed it."""
    await ours.engine.commit(opening())
    await theirs.engine.watch(ROOM.id)
    redis.client().flushall()
    snapshot = await theirs.engine.load(ROOM.id)
    assert snapshot
    await theirs.engine.commit(wiping(snapshot.room))
    await Restoring(ours.engine).bring_back(ROOM)
    assert await ours.engine.find(ROOM.code) is None
    assert await theirs.engine.load(ROOM.id) is None


async def test_a_room_that_was_opened_again_is_brought_back_like_any_other(
    redis: RunningRedis, ours: Process
) -> None:
    """What is remembered of the room before it with the same key says nothing about this one."""
    await ours.engine.commit(opening())
    await ours.engine.commit(wiping(ROOM))
    again = replace(ROOM, generation="g2")
    await ours.engine.commit(opening(again))
    await ours.engine.watch(ROOM.id)
    keys = keys_of(ROOM.id)
    redis.client().delete(keys.room, keys.leases, keys.log)
    snapshot = await ours.engine.load(ROOM.id)
    assert snapshot
    assert snapshot.room.members == again.members


async def test_a_room_that_was_not_there_when_it_was_watched_is_found_when_looked_up(
    ours: Process, theirs: Process
) -> None:
    """Also when the news that it is there were lost on the way."""
    await theirs.engine.watch(ROOM.id)
    await comes(lambda: not theirs.engine._watching._rooms[ROOM.id].catching_up)
    theirs.engine._watching._news._take_in = lambda *_: None
    await ours.engine.commit(opening())
    assert await theirs.engine.load(ROOM.id)
    await comes(lambda: theirs.astray)


async def comes_back(process: Process) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await process.engine.find("0000000000")
            except Unavailable:
                await asyncio.sleep(0.1)
            else:
                return


async def test_an_engine_that_is_away_makes_everything_unavailable(
    redis: RunningRedis, ours: Process
) -> None:
    await ours.engine.commit(opening())
    await ours.engine.watch(ROOM.id)
    redis.stop()
    engine, lease = ours.engine, Lease.renewed(NOON)
    for attempt in (
        engine.load(ROOM.id),
        engine.commit(saying(ROOM, "hello")),
        engine.find(ROOM.code),
        engine.read(ROOM.id, None),
        engine.read(ROOM.id, Cursor("g1", 0)),
        engine.renew(ROOM.id, {ADA: lease}),
        engine.take_due(NOON, 1),
        engine.postpone(ROOM.id, NOON),
        engine.spend("b", 1, 1, NOON),
        engine.refund("b", 1),
        engine.signal(ROOM.id, MemberWriting(member=ROOM.members[0])),
        engine.watch("other"),
    ):
        with pytest.raises(Unavailable):
            await attempt


async def test_an_engine_whose_memory_is_full_still_lets_rooms_end(
    redis: RunningRedis, ours: Process
) -> None:
    await ours.engine.commit(opening(due=LATER))
    redis.client().config_set("maxmemory", "1")
    with pytest.raises(Unavailable):
        await ours.engine.commit(saying(ROOM, "too much"))
    snapshot = await ours.engine.load(ROOM.id)
    assert snapshot
    assert snapshot.room == ROOM
    assert await ours.engine.read(ROOM.id, ROOM.cursor) == []
    await ours.engine.renew(ROOM.id, {ADA: Lease.renewed(LATER)})
    assert await ours.engine.spend("b", 1, 1, NOON) == 0
    await ours.engine.refund("b", 1)
    assert await ours.engine.take_due(LATER, 1) == [ROOM.id]
    await ours.engine.postpone(ROOM.id, LATER)
    await ours.engine.commit(wiping(ROOM))
    assert await ours.engine.load(ROOM.id) is None


# Where it is


async def test_sentinel_says_where_the_engine_is(redis: RunningRedis) -> None:
    with running_sentinel(redis) as sentinel:
        process = Process(sentinel.url)
        await process.engine.open()
        await process.engine.commit(opening())
        await process.engine.watch(ROOM.id)
        await say(process.engine, ROOM, "hello")
        await process.has_heard(ROOM.sequence + 1)
        await comes(lambda: process.engine._scripts._pipelines.to(ROOM.id))
        await process.engine.close()


async def test_a_failover_loses_no_room_that_is_watched(redis: RunningRedis) -> None:
    with running_redis([*FORGETFUL, "--replicaof", f"127.0.0.1 {redis.port}"]) as replica:
        await until(lambda: is_replicated(redis), within=PATIENCE)
        with running_sentinel(redis) as sentinel:
            process = Process(sentinel.url)
            await process.engine.open()
            await process.engine.commit(opening())
            await process.engine.watch(ROOM.id)
            await until(sentinel.knows_a_replica, within=PATIENCE)
            redis.stop()
            await until(lambda: has_become_master(replica), within=PATIENCE)
            await comes_back(process)
            snapshot = await process.engine.load(ROOM.id)
            assert snapshot
            assert snapshot.room.members == ROOM.members
            await process.engine.close()


async def is_replicated(redis: RunningRedis) -> bool:
    info = redis.client().info("replication")
    return bool(info["connected_slaves"] == 1 and info["slave0"]["state"] == "online")


async def has_become_master(redis: RunningRedis) -> bool:
    return bool(redis.client().role()[0] == "master")


# Being fit


async def test_an_engine_that_does_not_answer_stops_the_start_with_a_sentence(
    redis: RunningRedis,
) -> None:
    redis.stop()
    process = Process(redis.url)
    with pytest.raises(EngineUnfit, match="does not answer"):
        await process.engine.open()
    await process.engine.close()


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("somebody else's", "1", "what is not Ephemera's"),
        ("ephemera:layout", "0", "another version"),
    ],
)
async def test_an_engine_with_what_is_not_ours_stays_as_it_is(
    redis: RunningRedis, key: str, value: str, sentence: str
) -> None:
    redis.client().set(key, value)
    process = Process(redis.url)
    with pytest.raises(EngineUnfit, match=sentence):
        await process.engine.open()
    await process.engine.close()
    assert redis.client().keys() == [key]
    assert redis.client().get(key) == value


@pytest.mark.parametrize("question", ["get", "dbsize"])
async def test_several_processes_may_begin_at_once_on_an_empty_engine(
    redis: RunningRedis, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    ours, theirs = Process(redis.url), Process(redis.url)
    ask = getattr(ours.engine._client, question)

    async def ask_after_them(*of: str) -> object:
        await theirs.engine.open()
        return await ask(*of)

    monkeypatch.setattr(ours.engine._client, question, ask_after_them)
    await ours.engine.open()
    for process in (ours, theirs):
        await process.engine.close()


async def test_an_old_engine_is_refused(
    redis: RunningRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "OLDEST", 1000)
    process = Process(redis.url)
    with pytest.raises(EngineUnfit, match="or newer"):
        await process.engine.open()
    await process.engine.close()


async def test_an_engine_that_remembers_is_named_and_refused_when_strict(
    redis: RunningRedis, caplog: pytest.LogCaptureFixture
) -> None:
    redis.client().config_set("slowlog-log-slower-than", "10000")
    process, strict = Process(redis.url), Process(redis.url, strict=True)
    await process.engine.open()
    assert "It needs `slowlog-log-slower-than -1`." in caplog.text
    with pytest.raises(EngineUnfit, match="slow commands"):
        await strict.engine.open()
    redis.client().config_set("slowlog-log-slower-than", "-1")
    await strict.engine.open()
    for one in (process, strict):
        await one.engine.close()


async def test_settings_that_cannot_be_seen_are_said_not_to_be(
    redis: RunningRedis, caplog: pytest.LogCaptureFixture
) -> None:
    redis.client().execute_command("ACL", "SETUSER", "default", "-config")
    process = Process(redis.url)
    await process.engine.open()
    assert "cannot be checked" in caplog.text
    await process.engine.close()


async def test_a_wipe_leaves_nothing_but_that_it_happened(
    redis: RunningRedis, ours: Process
) -> None:
    await ours.engine.commit(opening())
    await say(ours.engine, ROOM, "secret")
    snapshot = await ours.engine.load(ROOM.id)
    assert snapshot
    wiped = RoomWiped(at=LATER, reason="closed", member=ROOM.members[0])
    entry = Entry(Cursor("g1", snapshot.room.sequence + 1), wiped)
    await ours.engine.commit(
        Change(room_id=ROOM.id, before=snapshot.room, room=None, entries=[entry], due=END)
    )
    left = {key for key in redis.client().scan_iter() if ROOM.id in key}
    assert "Ada" not in redis.client().get(next(iter(left)))
    assert [key.split(":")[2] for key in left] == ["gone"]
    assert 0 < redis.client().ttl(left.pop()) <= 900
