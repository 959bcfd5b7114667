"""Connections of our own: what is hot is answered here, all else by Hypercorn, on any of them."""

import asyncio
import fcntl
import gc
import logging
import socket
import struct
import termios
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import product
from typing import Any, Final, NamedTuple

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, ResponseReceived, StreamEnded
from hypercorn.events import Event as HypercornEvent
from hypercorn.protocol.h11 import H11Protocol

from ephemera.logs import Formatter, on_loop_error
from ephemera.serve import config_file, load_config
from ephemera.server.connection import WHOLE, Connection
from ephemera.server.serving import Server
from ephemera.settings import Settings
from tests.support.processes import comes
from tests.support.sockets import connection, exchange, read_all, read_chunk, stalled

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Answerer = Callable[[Scope, Receive, Send], Awaitable[None]]
Field = tuple[bytes, bytes]

WITHIN: Final = 10.0
HOT: Final = frozenset({("POST", "messages"), ("GET", "events")})
RESET: Final = struct.pack("ii", 1, 0)
MOST_HELD: Final = 2**18
"""As much as asyncio reads at once."""
END: Final = b"0\r\n\r\n"


# The server and its applications


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

    async def forgets(self) -> None:
        """Wait until nothing is left of any connection."""
        await comes(lambda: not self.server._connections and not self.server._tasks)


def unread(one: Connection) -> int:
    """Return how many bytes have come that the server has not yet read."""
    if one._transport.is_closing() or not one._transport.is_reading():
        return 0
    stream = one._transport.get_extra_info("socket")
    [count] = struct.unpack("i", fcntl.ioctl(stream.fileno(), termios.FIONREAD, b"\0" * 4))
    return int(count)


