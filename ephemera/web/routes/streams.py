"""The way of a stream: it may be opened, or not, and then it keeps nothing of its request."""

import random
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final, NamedTuple

from ephemera.domain.cursors import NOWHERE, Cursor
from ephemera.domain.errors import NoSuchRoom, Refusal
from ephemera.domain.rooms import Knock
from ephemera.hub.hub import MOST_STREAMS_OF_A_SEAT
from ephemera.hub.rendering import Representation
from ephemera.hub.stream import Stream
from ephemera.web.road.answers import Answer
from ephemera.web.road.asgi import forget, read_query, until_gone, write
from ephemera.web.road.front import Call, Rest, Ways
from ephemera.web.road.headers import stream_headers
from ephemera.web.routes.kit import Kit

FINITE_SECONDS: Final = 20.0
"""How long a finite stream (`?once=1`) waits for the first event."""
CROWDED_SECONDS: Final = 0.5
"""The same for a seat with many streams: a browser has six HTTP/1.1 connections to a host (and
its seventh tab would wait for one), so those that are not streaming must not sit on theirs."""
LIFETIME_JITTER: Final = (1.0, 1.17)
"""Streams that opened together do not all come back together."""

MOST_CAUGHT_UP_FREELY: Final = 20
"""Events; who comes back after a moment has missed fewer. More are spent from the seat's budget."""

WAITING: Final = "waiting"
"""What who waits at the door may have open: the one representation that shows nothing of a room."""


Otherwise = Callable[[Call, Refusal], Awaitable[Answer]]
"""Answers who may not have the stream that they asked for. Raises the refusal, or another."""


class _Place(NamedTuple):
    """A seat or a knock: its id, where its streams start, and up to where they see nothing."""

    id: str
    start: Cursor
    newest: Cursor
    horizon: int


class Streams:
    """Serves GET and HEAD of /rooms/{id}/events, /json, /raw, /live and /waiting."""

    def __init__(
        self,
        kit: Kit,
        representations: Mapping[str, Representation],
        otherwise: Mapping[str, Otherwise],
    ) -> None:
        self._lobby = kit.lobby
        self._presence = kit.presence
        self._hub = kit.hub
        self._feed = kit.feed
        self._lifetime = kit.stream_lifetime
        self._representations = representations
        self._otherwise = otherwise

    def ways(self) -> Ways:
        """Return what is served here, for the front."""
        return {
            (method, kind): partial(self._serve, kind)
            for method in ("GET", "HEAD")
            for kind in self._representations
        }

    async def _serve(self, kind: str, call: Call) -> Answer | Rest | None:
        try:
            stream = await self._admit(kind, call)
        except Refusal as refusal:
            if kind not in self._otherwise:
                raise
            return await self._otherwise[kind](call, refusal)
        representation, scope, send = self._representations[kind], call.scope, call.send
        headers = stream_headers(
            representation.content_type, representation.refresh, secure=call.asked.secure
        )
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return None
        forget(scope)
        return self._feed.run(stream, partial(until_gone, call.body.receive), self._seconds(stream))

    async def _admit(self, kind: str, call: Call) -> Stream:
        """Return the stream. What is known of the seat by now is let go."""
        representation, room_id = self._representations[kind], call.room_id
        place = await self._place(room_id, kind, call.token)
        self._hub.refuse_when_full()
        query = read_query(call.scope["query_string"])
        after = call.headers.get("last-event-id") or query.get("after", [""])[-1]
        cursor = _cursor(after, place.start)
        if not _is_near(cursor, place.newest):
            await self._lobby.afford(room_id, place.id)
        if call.scope["method"] == "GET":
            await self._presence.renew(room_id, place.id)
        return Stream(
            room_id,
            place.id,
            representation,
            partial(write, call.send),
            cursor=cursor,
            finite=query.get("once") == ["1"],
            horizon=place.horizon,
            locale=call.asked.locale,
        )

    async def _place(self, room_id: str, kind: str, token: str | None) -> _Place:
        """Return where the asker sits, or waits. Raises `NoSuchRoom`."""
        if kind != WAITING:
            seated = await self._lobby.seated(room_id, token)
            start = Cursor(seated.room.generation, 0)
            return _Place(seated.member.id, start, seated.room.cursor, seated.member.horizon)
        door = await self._lobby.at_the_door(room_id, token)
        if isinstance(door.knock, Knock):
            newest = door.room.cursor
            return _Place(door.knock.id, newest, newest, newest.sequence)
        raise NoSuchRoom

    def _seconds(self, stream: Stream) -> float:
        if stream.finite:
            crowded = self._hub.count_streams(stream.room_id, stream.member_id)
            return FINITE_SECONDS if crowded < MOST_STREAMS_OF_A_SEAT else CROWDED_SECONDS
        return self._lifetime * random.uniform(*LIFETIME_JITTER)  # noqa: S311 - it spreads load


def _cursor(text: str, start: Cursor) -> Cursor:
    """Return where to begin: at the start for a client that has nothing yet."""
    return (Cursor.read(text) or NOWHERE) if text else start


def _is_near(cursor: Cursor, newest: Cursor) -> bool:
    """Tell whether few events are between the two: it costs little to catch up with them."""
    behind = newest.sequence - cursor.sequence
    return cursor.generation == newest.generation and 0 <= behind <= MOST_CAUGHT_UP_FREELY
