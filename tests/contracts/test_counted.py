"""What is counted of an engine outside the process: the lag of others, and that it is away."""

import pytest

from ephemera.domain.errors import Unavailable
from ephemera.engine.redis import RedisEngine, connect
from tests.contracts.test_engine import ROOM, opening, say
from tests.support.counting import Counting
from tests.support.processes import comes
from tests.support.redis import running_redis


async def watches(engine: RedisEngine) -> None:
    """Watch the room, until the first look at what was missed meanwhile is over."""
    await engine.watch(ROOM.id)
    await comes(lambda: not engine._watching._rooms[ROOM.id].catching_up)


async def test_events_of_another_process_have_a_lag() -> None:
    with running_redis() as redis:
        engines = [RedisEngine(connect(redis.url)) for _ in range(2)]
        ours, theirs = map(Counting, engines)
        for process in (ours, theirs):
            await process.engine.open()
        await theirs.engine.commit(opening())
        for engine in engines:
            await watches(engine)
        await say(theirs.engine, ROOM, "hello", "and more")
        await comes(lambda: len(ours.lags) == 2)
        assert ours.counted == {"events": 2}
        assert theirs.counted["commits"] == 2
        for process in (ours, theirs):
            await process.engine.close()


async def test_an_engine_that_goes_away_is_counted() -> None:
    with running_redis() as redis:
        process = Counting(RedisEngine(connect(redis.url)))
        await process.engine.open()
        redis.stop()
        with pytest.raises(Unavailable):
            await process.engine.load(ROOM.id)
        assert process.counted == {"unavailable": 1}
        await process.engine.close()