@asynccontextmanager
async def serving(
    answer: Answerer, hot: Collection[tuple[str, str]] = HOT, **changes: float
) -> AsyncIterator[Running]:
    """Serve as `ephemera serve` does, with a configuration that is changed a little."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(on_loop_error)
    loop.slow_callback_duration = 60.0
    config = load_config(config_file(), Settings())
    for name, value in changes.items():
        setattr(config, name, value)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            return await answer(scope, receive, send)
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        return await send({"type": "lifespan.shutdown.complete"})

    with socket.create_server(("127.0.0.1", 0)) as listener:
        config.bind = [f"fd://{listener.fileno()}"]
        server, over = Server(app, config, hot), asyncio.Event()
        task = asyncio.create_task(server.serve(over.wait))
        running = Running(server, listener.getsockname()[1], over, task)
        try:
            yield running
        finally:
            await running.stops()
            listener.detach()


@pytest.fixture(autouse=True)
def _silence(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing is logged, unless the test says so by clearing it."""
    yield
    told = [record for record in caplog.get_records("call") if record.levelno >= logging.WARNING]
    assert not told, [Formatter().format(record) for record in told]


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Return what has been logged, as it is written, and forget it."""
    records = [record for record in caplog.records if record.levelno >= logging.WARNING]
    told = "\n".join(Formatter().format(record) for record in records)
    caplog.clear()
    return told


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


# The clients


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


# Answers


async def test_a_hot_post_is_answered_in_one_piece_with_its_length_and_the_date() -> None:
    async with serving(echo) as running, connection(running.port) as (reader, writer):
        writer.write(post())
        async with asyncio.timeout(WITHIN):
            data = await reader.read(65_536)
        head, _, body = data.partition(b"\r\n\r\n")
        status, *lines = head.split(b"\r\n")
        assert (status, body) == (b"HTTP/1.1 200 ", b"POST /rooms/a/messages hello whole")
        length, date = sorted(lines)
        assert length == b"content-length: %d" % len(body)
        assert date.startswith(b"date: ")
        said = parsedate_to_datetime(date[6:].decode())
        assert abs(datetime.now(UTC) - said) < timedelta(minutes=1)
        assert date.endswith(b" GMT")


async def test_more_than_a_hundred_requests_in_any_order_are_answered_on_one_connection() -> None:
    kinds = [
        (post(b"one"), b"POST /rooms/a/messages one whole"),
        (STREAM, b"GET /rooms/a/events  whole"),
        (get(b"/"), b"GET /  parsed"),
        (post(b"two", kind=b"others"), b"POST /rooms/a/others two parsed"),
        (get(b"/rooms/a/messages"), b"GET /rooms/a/messages  parsed"),
        (post(b"three", room=b"%61"), b"POST /rooms/a/messages three parsed"),
    ]
    order = [each for pair in product(kinds, repeat=2) for each in pair] * 2
    async with serving(echo) as running, connection(running.port) as (reader, writer):
        for request, body in order:
            writer.write(request)
            answer = await answer_of(reader)
            assert (answer.status, answer.body) == (200, body)
        assert len(running.server._connections) == 1


PIPELINED: Final = {
    "two hot": [post(b"1"), post(b"2")],
    "a hot one and another": [post(b"1"), get(b"/2")],
    "another and a hot one": [get(b"/1"), post(b"2")],
    "hot ones around another": [post(b"1"), get(b"/2"), post(b"3")],
    "a hot one among others": [get(b"/1"), post(b"2"), get(b"/3")],
    "many": [post(b"%d" % number) for number in range(50)],
}


@pytest.mark.parametrize("name", PIPELINED)
async def test_requests_in_one_segment_are_all_answered_once_in_their_order(name: str) -> None:
    asked: list[str] = []

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["method"])
        await echo(scope, receive, send)

    requests = PIPELINED[name]
    async with serving(answer) as running, connection(running.port) as (reader, writer):
        writer.write(b"".join(requests))
        bodies = [(await answer_of(reader)).body.split()[:-1] for _ in requests]
        writer.write(post(b"last"))
        assert (await answer_of(reader)).body == b"POST /rooms/a/messages last whole"
    assert asked == [request.split()[0].decode() for request in [*requests, post()]]
    expected = [
        [*request.split()[:2], *request.partition(b"\r\n\r\n")[2].split()] for request in requests
    ]
    assert bodies == expected


@pytest.mark.parametrize("first", [post(b"1"), get(b"/1")], ids=["hot", "other"])
@pytest.mark.parametrize("second", [post(b"2"), get(b"/2")], ids=["hot", "other"])
async def test_a_request_that_comes_during_an_answer_is_answered_after_it(
    first: bytes, second: bytes
) -> None:
    waiting = Waiting()
    async with serving(waiting) as running, connection(running.port) as (reader, writer):
        writer.write(first)
        await comes(lambda: waiting.asked)
        writer.write(second)
        await running.takes()
        assert len(waiting.asked) == 1, "one after the other"
        waiting.let.set()
        bodies = [(await answer_of(reader)).body for _ in range(2)]
    assert [body.split()[1] for body in bodies] == [first.split()[1], second.split()[1]]
    assert len(waiting.asked) == 2


async def test_a_hot_request_cut_in_two_anywhere_gets_the_same_answer() -> None:
    request = post(b"hi")
    async with serving(echo) as running, connection(running.port) as (reader, writer):
        for end in range(1, len(request)):
            writer.write(request[:end])
            await running.takes()
            writer.write(request[end:])
            assert (await answer_of(reader)).body == b"POST /rooms/a/messages hi parsed", end
        writer.write(request)
        assert (await answer_of(reader)).body == b"POST /rooms/a/messages hi whole"


async def test_a_hot_request_byte_by_byte_gets_the_same_answer() -> None:
    async with serving(echo) as running, connection(running.port) as (reader, writer):
        for byte in post(b"hi"):
            writer.write(bytes([byte]))
            await running.takes()
        assert (await answer_of(reader)).body == b"POST /rooms/a/messages hi parsed"


@pytest.mark.parametrize(
    "request_",
    [
        post(),
        STREAM,
        get(b"/rooms/A-_9/events?since=1%202&x:y", b"X-Two:  \t a b\t ", b"x-empty:", b"X-B: \xff"),
    ],
    ids=["POST", "GET", "odd"],
)
async def test_the_application_is_told_the_same_as_by_hypercorn(request_: bytes) -> None:
    scopes: list[Scope] = []

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(dict(scope))
        await echo(scope, receive, send)

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        writer.write(request_)
        await answer_of(reader)
        writer.write(request_[:10])
        await running.takes()
        writer.write(request_[10:])
        await answer_of(reader)
    whole, parsed = scopes
    assert whole.pop("extensions") == {WHOLE: {}}
    assert parsed.pop("extensions") == {}
    assert whole == parsed
    assert {name: type(value) for name, value in whole.items()} == {
        name: type(value) for name, value in parsed.items()
    }
    assert whole["client"]
    assert whole["server"] == ("127.0.0.1", running.port)


async def test_each_request_has_a_state_of_its_own() -> None:
    seen: list[Scope] = []

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(dict(scope["state"]))
        scope["state"]["mine"] = True
        await echo(scope, receive, send)

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        for _ in range(2):
            writer.write(post())
            await answer_of(reader)
    assert seen == [{}, {}]


async def test_an_answer_without_a_length_comes_in_chunks() -> None:
    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        await begin(send, 201, [(b"X-One", b"1")])
        for part in (b"a" * 17, b"", b"b"):
            await go_on(send, part)
        await go_on(send, b"c", more=False)

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        writer.write(post())
        head = await head_of(reader)
        assert (head.status, head.headers[0]) == (201, (b"x-one", b"1"))
        assert dict(head.headers)[b"transfer-encoding"] == b"chunked"
        assert b"content-length" not in dict(head.headers)
        async with asyncio.timeout(WITHIN):
            rest = await reader.readuntil(END)
        assert rest == b"11\r\n" + b"a" * 17 + b"\r\n1\r\nb\r\n1\r\nc\r\n" + END
        writer.write(post())
        assert (await answer_of(reader)).status == 201


async def test_the_head_of_a_stream_comes_before_its_first_part() -> None:
    let = asyncio.Event()

    async def answer(_: Scope, __: Receive, send: Send) -> None:
        await begin(send)
        await let.wait()
        await go_on(send, b"late", more=False)

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        writer.write(STREAM)
        assert (await head_of(reader)).status == 200
        let.set()
        async with asyncio.timeout(WITHIN):
            assert await reader.readuntil(END) == b"4\r\nlate\r\n" + END


@pytest.mark.parametrize("body", [b"", b"secret"], ids=["silent", "talkative"])
@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_that_has_no_body_has_none(status: int, body: bytes) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/rooms/b/messages":
            return await echo(scope, receive, send)
        await begin(send, status)
        return await go_on(send, body, more=False)

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        writer.write(post())
        head = await head_of(reader)
        assert head.status == status
        assert {b"content-length", b"transfer-encoding"}.isdisjoint(dict(head.headers))
        writer.write(post(room=b"b"))
        assert (await head_of(reader)).status == 200


NO_LENGTH: Final = {
    "in another name": (b"X-Content-Length", b"5"),
    "in a value": (b"X-Said", b"content-length: 5"),
}


@pytest.mark.parametrize("name", NO_LENGTH)
async def test_what_only_looks_like_a_length_is_none(name: str) -> None:
    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        await begin(send, 200, [NO_LENGTH[name]])
        await go_on(send, b"Hello", more=False)

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        writer.write(post())
        answered = await answer_of(reader)
        assert dict(answered.headers)[b"transfer-encoding"] == b"chunked"
        assert answered.body == b"Hello"


async def test_an_answer_may_have_no_fields() -> None:
    """ASGI lets an application leave them out."""

    async def answer(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        for request in (get(), post()):
            writer.write(request)
            assert (await answer_of(reader)).status == 200


# Applications that fail


async def fail(*_: object) -> None:
    raise LookupError("secret")


async def fail_later(*_: object) -> None:
    await asyncio.sleep(0)
    raise LookupError("secret")


async def fail_after_beginning(_: Scope, __: Receive, send: Send) -> None:
    await begin(send)
    await go_on(send, b"so")
    raise LookupError("secret")


async def fail_in_the_midst(_: Scope, __: Receive, send: Send) -> None:
    await begin(send, 200, [(b"content-length", b"10")])
    await go_on(send, b"so")
    await asyncio.sleep(0)
    raise LookupError("secret")


async def be_cancelled(*_: object) -> None:
    await asyncio.sleep(0)
    raise asyncio.CancelledError


@pytest.mark.parametrize("request_", [post(), STREAM], ids=["POST", "GET"])
@pytest.mark.parametrize("answer", [fail, fail_later])
async def test_who_fails_before_an_answer_answers_with_500(
    answer: Answerer, request_: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(answer) as running, connection(running.port) as (reader, writer):
        for _ in range(2):
            writer.write(request_)
            answered = await answer_of(reader)
            assert (answered.status, answered.body) == (500, b"")
            told = logged(caplog)
            assert "LookupError" in told
            assert "secret" not in told


@pytest.mark.parametrize("request_", [post(), STREAM], ids=["POST", "GET"])
@pytest.mark.parametrize("answer", [fail_after_beginning, fail_in_the_midst])
async def test_who_fails_half_way_cuts_the_answer(
    answer: Answerer, request_: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(answer) as running:
        answered = await exchange(running.port, request_)
        assert answered.startswith(b"HTTP/1.1 200 ")
        assert b"so" in answered
        assert not answered.endswith(END)
        await running.forgets()
    assert "LookupError" in logged(caplog)


@pytest.mark.parametrize("request_", [post(), STREAM, get()], ids=["POST", "GET", "other"])
async def test_who_is_cancelled_leaves_no_connection_open_without_an_answer(
    request_: bytes,
) -> None:
    async with serving(be_cancelled) as running, connection(running.port) as (reader, writer):
        writer.write(request_)
        answered = await end_of(reader)
        assert not answered or answered.startswith(b"HTTP/1.1 500 ")
        await running.forgets()


async def test_who_answers_nothing_answers_with_500() -> None:
    async def answer(*_: object) -> None:
        pass

    async with serving(answer) as running:
        for request in (get(), post(), STREAM):
            assert (await exchange(running.port, request)).startswith(b"HTTP/1.1 500 "), request


@pytest.mark.parametrize(
    "field",
    [
        (b"X-A", b"b\r\nX-Evil: y"),
        (b"X-A", b"b\nX-Evil: y"),
        (b"X-A", b"b\rX-Evil: y"),
        (b"X-A\r\nX-Evil: y", b"b"),
        (b"X-A", b"b\r\n"),
        (b"X-A", b"b\r\n\r\nX-Evil: y"),
    ],
)
async def test_a_field_of_more_than_one_line_is_refused(
    field: Field, caplog: pytest.LogCaptureFixture
) -> None:
    raised: list[str] = []

    async def answer(_: Scope, __: Receive, send: Send) -> None:
        try:
            await begin(send, 200, [(b"content-length", b"0"), field])
        except ValueError as error:
            raised.append(str(error))
            raise

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        writer.write(post())
        answered = await answer_of(reader)
        assert answered.status == 500
        assert b"evil" not in repr(answered).lower().encode()
    assert raised
    assert b"evil" not in logged(caplog).lower().encode()


async def test_what_was_asked_behind_an_answer_that_was_cut_is_not_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its client would never hear whether it was."""
    done: list[str] = []
    let = asyncio.Event()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        done.append(scope["path"])
        await begin(send)
        await go_on(send, b"so")
        await let.wait()
        await fail(scope, receive, send)

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        writer.write(STREAM)
        await reader.readuntil(b"so")
        writer.write(post(room=b"b"))
        await comes(lambda: running.only._held)
        let.set()
        await end_of(reader)
        await running.forgets()
    assert done == ["/rooms/a/events"]
    assert logged(caplog).count("LookupError") == 1


