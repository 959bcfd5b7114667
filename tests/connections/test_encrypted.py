"""The same over TLS: requests, streams, HTTP/2, and clients that go in every way."""

import asyncio
import socket
import ssl
import subprocess
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from h2.errors import ErrorCodes

from ephemera.server.scopes import WHOLE
from tests.support.connections import (
    HOT,
    OTHER_STREAM,
    STREAM,
    WITHIN,
    Answerer,
    Pouring,
    Receive,
    Running,
    Scope,
    Send,
    Streaming,
    Waiting,
    answer_of,
    begin,
    echo,
    end_of,
    get,
    go_on,
    head_of,
    listen,
    post,
    reset,
    serving,
)
from tests.support.http2 import Http2
from tests.support.processes import comes
from tests.support.sockets import connection, exchange

pytestmark = pytest.mark.usefixtures("silence")

WAYS: Final = ["polite", "half", "closed", "reset"]
EXTENSIONS: Final = [
    "subjectAltName=IP:127.0.0.1",
    "keyUsage=critical,digitalSignature,keyCertSign",
]


class Papers(NamedTuple):
    """A certificate that its owner has signed, and the key."""

    certificate: Path
    key: Path


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Let openssl make what a server shows to its clients."""
    folder = tmp_path_factory.mktemp("papers")
    made = Papers(folder / "certificate.pem", folder / "key.pem")
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-out", str(made.certificate), "-keyout", str(made.key)]
    more = [part for each in EXTENSIONS for part in ("-addext", each)]
    subprocess.run(
        ["openssl", "req", *kind, *files, "-subj", "/CN=a", "-days", "2", *more],
        check=True,
        capture_output=True,
    )
    return made


@asynccontextmanager
async def secure(papers: Papers, answer: Answerer, **changes: float) -> AsyncIterator[Running]:
    """Serve over TLS."""
    files = {"certfile": str(papers.certificate), "keyfile": str(papers.key)}
    async with serving(answer, HOT, "127.0.0.1", **files, **changes) as running:
        yield running


def context_of(papers: Papers, *protocols: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=papers.certificate)
    context.set_alpn_protocols(protocols or ["http/1.1"])
    return context


@asynccontextmanager
async def encrypted(
    running: Running, papers: Papers, *protocols: str
) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    """Keep an encrypted connection until the block ends."""
    context = context_of(papers, *protocols)
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port, ssl=context)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def leave(writer: StreamWriter, way: str) -> None:
    """Go as clients do: with the last word of TLS, or without it."""
    if way == "polite":
        writer.close()
    elif way == "half":
        writer.get_extra_info("socket").shutdown(socket.SHUT_WR)
    elif way == "closed":
        writer.transport.abort()
    else:
        reset(writer)


# Answers


async def test_all_kinds_of_requests_are_answered_on_one_connection(papers: Papers) -> None:
    kinds = [
        (post(b"one"), b"POST /rooms/a/messages one whole"),
        (get(), b"GET /  parsed"),
        (STREAM, b"GET /rooms/a/events  whole"),
        (post(b"x" * 50_000, kind=b"others"), b"POST /rooms/a/others %b parsed" % (b"x" * 50_000)),
        (post(b"two"), b"POST /rooms/a/messages two whole"),
    ]
    async with secure(papers, echo) as running, encrypted(running, papers) as (reader, writer):
        for request, body in kinds:
            writer.write(request)
            answer = await answer_of(reader)
            assert (answer.status, answer.body) == (200, body)
        writer.write(b"".join(request for request, _ in kinds))
        for _, body in kinds:
            assert (await answer_of(reader)).body.rsplit(b" ", 1)[0] == body.rsplit(b" ", 1)[0]


async def test_the_application_is_told_of_tls_as_by_hypercorn(papers: Papers) -> None:
    scopes: list[Scope] = []

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(dict(scope))
        await echo(scope, receive, send)

    async with secure(papers, answer) as running, encrypted(running, papers) as (reader, writer):
        here = writer.get_extra_info("sockname")
        writer.write(post())
        await answer_of(reader)
        writer.write(post()[:10])
        await running.takes()
        writer.write(post()[10:])
        await answer_of(reader)
    whole, parsed = scopes
    assert (whole.pop("extensions"), parsed.pop("extensions")) == ({WHOLE: {}}, {})
    assert whole == parsed
    assert whole["scheme"] == "https"
    assert whole["client"] == here
    assert whole["server"] == ("127.0.0.1", running.port)


async def test_a_stream_over_tls_comes_part_by_part(papers: Papers) -> None:
    streaming = Streaming()
    async with secure(papers, streaming) as running, encrypted(running, papers) as streams:
        reader, writer = streams
        writer.write(STREAM)
        await head_of(reader)
        async with asyncio.timeout(WITHIN):
            assert await reader.readuntil(b"so\r\n") == b"2\r\nso\r\n"
        writer.write(post(b"hello"))
        await comes(lambda: running.only._held)
        streaming.let.set()
        async with asyncio.timeout(WITHIN):
            assert await reader.readuntil(b"0\r\n\r\n") == b"2\r\non\r\n0\r\n\r\n"
        assert (await answer_of(reader)).body == b"5"


async def test_no_more_is_held_than_is_decrypted_at_once(papers: Papers) -> None:
    streaming, size = Streaming(), 2**22
    async with secure(papers, streaming) as running, encrypted(running, papers) as streams:
        reader, writer = streams
        writer.write(OTHER_STREAM)
        await comes(lambda: streaming.begun)
        writer.write(get(b"/rooms/a/others") + post(b"x" * size))
        await comes(lambda: running.only._held)
        for _ in range(100):
            await asyncio.sleep(0)
            assert len(running.only._held) <= 2**18
        assert not running.only._transport.is_reading(), "the client has to wait"
        streaming.let.set()
        assert (await answer_of(reader)).body == b"soon"
        assert (await answer_of(reader)).body == b"soon"
        assert (await answer_of(reader)).body == b"%d" % size


async def test_http_2_is_spoken_when_tls_agrees_on_it(papers: Papers) -> None:
    async with (
        secure(papers, echo) as running,
        encrypted(running, papers, "h2", "http/1.1") as (reader, writer),
    ):
        assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
        client = Http2(reader, writer, "https")
        client.begin()
        numbers = [client.ask("POST", "/rooms/a/messages", b"hello") for _ in range(5)]
        await client.until(lambda: all(map(client.has_ended, numbers)))
        for number in numbers:
            assert client.statuses()[number] == b"200"
            assert client.body(number) == b"POST /rooms/a/messages hello parsed"
        leave(writer, "polite")
        await running.forgets()


# Clients that go


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("request_", [STREAM, OTHER_STREAM, post()], ids=["hot", "other", "POST"])
async def test_a_stream_over_tls_is_told_that_its_client_has_gone(
    request_: bytes, way: str, papers: Papers
) -> None:
    async with secure(papers, listen) as running, encrypted(running, papers) as (reader, writer):
        writer.write(request_)
        async with asyncio.timeout(WITHIN):
            await reader.readuntil(b"so")
        leave(writer, way)
        await running.forgets()


@pytest.mark.parametrize("way", WAYS)
async def test_a_client_of_http_2_over_tls_that_goes_leaves_nothing(
    way: str, papers: Papers
) -> None:
    async with secure(papers, listen) as running, encrypted(running, papers, "h2") as streams:
        client = Http2(*streams, "https")
        client.begin()
        numbers = [client.ask("GET", "/rooms/a/events") for _ in range(3)]
        await client.until(lambda: all(client.body(number) == b"so" for number in numbers))
        leave(streams[1], way)
        await running.forgets()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("request_", [post(), get()], ids=["hot", "other"])
async def test_a_client_over_tls_that_goes_before_its_answer_leaves_nothing(
    request_: bytes, way: str, papers: Papers
) -> None:
    waiting = Waiting()
    async with secure(papers, waiting) as running, encrypted(running, papers) as (_, writer):
        writer.write(request_)
        await comes(lambda: waiting.asked)
        leave(writer, way)
        await comes(lambda: not running.server._connections or running.only.is_gone)
        waiting.let.set()
        await running.forgets()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("request_", [STREAM, OTHER_STREAM], ids=["hot", "other"])
async def test_who_goes_on_for_a_while_after_its_client_has_gone_says_nothing_in_the_log(
    request_: bytes, way: str, papers: Papers
) -> None:
    """Asyncio warns of each part that is written after the end of TLS, from the fifth on."""
    gone = asyncio.Event()

    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await begin(send)
        await go_on(send, b"so")
        while (await receive())["type"] != "http.disconnect":
            pass
        for _number in range(20):
            await go_on(send, b"x" * 1_000)
        gone.set()

    async with secure(papers, answer) as running, encrypted(running, papers) as (reader, writer):
        writer.write(request_)
        async with asyncio.timeout(WITHIN):
            await reader.readuntil(b"so")
        leave(writer, way)
        async with asyncio.timeout(WITHIN):
            await gone.wait()
        await running.forgets()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("request_", [STREAM, OTHER_STREAM], ids=["hot", "other"])
async def test_who_is_read_slowly_over_tls_is_told_that_the_client_has_gone(
    request_: bytes, way: str, papers: Papers
) -> None:
    pouring = Pouring()
    async with secure(papers, pouring) as running, encrypted(running, papers) as (_, writer):
        writer.write(request_)
        await running.accepts()
        await comes(lambda: running.only.is_behind)
        leave(writer, way)
        if way in {"polite", "half"}:
            await comes(lambda: not running.server._connections or running.only.is_gone)
            writer.transport.abort()
        async with asyncio.timeout(WITHIN):
            await pouring.has_ended.wait()
        await running.forgets()


@pytest.mark.parametrize("way", WAYS)
async def test_a_stream_whose_client_says_more_and_goes_ends(way: str, papers: Papers) -> None:
    said = asyncio.Event()

    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        going = asyncio.ensure_future(receive())
        await begin(send)
        while not going.done():
            await go_on(send, b"so")
            said.set()
            await asyncio.wait([going], timeout=0.02)

    async with secure(papers, answer) as running, encrypted(running, papers) as (_, writer):
        writer.write(STREAM)
        async with asyncio.timeout(WITHIN):
            await said.wait()
        for _number in range(3):
            writer.write(post())
            await running.takes()
        leave(writer, way)
        await running.takes()
        writer.transport.abort()
        await running.forgets(3.0)


# Clients that do not speak TLS


async def test_who_speaks_no_tls_is_cut(papers: Papers) -> None:
    async with secure(papers, echo) as running:
        assert b"HTTP" not in await exchange(running.port, post())
        assert not running.server._connections


@pytest.mark.parametrize("data", [b"", b"\x16\x03\x01\x00"], ids=["nothing", "half a hello"])
async def test_who_does_not_end_the_handshake_is_cut(data: bytes, papers: Papers) -> None:
    asyncio.get_running_loop().set_debug(False)  # or asyncio tells of each
    async with (
        secure(papers, echo, ssl_handshake_timeout=0.3) as running,
        connection(running.port) as (reader, writer),
    ):
        writer.write(data)
        assert await end_of(reader) == b""


async def test_an_idle_connection_over_tls_is_closed(papers: Papers) -> None:
    async with (
        secure(papers, echo, keep_alive_timeout=1.0) as running,
        encrypted(running, papers) as (reader, writer),
    ):
        writer.write(post())
        await answer_of(reader)
        assert await end_of(reader) == b""
        await running.forgets()


# The end of the server


async def test_nothing_is_left_of_tls_when_the_server_has_ended(papers: Papers) -> None:
    async with (
        secure(papers, listen, graceful_timeout=0.2) as running,
        encrypted(running, papers) as (idle, _),
        encrypted(running, papers) as (streaming, writer),
    ):
        writer.write(STREAM)
        await streaming.readuntil(b"so")
        await running.stops()
        await end_of(idle)
        await end_of(streaming)
        assert not running.server._connections
        assert not running.server._tasks


async def test_who_is_in_the_middle_of_the_handshake_does_not_hold_up_the_end(
    papers: Papers,
) -> None:
    asyncio.get_running_loop().set_debug(False)  # or asyncio tells of it
    async with (
        secure(papers, listen, ssl_handshake_timeout=1.0) as running,
        connection(running.port) as (reader, writer),
    ):
        writer.write(b"\x16\x03\x01\x00")
        assert b"HTTP" not in await exchange(running.port, post()), "those before are accepted too"
        await running.stops()
        assert await end_of(reader) == b""


async def test_a_handshake_that_ends_while_the_server_stops_comes_to_nothing(
    papers: Papers,
) -> None:
    waiting = Waiting()
    async with (
        secure(papers, waiting, graceful_timeout=1_000) as running,
        encrypted(running, papers) as (reader, writer),
        connection(running.port) as (late_reader, late_writer),
    ):
        writer.write(post())
        await comes(lambda: waiting.asked)
        assert b"HTTP" not in await exchange(running.port, post()), "those before are accepted too"
        running.over.set()
        await comes(lambda: running.server.is_stopping)
        await late_writer.start_tls(context_of(papers), server_hostname="127.0.0.1")
        late_writer.write(post())
        assert await end_of(late_reader) == b""
        waiting.let.set()
        assert (await answer_of(reader)).status == 200
        assert await end_of(reader) == b""
        await running.stops()
        assert len(waiting.asked) == 1, "nobody is asked who cannot answer"


# Who takes nothing, and what is no TLS


async def test_a_stream_of_http_2_over_tls_that_takes_nothing_is_reset(papers: Papers) -> None:
    pouring = Pouring()
    async with (
        secure(papers, pouring, stalled_seconds=0.4) as running,
        encrypted(running, papers, "h2", "http/1.1") as (reader, writer),
    ):
        client = Http2(reader, writer, "https", window=10)
        client.begin()
        number = client.ask("GET", "/")
        await client.until(lambda: client.why_reset(number) == ErrorCodes.CANCEL)
        async with asyncio.timeout(WITHIN):
            await pouring.has_ended.wait()
        assert client.body(number) == b"x" * 10


@pytest.mark.parametrize("request_", [STREAM, OTHER_STREAM], ids=["hot", "other"])
async def test_who_takes_nothing_over_tls_is_cut(request_: bytes, papers: Papers) -> None:
    pouring = Pouring()
    async with (
        secure(papers, pouring, stalled_seconds=0.4) as running,
        encrypted(running, papers) as (_, writer),
    ):
        writer.write(request_)
        await running.accepts()
        async with asyncio.timeout(WITHIN):
            await pouring.has_ended.wait()
        await running.forgets()


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1", b"\x16\x03\x01\x02", bytes(500)])
async def test_nobody_writes_into_the_log_before_tls_is_spoken(said: bytes, papers: Papers) -> None:
    async with secure(papers, echo, ssl_handshake_timeout=0.3) as running:
        await exchange(running.port, said)
        async with connection(running.port) as (_, writer):
            writer.write(said)
            reset(writer)
        await running.forgets()


async def test_no_http_2_is_begun_on_http_1_over_tls(papers: Papers) -> None:
    async with secure(papers, echo) as running, encrypted(running, papers) as (reader, writer):
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert (await end_of(reader)).startswith(b"HTTP/1.1 505 ")
