"""Socket.IO over WebSocket: one connection for both ways, and no answer to a message.

That is how such a chat is written, and it spares its server the request of its own that an SSE
server has to answer for each message.
"""

import json
import socket
from typing import Any, Final

from bench.errors import BenchError
from bench.load.dialect import Line, Place
from bench.load.ledger import TEXT
from bench.load.sockets import ask, connect, more
from bench.load.sse import nickname

PING: Final = b"\x81\x012"
"""A heartbeat as it arrives: a text frame with one digit."""
SHORT: Final = 126
"""From this length on a frame has two more bytes for it."""
MASK: Final = b"\x5a\xc3\x0f\x96"
"""A client masks what it sends; with zeros some servers would spare themselves the work."""


class SocketIo:
    """Opens and joins rooms by event, listens and posts on the same connection."""

    def seat(self, line: Line, members: int) -> list[Place]:
        """Open a room and let members join it; who has joined listens."""
        calls = [Call(line.port) for _ in range(members)]
        opened = calls[0].ask("open", {"capacity": members})
        for number, call in enumerate(calls):
            call.ask("join", {"code": opened["code"], "nickname": nickname(number)})
        return [Place(c.sock, c.take_rest(), SocketIoPoster(c.sock), frame("3")) for c in calls]


class SocketIoPoster:
    """Posts on the connection that it listens on."""

    answers = False
    busy = False

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def post(self, number: int) -> None:
        """Send the message of this number."""
        event = json.dumps(["message", {"text": TEXT.format(number)}])
        sent = frame(f"42{event}")
        if self._sock.send(sent) != len(sent):
            raise BenchError("the server does not read what is posted")


class Call:
    """A connection that is being set up, blocking."""

    def __init__(self, port: int) -> None:
        self.sock = connect(port)
        self._rest = ask(self.sock, upgrade_request(port), 101)
        self._await("0")
        self.sock.sendall(frame("40"))
        self._await("40")

    def ask(self, event: str, argument: dict[str, object]) -> dict[str, Any]:
        """Emit an event; return what the server acknowledges it with."""
        self.sock.sendall(frame("420" + json.dumps([event, argument])))
        return dict(json.loads(self._await("430"))[0])

    def take_rest(self) -> bytes:
        """Return what was read and belongs to the stream."""
        rest, self._rest = self._rest, b""
        return rest

    def _await(self, kind: str) -> str:
        """Return the next packet of a kind, passing over what others say meanwhile."""
        while not (packet := self._packet()).startswith(kind):
            if packet == "2":
                self.sock.sendall(frame("3"))
        return packet.removeprefix(kind)

    def _packet(self) -> str:
        self._fill(2)
        length, start = self._rest[1], 2
        if length == SHORT:
            self._fill(4)
            length, start = int.from_bytes(self._rest[2:4], "big"), 4
        self._fill(start + length)
        payload = self._rest[start : start + length]
        self._rest = self._rest[start + length :]
        return payload.decode()

    def _fill(self, count: int) -> None:
        while len(self._rest) < count:
            self._rest += more(self.sock)


def frame(text: str) -> bytes:
    """Return a text frame of a client (RFC 6455, section 5.2)."""
    payload = text.encode()
    head = bytes((0x81, 0x80 | len(payload)))
    if len(payload) >= SHORT:
        head = b"\x81\xfe" + len(payload).to_bytes(2, "big")
    return head + MASK + masked(payload)


def masked(payload: bytes) -> bytes:
    """Return the payload with the mask laid over it, all at once."""
    mask = (MASK * (len(payload) // len(MASK) + 1))[: len(payload)]
    both = int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")
    return both.to_bytes(len(payload), "big")


def upgrade_request(port: int) -> bytes:
    """Return what a browser sends to open the WebSocket, without asking for polling first."""
    return (
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0\r\n"
        f"Origin: http://127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()
