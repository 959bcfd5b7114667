"""The short way to an engine: many questions at once, and what happens when it is cut."""

import asyncio
import signal
from collections.abc import AsyncIterator
from functools import partial

import hiredis
import pytest
from redis.exceptions import ConnectionError as LostConnection
from redis.exceptions import TimeoutError as NoAnswer

from ephemera.domain.codes import ALPHABET
from ephemera.domain.errors import Unavailable
from ephemera.engine.redis import RedisEngine, connect
from ephemera.engine.redis.connecting import disconnect
from ephemera.engine.redis.keys import due_in
from ephemera.engine.redis.pipeline import Pipeline, Pipelines
from tests.contracts.test_engine import ROOM, opening, say
from tests.support.processes import comes
from tests.support.redis import RunningCluster, RunningRedis

SHORT: float = 1.0
"""Seconds, in place of those after which a silent engine counts as out of reach."""


@pytest.fixture
async def pipelines(redis: RunningRedis) -> AsyncIterator[Pipelines]:
    client = connect(redis.url)
    pipelines = Pipelines(client)
    yield pipelines
    await pipelines.close()
    await disconnect(client)


async def opened(pipelines: Pipelines) -> Pipeline:
    await comes(lambda: pipelines.to("key"))
    pipeline = pipelines.to("key")
    assert pipeline
    return pipeline


async def asks(pipeline: Pipeline, *words: str | int) -> asyncio.Task[object]:
    """Return a question that is on its way."""
    question = asyncio.create_task(pipeline.ask(*words))
    await asyncio.sleep(0)
    return question


async def test_who_comes_before_the_pipeline_is_open_asks_otherwise(pipelines: Pipelines) -> None:
    assert pipelines.to("key") is None
    assert pipelines.to("key") is None
    pipeline = await opened(pipelines)
    assert await pipeline.ask("PING") == "PONG"
    assert pipelines.to("another") is pipeline


async def test_each_of_many_who_ask_at_once_gets_their_own_answer(pipelines: Pipelines) -> None:
    pipeline = await opened(pipelines)
    answers = await asyncio.gather(*(pipeline.ask("ECHO", number) for number in range(1000)))
    assert answers == list(map(str, range(1000)))


async def test_who_does_not_wait_for_the_answer_leaves_the_others_theirs(
    pipelines: Pipelines,
) -> None:
    pipeline = await opened(pipelines)
    impatient, patient = await asks(pipeline, "ECHO", "mine"), await asks(pipeline, "ECHO", "yours")
    impatient.cancel()
    assert await patient == "yours"


async def test_a_question_that_cannot_be_put_into_bytes_leaves_the_others_their_answers(
    pipelines: Pipelines,
) -> None:
    pipeline = await opened(pipelines)
    with pytest.raises(UnicodeEncodeError):
        await pipeline.ask("ECHO", "\ud800")
    assert await pipeline.ask("ECHO", "yours") == "yours"


async def test_an_error_is_an_answer_like_another(pipelines: Pipelines) -> None:
    pipeline = await opened(pipelines)
    assert isinstance(await pipeline.ask("NONSENSE"), hiredis.ReplyError)
    assert await pipeline.ask("PING") == "PONG"
    assert pipelines.to("key") is pipeline


async def test_when_the_connection_is_lost_nobody_waits_on(
    redis: RunningRedis, pipelines: Pipelines
) -> None:
    pipeline = await opened(pipelines)
    redis.process.send_signal(signal.SIGSTOP)
    impatient, patient = await asks(pipeline, "PING"), await asks(pipeline, "PING")
    impatient.cancel()
    redis.stop()
    with pytest.raises(LostConnection):
        await patient
    assert pipelines.to("key") is None
    redis.start_again()
    assert await (await opened(pipelines)).ask("PING") == "PONG"


async def test_an_idle_pipeline_that_is_lost_is_replaced(
    redis: RunningRedis, pipelines: Pipelines
) -> None:
    pipeline = await opened(pipelines)
    redis.client().client_kill_filter(_type="normal")
    await comes(lambda: not pipeline.is_open)
    assert await (await opened(pipelines)).ask("PING") == "PONG"


