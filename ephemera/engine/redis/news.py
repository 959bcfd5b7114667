"""What is published about rooms: one connection for all the rooms that are watched here."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn

from ephemera.engine.redis.keys import keys_of, room_of_channel
from ephemera.engine.redis.pipeline import Client
from ephemera.engine.redis.reaching import RETRY_SECONDS, Reach

LOOKS_UP_AFTER: Final = 10.0
"""Seconds of silence after which it is asked whether the connection still is one."""
BREATH_SECONDS: Final = 0.05
"""Before a node is asked again that had nothing, perhaps because nobody has subscribed there."""

TakeIn = Callable[[str, str | None], None]
"""Called with a room id and its news; with None when we are subscribed, also once more after the
connection had been lost."""

logger = logging.getLogger(__name__)


class News:
    """Calls `take_in` with what is published, and `lose` when nothing can be heard."""

    def __init__(
        self, client: Client, reach: Reach, take_in: TakeIn, lose: Callable[[], None]
    ) -> None:
        self._connection = client.pubsub()
        self._reach = reach
        self._take_in = take_in
        self._lose = lose
        self._nodes: Callable[[], Sequence[Any]] = getattr(client, "get_primaries", lambda: [None])
        self._waiting: dict[Any, asyncio.Task[NoReturn]] = {}

    async def subscribe(self, room_id: str) -> None:
        """Ask for news of the room; `take_in` tells when they come from then on."""
        async with self._reach.trying():
            await self._connection.ssubscribe(keys_of(room_id).room)
        self._wait_at_every_node()

    async def unsubscribe(self, room_id: str) -> None:
        """Ask for no more news of the room."""
        async with self._reach.trying():
            await self._connection.sunsubscribe(keys_of(room_id).room)

    async def close(self) -> None:
        """Hear nothing any more."""
        for waiting in self._waiting.values():
            waiting.cancel()
        await asyncio.gather(*self._waiting.values(), return_exceptions=True)
        await self._connection.aclose()

    def _wait_at_every_node(self) -> None:
        """Wait at each master of a cluster by itself, for redis-py waits at one after the other."""
        for node in self._nodes():
            if node not in self._waiting:
                self._waiting[node] = asyncio.create_task(self._wait(node))

    async def _wait(self, node: Any) -> NoReturn:  # noqa: ANN401 - redis-py's, or None
        while True:
            try:
                news = await self._next(node)
                if news is None:
                    self._wait_at_every_node()  # there may be a new master
                    await asyncio.sleep(BREATH_SECONDS)
                else:
                    self._understand(news)
            except Exception as error:  # half a process that hears nothing is worse than a log
                if self._reach.knows(error):
                    self._lose()
                    await asyncio.sleep(RETRY_SECONDS / 4)
                else:
                    logger.exception("news of a room could not be understood")

    async def _next(self, node: Any) -> dict[str, Any] | None:  # noqa: ANN401 - as above
        news: dict[str, Any] | None
        if node is None:
            news = await self._connection.get_message(timeout=LOOKS_UP_AFTER)
        else:
            news = await self._connection.get_sharded_message(
                timeout=LOOKS_UP_AFTER, target_node=node
            )
        return news

    def _understand(self, news: dict[str, Any]) -> None:
        if news["type"] in {"ssubscribe", "smessage"}:
            told = news["data"] if news["type"] == "smessage" else None
            self._take_in(room_of_channel(news["channel"]), told)
