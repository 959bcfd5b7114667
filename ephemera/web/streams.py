"""Streams, as plain ASGI in front of Quart: a stream keeps nothing of its request.

A stream that may be opened is served here; everything else, a refusal too, is
Quart's, which answers it like any other request.
"""

import random
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import parse_qs

from quart import Blueprint, Response, request

from ephemera.domain.cursors import NOWHERE, Cursor
from ephemera.domain.errors import NoSuchRoom, Refusal
from ephemera.domain.rooms import Knock
from ephemera.hub.feed import Feed
from ephemera.hub.hub import MOST_STREAMS_OF_A_SEAT, Hub
from ephemera.hub.rendering import Renderer
from ephemera.hub.stream import Stream
from ephemera.lobby.lobby import Lobby
from ephemera.lobby.presence import Presence
from ephemera.web.headers import stream_headers
from ephemera.web.sessions import held_token

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Asgi = Callable[[Any, Any, Any], Awaitable[None]]

FINITE_SECONDS: Final = 20.0
"""How long a finite stream (`?once=1`) waits for the first event."""
CROWDED_SECONDS: Final = 0.5
"""The same for a seat with many streams: a browser has six HTTP/1.1 connections to a host (and
its seventh tab would wait for one), so those that are not streaming must not sit on theirs."""
LIFETIME_JITTER: Final = (1.0, 1.17)
"""Streams that opened together do not all come back together."""

_PATH: Final = re.compile(r"/rooms/([^/]+)/(events|json|raw|live|waiting)")
_ABSOLUTE: Final = re.compile(r"https?://[^/]*(/.*)?", re.IGNORECASE | re.DOTALL)
_REFUSAL: Final = "ephemera.refusal"
WAITING: Final = "waiting"
"""What who waits at the door may have open: the one representation that shows nothing of a room."""


class StreamRenderer(Renderer, Protocol):
    """A representation that streams can have."""

    @property
    def content_type(self) -> str:
        """The media type of the stream."""

    @property
    def refresh(self) -> int | None:
        """Seconds after which a browser by itself asks again for a document that has ended."""


class _Place(NamedTuple):
    """A seat or a knock: its id, where its streams start, and up to where they see nothing."""

    id: str
    start: Cursor
    horizon: int