async def test_nobody_waits_for_long_for_an_engine_that_is_silent(
    redis: RunningRedis, pipelines: Pipelines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ephemera.engine.redis.silence.ANSWERS_WITHIN", SHORT)
    pipeline = await opened(pipelines)
    assert await pipeline.ask("BLPOP", "nothing", f"{SHORT / 2}") is None
    redis.process.send_signal(signal.SIGSTOP)
    with pytest.raises(NoAnswer):
        await pipeline.ask("PING")
    assert not pipeline.is_open
    redis.process.send_signal(signal.SIGCONT)
    again = await opened(pipelines)
    assert await again.ask("PING") == "PONG"
    await comes(lambda: not again._silence._timer)
    assert again.is_open, "nobody waits"


async def test_every_answer_breaks_the_silence(
    pipelines: Pipelines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ephemera.engine.redis.silence.ANSWERS_WITHIN", SHORT)
    pipeline = await opened(pipelines)
    questions = [await asks(pipeline, "BLPOP", "nothing", f"{0.4 * SHORT}") for _ in range(3)]
    assert await asyncio.gather(*questions) == [None] * 3


async def test_a_master_that_is_none_any_more_is_left_when_it_has_answered(
    redis: RunningRedis, pipelines: Pipelines
) -> None:
    pipeline = await opened(pipelines)
    redis.client().replicaof("127.0.0.1", redis.port + 1)
    questions = [await asks(pipeline, "SET", "a", "b"), await asks(pipeline, "PING")]
    refused, answered = await asyncio.gather(*questions)
    assert str(refused).startswith("READONLY")
    assert answered == "PONG"
    assert not pipeline.is_open
    redis.client().replicaof("NO", "ONE")
    again = await opened(pipelines)
    assert again is not pipeline
    assert await again.ask("SET", "a", "b") == "OK"


async def test_a_pipeline_that_cannot_be_opened_is_tried_again(
    redis: RunningRedis, pipelines: Pipelines
) -> None:
    redis.stop()
    assert pipelines.to("key") is None
    await comes(lambda: not pipelines._opening)
    redis.start_again()
    assert await (await opened(pipelines)).ask("PING") == "PONG"


async def test_a_pipeline_that_is_being_opened_at_the_end_is_not_opened(
    redis: RunningRedis,
) -> None:
    client = connect(redis.url)
    pipelines = Pipelines(client)
    assert pipelines.to("key") is None
    await pipelines.close()
    assert not pipelines._pipelines
    await disconnect(client)


async def test_there_is_no_pipeline_to_a_cluster_whose_nodes_are_not_known() -> None:
    client = connect("redis+cluster://127.0.0.1:1")
    assert Pipelines(client).to("key") is None
    await disconnect(client)


async def test_there_is_a_pipeline_to_each_master_of_a_cluster(cluster: RunningCluster) -> None:
    client = connect(cluster.url)
    await client.initialize()
    pipelines = Pipelines(client)
    found: set[Pipeline] = set()
    for partition in ALPHABET:
        key, _ = due_in(partition)
        await comes(partial(pipelines.to, key))
        pipeline = pipelines.to(key)
        assert pipeline
        assert isinstance(await pipeline.ask("ZCARD", key), int), "it is not sent elsewhere"
        found.add(pipeline)
    assert len(found) == 3
    await pipelines.close()
    await disconnect(client)


async def test_an_engine_that_forgot_its_scripts_is_told_them_again(redis: RunningRedis) -> None:
    engine = RedisEngine(connect(redis.url))
    await engine.open()
    await engine.commit(opening())
    redis.client().script_flush()
    await say(engine, ROOM, "hello")
    await engine.close()


async def test_a_step_whose_answer_was_lost_is_not_tried_again(redis: RunningRedis) -> None:
    engine = RedisEngine(connect(redis.url))
    await engine.open()
    await engine.commit(opening())
    await comes(lambda: engine._scripts._pipelines.to("key"))
    redis.process.send_signal(signal.SIGSTOP)
    step = asyncio.create_task(say(engine, ROOM, "hello"))
    await asyncio.sleep(0)
    redis.stop()
    with pytest.raises(Unavailable):
        await step
    await engine.close()
