"""One open response on a plain socket, which can be treated as badly as the net treats it."""

import socket
import struct
from contextlib import suppress
from typing import Final, Protocol

from bench.load.sockets import connect, status_of
from bench.soak.loop import Loop, received
from bench.soak.wire import Wire

MOST_BYTES: Final = 65_536
NARROW: Final = 4_096
"""Bytes that a slow reader's kernel takes for it."""
FEW: Final = 100
"""Bytes of the last read before a cut: less than an event has."""
SAY_GOODBYE: Final = struct.pack("ii", 0, 0)
"""SO_LINGER: close with FIN; all other closing here is a reset, which leaves no TIME_WAIT."""
OK: Final = 200


class Listener(Protocol):
    """Whoever reads a stream."""

    def began(self) -> None:
        """Hear that the answer has begun."""

    def refused(self, status: int) -> None:
        """Hear that there is no stream."""

    def heard(self, block: bytes) -> None:
        """Get an event."""

    def ended(self) -> None:
        """Hear that the other side has ended the stream."""

    def was_cut(self) -> None:
        """Hear that the stream broke in the middle, as was asked for."""


class Stream:
    """One open response."""

    __slots__ = ("_head", "_listener", "_loop", "_sock", "_wire", "cutting", "is_closed", "is_open")

    def __init__(self, loop: Loop, port: int, request: bytes, listener: Listener) -> None:
        self._loop = loop
        self._listener = listener
        self._wire = Wire()
        self._head = b""
        self.is_open = False
        self.is_closed = False
        self.cutting = False
        """Whether it breaks in the middle of whatever comes next."""
        self._sock = connect(port)
        with suppress(ConnectionError):  # the end is there to be read
            self._sock.sendall(request)
        loop.add(self._sock, self._read)

    def close(self) -> None:
        """End it without a word to the server but what TCP says."""
        if not self.is_closed:
            self.is_closed = True
            self._loop.remove(self._sock)

    def say_goodbye(self) -> None:
        """End it as a program does that closes its connection in good order."""
        if not self.is_closed:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, SAY_GOODBYE)
        self.close()

    def abandon(self, seconds: float) -> None:
        """Read no more, and close only after so many seconds: the server cannot know."""
        self._listener = _Nobody()
        self._loop.pause(self._sock)
        self._loop.after(seconds, self.close)

    def pause(self) -> None:
        """Let the server wait."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW)
        self._loop.pause(self._sock)

    def resume(self) -> None:
        """Read on."""
        if not self.is_closed:
            self._loop.resume(self._sock)

    def _read(self) -> None:
        data = received(self._sock, FEW if self.cutting else MOST_BYTES)
        if data is None:
            return
        if not data:
            self._end()
        elif self.is_open:
            self._take(data)
        else:
            self._begin(data)

    def _begin(self, data: bytes) -> None:
        self._head += data
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if not end:
            return
        self._head = b""
        if (status := status_of(head)) != OK:
            self.close()
            self._listener.refused(status)
            return
        self.is_open = True
        self._listener.began()
        self._take(rest)

    def _take(self, data: bytes) -> None:
        for block in self._wire.take(data):
            self._listener.heard(block)
        if self._wire.is_over:
            self._end()
        elif self.cutting:
            self.close()
            self._listener.was_cut()

    def _end(self) -> None:
        self.close()
        self._listener.ended()


class _Nobody:
    """Listens to what nobody hears any more."""

    def began(self) -> None:
        """Do nothing."""

    def refused(self, status: int) -> None:
        """Do nothing."""

    def heard(self, block: bytes) -> None:
        """Do nothing."""

    def ended(self) -> None:
        """Do nothing."""

    def was_cut(self) -> None:
        """Do nothing."""