async def test_what_was_asked_behind_an_answer_that_was_cut_while_it_was_read_is_not_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done: list[str] = []
    let = asyncio.Event()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        done.append(scope["path"])
        if scope["method"] == "POST":
            return await echo(scope, receive, send)
        await begin(send)
        sending = asyncio.ensure_future(go_on(send, b"x" * 2**25))
        await let.wait()
        sending.cancel()
        return await fail(scope, receive, send)

    async with serving(answer) as running:
        client = stalled(running.port, STREAM)
        await comes(lambda: done)
        client.sendall(post(room=b"b"))
        await comes(lambda: running.only._held)
        let.set()
        await comes(lambda: running.only._under_way is None)
        client.close()
        await running.forgets()
    assert done == ["/rooms/a/events"]
    assert logged(caplog).count("LookupError") == 1


@pytest.mark.parametrize("body", [b"abc", b"abcdefg"], ids=["shorter", "longer"])
async def test_an_answer_that_is_not_as_long_as_it_says_is_the_last(
    body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Or the client takes the next answer for the end of this one, or the other way round."""

    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        await begin(send, 200, [(b"content-length", b"5")])
        await go_on(send, body, more=False)

    async with (
        serving(answer, keep_alive_timeout=0.3) as running,
        connection(running.port) as (reader, writer),
    ):
        writer.write(post())
        assert await end_of(reader) == b""
    assert logged(caplog).count("ValueError") == 1


# Clients that go


@pytest.mark.parametrize("way", ["half", "closed", "reset"])
@pytest.mark.parametrize("request_", [STREAM, OTHER_STREAM, post()], ids=["hot", "other", "POST"])
async def test_a_stream_is_told_that_its_client_has_gone(request_: bytes, way: str) -> None:
    async with serving(listen) as running, connection(running.port) as (reader, writer):
        writer.write(request_)
        async with asyncio.timeout(WITHIN):
            await reader.readuntil(b"so")
        go(writer, way)
        await running.forgets()


@pytest.mark.parametrize("request_", [post(), get()], ids=["hot", "other"])
async def test_a_client_that_says_that_it_will_ask_no_more_gets_its_answer(
    request_: bytes,
) -> None:
    waiting = Waiting()
    async with serving(waiting) as running, connection(running.port) as (reader, writer):
        writer.write(request_)
        await comes(lambda: waiting.asked)
        writer.write_eof()
        await comes(lambda: not running.server._connections or running.only.is_gone)
        waiting.let.set()
        assert (await end_of(reader)).startswith(b"HTTP/1.1 200 ")
        await running.forgets()


@pytest.mark.parametrize("request_", [post(), get()], ids=["hot", "other"])
async def test_a_client_that_asks_and_says_at_once_that_it_will_ask_no_more_gets_its_answer(
    request_: bytes,
) -> None:
    async with serving(echo) as running, connection(running.port) as (reader, writer):
        writer.write(request_)
        writer.write_eof()
        assert (await end_of(reader)).startswith(b"HTTP/1.1 200 ")
        await running.forgets()


async def test_who_listens_for_the_end_of_a_client_is_told_when_the_answer_is_over() -> None:
    """As by Hypercorn: a connection may stay open for long after."""
    told: list[str] = []

    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        listening = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        await reply(send, b"done")
        told.append((await listening)["type"])

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        for request in (get(), post()):
            told.clear()
            writer.write(request)
            assert (await answer_of(reader)).body == b"done"
            await comes(lambda: told)
        assert told == ["http.disconnect"]


@pytest.mark.parametrize("way", ["half", "closed", "reset"])
@pytest.mark.parametrize(
    "requests",
    [OTHER_STREAM + get(), OTHER_STREAM + post(), STREAM + get(), STREAM + post()],
    ids=["others", "other and hot", "hot and other", "hot"],
)
async def test_a_client_that_asks_twice_and_goes_leaves_nothing(requests: bytes, way: str) -> None:
    async with serving(listen) as running, connection(running.port) as (reader, writer):
        writer.write(requests)
        async with asyncio.timeout(WITHIN):
            await reader.readuntil(b"so")
        go(writer, way)
        await running.forgets()


@pytest.mark.parametrize("body", [b"5\r\nhello\r\n" * 50, b""], ids=["many parts", "no end"])
async def test_who_is_answered_before_all_was_said_leaves_nothing(body: bytes) -> None:
    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await reply(send, b"no")

    head = b"POST /rooms/a/messages HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with serving(answer) as running:
        answered = await exchange(running.port, head + b"1\r\nx\r\n" + body)
        assert answered.endswith(b"no")
        await running.forgets()


# Clients that do not read


async def test_who_sends_waits_for_a_client_that_does_not_read() -> None:
    pouring = Pouring()
    async with serving(pouring) as running:
        client = stalled(running.port, STREAM)
        await running.accepts()
        await comes(lambda: running.only._is_paused)
        poured = pouring.poured
        for _ in range(100):
            await asyncio.sleep(0)
        assert pouring.poured == poured
        assert running.only._transport.get_write_buffer_size() < 2**17
        client.close()
        async with asyncio.timeout(WITHIN):
            await pouring.has_ended.wait()
        await running.forgets()


async def test_who_sends_goes_on_when_the_client_reads_again() -> None:
    async def answer(_: Scope, __: Receive, send: Send) -> None:
        await begin(send)
        for _number in range(400):
            await go_on(send, b"x" * 16_384)
        await go_on(send, more=False)

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        writer.write(STREAM)
        await running.accepts()
        await comes(lambda: running.only._is_paused)
        answered = await answer_of(reader)
        assert len(answered.body) == 400 * 16_384
        writer.write(STREAM)
        assert len((await answer_of(reader)).body) == 400 * 16_384


@pytest.mark.parametrize("request_", [STREAM, OTHER_STREAM], ids=["hot", "other"])
async def test_who_waits_for_a_client_that_said_it_goes_goes_on_when_it_has_gone(
    request_: bytes,
) -> None:
    pouring = Pouring(part=2**22)
    async with serving(pouring) as running:
        client = stalled(running.port, request_)
        await running.accepts()
        await comes(lambda: running.only._is_paused)
        client.shutdown(socket.SHUT_WR)
        await comes(lambda: not running.server._connections or running.only.is_gone)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        client.close()
        async with asyncio.timeout(WITHIN):
            await pouring.has_ended.wait()
        await running.forgets()


# Idle connections


@pytest.mark.parametrize(
    "data",
    [b"", b"POST /rooms/a/messages HT", post()[:-10], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ids=["nothing", "half a line", "half a head", "HTTP/2"],
)
async def test_a_connection_that_asks_for_nothing_is_closed(data: bytes) -> None:
    async with (
        serving(echo, keep_alive_timeout=0.3) as running,
        connection(running.port) as (reader, writer),
    ):
        writer.write(data)
        assert b"HTTP/1.1" not in await end_of(reader)
        await running.forgets()


@pytest.mark.parametrize("request_", [post(), get()], ids=["hot", "other"])
async def test_a_connection_that_asks_for_nothing_more_is_closed(request_: bytes) -> None:
    async with (
        serving(echo, keep_alive_timeout=0.3) as running,
        connection(running.port) as (reader, writer),
    ):
        for request in (post(), request_):
            writer.write(request)
            await answer_of(reader)
        assert await end_of(reader) == b""
        await running.forgets()


async def test_a_head_that_comes_in_drops_is_cut() -> None:
    async with (
        serving(echo, keep_alive_timeout=0.3) as running,
        connection(running.port) as (reader, writer),
    ):
        ending = asyncio.create_task(end_of(reader))
        for _ in range(2_000):
            if ending.done():
                break
            writer.write(b"x" if writer.transport.get_write_buffer_size() < 2**16 else b"")
            await asyncio.wait([ending], timeout=0.01)
        assert await ending == b""


@pytest.mark.parametrize("request_", [STREAM, OTHER_STREAM], ids=["hot", "other"])
async def test_a_stream_is_not_idle(request_: bytes) -> None:
    streaming = Streaming()
    async with (
        serving(streaming, keep_alive_timeout=0.3) as running,
        connection(running.port) as (reader, writer),
    ):
        writer.write(request_)
        await comes(lambda: streaming.begun)
        for _ in range(2):  # the time in which those are closed that are idle, twice
            assert await exchange(running.port) == b""
        streaming.let.set()
        answered = await answer_of(reader)
        assert (answered.status, answered.body) == (200, b"soon")
        writer.write(post())
        assert (await answer_of(reader)).body == b"5", "from then on it may be idle again"
        assert await end_of(reader) == b""


# What comes during a stream


async def test_what_comes_during_a_stream_is_held_and_answered_after_it() -> None:
    streaming = Streaming()
    async with serving(streaming) as running, connection(running.port) as (reader, writer):
        writer.write(STREAM)
        await comes(lambda: streaming.begun)
        writer.write(post(b"hello"))
        await comes(lambda: running.only._held)
        assert not running.only._transport.is_reading()
        streaming.let.set()
        assert (await answer_of(reader)).body == b"soon"
        assert (await answer_of(reader)).body == b"5"
        assert streaming.begun == ["/rooms/a/events", "/rooms/a/messages"]


@pytest.mark.parametrize("request_", [STREAM, OTHER_STREAM], ids=["hot", "other"])
async def test_no_more_is_held_than_was_read_at_once(request_: bytes) -> None:
    streaming, size = Streaming(), 2**25
    async with serving(streaming) as running, connection(running.port) as (reader, writer):
        writer.write(request_)
        await comes(lambda: streaming.begun)
        writer.write(get(b"/rooms/a/others") + post(b"x" * size))
        await comes(lambda: not running.only._transport.is_reading())
        for _ in range(100):
            await asyncio.sleep(0)
            assert len(running.only._held) <= MOST_HELD
        assert writer.transport.get_write_buffer_size() > 0, "the client has to wait"
        streaming.let.set()
        assert (await answer_of(reader)).body == b"soon"
        assert (await answer_of(reader)).body == b"soon"
        assert (await answer_of(reader)).body == b"%d" % size


# HTTP/2


class Http2:
    """A client of HTTP/2 on a connection of its own."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        self.events: list[Event] = []

    def begin(self) -> None:
        self._h2.initiate_connection()
        self.flush()

    def ask(self, method: str, path: str, body: bytes = b"", *, end: bool = True) -> int:
        number = self._h2.get_next_available_stream_id()
        names = {":method": method, ":path": path, ":scheme": "http", ":authority": "a"}
        self._h2.send_headers(number, list(names.items()), end_stream=end and not body)
        if body:
            self._h2.send_data(number, body, end_stream=end)
        self.flush()
        return number

    def say(self, number: int, body: bytes) -> None:
        self._h2.send_data(number, body)
        self.flush()

    def flush(self) -> None:
        self._writer.write(self._h2.data_to_send())

    def statuses(self) -> dict[int, bytes]:
        return {
            event.stream_id: dict(event.headers)[b":status"]
            for event in self.events
            if isinstance(event, ResponseReceived) and event.stream_id and event.headers
        }

    def body(self, number: int) -> bytes:
        return b"".join(
            event.data or b""
            for event in self.events
            if isinstance(event, DataReceived) and event.stream_id == number
        )

    def has_ended(self, number: int) -> bool:
        return any(
            isinstance(event, StreamEnded) and event.stream_id == number for event in self.events
        )

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN):
            while not holds():
                data = await self._reader.read(65_536)
                assert data, "the server has closed the connection"
                self.events += self._h2.receive_data(data)
                self.flush()


