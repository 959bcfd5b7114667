"""Requests under way. Each has a connection of its own, which is closed with the answer."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from bench.load.poster import is_complete
from bench.load.sockets import PATIENCE, connect, status_of
from bench.load.sse import Seat
from bench.soak.loop import Loop, received

MOST_BYTES: Final = 262_144
CLOSED: Final = 0
"""The status when the server closed the connection instead of answering."""
LATE: Final = 1
"""The status when there was no answer in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered; the status is CLOSED or LATE when that was nothing."""

    status: int
    body: bytes

    def fields(self) -> dict[str, Any]:
        """Return the object that a program is answered with."""
        return dict(json.loads(self.body))


Then = Callable[[Answer], None]


class Calls:
    """Sends requests, and counts those without an answer yet."""

    def __init__(self, loop: Loop, port: int) -> None:
        self.loop = loop
        self.port = port
        self.under_way = 0

    def send(self, request: bytes, then: Then) -> None:
        """Send a request; `then` gets the answer."""
        self.under_way += 1
        Call(self, request, then)

    def send_and_go(self, request: bytes, seconds: float) -> None:
        """Send a request and cut the connection after so many seconds, answered or not."""
        sock = connect(self.port)
        sock.sendall(request)
        self.loop.add(sock, _nothing)
        self.loop.pause(sock)
        self.loop.after(seconds, partial(self.loop.remove, sock))

    def form(self, path: str, token: str = "", **fields: str) -> bytes:
        """Return a form as a program sends it, with a seat's token if any."""
        body = urlencode(fields)
        seat = f"Authorization: Bearer {token}\r\n" if token else ""
        return (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAccept: application/json\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\n{seat}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def page(self, seat: Seat) -> bytes:
        """Return what a browser sends to load the room's page."""
        return (
            f"GET /rooms/{seat.room} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Accept: text/html\r\nCookie: seat={seat.token}\r\n\r\n"
        ).encode()


def _nothing() -> None:
    """Do nothing about an answer that nobody waits for."""


class Call:
    """One request, from sending it to the end of its answer."""

    __slots__ = ("_answer", "_calls", "_sock", "_then")

    def __init__(self, calls: Calls, request: bytes, then: Then) -> None:
        self._calls = calls
        self._answer = b""
        self._then: Then | None = then
        self._sock = connect(calls.port)
        with suppress(ConnectionError):  # the end is there to be read
            self._sock.sendall(request)
        calls.loop.add(self._sock, self._read)
        calls.loop.after(PATIENCE, partial(self._finish, LATE))

    def _read(self) -> None:
        data = received(self._sock, MOST_BYTES)
        self._answer += data or b""
        if data == b"" or is_complete(self._answer):
            self._finish(CLOSED)

    def _finish(self, otherwise: int) -> None:
        then, self._then = self._then, None
        if then is None:
            return
        self._calls.loop.remove(self._sock)
        self._calls.under_way -= 1
        status = status_of(self._answer) if is_complete(self._answer) else otherwise
        then(Answer(status, self._answer.partition(b"\r\n\r\n")[2]))
