"""Readers of streams, fed by the real hub and feed; only the wire between is of this process."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ephemera.domain.cursors import Cursor
from ephemera.engine.base import Engine
from ephemera.hub.feed import Feed
from ephemera.hub.hub import Hub
from ephemera.hub.rendering import Representation
from ephemera.hub.stream import Stream
from ephemera.lobby.lobby import Admission
from ephemera.web.rendering.representations import JsonLines
from tests.support.rooms import Storey, a_storey

JSON = JsonLines()
TURNS = 2000


async def until(condition: Callable[[], object]) -> None:
    """Wait until the condition holds, for a bounded number of turns of the event loop."""
    for _ in range(TURNS):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came true")


async def quiet() -> None:
    """Give everything that could happen the turns to happen, to prove that nothing does."""
    for _ in range(50):
        await asyncio.sleep(0)


class Reader:
    """A client: keeps what is written to it, unless it has stalled."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.was_ended = False
        self.has_left = asyncio.Event()
        self.flows = asyncio.Event()
        self.flows.set()
        self.stream: Stream | None = None
        self.task: asyncio.Task[None] | None = None

    async def write(self, body: bytes, more: bool) -> None:  # noqa: FBT001 - as ASGI has it
        """Take what the server writes, when it flows."""
        assert not self.was_ended
        await self.flows.wait()
        self.chunks.append(body)
        self.was_ended = not more

    async def gone(self) -> None:
        """Wait until the client leaves."""
        await self.has_left.wait()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The JSON lines that came so far, without the pings."""
        lines = [json.loads(line) for line in b"".join(self.chunks).splitlines()]
        return [line for line in lines if line["event"] != "ping"]

    @property
    def names(self) -> list[str]:
        """The names of the events that came."""
        return [line["event"] for line in self.lines]

    @property
    def texts(self) -> list[str]:
        """What was said."""
        return [line["text"] for line in self.lines if line["event"] == "message-posted"]

    @property
    def sequences(self) -> list[int]:
        """The places of the events in the log."""
        return [int(line["cursor"].rpartition("-")[2]) for line in self.lines]

    @property
    def is_served(self) -> bool:
        """Whether the server still serves this reader."""
        return self.task is not None and not self.task.done()


@dataclass
class Station:
    """A storey with a hub, where readers tune in."""

    storey: Storey
    hub: Hub
    feed: Feed

    def tune_in(  # noqa: PLR0913 - what a subscription is
        self,
        admission: Admission,
        *,
        after: Cursor | int = 0,
        representation: Representation = JSON,
        finite: bool = False,
        horizon: int = 0,
        locale: str = "en",
        seconds: float = 3600,
        reader: Reader | None = None,
    ) -> Reader:
        """Open a stream on behalf of the seat, after a place in the log."""
        reader = reader or Reader()
        room = admission.room
        cursor = Cursor(room.generation, after) if isinstance(after, int) else after
        stream = Stream(
            room.id,
            admission.member.id,
            representation,
            reader.write,
            cursor=cursor,
            finite=finite,
            horizon=horizon,
            locale=locale,
        )
        reader.stream = stream
        reader.task = asyncio.create_task(self.feed.run(stream, reader.gone, seconds))
        return reader

    async def live(self, admission: Admission, representation: Representation = JSON) -> Reader:
        """Open a stream and wait until it has caught up."""
        reader = self.tune_in(admission, representation=representation)
        await until(lambda: reader.stream and reader.stream.is_live)
        return reader


def a_station(engine: Engine | None = None, *, most_streams: int = 100) -> Station:
    """Return a station on the engine given, or on one of its own."""
    storey = a_storey(engine)
    hub = Hub(storey.clock, most_streams=most_streams)
    storey.engine.listen(hub.hear, hub.sense)
    return Station(storey, hub, Feed(storey.engine, hub))