@asynccontextmanager
async def speaking_http2(port: int) -> AsyncIterator[Http2]:
    async with connection(port) as streams:
        client = Http2(*streams)
        client.begin()
        yield client


async def test_http_2_is_spoken_on_the_same_port() -> None:
    async with serving(echo) as running, speaking_http2(running.port) as client:
        numbers = [client.ask("POST", "/rooms/a/messages", b"hello") for _ in range(20)]
        await client.until(lambda: all(map(client.has_ended, numbers)))
        for number in numbers:
            assert client.statuses()[number] == b"200"
            assert client.body(number) == b"POST /rooms/a/messages hello parsed"


async def test_a_stream_and_requests_go_side_by_side_on_http_2() -> None:
    streaming = Streaming()
    async with (
        serving(streaming, keep_alive_timeout=0.3) as running,
        speaking_http2(running.port) as client,
    ):
        stream = client.ask("GET", "/rooms/a/events")
        await client.until(lambda: client.body(stream) == b"so")
        assert await exchange(running.port) == b"", "so long an idle one lives"
        message = client.ask("POST", "/rooms/a/messages", b"hello")
        await client.until(lambda: client.has_ended(message))
        assert client.body(message) == b"5"
        assert not client.has_ended(stream)
        streaming.let.set()
        await client.until(lambda: client.has_ended(stream))
        assert client.body(stream) == b"soon"
        with pytest.raises(AssertionError, match="closed"):
            await client.until(lambda: False)
        await running.forgets()


