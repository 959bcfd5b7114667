"""The rest of a body that nobody wants: read and dropped, so that the answer arrives."""

import asyncio
from contextlib import suppress
from typing import Final

from ephemera.web.scopes import Asgi, Message, Receive, Scope, Send

MOST_DROPPED_BYTES: Final = 256 * 1024
LINGER_SECONDS: Final = 2.0


class Lingering:
    """Ends an answer only when the request has ended, or has gone on for too long.

    The answer itself is not held back. But with its end the connection is closed when the body has
    not ended, without a word to a client that would use it again; and closed on bytes that nobody
    has read it is reset, which can overtake the answer: a proxy says 502, and what somebody typed
    is lost (RFC 9112, section 9.6). The application must receive while it sends, as Quart does.
    """

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        body = _Incoming(receive)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                await body.over()
            await send(message)

        return await self._app(scope, body.receive, answer)


class _Incoming:
    """Knows whether anything of the body is still to come."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._bytes = 0
        self._over = asyncio.Event()

    async def receive(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if not message.get("more_body") or self._bytes > MOST_DROPPED_BYTES:
            self._over.set()
        return message

    async def over(self) -> None:
        if not self._over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), LINGER_SECONDS)
