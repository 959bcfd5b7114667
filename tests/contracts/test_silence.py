"""A lag of our own is no silence of the engine's; an engine that is silent is noticed all the same.

While the loop stands still answers lie unread, and then it finds them when time is long over.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator

import pytest
from redis.exceptions import TimeoutError as NoAnswer

from ephemera.domain.errors import Unavailable
from ephemera.engine.base import Conflict
from ephemera.engine.redis import RedisEngine, connect, silence
from ephemera.engine.redis.connecting import disconnect
from ephemera.engine.redis.silence import ANSWERS_WITHIN, patiently
from ephemera.server import eager
from tests.contracts.test_engine import ROOM, opening, saying
from tests.support.processes import comes
from tests.support.redis import RunningRedis, running_sentinel

SHORT: float = 0.5
"""Seconds, in place of those after which a silent engine counts as out of reach."""
LAG: float = SHORT + 0.1
LAGS: int = 4
TURNS: int = 3
RACING: int = 50


@pytest.fixture(params=["single", "cluster", "sentinel"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[RedisEngine]:
    """One that has no line yet, and asks on connections of redis-py's."""
    if request.param != "sentinel":
        running = request.getfixturevalue(request.param)
        running.flush()
        engine = RedisEngine(connect(running.url))
        await engine.open()
        yield engine
        await engine.close()
        return
    with running_sentinel(request.getfixturevalue("redis")) as sentinel:
        engine = RedisEngine(connect(sentinel.url))
        await engine.open()
        yield engine
        await engine.close()


def stand_still() -> None:
    """Let the loop stand still again and again, with a few turns in between."""
    loop = asyncio.get_running_loop()

    def turn(left: int) -> None:
        if left % TURNS == 0:
            time.sleep(LAG)  # what is tested: a loop that gets no turn
        if left:
            loop.call_soon(turn, left - 1)

    loop.call_soon(turn, TURNS * LAGS + 1)


async def race(engine: RedisEngine) -> None:
    """Let many decide on the same room at once: one of them holds, the others are in conflict."""
    commits = (engine.commit(saying(ROOM, f"text {number}")) for number in range(RACING))
    answers = await asyncio.gather(*commits, return_exceptions=True)
    assert [type(answer) for answer in answers].count(Conflict) == RACING - 1


async def test_a_busy_process_does_not_take_the_engine_for_away(
    engine: RedisEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.commit(opening())
    monkeypatch.setattr(silence, "ANSWERS_WITHIN", SHORT)
    stand_still()
    await race(engine)


async def test_a_busy_process_does_not_take_the_engine_for_away_on_its_pipeline(
    engine: RedisEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.commit(opening())
    await comes(lambda: engine._scripts._pipelines.to(opening().room_id))
    monkeypatch.setattr(silence, "ANSWERS_WITHIN", SHORT)
    stand_still()
    await race(engine)


async def test_a_busy_process_watches_a_room(
    engine: RedisEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.commit(opening())
    monkeypatch.setattr(silence, "ANSWERS_WITHIN", SHORT)
    stand_still()
    await engine.watch(ROOM.id)


async def test_work_that_was_begun_at_once_waits_for_a_connection(redis: RunningRedis) -> None:
    client, found = connect(redis.url), []

    async def look() -> None:
        found.append(await client.dbsize())

    def begin() -> None:  # as a connection does
        asyncio.get_running_loop().call_soon(lambda: eager.start(look()))

    begin()
    await comes(lambda: found == [0])
    [idle] = client.connection_pool._available_connections
    redis.client().client_kill_filter(_type="normal")
    await comes(idle._reader.at_eof)
    begin()
    await comes(lambda: found == [0, 0])
    await disconnect(client)


async def test_silence_is_noticed_in_time() -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    with pytest.raises(NoAnswer):
        async with patiently():
            await loop.create_future()
    assert loop.time() - start >= ANSWERS_WITHIN - 0.1


async def test_an_engine_that_is_paused_is_noticed_by_all_who_ask(
    redis: RunningRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = RedisEngine(connect(redis.url))
    await engine.open()
    await engine.commit(opening())
    monkeypatch.setattr(silence, "ANSWERS_WITHIN", SHORT)
    redis.process.send_signal(signal.SIGSTOP)
    asked = (engine.find(ROOM.code), engine.load(ROOM.id), engine.commit(saying(ROOM, "hello")))
    answers = await asyncio.gather(*asked, engine.watch(ROOM.id), return_exceptions=True)
    assert [type(answer) for answer in answers] == 4 * [Unavailable]
    redis.process.send_signal(signal.SIGCONT)
    await engine.close()
