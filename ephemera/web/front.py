"""What stands in front of Quart: the two hot ways, a message and a stream, in plain ASGI.

What may be done is done here. Everything else, a refusal too, is Quart's, which
answers it like any other request (ADRs 0005 and 0025).
"""

import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final, NamedTuple

from quart import request

from ephemera.domain.errors import Broken, NoSuchRoom, Refusal
from ephemera.lobby.lobby import Seated
from ephemera.web.errors import let_go
from ephemera.web.requests import Draft
from ephemera.web.scopes import Asgi, Receive, Scope, Send, origin_form

_HOT: Final = re.compile(r"/rooms/([^/]+)/([a-z]+)")
_REFUSED: Final = "ephemera.refused"

logger = logging.getLogger(__name__)


class Refused(NamedTuple):
    """What was refused in front, and as much of the request as had been read by then."""

    refusal: Refusal
    draft: Draft | None = None
    seated: Seated | None = None


def refusal_for(raised: Exception) -> Refusal:
    """Return what is said of what was raised in front; a fault of ours is logged and admitted.

    Hypercorn would answer to a fault with nothing but its status.
    """
    if not isinstance(raised, Refusal):
        logger.error("a request could not be answered", exc_info=raised)
    let_go(raised)
    return raised if isinstance(raised, Refusal) else Broken()


class HandedOn(NamedTuple):
    """A request that is Quart's to answer; `receive` has what is left of it."""

    refused: Refused
    receive: Receive


Rest = Coroutine[Any, Any, None]
Serve = Callable[[str, Scope, Receive, Send], Awaitable[HandedOn | Rest | None]]
"""Serves a hot way to the room of that id, or hands it on before it has answered anything.

What takes long is returned, to be awaited when the way itself is over and has let go of all that
it knew of the request."""


class Front:
    """Serves the hot ways by method and last part of the path, and hands everything else on."""

    def __init__(self, app: Asgi, ways: Mapping[tuple[str, str], Serve]) -> None:
        self._app = app
        self._ways = ways

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or hand it on."""
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close"})  # before it is accepted: 403
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if not scope["path"].startswith("/"):
            scope = {**scope, "path": origin_form(scope["path"])}
        hot = _HOT.fullmatch(scope["path"])
        serve = self._ways.get((scope["method"], hot[2])) if hot else None
        if hot is None or serve is None:
            return await self._app(scope, receive, send)
        left = await serve(hot[1], scope, receive, send)
        if left is None:
            return None
        if not isinstance(left, HandedOn):
            del hot, serve, scope, receive, send
            return await left
        return await self._app({**scope, _REFUSED: left.refused}, left.receive, send)


def refused() -> Refused:
    """Return, within Quart, what was refused in front."""
    found = request.scope.get(_REFUSED)
    return found if isinstance(found, Refused) else Refused(NoSuchRoom())
