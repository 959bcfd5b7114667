"""The body of a request: read within bounds, and dropped when nobody wants it."""

import asyncio
from contextlib import nullcontext, suppress
from typing import Final

from ephemera.domain.errors import TooLarge, TooSlow
from ephemera.web.road.asgi import AsgiMessage, Receive, Send

MOST_BODY_BYTES: Final = 64 * 1024
BODY_SECONDS: Final = 10
MOST_DROPPED_BYTES: Final = 256 * 1024
LINGER_SECONDS: Final = 2.0


class Body:
    """A body, and whether anything of it is still to come.

    With the end of an answer the connection is closed when the body has not ended, without a word
    to a client that would use it again; and closed on bytes that nobody has read it is reset, which
    can overtake the answer: a proxy says 502, and what somebody typed is lost (RFC 9112, section
    9.6). So an answer ends only when its request has ended, or has gone on for too long.
    """

    __slots__ = ("_is_whole", "_most", "_over", "_receive", "_size", "is_over")

    def __init__(self, receive: Receive, *, is_whole: bool) -> None:
        self._receive = receive
        self._is_whole = is_whole
        self._size = 0
        self._most = MOST_DROPPED_BYTES
        self._over: asyncio.Event | None = None
        self.is_over = False

    @property
    def has_arrived(self) -> bool:
        """Whether nothing of it is still to come, be it read or not."""
        return self.is_over or self._is_whole

    async def receive(self) -> AsgiMessage:
        """Return the next part, as ASGI has it."""
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if not message.get("more_body") or self._size > self._most:
            self.is_over = True
            if self._over:
                self._over.set()
        return message

    async def read(self, most: int = MOST_BODY_BYTES) -> bytes | None:
        """Return the whole body, or nothing when the client has gone before it was at its end.

        Raises `TooLarge` for one of more than `most` bytes, and `TooSlow`.
        """
        self._most = max(self._most, most)
        body = bytearray()  # of a body in many small parts, bytes would be copied for each of them
        try:
            async with nullcontext() if self._is_whole else asyncio.timeout(BODY_SECONDS):
                while not self.is_over:
                    message = await self.receive()
                    body += message.get("body", b"")
                    if len(body) > most:
                        raise TooLarge
        except TimeoutError:
            raise TooSlow from None
        return None if message["type"] == "http.disconnect" else bytes(body)

    async def drop(self) -> None:
        """Read what is left of it, and keep nothing."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while not self.is_over:
                    await self.receive()

    async def over(self) -> None:
        """Wait until somebody else has read it to its end."""
        if not self.is_over:
            self._over = asyncio.Event()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), LINGER_SECONDS)


def lingering(body: Body, send: Send) -> Send:
    """Return how an answer is sent whose end waits for that of the body; nothing else is held back.

    Who answers must receive while it sends, as Quart does.
    """

    async def answer(message: AsgiMessage) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body"):
            await body.over()
        await send(message)

    return answer
