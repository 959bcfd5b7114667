"""A stream of JSON lines, as a program reads it."""

from bench.load.sse import Seat
from bench.soak.loop import Loop
from bench.soak.stream import Listener, Stream
from bench.soak.wire import Wire


class Lines(Wire):
    """Turns bytes into lines, wherever they are cut."""

    __slots__ = ()

    def take(self, data: bytes) -> list[bytes]:
        """Return the lines that are complete now."""
        self._text += self._unchunked(data)
        *lines, self._text = self._text.split(b"\n")
        return lines


class LineStream(Stream):
    """One open response of JSON lines."""

    __slots__ = ()

    def __init__(self, loop: Loop, port: int, request: bytes, listener: Listener) -> None:
        super().__init__(loop, port, request, listener)
        self._wire = Lines()


def request_for(port: int, seat: Seat, cursor: str) -> bytes:
    """Return what a program sends to listen, from that cursor on if there is one."""
    since = f"Last-Event-ID: {cursor}\r\n" if cursor else ""
    return (
        f"GET /rooms/{seat.room}/json HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Authorization: Bearer {seat.token}\r\n{since}\r\n"
    ).encode()
