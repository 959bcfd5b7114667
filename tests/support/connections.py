"""The server of ours on the loop of the test, applications for it, and its clients."""

import asyncio
import fcntl
import gc
import logging
import socket
import struct
import termios
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, fields
from typing import Any, Final, NamedTuple

import pytest
from hypercorn.config import Config

from ephemera.logs import Formatter, on_loop_error
from ephemera.server.accepting import ListeningConfig
from ephemera.server.bounds import Bounds
from ephemera.server.connection import Connection
from ephemera.server.scopes import WHOLE
from ephemera.server.serving import Server
from tests.support.patience import PATIENCE
from tests.support.processes import comes
from tests.support.sockets import read_all, read_chunk
from tests.support.stopwatch import Stopwatch

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Answerer = Callable[[Scope, Receive, Send], Awaitable[None]]
Field = tuple[bytes, bytes]

WITHIN: Final = PATIENCE
HOT: Final = (("POST", "/rooms/*/messages"), ("GET", "/rooms/*/events"))
CONFIGURED: Final = {
    "graceful_timeout": 2,
    "keep_alive_max_requests": 1_000_000_000,
    "keep_alive_timeout": 5,
    "include_server_header": False,
    "h11_max_incomplete_size": 16_384,
    "h2_max_header_list_size": 16_384,
    "h2_max_inbound_frame_size": 16_384,
}
"""As the README of the server advises."""
RESET: Final = struct.pack("ii", 1, 0)
END: Final = b"0\r\n\r\n"


# The server


@dataclass
class Running:
    """A server on the loop of the test."""

    server: Server
    port: int
    over: asyncio.Event
    task: asyncio.Task[None]

    @property
    def only(self) -> Connection:
        """The only connection that is open."""
        [one] = self.server._connections
        return one

    async def accepts(self) -> None:
        """Wait until there is a connection."""
        await comes(lambda: self.server._connections)

    async def takes(self) -> None:
        """Wait until the server has read all that was sent to it."""
        await self.accepts()
        async with asyncio.timeout(WITHIN):
            await asyncio.sleep(0)
            while any(unread(one) for one in tuple(self.server._connections)):  # noqa: ASYNC110 - the kernel sets no event
                await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def stops(self) -> None:
        """End the server, and wait for its end."""
        self.over.set()
        async with asyncio.timeout(WITHIN):
            await self.task

    async def forgets(self, within: float = WITHIN) -> None:
        """Wait until nothing is left of any connection."""
        watch = Stopwatch()
        await comes(lambda: not self.server._connections and not self.server._tasks)
        assert watch.seconds < within


def unread(one: Connection) -> int:
    """Return how many bytes have come that the server has not yet read."""
    if one._transport.is_closing() or not one._transport.is_reading():
        return 0
    stream = one._transport.get_extra_info("socket")
    [count] = struct.unpack("i", fcntl.ioctl(stream.fileno(), termios.FIONREAD, b"\0" * 4))
    return int(count)


def a_config() -> Config:
    config = ListeningConfig.from_mapping(CONFIGURED)
    config.errorlog = logging.getLogger("hypercorn.error")
    return config


@asynccontextmanager
async def serving(
    answer: Answerer,
    hot: Collection[tuple[str, str]] = HOT,
    host: str = "127.0.0.1",
    **changes: Any,  # noqa: ANN401 - of any type that the configuration has
) -> AsyncIterator[Running]:
    """Serve, with other bounds and a configuration changed a little."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, 0), family=family)
    port = listener.getsockname()[1]
    bind = f"fd://{listener.detach()}"  # it is the server's from now on
    async with serving_at(bind, answer, hot, **changes) as running:
        running.port = port
        yield running


@asynccontextmanager
async def serving_at(
    bind: str | list[str],
    answer: Answerer,
    hot: Collection[tuple[str, str]] = HOT,
    **changes: Any,  # noqa: ANN401 - as above
) -> AsyncIterator[Running]:
    """Serve there."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(on_loop_error)
    loop.slow_callback_duration = 60.0
    config = a_config()
    config.bind = bind  # one is as good as a list
    others = {each.name: changes.pop(each.name) for each in fields(Bounds) if each.name in changes}
    for name, value in changes.items():
        setattr(config, name, value)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            return await answer(scope, receive, send)
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        return await send({"type": "lifespan.shutdown.complete"})

    server, over = Server(app, config, hot, Bounds(**others)), asyncio.Event()
    task = asyncio.create_task(server.serve(over.wait))
    running = Running(server, 0, over, task)
    try:
        yield running
    finally:
        await running.stops()


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Return what has been logged, as it is written, and forget it."""
    records = [record for record in caplog.records if record.levelno >= logging.WARNING]
    told = "\n".join(Formatter().format(record) for record in records)
    caplog.clear()
    return told


# Applications


async def body_of(receive: Receive) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        assert message["type"] == "http.request", message
        body += message["body"]
        more = message["more_body"]
    return bytes(body)


async def begin(send: Send, status: int = 200, headers: Iterable[Field] = ()) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})


async def go_on(send: Send, body: bytes = b"", *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def reply(send: Send, body: bytes) -> None:
    await begin(send, 200, [(b"content-length", b"%d" % len(body))])
    await go_on(send, body, more=False)


def told_of(scope: Scope, body: bytes) -> bytes:
    way = b"whole" if WHOLE in scope["extensions"] else b"parsed"
    return b"%b %b %b %b" % (scope["method"].encode(), scope["path"].encode(), body, way)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Say what was asked, and who read it."""
    await reply(send, told_of(scope, await body_of(receive)))


