"""What a stream gets before it is live: what it missed, or the whole when that cannot be told."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from ephemera.domain.errors import Unavailable
from ephemera.domain.log import Entry
from ephemera.domain.rooms import Room
from ephemera.engine.base import Engine
from ephemera.hub.hub import Hub, send_away
from ephemera.hub.lifetimes import Lifetimes
from ephemera.hub.stream import Stream

logger = logging.getLogger(__name__)


class Feed:
    """Runs streams from their subscription to their end."""

    def __init__(self, engine: Engine, hub: Hub) -> None:
        self._engine = engine
        self._hub = hub
        self._lifetimes = Lifetimes(_retire)

    async def run(
        self, stream: Stream, gone: Callable[[], Awaitable[object]], seconds: float
    ) -> None:
        """Serve the stream until it is over, the client is `gone`, or `seconds` have passed.

        Must be called inside the task that serves the response; a stream that
        is added to the hub is always removed again. Whatever this refers to
        is there once for each stream, so there is as little as can be.
        """
        self._hub.add(stream)
        end = self._lifetimes.begin(stream, seconds)
        task = asyncio.current_task()
        assert task  # noqa: S101 # it serves the response
        before = task.cancelling()
        stream.on_over = partial(_interrupt, task)
        try:
            await self._engine.watch(stream.room_id)
            if not stream.finite:
                await self._engine.signal(stream.room_id, self._hub.opened(stream))
            await self._catch_up(stream)
            if not _is_over(stream):
                await gone()
        except asyncio.CancelledError:
            if not _is_over(stream) or task.uncancel() > before:
                raise
        except Unavailable:
            logger.info("a stream could not catch up: its room is out of reach")
        finally:
            self._engine.unwatch(stream.room_id)
            stream.on_over = None
            self._lifetimes.leave(stream, end)
            self._hub.remove(stream)
            stream.cut()

    async def _catch_up(self, stream: Stream) -> None:
        """Write what the stream missed while it is held, then let it go live."""
        if not await self._is_seated(stream):
            await stream.write(b"", False)  # noqa: FBT003 - nothing follows
            stream.cut()
            return
        greeting = stream.representation.greeting(stream)
        missed = await self._missed(stream)
        if greeting or missed:
            await stream.write(greeting + missed, True)  # noqa: FBT003 - more follows
        stream.go_live()
        if stream.finite and missed:
            stream.end()

    async def _is_seated(self, stream: Stream) -> bool:
        """Tell whether the seat is still there: it may have gone before the stream was added."""
        snapshot = await self._engine.load(stream.room_id)
        return snapshot is not None and _has_place(snapshot.room, stream.member_id)

    async def _missed(self, stream: Stream) -> bytes:
        entries = await self._engine.read(stream.room_id, stream.cursor)
        snapshot = await self._engine.load(stream.room_id)
        if snapshot is None or not _has_place(snapshot.room, stream.member_id):
            # What was read may be of the time after the seat, unless its end is among it.
            own_end = any(entry.event.released == stream.member_id for entry in entries or ())
            return self._render(stream, entries) if entries and own_end else b""
        if entries is not None:
            return self._render(stream, entries)
        kept = await self._engine.read(stream.room_id, None)
        if kept is None:
            return b""
        now = snapshot.room.cursor
        kept = [seen for entry in kept if (seen := entry.seen_from(stream.horizon))]
        until = [entry for entry in kept if entry.sequence <= now.sequence]
        stream.cursor = now
        since = [entry for entry in kept if entry.sequence > now.sequence]
        return stream.representation.resync(snapshot, until, stream.locale) + self._render(
            stream, since
        )

    def _render(self, stream: Stream, entries: Sequence[Entry]) -> bytes:
        """Return the entries as far as they are theirs: nothing after the end of the seat."""
        missed = []
        for entry in entries:
            stream.cursor = entry.cursor
            if seen := entry.seen_from(stream.horizon):
                missed.append(stream.representation.entry(seen, stream.locale))
            if entry.event.released == stream.member_id:
                break
        return b"".join(missed)


def _retire(stream: Stream) -> None:
    """End a stream whose time is over; a finite one that saw nothing says that all is well."""
    if stream.finite:
        stream.end(stream.representation.ping)
    else:
        send_away(stream)


def _is_over(stream: Stream) -> bool:
    """Tell whether a stream that is served has said that it is over."""
    return stream.on_over is None


def _interrupt(task: asyncio.Task[None]) -> None:
    """Wake the task that serves a stream; when it is at work itself, it will see to it."""
    if asyncio.current_task() is not task:
        task.cancel()


def _has_place(room: Room, member_id: str) -> bool:
    """Tell whether somebody sits there, or waits there."""
    return room.member(member_id) is not None or room.knock(member_id) is not None
