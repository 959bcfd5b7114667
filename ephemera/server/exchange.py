"""One request that came whole, and its answer, in ASGI's words."""

import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from email.utils import formatdate
from functools import lru_cache
from typing import Any, Final, Protocol

from ephemera.server.unsent import SLICE

AsgiMessage = Mapping[str, Any]
Asgi = Callable[[Any, Any, Any], Awaitable[None]]

_WITHOUT_BODY: Final = frozenset({204, 304})
_END: Final = b"0\r\n\r\n"

logger = logging.getLogger(__name__)


class Wire(Protocol):
    """The connection, as an exchange needs it."""

    @property
    def is_gone(self) -> bool:
        """Whether the client has gone."""

    def write(self, data: bytes) -> None:
        """Write, unless the client has gone."""

    async def drained(self) -> None:
        """Wait until the client has taken most of what was written, or has gone."""

    async def changed(self) -> None:
        """Wait until the client has gone, or somebody tells."""

    def tell(self) -> None:
        """Wake everybody who waits."""


class Exchange:
    """The ASGI side of a request: `receive` and `send`.

    The head of an answer is written with the first part of a body whose length it tells, and
    at once before any other, for that may be long in coming. `send` raises `ValueError` for what
    would be read as another answer than it is: a field of more than one line, a body that is not
    as long as was said, or one that comes before the head or after the end.
    """

    __slots__ = ("_body", "_has_begun", "_head", "_left", "_wire", "_without_body", "is_over")

    def __init__(self, wire: Wire, body: bytes) -> None:
        self._wire = wire
        self._body: bytes | None = body
        self._has_begun = False
        self._head = b""
        self._left: int | None = None
        self._without_body = False
        self.is_over = False

    async def run(self, asgi: Asgi, scope: dict[str, Any]) -> None:
        """Let the application answer; a fault before it has said anything is answered with 500."""
        try:
            answer = asgi(scope, self.receive, self.send)
            del scope  # a stream is long, and keeps nothing of what was asked
            await answer
        except Exception:
            logger.exception("a request could not be answered")
        if not self._has_begun:
            length = (b"content-length", b"0")
            await self.send({"type": "http.response.start", "status": 500, "headers": [length]})
            await self.send({"type": "http.response.body"})

    async def receive(self) -> AsgiMessage:
        """Return the body; then wait until the client has gone, or the answer is over."""
        if (body := self._body) is not None:
            self._body = None
            return {"type": "http.request", "body": body, "more_body": False}
        while not (self.is_over or self._wire.is_gone):
            await self._wire.changed()
        return {"type": "http.disconnect"}

    async def send(self, message: AsgiMessage) -> None:
        """Write a part of the answer. Raises `ValueError`."""
        if message["type"] == "http.response.start":
            data = self._begin(message["status"], message.get("headers", ()))
        else:
            data = self._go_on(message.get("body", b""), more=message.get("more_body", False))
        if len(data) > SLICE:
            await self._write_slices(data)
        elif data:
            self._wire.write(data)
            await self._wire.drained()

    async def _write_slices(self, data: bytes) -> None:
        """Write so that no more than a slice of it waits anywhere but here."""
        for start in range(0, len(data), SLICE):
            self._wire.write(data[start : start + SLICE])
            await self._wire.drained()

    def _begin(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        if self._has_begun:
            raise ValueError("an answer begins only once")
        fields = [(name.lower(), value) for name, value in headers]
        lines = b"".join([b"%b: %b\r\n" % field for field in fields])
        if lines.count(b"\n") != len(fields) or lines.count(b"\r") != len(fields):
            raise ValueError("a field of the answer has more than one line")
        self._has_begun = True
        self._without_body = status in _WITHOUT_BODY
        length = dict(fields).get(b"content-length")
        if length is not None:
            self._left = int(length)
        is_chunked = length is None and not self._without_body
        if is_chunked:
            lines += b"transfer-encoding: chunked\r\n"
        head = b"HTTP/1.1 %d \r\n%bdate: %b\r\n\r\n" % (status, lines, _date(int(time.time())))
        if is_chunked:
            return head
        self._head = head
        return b""

    def _go_on(self, body: bytes, *, more: bool) -> bytes:
        if self.is_over or not self._has_begun:
            raise ValueError("a body is between the beginning and the end of an answer")
        if self._left is not None:
            self._left -= len(body)
            if self._left < 0 or (self._left and not more):
                raise ValueError("the body is not as long as was said")
        if not more:
            self.is_over = True
            self._wire.tell()
        head, self._head = self._head, b""
        if self._without_body:
            return head
        if self._left is not None:
            return head + body
        data = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        return data if more else data + _END


@lru_cache(maxsize=1)
def _date(seconds: int) -> bytes:
    """Return what the clock says (RFC 9110, section 6.6.1)."""
    return formatdate(seconds, usegmt=True).encode()
