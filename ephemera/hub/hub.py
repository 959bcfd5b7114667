"""The hub: who listens to which room on this process, and the fan-out to them.

An event is rendered at most once for each representation that somebody here
reads, in each language, and the same bytes go into every mailbox. Publishing
never waits for a reader.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from ephemera.clock import Clock
from ephemera.domain.errors import Unavailable
from ephemera.domain.events import Event, RoomWiped, Signal, StreamClosed, StreamOpened
from ephemera.domain.log import Entry
from ephemera.hub.remote_streams import RemoteStreams
from ephemera.hub.rendering import Representation
from ephemera.hub.stream import Stream

MOST_STREAMS_OF_A_SEAT: Final = 3
SLICES: Final = 15
"""Into so many parts the rooms are divided for their heartbeats."""
DEPARTED_AT_ONCE: Final = 100
RETRY_WHEN_FULL_SECONDS: Final = 10.0
LAST_SECONDS: Final = 2.0
"""For a reader to take what was said before the end of the room, or of its seat, and the end."""
COME_BACK_SECONDS: Final = (1.0, 5.0)
"""Readers who are sent away come back spread over this time."""

_Look = tuple[Representation, str, bool]
"""A representation, a locale, and whether the whole of an entry is seen: what is not all of it is
the same for everybody."""

logger = logging.getLogger(__name__)


class Departure(NamedTuple):
    """A stream that closed, and when."""

    room_id: str
    closed: StreamClosed
    at: float


class Hub:
    """The streams that are open in this process, by room, in the order they opened.

    `dropped` is called for each whose reader was too slow.
    """

    def __init__(
        self, clock: Clock, *, most_streams: int, dropped: Callable[[], object] = lambda: None
    ) -> None:
        self._clock = clock
        self._most_streams = most_streams
        self._dropped = dropped
        self._rooms: dict[str, list[Stream]] = {}
        self._count = 0
        self._draining = False
        self._empty = asyncio.Event()
        self._empty.set()
        self._remote = RemoteStreams()
        self._departed: list[Departure] = []
        self._called: set[tuple[str, str]] = set()
        self._slices: tuple[set[str], ...] = tuple(set() for _ in range(SLICES))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Stream]:
        return (stream for streams in tuple(self._rooms.values()) for stream in tuple(streams))

    def refuse_when_full(self) -> None:
        """Raise `Unavailable` when this process takes no more streams."""
        if self._draining or self._count >= self._most_streams:
            raise Unavailable(RETRY_WHEN_FULL_SECONDS)

    def add(self, stream: Stream) -> None:
        """Register the stream, before it catches up: nothing can fall in between.

        The oldest endless stream of a seat that has too many, wherever, is told to go finite.
        """
        if stream.room_id not in self._rooms:
            self._rooms[stream.room_id] = []
            min(self._slices, key=len).add(stream.room_id)
        self._rooms[stream.room_id].append(stream)
        stream.opened_at = self._clock()
        self._count += 1
        self._empty.clear()
        if not stream.finite:
            self._displace(stream.room_id, stream.member_id)
        if self._draining:
            send_away(stream)

    def opened(self, stream: Stream) -> StreamOpened:
        """Return what other processes must be told when it has opened, and is endless."""
        return self._remote.opened(stream)

    def remove(self, stream: Stream) -> None:
        """Forget the stream. Synchronous, so that it holds even when a task is cancelled."""
        streams = self._rooms[stream.room_id]
        streams.remove(stream)
        self._count -= 1
        if stream.dropped:
            self._dropped()
        if not self._count:
            self._empty.set()
        if not streams:
            del self._rooms[stream.room_id]
            for rooms in self._slices:
                rooms.discard(stream.room_id)
        closed = self._remote.closed(stream)
        self._departed.append(Departure(stream.room_id, closed, self._clock()))

    def has_stream(self, room_id: str, member_id: str) -> bool:
        """Tell whether the seat has a stream open here."""
        return self.count_streams(room_id, member_id) > 0

    def count_streams(self, room_id: str, member_id: str) -> int:
        """Return how many streams the seat has open here."""
        streams = self._rooms.get(room_id, ())
        return sum(stream.member_id == member_id for stream in streams)

    def take_departed(self) -> list["Departure"]:
        """Return and forget some of the streams that closed; their seats may be back by now.

        When nothing is returned, there are no more.
        """
        departed = self._departed[:DEPARTED_AT_ONCE]
        del self._departed[:DEPARTED_AT_ONCE]
        return departed

    def take_called(self) -> set[tuple[str, str]]:
        """Return and forget the seats, by room and member, that closed a stream elsewhere.

        Those that have one here must show life, or they are taken for away.
        """
        called, self._called = self._called, set()
        return {seat for seat in called if self.has_stream(*seat)}

    def hear(self, room_id: str, entries: Sequence[Entry]) -> None:
        """Deliver what has just been committed: the engine's listener.

        A fault of ours while rendering must not undo what is committed nor
        leave a silent hole: the streams are cut and their readers catch up.
        """
        streams = tuple(self._rooms.get(room_id, ()))
        if not streams:
            return
        try:
            for entry in entries:
                _deliver(streams, entry)
        except Exception:
            logger.exception("an event could not be rendered")
            for stream in streams:
                stream.cut()

    def sense(self, room_id: str, signal: Signal) -> None:
        """Pass on what is so only just now: the engine's sensor."""
        if isinstance(signal, StreamOpened | StreamClosed):
            self._note_remote(room_id, signal)
            return
        rendered: dict[tuple[Representation, str], bytes] = {}
        for stream in tuple(self._rooms.get(room_id, ())):
            look = (stream.representation, stream.locale)
            if look not in rendered:
                rendered[look] = stream.representation.signal(signal, stream.locale)
            stream.signal(rendered[look])

    def start_over(self, room_id: str) -> None:
        """Let the readers of a room come back and catch up: something may have been missed."""
        for stream in self.streams_of(room_id):
            stream.cut()

    def drain(self) -> None:
        """Take no more streams and end those that are open; their readers come back later."""
        self._draining = True
        for stream in self:
            send_away(stream)

    async def emptied(self) -> None:
        """Wait until no stream is open."""
        await self._empty.wait()

    def slice(self, number: int) -> tuple[str, ...]:
        """Return one of `SLICES` parts of the rooms that somebody here listens to."""
        return tuple(self._slices[number])

    def streams_of(self, room_id: str) -> tuple[Stream, ...]:
        """Return the streams of a room that are open here."""
        return tuple(self._rooms.get(room_id, ()))

    def cut(self) -> None:
        """End whatever is still open, at once."""
        for stream in self:
            stream.cut()

    def _note_remote(self, room_id: str, signal: StreamOpened | StreamClosed) -> None:
        if not self._remote.concerns(signal):
            return
        for stream in self._endless(room_id, signal.member_id):
            self._remote.note(stream, signal)
        self._displace(room_id, signal.member_id)
        if isinstance(signal, StreamClosed):
            self._called.add((room_id, signal.member_id))

    def _endless(self, room_id: str, member_id: str) -> list[Stream]:
        """Return the seat's streams here that have no end yet, the oldest first."""
        return [
            stream
            for stream in self._rooms.get(room_id, ())
            if stream.member_id == member_id and not stream.finite and not stream.is_ending
        ]

    def _displace(self, room_id: str, member_id: str) -> None:
        for newer, stream in enumerate(reversed(self._endless(room_id, member_id))):
            if newer + self._remote.count_newer(stream) >= MOST_STREAMS_OF_A_SEAT:
                stream.end(stream.representation.finite)


