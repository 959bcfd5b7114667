"""A member's other connection: posts messages as htmx does, one at a time, kept alive."""

import re
import socket
from contextlib import suppress
from typing import Final, Protocol
from urllib.parse import urlencode

from bench.errors import BenchError
from bench.load.ledger import TEXT, Ledger
from bench.load.loop import Loop
from bench.load.sockets import connect, status_of

SUCCESS: Final = range(200, 300)
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


class Poster(Protocol):
    """Whoever can post messages into one room."""

    @property
    def answers(self) -> bool:
        """Tell whether the server answers a post, beside delivering the message."""

    @property
    def busy(self) -> bool:
        """Tell whether an answer is still to come."""

    def post(self, number: int) -> None:
        """Send the message of this number."""


class HttpPoster:
    """Posts with one HTTP/1.1 connection, opened when it is needed.

    head: the request up to the value of Content-Length, which comes last.
    """

    answers = True

    def __init__(self, loop: Loop, ledger: Ledger, port: int, head: bytes) -> None:
        self._loop = loop
        self._ledger = ledger
        self._port = port
        self._head = head
        self._sock: socket.socket | None = None
        self._is_used = False
        self._number = 0
        self._request = b""
        self._answer = b""

    @property
    def busy(self) -> bool:
        """Tell whether an answer is still to come."""
        return self._number != 0

    def post(self, number: int) -> None:
        """Send the message of this number."""
        body = self.body(number)
        self._number = number
        self._request = b"%b%d\r\n\r\n%b" % (self._head, len(body), body)
        self._send(self._sock or self._connect())

    def body(self, number: int) -> bytes:
        """Return what the form sends: the text, and a key against posting it twice."""
        key = f"bench-key-{number:016}"
        return urlencode({"key": key, "text": TEXT.format(number)}).encode()

    def _connect(self) -> socket.socket:
        self._sock = connect(self._port)
        self._is_used = False
        self._loop.add(self._sock, self._read)
        return self._sock

    def _send(self, sock: socket.socket) -> None:
        with suppress(ConnectionError):  # the end is there to be read
            if sock.send(self._request) != len(self._request):
                raise BenchError("the server does not read what is posted")

    def _read(self) -> None:
        data = b""
        with suppress(ConnectionError):
            data = self._sock.recv(65_536) if self._sock else b""
        self._answer += data
        if not data:
            self._closed()
        elif is_complete(self._answer):
            self._done()

    def _done(self) -> None:
        if status_of(self._answer) not in SUCCESS:
            raise BenchError(f"a message was answered with {status_of(self._answer)}")
        number, self._number, self._answer = self._number, 0, b""
        self._is_used = True
        self._ledger.answered(number)

    def _closed(self) -> None:
        """Servers end what is idle for some seconds: like a browser, ask again if that was it."""
        if self.busy and (self._answer or not self._is_used):
            raise BenchError("the server closed a connection instead of answering")
        if self._sock:
            self._loop.remove(self._sock)
            self._sock = None
        if self.busy:
            self._send(self._connect())


def is_complete(answer: bytes) -> bool:
    """Tell whether an answer is all there."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    if length := _LENGTH.search(head):
        return len(body) >= int(length[1])
    return not _CHUNKED.search(head) or body.endswith(b"0\r\n\r\n")
