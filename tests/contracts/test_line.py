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
from ephemera.engine.redis.line import Line, Lines
from tests.contracts.test_engine import ROOM, opening, say
from tests.support.processes import comes
from tests.support.redis import RunningCluster, RunningRedis

SHORT: float = 1.0
"""Seconds, in place of those after which a silent engine counts as out of reach."""


@pytest.fixture
async def lines(redis: RunningRedis) -> AsyncIterator[Lines]:
    client = connect(redis.url)
    lines = Lines(client)
    yield lines
    await lines.close()
    await disconnect(client)


async def opened(lines: Lines) -> Line:
    await comes(lambda: lines.to("key"))
    line = lines.to("key")
    assert line
    return line


async def asks(line: Line, *words: str | int) -> asyncio.Task[object]:
    """Return a question that is on its way."""
    question = asyncio.create_task(line.ask(*words))
    await asyncio.sleep(0)
    return question


async def test_who_comes_before_the_line_is_open_asks_otherwise(lines: Lines) -> None:
    assert lines.to("key") is None
    assert lines.to("key") is None
    line = await opened(lines)
    assert await line.ask("PING") == "PONG"
    assert lines.to("another") is line


async def test_each_of_many_who_ask_at_once_gets_their_own_answer(lines: Lines) -> None:
    line = await opened(lines)
    answers = await asyncio.gather(*(line.ask("ECHO", number) for number in range(1000)))
    assert answers == list(map(str, range(1000)))


async def test_who_does_not_wait_for_the_answer_leaves_the_others_theirs(lines: Lines) -> None:
    line = await opened(lines)
    impatient, patient = await asks(line, "ECHO", "mine"), await asks(line, "ECHO", "yours")
    impatient.cancel()
    assert await patient == "yours"


async def test_a_question_that_cannot_be_put_into_bytes_leaves_the_others_their_answers(
    lines: Lines,
) -> None:
    line = await opened(lines)
    with pytest.raises(UnicodeEncodeError):
        await line.ask("ECHO", "\ud800")
    assert await line.ask("ECHO", "yours") == "yours"


async def test_an_error_is_an_answer_like_another(lines: Lines) -> None:
    line = await opened(lines)
    assert isinstance(await line.ask("NONSENSE"), hiredis.ReplyError)
    assert await line.ask("PING") == "PONG"
    assert lines.to("key") is line


async def test_when_the_connection_is_lost_nobody_waits_on(
    redis: RunningRedis, lines: Lines
) -> None:
    line = await opened(lines)
    redis.process.send_signal(signal.SIGSTOP)
    impatient, patient = await asks(line, "PING"), await asks(line, "PING")
    impatient.cancel()
    redis.stop()
    with pytest.raises(LostConnection):
        await patient
    assert lines.to("key") is None
    redis.start_again()
    assert await (await opened(lines)).ask("PING") == "PONG"


async def test_an_idle_line_that_is_lost_is_replaced(redis: RunningRedis, lines: Lines) -> None:
    line = await opened(lines)
    redis.client().client_kill_filter(_type="normal")
    await comes(lambda: not line.is_open)
    assert await (await opened(lines)).ask("PING") == "PONG"


async def test_nobody_waits_for_long_for_an_engine_that_is_silent(
    redis: RunningRedis, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ephemera.engine.redis.patience.ANSWERS_WITHIN", SHORT)
    line = await opened(lines)
    assert await line.ask("BLPOP", "nothing", f"{SHORT / 2}") is None
    redis.process.send_signal(signal.SIGSTOP)
    with pytest.raises(NoAnswer):
        await line.ask("PING")
    assert not line.is_open
    redis.process.send_signal(signal.SIGCONT)
    again = await opened(lines)
    assert await again.ask("PING") == "PONG"
    await comes(lambda: not again._silence._timer)
    assert again.is_open, "nobody waits"


async def test_every_answer_breaks_the_silence(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ephemera.engine.redis.patience.ANSWERS_WITHIN", SHORT)
    line = await opened(lines)
    questions = [await asks(line, "BLPOP", "nothing", f"{0.4 * SHORT}") for _ in range(3)]
    assert await asyncio.gather(*questions) == [None] * 3


async def test_a_master_that_is_none_any_more_is_left_when_it_has_answered(
    redis: RunningRedis, lines: Lines
) -> None:
    line = await opened(lines)
    redis.client().replicaof("127.0.0.1", redis.port + 1)
    questions = [await asks(line, "SET", "a", "b"), await asks(line, "PING")]
    refused, answered = await asyncio.gather(*questions)
    assert str(refused).startswith("READONLY")
    assert answered == "PONG"
    assert not line.is_open
    redis.client().replicaof("NO", "ONE")
    again = await opened(lines)
    assert again is not line
    assert await again.ask("SET", "a", "b") == "OK"


async def test_a_line_that_cannot_be_opened_is_tried_again(
    redis: RunningRedis, lines: Lines
) -> None:
    redis.stop()
    assert lines.to("key") is None
    await comes(lambda: not lines._opening)
    redis.start_again()
    assert await (await opened(lines)).ask("PING") == "PONG"


async def test_a_line_that_is_being_opened_at_the_end_is_not_opened(redis: RunningRedis) -> None:
    client = connect(redis.url)
    lines = Lines(client)
    assert lines.to("key") is None
    await lines.close()
    assert not lines._lines
    await disconnect(client)


async def test_there_is_no_line_to_a_cluster_whose_nodes_are_not_known() -> None:
    client = connect("redis+cluster://127.0.0.1:1")
    assert Lines(client).to("key") is None
    await disconnect(client)


async def test_there_is_a_line_to_each_master_of_a_cluster(cluster: RunningCluster) -> None:
    client = connect(cluster.url)
    await client.initialize()
    lines = Lines(client)
    found: set[Line] = set()
    for partition in ALPHABET:
        key, _ = due_in(partition)
        await comes(partial(lines.to, key))
        line = lines.to(key)
        assert line
        assert isinstance(await line.ask("ZCARD", key), int), "it is not sent elsewhere"
        found.add(line)
    assert len(found) == 3
    await lines.close()
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
    await comes(lambda: engine._scripts._lines.to("key"))
    redis.process.send_signal(signal.SIGSTOP)
    step = asyncio.create_task(say(engine, ROOM, "hello"))
    await asyncio.sleep(0)
    redis.stop()
    with pytest.raises(Unavailable):
        await step
    await engine.close()