def send_away(stream: Stream) -> None:
    """End the stream and ask its reader to come back in a few seconds."""
    retry = random.uniform(*COME_BACK_SECONDS)  # noqa: S311 - it spreads load
    stream.end(lambda to: stream.representation.goodbye(to, retry))


def _deliver(streams: Sequence[Stream], entry: Entry) -> None:
    views: dict[int, Entry | None] = {}
    rendered: dict[_Look, bytes] = {}
    for stream in streams:
        if stream.horizon not in views:
            views[stream.horizon] = entry.seen_from(stream.horizon)
        seen = views[stream.horizon]
        if seen is None:
            stream.deliver(entry.cursor, b"")
            continue
        look = (stream.representation, stream.locale, seen is entry)
        if look not in rendered:
            rendered[look] = _render(rendered, look, seen)
        stream.deliver(entry.cursor, rendered[look] + _farewell(stream, entry))
        if stream.representation.outdates(seen):
            stream.end()
    _end_released(streams, entry)


def _render(rendered: dict[_Look, bytes], look: _Look, entry: Entry) -> bytes:
    """Return the entry as it looks, which without words of ours is the same in each language."""
    representation, locale, whole = look
    if rendered and not representation.speaks(entry):
        for (other, _, seen), chunk in rendered.items():
            if other is representation and seen == whole:
                return chunk
    return representation.entry(entry, locale)


def _farewell(stream: Stream, entry: Entry) -> bytes:
    """Return what goes with the one answer to a reader who will get no other: they have left."""
    if stream.finite and stream.member_id == entry.event.released:
        return stream.representation.left(stream, entry)
    return b""


def _end_released(streams: Sequence[Stream], entry: Entry) -> None:
    """End the streams of a seat, or of a room, that is no more."""
    event: Event = entry.event
    for stream in streams:
        if isinstance(event, RoomWiped):
            stream.end()
        elif stream.member_id == event.released:
            stream.end(partial(stream.representation.left, end=entry))
        else:
            continue
        if stream.is_behind:
            asyncio.get_running_loop().call_later(LAST_SECONDS, stream.cut)
