"""Connections of our own: what is hot is answered here, all else by Hypercorn, on any of them."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import product
from typing import Final

import pytest
from hypercorn.events import Event as HypercornEvent
from hypercorn.protocol.h11 import H11Protocol

from ephemera.server import connection as connections
from ephemera.server.connection import MOST_HELD_BYTES
from ephemera.server.scopes import WHOLE
from tests.support.connections import (
    OTHER_STREAM,
    STREAM,
    WITHIN,
    Receive,
    Scope,
    Send,
    Streaming,
    Waiting,
    answer_of,
    echo,
    end_of,
    get,
    logged,
    post,
    serving,
)
from tests.support.processes import comes
from tests.support.sockets import connection, exchange

pytestmark = pytest.mark.usefixtures("silence")


# Requests


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


@pytest.fixture
def late_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a late body be waited for however busy this machine is."""
    monkeypatch.setattr(connections, "LATE_BODY_SECONDS", WITHIN)


@pytest.mark.usefixtures("late_bodies")
async def test_a_body_that_comes_apart_from_its_head_makes_a_whole_all_the_same() -> None:
    head, end, body = post(b"hi").partition(b"\r\n\r\n")
    async with serving(echo) as running, connection(running.port) as (reader, writer):
        for _ in range(3):
            writer.write(head + end)
            await running.takes()
            writer.write(body)
            assert (await answer_of(reader)).body == b"POST /rooms/a/messages hi whole"


async def test_a_body_that_is_late_is_waited_for_by_hypercorn() -> None:
    head, end, body = post(b"hi").partition(b"\r\n\r\n")
    async with serving(echo) as running, connection(running.port) as (reader, writer):
        writer.write(head + end)
        await comes(lambda: running.server._connections and running.only._fallback)
        writer.write(body)
        assert (await answer_of(reader)).body == b"POST /rooms/a/messages hi parsed"
        writer.write(post(b"hi"))
        assert (await answer_of(reader)).body == b"POST /rooms/a/messages hi whole"


async def test_a_client_that_goes_before_its_body_has_asked_nothing() -> None:
    head, end, _ = post(b"hi").partition(b"\r\n\r\n")
    said: list[bytes] = []

    async def listen(_: Scope, receive: Receive, __: Send) -> None:
        while (message := await receive())["type"] == "http.request":
            said.append(message["body"])

    async with serving(listen) as running, connection(running.port) as (_, writer):
        writer.write(head + end)
        await running.takes()
        writer.close()
        await running.forgets()
        assert said == []


@pytest.mark.usefixtures("late_bodies")
async def test_a_hot_request_cut_in_two_anywhere_gets_the_same_answer() -> None:
    request = post(b"hi")
    async with serving(echo) as running, connection(running.port) as (reader, writer):
        for end in range(1, len(request)):
            writer.write(request[:end])
            await running.takes()
            writer.write(request[end:])
            read = b"whole" if request[:end].endswith(b"\r\n\r\n") else b"parsed"
            assert (await answer_of(reader)).body == b"POST /rooms/a/messages hi " + read, end
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


# Idle connections


@pytest.mark.parametrize(
    "data",
    [b"", b"POST /rooms/a/messages HT", post()[:-10]],
    ids=["nothing", "half a line", "half a head"],
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
        serving(echo, keep_alive_timeout=1.0) as running,
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
        serving(streaming, keep_alive_timeout=1.0) as running,
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
        assert running.only._transport.is_reading(), "or nobody would see the client go"
        streaming.let.set()
        assert (await answer_of(reader)).body == b"soon"
        assert (await answer_of(reader)).body == b"5"
        assert streaming.begun == ["/rooms/a/events", "/rooms/a/messages"]


LENGTH: Final = (b"content-length", b"4")
MOST_HELD: Final = 2**18
"""As much as asyncio reads at once."""


async def test_who_says_too_much_during_a_stream_is_cut() -> None:
    streaming = Streaming()
    async with serving(streaming) as running, connection(running.port) as (_, writer):
        writer.write(STREAM)
        await comes(lambda: streaming.begun)
        writer.write(post(b"x" * 2 * MOST_HELD_BYTES))
        await comes(lambda: not running.server._connections)
        streaming.let.set()
        await running.forgets()
        assert streaming.begun == ["/rooms/a/events"]


@pytest.mark.parametrize("first", [post(b"1"), STREAM], ids=["a message", "a stream"])
async def test_a_large_request_right_behind_an_answer_is_answered(first: bytes) -> None:
    """What serves an answer may go on for a while when the client has all of it."""
    let = asyncio.Event()
    bodies: list[bytes] = []

    async def linger(_: Scope, receive: Receive, send: Send) -> None:
        is_more = True
        bodies.append(b"")
        while is_more:
            message = await receive()
            bodies[-1] += message["body"]
            is_more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": [LENGTH]})
        await send({"type": "http.response.body", "body": b"soon"})
        await let.wait()

    body = b"x" * 2 * MOST_HELD_BYTES
    async with serving(linger) as running, connection(running.port) as (reader, writer):
        writer.write(first)
        assert (await answer_of(reader)).body == b"soon"
        writer.write(post(body))
        await comes(lambda: running.only._held)
        let.set()
        assert (await answer_of(reader)).body == b"soon"
    assert bodies[1] == body


async def test_no_more_is_held_behind_a_stream_of_the_fallback_than_was_read_at_once() -> None:
    streaming, size = Streaming(), 2**25
    async with serving(streaming) as running, connection(running.port) as (reader, writer):
        writer.write(OTHER_STREAM)
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