async def test_an_upgrade_to_http_2_is_made_after_hot_requests() -> None:
    async with serving(echo) as running, connection(running.port) as (reader, writer):
        writer.write(post())
        assert (await answer_of(reader)).body.endswith(b"whole")
        client = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        offered = client.initiate_upgrade_connection()
        assert offered
        fields = [b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c"]
        writer.write(get(b"/rooms/a/events", *fields, b"HTTP2-Settings: " + offered))
        assert (await head_of(reader)).status == 101
        writer.write(client.data_to_send())
        events: list[Event] = []
        async with asyncio.timeout(WITHIN):
            while not any(isinstance(event, StreamEnded) for event in events):
                events += client.receive_data(await reader.read(65_536))
        said = b"".join(event.data or b"" for event in events if isinstance(event, DataReceived))
        assert said == b"GET /rooms/a/events  parsed"


@pytest.mark.parametrize("way", ["half", "closed", "reset"])
async def test_a_client_of_http_2_that_goes_leaves_nothing(way: str) -> None:
    async with serving(listen) as running, connection(running.port) as (reader, writer):
        client = Http2(reader, writer)
        client.begin()
        streams = [client.ask("GET", "/rooms/a/events") for _ in range(3)]
        await client.until(lambda: all(client.body(stream) == b"so" for stream in streams))
        go(writer, way)
        await running.forgets()


async def test_what_is_said_on_http_2_after_the_answer_harms_nobody() -> None:
    """The client cannot know yet that it is over."""
    let = asyncio.Event()

    async def answer(scope: Scope, _: Receive, send: Send) -> None:
        if scope["method"] == "GET":
            await let.wait()
        await reply(send, b"no")

    async with serving(answer) as running, speaking_http2(running.port) as client:
        stream = client.ask("GET", "/rooms/a/events")
        early = client.ask("POST", "/rooms/a/messages", b"some", end=False)
        await client.until(lambda: client.has_ended(early))
        client.say(early, b"more")
        await running.takes()
        let.set()
        await client.until(lambda: client.has_ended(stream))


# The end of the server


@pytest.mark.parametrize(
    "before", [b"", post()[:-10], post(), get()], ids=["nothing", "half", "hot", "other"]
)
async def test_idle_connections_are_closed_when_the_server_stops(before: bytes) -> None:
    async with (
        serving(echo, keep_alive_timeout=1_000, graceful_timeout=1_000) as running,
        connection(running.port) as (reader, writer),
    ):
        writer.write(before)
        await running.accepts()
        await running.takes()
        if before in {post(), get()}:
            await answer_of(reader)
        await running.stops()
        assert await end_of(reader) == b""
    assert not running.server._connections
    assert not running.server._tasks


async def test_a_client_of_http_2_is_let_go_when_the_server_stops() -> None:
    async with (
        serving(echo, keep_alive_timeout=1_000, graceful_timeout=1_000) as running,
        speaking_http2(running.port) as client,
    ):
        number = client.ask("GET", "/")
        await client.until(lambda: client.has_ended(number))
        await running.stops()
    assert not running.server._connections
    assert not running.server._tasks


@pytest.mark.parametrize("request_", [post(), get()], ids=["hot", "other"])
async def test_an_answer_under_way_is_completed_when_the_server_stops(request_: bytes) -> None:
    waiting = Waiting()
    async with (
        serving(waiting, graceful_timeout=1_000) as running,
        connection(running.port) as (reader, writer),
    ):
        writer.write(request_)
        await comes(lambda: waiting.asked)
        running.over.set()
        await comes(lambda: running.server.is_stopping)
        waiting.let.set()
        assert (await answer_of(reader)).status == 200
        assert await end_of(reader) == b"", "and the connection is not kept"
        await running.stops()
    assert not running.server._tasks


@pytest.mark.parametrize("request_", [STREAM, OTHER_STREAM], ids=["hot", "other"])
async def test_a_reader_that_stalls_does_not_hold_up_the_end(request_: bytes) -> None:
    pouring = Pouring()
    async with serving(pouring, graceful_timeout=0.2) as running:
        client = stalled(running.port, request_)
        await running.accepts()
        await comes(lambda: running.only._is_paused)
        await running.stops()
        assert pouring.has_ended.is_set()
        assert not running.server._tasks
        client.close()


async def test_a_reader_that_stalls_and_said_it_goes_does_not_hold_up_the_end() -> None:
    pouring = Pouring(part=2**22)
    async with serving(pouring, graceful_timeout=0.2) as running:
        client = stalled(running.port, STREAM)
        await running.accepts()
        await comes(lambda: running.only._is_paused)
        client.shutdown(socket.SHUT_WR)
        await comes(lambda: running.only.is_gone)
        await running.stops()
        assert pouring.has_ended.is_set()
        assert not running.server._tasks
        client.close()


@pytest.mark.parametrize("request_", [post(), STREAM, get()], ids=["POST", "GET", "other"])
async def test_an_application_that_does_not_end_does_not_hold_up_the_end(request_: bytes) -> None:
    waiting = Waiting()
    async with (
        serving(waiting, graceful_timeout=0.2) as running,
        connection(running.port) as (reader, writer),
    ):
        writer.write(request_)
        await comes(lambda: waiting.asked)
        await running.stops()
        assert await end_of(reader) == b""
        waiting.let.set()
        await running.forgets()


async def test_nothing_is_left_and_nothing_is_said_when_the_server_has_ended(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving(listen, graceful_timeout=0.2) as running:
        clients = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(6)]
        for (_, writer), request in zip(
            clients, [STREAM, OTHER_STREAM, post(), post()[:-3], b"", STREAM + post()], strict=True
        ):
            writer.write(request)
        await comes(lambda: len(running.server._connections) == len(clients))
        await running.takes()
        await running.stops()
        for reader, writer in clients:
            await end_of(reader)
            await closed_by(writer)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not others
    gc.collect()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_an_application_that_cannot_start_is_heard() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": scope["type"]})

    config = load_config(config_file(), Settings())
    with pytest.raises(Exception, match="lifespan"):
        await Server(app, config, HOT).serve(asyncio.Event().wait)


# Connections that have ended


@contextmanager
def without_collections() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def alive(kind: type) -> int:
    return sum(isinstance(one, kind) for one in gc.get_objects())


@pytest.mark.parametrize("way", ["half", "closed", "reset"])
@pytest.mark.parametrize("request_", [STREAM, OTHER_STREAM], ids=["hot", "other"])
async def test_a_connection_that_has_ended_is_no_garbage_to_be_collected(
    request_: bytes, way: str
) -> None:
    async with serving(listen) as running:
        with without_collections():
            clients = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(20)]
            for reader, writer in clients:
                writer.write(request_)
                async with asyncio.timeout(WITHIN):
                    await reader.readuntil(b"so")
            assert alive(Connection) == 20
            assert alive(H11Protocol) == (20 if request_ is OTHER_STREAM else 0)
            for _, writer in clients:
                go(writer, way)
            await comes(lambda: alive(Connection) == 0)
            assert alive(H11Protocol) == 0
            for _, writer in clients:
                await closed_by(writer)


