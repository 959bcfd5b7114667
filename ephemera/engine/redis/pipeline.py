"""Connections on which everybody asks at once.

A client of redis-py takes a connection for each question and waits for the answer before it asks
the next one; that is more work than the question itself (ADR 0031). Here questions go out together,
and the answers come back in the same order. A pipeline is only ever the short way: whoever finds
none, or gets an error, asks redis-py, which knows about redirections, forgotten scripts, refusals.
"""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any, Final

import hiredis
from redis.exceptions import ConnectionError as LostConnection
from redis.exceptions import RedisClusterException, RedisError
from redis.exceptions import TimeoutError as NoAnswer

from ephemera.engine.redis.silence import Silence

NOT_A_MASTER: Final = "READONLY"

Client = Any
"""`Redis` or `RedisCluster` of `redis.asyncio`, whose types allow for bytes where we have text."""


class Pipeline(asyncio.Protocol):
    """One connection to one node, with any number of questions under way."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - a connected one of redis-py's
        """Take the connection over: redis-py has greeted the node on it, and uses it no more."""
        self._loop = asyncio.get_running_loop()
        self._writer = connection._writer  # noqa: SLF001 - there is no other way to the transport
        connection._reader = connection._writer = None  # noqa: SLF001 - or it closes them at its end
        self._transport = self._writer.transport
        self._transport.set_protocol(self)
        self._reader = hiredis.Reader(encoding="utf-8")
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._unsent: list[bytes] = []
        self._silence = Silence(self._give_up)
        self.is_open = True

    async def ask(self, *words: str | int) -> Any:  # noqa: ANN401 - whatever the engine answers
        """Return the answer, or an error of the engine's as a `hiredis.ReplyError`.

        Raises redis-py's `ConnectionError` and `TimeoutError`: then nobody knows what was done.
        """
        question = hiredis.pack_command(words)  # type: ignore[arg-type] # of any length
        answer = self._loop.create_future()
        if not self._waiting:
            self._silence.begin()
        if not self._unsent:
            self._loop.call_soon(self._send)
        self._waiting.append(answer)
        self._unsent.append(question)
        return await answer

    def _send(self) -> None:
        self._transport.write(b"".join(self._unsent))
        self._unsent.clear()

    def data_received(self, data: bytes) -> None:
        """Hand the answers to those who asked, the longest waiting first."""
        self._reader.feed(data)
        while (answer := self._reader.gets()) is not False:
            asked = self._waiting.popleft()
            if not asked.done():
                asked.set_result(answer)
            if isinstance(answer, hiredis.ReplyError) and str(answer).startswith(NOT_A_MASTER):
                self.is_open = False  # there is another master by now
        if self._waiting:
            self._silence.begin()
        else:
            self._silence.end()
        if not (self.is_open or self._waiting):
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        """Tell those who still wait that there will be no answer."""
        self.is_open = False
        self._fail(LostConnection("the connection to the engine was lost"))
        self._silence.close()

    def _give_up(self) -> None:
        """Give up on an engine that has been silent for too long while somebody waits."""
        self.is_open = False
        self._fail(NoAnswer("the engine does not answer"))
        self._transport.abort()

    def _fail(self, fault: Exception) -> None:
        while self._waiting:
            asked = self._waiting.popleft()
            if not asked.done():
                asked.set_exception(fault)

    def close(self) -> None:
        """Let go of the connection."""
        self.is_open = False
        self._transport.close()


class Pipelines:
    """A pipeline to each node that is asked something."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._pipelines: dict[Any, Pipeline] = {}
        self._opening: dict[Any, asyncio.Task[None]] = {}

    def to(self, key: str) -> Pipeline | None:
        """Return the pipeline to the node that has the key, if there is one; else one is opened."""
        try:
            node = self._client.get_node_from_key(key) if self._is_cluster else None
        except RedisClusterException:  # its nodes are not known, or not those of every key
            return None
        pipeline = self._pipelines.get(node)
        if pipeline and pipeline.is_open:
            return pipeline
        if node not in self._opening:
            self._opening[node] = asyncio.create_task(self._open(node))
        return None

    @property
    def _is_cluster(self) -> bool:
        return hasattr(self._client, "get_node_from_key")

    async def _open(self, node: Any) -> None:  # noqa: ANN401 - redis-py's, or None
        if node is None:
            connection = self._client.connection_pool.make_connection()
        else:
            connection = node.connection_class(**node.connection_kwargs)
        try:
            with suppress(RedisError, OSError):
                await connection.connect()
                self._pipelines[node] = Pipeline(connection)
        finally:
            del self._opening[node]

    async def close(self) -> None:
        """Let go of every pipeline."""
        for opening in tuple(self._opening.values()):
            opening.cancel()
        await asyncio.gather(*self._opening.values(), return_exceptions=True)
        for pipeline in self._pipelines.values():
            pipeline.close()