async def listen(_: Scope, receive: Receive, send: Send) -> None:
    """Stream until the client has gone."""
    await begin(send)
    await go_on(send, b"so")
    while (await receive())["type"] != "http.disconnect":
        pass


class Waiting:
    """Begins each answer, but says nothing until it is let."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.let = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await body_of(receive)
        self.asked.append(scope["path"])
        await self.let.wait()
        await reply(send, told_of(scope, body))


class Streaming:
    """Streams until it is let end; all but streams are answered at once."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.let = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            self.begun.append(scope["path"])
            return await reply(send, b"%d" % len(await body_of(receive)))
        await begin(send)
        await go_on(send, b"so")
        self.begun.append(scope["path"])
        await self.let.wait()
        await go_on(send, b"on")
        return await go_on(send, more=False)


class Pouring:
    """Streams as much as the client takes, until it has gone."""

    def __init__(self, part: int = 16_384) -> None:
        self._part = b"x" * part
        self.poured = 0
        self.has_ended = asyncio.Event()

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        await receive()
        going = asyncio.ensure_future(receive())
        try:
            await begin(send)
            while not going.done():
                await go_on(send, self._part)
                self.poured += len(self._part)
                await asyncio.sleep(0)
        finally:
            going.cancel()
            self.has_ended.set()


# Clients


def post(body: bytes = b"hello", room: bytes = b"a", kind: bytes = b"messages") -> bytes:
    head = b"POST /rooms/%b/%b HTTP/1.1\r\nHost: a\r\nX-Some: Thing\r\nContent-Length: %d\r\n\r\n"
    return head % (room, kind, len(body)) + body


def get(target: bytes = b"/", *fields: bytes) -> bytes:
    return b"\r\n".join([b"GET %b HTTP/1.1" % target, b"Host: a", *fields, b"", b""])


STREAM: Final = get(b"/rooms/a/events")
OTHER_STREAM: Final = get(b"/rooms/a/others")


class Answer(NamedTuple):
    """What the server answered; the body is put together if it came in chunks."""

    status: int
    headers: list[Field]
    body: bytes


async def head_of(reader: StreamReader) -> Answer:
    async with asyncio.timeout(WITHIN):
        line, *lines = (await reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
    fields = [tuple(field.split(b": ", 1)) for field in lines]
    assert line.startswith(b"HTTP/1.1 "), line
    return Answer(int(line.split()[1]), [(name.lower(), value) for name, value in fields], b"")


async def answer_of(reader: StreamReader) -> Answer:
    head = await head_of(reader)
    fields = dict(head.headers)
    async with asyncio.timeout(WITHIN):
        if b"content-length" in fields:
            return head._replace(body=await reader.readexactly(int(fields[b"content-length"])))
        if fields.get(b"transfer-encoding") == b"chunked":
            parts = []
            while part := await read_chunk(reader):
                parts.append(part)
            return head._replace(body=b"".join(parts))
    return head


async def end_of(reader: StreamReader) -> bytes:
    """Wait until the server closes the connection; return what it said before."""
    async with asyncio.timeout(WITHIN):
        return await read_all(reader)


def reset(writer: StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


def go(writer: StreamWriter, way: str) -> None:
    """Go as clients do."""
    if way == "half":
        writer.write_eof()
    elif way == "closed":
        writer.transport.abort()
    else:
        reset(writer)


async def closed_by(writer: StreamWriter) -> None:
    """Wait until the connection is closed on this side."""
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


@contextmanager
def without_collections() -> Iterator[None]:
    """Let nothing be collected: what is gone has been let go of."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def all_of(client: socket.socket) -> bytes:
    """Return all that comes, to the end or to where it is cut."""
    parts = []
    with suppress(ConnectionError):
        while part := client.recv(2**20):
            parts.append(part)
    return b"".join(parts)