async def test_answered_requests_leave_no_garbage_while_the_connection_is_open() -> None:
    async with serving(echo) as running, connection(running.port) as (reader, writer):
        with without_collections():
            for request in (get(), post(), get(), post()):
                writer.write(request)
                await answer_of(reader)
            await comes(lambda: alive(H11Protocol) == 0)
            assert alive(Connection) == 1


# Faults of the fallback


SECRET: Final = b"secretsecretsecret"


async def fail_at_once(self: object, event: HypercornEvent) -> None:
    raise ValueError(self, getattr(event, "data", b""))


async def fail_after_a_while(self: object, event: HypercornEvent) -> None:
    await asyncio.sleep(0)
    await fail_at_once(self, event)


@pytest.mark.parametrize("fault", [fail_at_once, fail_after_a_while])
async def test_a_fault_of_the_fallback_cuts_the_connection_and_is_logged_without_what_was_said(
    fault: Callable[[object, HypercornEvent], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(H11Protocol, "handle", fault)
    async with serving(echo) as running, connection(running.port) as (reader, writer):
        writer.write(get(b"/" + SECRET))
        assert b"HTTP/1.1" not in await end_of(reader)
        await running.forgets()
        told = logged(caplog)
        assert "ValueError" in told
        assert SECRET.decode() not in told
        assert "Task" not in told


async def test_who_says_what_is_no_http_is_told_so_and_cut() -> None:
    async with serving(echo) as running, connection(running.port) as (reader, writer):
        writer.write(post())
        await answer_of(reader)
        writer.write(b"\r\n\0what\r\n\r\n")
        assert (await end_of(reader)).startswith(b"HTTP/1.1 400 ")
        await running.forgets()
