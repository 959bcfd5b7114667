"""The road of every request: what all have in common is done here, then it is a way's, or Quart's.

The ways are the requests that are hot, messages and streams, in plain ASGI (ADRs 0005 and 0025).
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final

from ephemera.hub.in_flight import InFlight
from ephemera.server.eager import start
from ephemera.web.road import answers
from ephemera.web.road.answers import Answer
from ephemera.web.road.asgi import (
    Asgi,
    Receive,
    Scope,
    Send,
    headers_of,
    in_origin_form,
    is_whole,
    refuse_disguised,
)
from ephemera.web.road.asked import asked_by, refuse_other_sites
from ephemera.web.road.bodies import Body, lingering
from ephemera.web.road.errors import Errors, refusal_for
from ephemera.web.road.sessions import token_in


def address(part: str, room_id: str) -> str:
    """Return the path of a way whose last part that is."""
    return f"/rooms/{room_id}/{part}"


_ROOM: Final = re.compile(r"/rooms/([^/]+)")
_HOT: Final = re.compile(address("([a-z]+)", "([^/]+)"))


class Call:
    """A request, as a way sees it. What it says that must not be lost is `kept`."""

    __slots__ = ("asked", "body", "headers", "kept", "room_id", "scope", "send")

    def __init__(self, room_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        self.room_id = room_id
        self.scope = scope
        self.headers = headers_of(scope)
        self.asked = asked_by(scope["scheme"], self.headers)
        self.body = Body(receive, is_whole=is_whole(scope))
        self.send = send
        self.kept = ""

    @property
    def token(self) -> str | None:
        """The seat token that the request shows, if any."""
        return token_in(self.headers, secure=self.asked.secure)


Rest = Coroutine[Any, Any, None]
Way = Callable[[Call], Awaitable[Answer | Rest | None]]
"""Returns the answer; or nothing, when nobody waits for one; or what takes long, to be awaited when
the way itself is over and has let go of all that it knew of the request. Raises what it refuses."""
Ways = Mapping[tuple[str, str], Way]
"""The ways of requests to a room, by method and last part of the path."""


class Front:
    """Serves the ways, and hands everything else on to Quart."""

    def __init__(self, app: Asgi, ways: Ways, errors: Errors, in_flight: InFlight) -> None:
        self._app = app
        self._ways = ways
        self._errors = errors
        self._in_flight = in_flight

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or hand it on."""
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close"})  # before it is accepted: 403
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if scope["path"][:1] != "/":
            scope = in_origin_form(scope)
        hot = _HOT.fullmatch(scope["path"])
        way = self._ways.get((scope["method"], hot[2])) if hot else None
        call = Call(hot[1] if hot else "", scope, receive, send)
        done = await self._serve(call, way)
        if done is None:
            return None
        if isinstance(done, Answer):
            return await self._answer(call, done)
        del call, hot, way, scope, receive, send
        return await done

    async def _serve(self, call: Call, way: Way | None) -> Answer | Awaitable[None] | None:
        try:
            refuse_other_sites(call.scope["method"], call.scope["scheme"], call.headers)
            if way is None or b"%" in call.scope.get("raw_path", b""):
                refuse_disguised(call.scope)
            return await way(call) if way else self._hand_on(call)
        except Exception as raised:  # noqa: BLE001 - a fault of ours is answered, too
            return self._errors.answer_to(refusal_for(raised), call.asked, call.kept)

    def _hand_on(self, call: Call) -> Awaitable[None]:
        serving = self._app(call.scope, call.body.receive, lingering(call.body, call.send))
        room = _ROOM.match(call.scope["path"])
        if room is None:
            return serving
        return self._in_flight.guard(room[1], asyncio.ensure_future(serving))

    async def _answer(self, call: Call, answer: Answer) -> None:
        is_early = not call.body.has_arrived
        sending = answers.begin(answer, call.send, secure=call.asked.secure, more=is_early)
        if rest := start(sending):
            await (self._in_flight.guard(call.room_id, rest) if call.room_id else rest)
        if is_early:
            await call.body.drop()
            await answers.end(call.send)
