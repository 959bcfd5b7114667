"""A bare asyncio Protocol that writes prepared bytes: what Python's own loop costs, and no more.

It reads only what our load generator sends: no framework could do less, and none may.
"""

import asyncio
import json
from collections import defaultdict
from typing import cast
from urllib.parse import parse_qs

from bench.peers.rooms import Event, Rooms, admission, arguments

STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    b"Connection: close\r\n\r\n"
)
PING = b"event: ping\ndata:\n\n"

rooms = Rooms()
streams: dict[str, set[asyncio.Transport]] = defaultdict(set)


class Chat(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._got = b""
        self._room = ""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to answer."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _: Exception | None) -> None:
        """Forget a stream that was closed."""
        streams[self._room].discard(self._transport)

    def data_received(self, data: bytes) -> None:
        """Answer once the request is all there."""
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        if not end or len(body) < int(header(head, b"content-length: ") or 0):
            return
        self._got = b""
        method, path, _ = head.split(b" ", 2)
        token = header(head, b"cookie: seat=").decode()
        if method == b"GET":
            self._stream(path.split(b"/")[2].decode(), token)
        else:
            self._post(path.decode(), token, parse_qs(body.decode()))

    def _stream(self, room_id: str, token: str) -> None:
        room = rooms.seated(room_id, token)
        self._room = room.id
        self._transport.write(STREAM + b"".join(map(encoded, room.log)))
        streams[room.id].add(self._transport)

    def _post(self, path: str, token: str, form: dict[str, list[str]]) -> None:
        if path.endswith("/messages"):
            self._say(path.split("/")[2], token, form["text"][0])
        else:
            code = form["code"][0] if path == "/join" else rooms.open().code
            taken = admission(*rooms.join(code, form["nickname"][0]))
            self._answer(201, b"application/json", json.dumps(taken).encode())

    def _say(self, room_id: str, token: str, text: str) -> None:
        room = rooms.seated(room_id, token)
        event = encoded(room.post(token, text))
        for transport in streams[room.id]:
            transport.write(event)
        self._answer(200, b"text/html", b'<form id="composer"></form>')

    def _answer(self, status: int, kind: bytes, body: bytes) -> None:
        head = b"HTTP/1.1 %d OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % (status, kind, len(body)) + body)


def header(head: bytes, name: bytes) -> bytes:
    """Return the value of a header, of which the name is given with what stands before it."""
    start = head.lower().find(b"\r\n" + name)
    return head[start + 2 + len(name) :].partition(b"\r\n")[0] if start >= 0 else b""


def encoded(event: Event) -> bytes:
    """Return the event as it goes over the wire."""
    data = event.fragment.replace("\n", "\ndata: ")
    return f"id: {event.sequence}\ndata: {data}\n\n".encode()


async def beat(interval: float) -> None:
    """Write to every stream, each `interval` seconds: one timer for all."""
    while True:
        await asyncio.sleep(interval)
        for room in list(streams.values()):
            for transport in room:
                transport.write(PING)


async def serve(port: int, heartbeat: float) -> None:
    """Serve until the process is told to end."""
    server = await asyncio.get_running_loop().create_server(Chat, "127.0.0.1", port, backlog=1024)
    async with server:
        await asyncio.gather(server.serve_forever(), beat(heartbeat))


if __name__ == "__main__":
    chosen = arguments().parse_args()
    asyncio.run(serve(chosen.port, chosen.heartbeat))