class Streams:
    """Serves GET and HEAD of /rooms/{id}/events, /json, /raw, /live and /waiting."""

    def __init__(  # noqa: PLR0913 - everyone who has a part in a stream
        self,
        app: Asgi,
        *,
        lobby: Lobby,
        presence: Presence,
        hub: Hub,
        feed: Feed,
        renderers: Mapping[str, StreamRenderer],
        lifetime: float,
    ) -> None:
        self._app = app
        self._lobby = lobby
        self._presence = presence
        self._hub = hub
        self._feed = feed
        self._renderers = renderers
        self._lifetime = lifetime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a stream, or hand the request on."""
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close"})  # before it is accepted: 403
        if scope["type"] == "http" and not scope["path"].startswith("/"):
            scope = {**scope, "path": _origin_form(scope["path"])}
        path = _PATH.fullmatch(scope["path"]) if _may_stream(scope) else None
        if path is None:
            return await self._app(scope, receive, send)
        try:
            stream = await self._admit(path[1], path[2], scope, send)
        except Refusal as refusal:
            return await self._app({**scope, _REFUSAL: refusal}, receive, send)
        return await self._serve(stream, scope["method"], receive, send)

    async def _admit(self, room_id: str, kind: str, scope: Scope, send: Send) -> Stream:
        """Return the stream, its answer begun. What is known of the seat by now is let go."""
        renderer = self._renderers[kind]
        place = await self._place(room_id, kind, _token(scope))
        self._hub.refuse_when_full()
        headers = stream_headers(scope["scheme"], _own_headers(renderer))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        return _subscription(room_id, place, renderer, scope, _writer(send))

    async def _place(self, room_id: str, kind: str, token: str | None) -> _Place:
        """Return where the asker sits, or waits. Raises `NoSuchRoom`."""
        if kind != WAITING:
            seated = await self._lobby.seated(room_id, token)
            start = Cursor(seated.room.generation, 0)
            return _Place(seated.member.id, start, seated.member.horizon)
        door = await self._lobby.at_the_door(room_id, token)
        if isinstance(door.knock, Knock):
            return _Place(door.knock.id, door.room.cursor, door.room.sequence)
        raise NoSuchRoom

    async def _serve(self, stream: Stream, method: str, receive: Receive, send: Send) -> None:
        if method == "HEAD":
            return await send({"type": "http.response.body", "body": b"", "more_body": False})
        await self._presence.renew(stream.room_id, stream.member_id)
        return await self._feed.run(stream, _gone(receive), self._seconds(stream))

    def _seconds(self, stream: Stream) -> float:
        if stream.finite:
            crowded = self._hub.count_streams(stream.room_id, stream.member_id)
            return FINITE_SECONDS if crowded < MOST_STREAMS_OF_A_SEAT else CROWDED_SECONDS
        return self._lifetime * random.uniform(*LIFETIME_JITTER)  # noqa: S311 - it spreads load


def routes() -> Blueprint:
    """Return the handlers of requests for streams that were not opened in front."""
    blueprint = Blueprint("streams", __name__)
    blueprint.get("/rooms/<room_id>/<any(events, json, raw, live):representation>")(_refuse)
    return blueprint


async def _refuse(room_id: str, representation: str) -> Response:  # noqa: ARG001 - the front looked
    raise refusal()


def refusal() -> Refusal:
    """Return why the stream that was asked for could not be opened in front."""
    found = request.scope.get(_REFUSAL)
    return found if isinstance(found, Refusal) else NoSuchRoom()


def _subscription(
    room_id: str,
    place: _Place,
    renderer: StreamRenderer,
    scope: Scope,
    write: Callable[[bytes, bool], Awaitable[None]],
) -> Stream:
    query = parse_qs(scope["query_string"].decode("latin-1"))
    after = _header(scope, b"last-event-id") or query.get("after", [""])[-1]
    return Stream(
        room_id,
        place.id,
        renderer,
        write,
        cursor=_cursor(after, place.start),
        finite=query.get("once") == ["1"],
        horizon=place.horizon,
    )


def _own_headers(renderer: StreamRenderer) -> dict[str, str]:
    refresh = {"Refresh": str(renderer.refresh)} if renderer.refresh else {}
    return {"Content-Type": renderer.content_type, **refresh}


def _origin_form(target: str) -> str:
    """Return the path of a request target of another form (RFC 9112, section 3.2).

    Quart stumbles over one that is empty, or has a host that cannot be read.
    """
    absolute = _ABSOLUTE.fullmatch(target)
    return (absolute[1] or "/") if absolute else f"/{target}"


def _may_stream(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] in ("GET", "HEAD")


def _token(scope: Scope) -> str | None:
    return held_token(scope["scheme"], _header(scope, b"authorization"), _header(scope, b"cookie"))


def _header(scope: Scope, name: bytes) -> str | None:
    """Return a header, its repetitions joined as HTTP/2 splits cookies (RFC 9113, 8.2.3)."""
    values = [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]
    return "; ".join(values) if values else None


def _cursor(text: str, start: Cursor) -> Cursor:
    """Return where to begin: at the start for a client that has nothing yet."""
    return (Cursor.read(text) or NOWHERE) if text else start


def _writer(send: Send) -> Callable[[bytes, bool], Awaitable[None]]:
    async def write(body: bytes, more: bool) -> None:  # noqa: FBT001 - as ASGI has it
        await send({"type": "http.response.body", "body": body, "more_body": more})

    return write


def _gone(receive: Receive) -> Callable[[], Awaitable[None]]:
    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    return gone
