"""What one client may take: of memory, of time, of connections, and of the log."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from h2.errors import ErrorCodes

from ephemera.server.accepting import ListeningSocket
from ephemera.server.guests import Guests, block_of
from ephemera.server.listening import listening
from tests.support.connections import (
    OTHER_STREAM,
    STREAM,
    WITHIN,
    Pouring,
    Receive,
    Running,
    Scope,
    Send,
    all_of,
    answer_of,
    begin,
    echo,
    get,
    go_on,
    head_of,
    listen,
    logged,
    post,
    reply,
    serving,
    serving_at,
)
from tests.support.http2 import Http2, speaking_http2
from tests.support.patience import PATIENCE
from tests.support.processes import comes
from tests.support.sockets import connection, exchange, stalled

pytestmark = pytest.mark.usefixtures("silence")

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS: Final = bytes(3) + b"\x04\x00" + bytes(4)
STALLED: Final = 0.4
LARGE: Final = 600_000


class Large:
    """Answers everybody with a large body, and knows how many answers are under way."""

    def __init__(self, size: int = LARGE) -> None:
        self._size = size
        self.begun = 0
        self.under_way = 0

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        self.begun += 1
        self.under_way += 1
        try:
            await reply(send, b"x" * self._size)
        finally:
            self.under_way -= 1


@asynccontextmanager
async def plain_http2(
    answer: object, window: int = 65_535, **changes: object
) -> AsyncIterator[tuple[Running, Http2]]:
    """Serve HTTP/2 on a plain port, to one client."""
    async with (
        serving(answer, http2_on_plain_ports=True, **changes) as running,  # type: ignore[arg-type] # they vary
        speaking_http2(running.port, window) as client,
    ):
        yield running, client


async def takes_pings(client: Http2, seconds: float) -> None:
    """Let the client live on so long, as one does that has nothing else to say."""
    loop = asyncio.get_running_loop()
    over = loop.time() + seconds
    while loop.time() < over:
        client.ping()
        await asyncio.sleep(0.02)


# HTTP/2 on plain ports


async def test_the_preface_of_http_2_is_refused_on_a_plain_port() -> None:
    async with serving(echo) as running:
        for before in (b"", get(), post()):
            answers = await exchange(running.port, before, PREFACE + SETTINGS)
            assert answers.count(b"HTTP/1.1 505 ") == 1
            assert answers.count(b"HTTP/1.1 200 ") == bool(before)
        await running.forgets()


async def test_a_request_of_a_version_that_is_none_of_ours_is_refused() -> None:
    async with serving(echo) as running:
        answer = await exchange(running.port, b"GET / HTTP/2.0\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 505 ")


async def test_an_offer_of_http_2_is_answered_as_if_it_had_not_been_made() -> None:
    fields = [b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"]
    async with serving(echo) as running, connection(running.port) as (reader, writer):
        for target in (b"/", b"/rooms/a/events"):
            writer.write(get(target, *fields))
            answer = await answer_of(reader)
            assert (answer.status, answer.body) == (200, b"GET %b  parsed" % target)


# The log


def frame(kind: int, payload: bytes, number: int = 0, flags: int = 0) -> bytes:
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags])
    return head + number.to_bytes(4, "big") + payload


ODD: Final = {
    "settings of odd length": frame(4, b"xxxxx"),
    "a window that is too wide": frame(8, b"\x7f\xff\xff\xff"),
    "data on no stream": frame(0, b"x", 5),
    "a head of nothing": frame(1, b"\xff", 1, 5),
    "a frame that is too large": b"\xff\xff\xff\x00\x00" + bytes(3) + b"\x01",
    "CONNECT without a path": frame(1, b"\x02\x07CONNECT\x41\x01a", 1, 5),
    "a method of no letters": frame(1, b"\x02\x01\xff\x84\x86\x41\x01a", 1, 5),
    "a priority of itself": frame(2, b"\0\0\0\x01\x10", 1),
}


@pytest.mark.parametrize("may", [False, True], ids=["plain", "HTTP/2 allowed"])
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
async def test_nobody_writes_into_the_log(odd: bytes, *, may: bool) -> None:
    async with serving(echo, http2_on_plain_ports=may, keep_alive_timeout=0.3) as running:
        await exchange(running.port, PREFACE + SETTINGS + odd)
        await running.forgets()


async def test_a_path_that_is_none_harms_only_its_own_request() -> None:
    async with plain_http2(listen) as (_, client):
        stream = client.ask("GET", "/rooms/a/events")
        await client.until(lambda: client.body(stream) == b"so")
        odd = client.ask("GET", "/\xe9")
        await client.until(lambda: client.why_reset(odd) == ErrorCodes.PROTOCOL_ERROR)
        other = client.ask("GET", "/rooms/a/events")
        await client.until(lambda: client.body(other) == b"so")


async def test_priorities_are_kept_by_nobody() -> None:
    """Hypercorn keeps a thousand, and fails at the next."""
    frames = b"".join(
        bytes(2) + b"\x05\x02\x00" + (2 * number + 1).to_bytes(4, "big") + bytes(4) + b"\x10"
        for number in range(900)
    )
    async with plain_http2(echo) as (_, client):
        client.speak(frames)
        await asyncio.sleep(0)
        number = client.ask("GET", "/")
        await client.until(lambda: client.has_ended(number))


# Memory


async def test_a_connection_that_takes_nothing_holds_few_answers() -> None:
    large = Large()
    async with plain_http2(large, window=0) as (running, client):
        numbers = [client.ask("GET", "/") for _ in range(12)]
        await client.until(lambda: bool(client.statuses()))
        await running.takes()
        await comes(lambda: large.begun)
        await takes_pings(client, 0.2)
        assert large.begun <= 4
        assert large.under_way == large.begun
        client.widen(2**30)
        for number in numbers:
            client.widen(2**30, number)
        await client.until(lambda: all(map(client.has_ended, numbers)), within=PATIENCE)
        assert all(len(client.body(number)) == LARGE for number in numbers)
        assert large.begun == 12


async def test_answers_to_requests_that_have_not_ended_are_refused_above_a_bound() -> None:
    large = Large()
    async with plain_http2(large, window=0) as (_, client):
        numbers = [client.ask("GET", "/", end=False) for _ in range(60)]
        await client.until(lambda: len(client.statuses()) == 60)
        calm = ErrorCodes.ENHANCE_YOUR_CALM
        await client.until(lambda: [*map(client.why_reset, numbers)].count(calm) >= 50)
        assert large.under_way * LARGE <= 4 * 2**20


async def test_streams_and_what_is_not_large_do_not_wait_for_each_other() -> None:
    async with plain_http2(listen) as (_, client):
        streams = [client.ask("GET", "/rooms/a/events") for _ in range(90)]
        await client.until(lambda: all(client.body(number) == b"so" for number in streams))


@pytest.mark.parametrize("request_", [STREAM, OTHER_STREAM], ids=["hot", "other"])
async def test_a_large_answer_waits_at_the_application(request_: bytes) -> None:
    """Premise: so much is more than the kernel takes."""

    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await begin(send)
        await go_on(send, b"x" * 2**25)

    async with serving(answer) as running:
        with stalled(running.port, request_):
            await running.accepts()
            await comes(lambda: running.only.is_behind)
            assert running.only._unsent() <= 2**16


# Who takes nothing


async def test_a_stream_that_takes_nothing_is_reset_and_others_go_on() -> None:
    pouring = Pouring()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await (pouring if scope["path"] == "/" else listen)(scope, receive, send)

    async with plain_http2(answer, window=10, stalled_seconds=STALLED) as (running, client):
        stream = client.ask("GET", "/rooms/a/events")
        stalling = client.ask("GET", "/")
        pinging = asyncio.create_task(takes_pings(client, 3 * STALLED))
        await client.until(lambda: client.why_reset(stalling) == ErrorCodes.CANCEL)
        async with asyncio.timeout(WITHIN):
            await pouring.has_ended.wait()
            await pinging
        assert client.body(stream) == b"so"
        assert client.why_reset(stream) is None
        other = client.ask("GET", "/rooms/a/events")
        await client.until(lambda: client.body(other) == b"so")
        assert len(running.server._connections) == 1


async def test_a_stream_that_takes_a_little_now_and_then_is_not_reset() -> None:
    async with plain_http2(Large(50), window=10, stalled_seconds=STALLED) as (_, client):
        number = client.ask("GET", "/")
        for _ in range(4):
            await takes_pings(client, STALLED / 2)
            client.widen(10, number)
        await client.until(lambda: client.has_ended(number))
        assert len(client.body(number)) == 50


async def test_a_connection_whose_streams_were_all_reset_is_closed_despite_pings() -> None:
    async with plain_http2(
        Large(), window=0, stalled_seconds=STALLED, keep_alive_timeout=STALLED
    ) as (running, client):
        client.ask("GET", "/")
        pinging = asyncio.create_task(takes_pings(client, WITHIN))
        await client.until_closed()
        pinging.cancel()
        await running.forgets()


async def test_pings_do_not_keep_a_connection_that_asks_for_nothing() -> None:
    async with plain_http2(echo, keep_alive_timeout=STALLED) as (running, client):
        pinging = asyncio.create_task(takes_pings(client, WITHIN))
        await client.until_closed()
        pinging.cancel()
        await running.forgets()


@pytest.mark.parametrize("request_", [STREAM, OTHER_STREAM], ids=["hot", "other"])
async def test_who_takes_nothing_at_a_path_is_cut(request_: bytes, tmp_path: Path) -> None:
    """The kernel has no time-out there."""
    pouring, path = Pouring(), tmp_path / "socket"
    async with serving_at(f"unix:{path}", pouring, stalled_seconds=STALLED) as running:
        await comes(path.exists)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(request_)
            await running.accepts()
            async with asyncio.timeout(WITHIN):
                await pouring.has_ended.wait()
            await running.forgets()


async def test_who_takes_slowly_is_not_cut() -> None:
    async with serving(Large(2**23), stalled_seconds=STALLED) as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port, limit=1024)
        writer.write(get(b"/"))
        await head_of(reader)
        taken = 0
        loop = asyncio.get_running_loop()
        until = loop.time() + 3 * STALLED
        while taken < 2**23:
            taken += len(await reader.readexactly(2**18))
            if loop.time() < until:
                await asyncio.sleep(STALLED / 3)
        writer.transport.abort()


# What is cut


@pytest.mark.parametrize("request_", [STREAM, OTHER_STREAM], ids=["hot", "other"])
async def test_what_is_unsent_of_an_answer_that_is_cut_is_not_sent(request_: bytes) -> None:
    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await begin(send)
        sending = asyncio.ensure_future(go_on(send, b"x" * 2**25 + b"the last word"))
        await asyncio.wait([sending], timeout=STALLED)
        sending.cancel()

    async with serving(answer) as running:
        with stalled(running.port, request_) as client:
            await running.accepts()
            await running.forgets()
            taken = await asyncio.to_thread(all_of, client)
        assert len(taken) < 2**24
        assert b"last" not in taken


async def test_what_is_unsent_of_an_answer_on_http_2_that_is_cut_is_not_sent() -> None:
    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await begin(send)
        sending = asyncio.ensure_future(go_on(send, b"some words"))
        await asyncio.wait([sending], timeout=STALLED)

    async with plain_http2(answer, window=4) as (_, client):
        number = client.ask("GET", "/rooms/a/events")
        await client.until(lambda: client.why_reset(number) is not None)
        assert client.body(number) == b"some"
        client.widen(100)
        other = client.ask("GET", "/")
        await client.until(lambda: client.why_reset(other) is not None)
        assert client.body(number) == b"some"


# Floods


FLOODS: Final = {
    "pings": frame(6, bytes(8)),
    "settings": frame(4, b""),
    "windows": frame(8, b"\0\0\0\1"),
    "unknown frames": frame(99, b""),
    "empty data": frame(0, b"", 1),
    "drops of data": frame(0, b"x", 1),
    "priorities": frame(2, bytes(5), 3),
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS.keys())
async def test_a_flood_of_frames_that_ask_for_nothing_ends_the_connection(flood: bytes) -> None:
    async def answer(_: Scope, receive: Receive, __: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async with plain_http2(answer) as (running, client):
        client.ask("POST", "/", end=False)
        client.speak(flood * 5_000)
        await client.until_closed()
        await running.forgets()


async def test_requests_that_are_taken_back_at_once_end_the_connection() -> None:
    async with plain_http2(listen) as (running, client):
        for _ in range(200):
            client.reset(client.ask("GET", "/rooms/a/events"))
        await client.until_closed()
        await running.forgets()


@pytest.mark.parametrize("flags", [0, 4], ids=["without an end", "with an end"])
async def test_a_head_of_many_frames_ends_the_connection(flags: int) -> None:
    part = b"\x00\x01a\x7f\x81\x1f" + b"a" * 4_000
    more = [frame(9, part, 1) for _ in range(20)]
    async with plain_http2(listen) as (running, client):
        await client.until(lambda: bool(client.events))
        client.speak(frame(1, part, 1) + b"".join(more) + frame(9, part, 1, flags))
        await client.until_closed()
        await running.forgets()


async def test_fields_of_more_than_the_bound_end_the_connection() -> None:
    async with plain_http2(echo) as (running, client):
        client.ask("GET", "/", headers={f"x-{number}": "x" * 1_000 for number in range(17)})
        await client.until_closed()
        await running.forgets()


def grows(client: Http2, number: int, had: int) -> bool:
    return len(client.body(number)) > had


async def test_a_reader_that_opens_windows_in_small_steps_is_no_flood() -> None:
    async with plain_http2(Large(2**21), window=2**14) as (_, client):
        number = client.ask("GET", "/")
        while not client.has_ended(number):
            had = len(client.body(number))
            await client.until(partial(grows, client, number, had))
            taken = len(client.body(number)) - had
            for _ in range(2):
                client.widen(taken // 2 or 1)
                client.widen(taken // 2 or 1, None if client.has_ended(number) else number)
        assert len(client.body(number)) == 2**21


# Connections per address


@contextmanager
def connected(port: int, address: str = "127.0.0.1") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), WITHIN, (address, 0)) as client:
        yield client


async def test_an_address_has_so_many_connections_and_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving(echo, connections_per_address=3, keep_alive_timeout=1_000) as running:
        kept = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(3)]
        await comes(lambda: len(running.server._connections) == 3)
        for _ in range(100):
            assert await exchange(running.port, get()) == b"", "closed without a word"
        for reader, writer in kept:
            writer.write(get())
            assert (await answer_of(reader)).status == 200
        with connected(running.port, "127.0.0.2") as other:
            await asyncio.to_thread(other.sendall, get())
            assert (await asyncio.to_thread(other.recv, 100)).startswith(b"HTTP/1.1 200 ")
        kept.pop()[1].transport.abort()
        await comes(lambda: len(running.server._connections) == 2)
        assert (await exchange(running.port, get(b"/", b"Connection: close")))[
            :12
        ] == b"HTTP/1.1 200"
        for _, writer in kept:
            writer.transport.abort()
        await running.forgets()
        assert len(running.server._guests) == 0
    assert "Connections are refused" in logged(caplog)


async def test_what_an_address_may_have_it_has_at_all_places_together(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is the same address, by IPv4 or as IPv6 writes it."""
    binds = ("127.0.0.1:0", "127.0.0.1:0", "[::ffff:127.0.0.1]:0", f"unix:{tmp_path / 'socket'}")
    with listening(binds, backlog=5, user_timeout=4_000, mode=0o600) as listeners:
        *ports, _ = [each.getsockname()[1] for each in listeners]
        places = [f"fd://{each.detach()}" for each in listeners]
    async with serving_at(
        places, echo, connections_per_address=2, keep_alive_timeout=60
    ) as running:
        (_, one), (_, other) = [
            await asyncio.open_connection("127.0.0.1", port) for port in ports[1:]
        ]
        await comes(lambda: len(running.server._connections) == 2)
        for port in ports:
            assert await exchange(port, get()) == b"", "closed without a word"
        one.transport.abort()
        await comes(lambda: len(running.server._connections) == 1)
        answer = await exchange(ports[0], get(b"/", b"Connection: close"))
        assert answer.startswith(b"HTTP/1.1 200 ")
        other.transport.abort()
        await running.forgets()
    assert "Connections are refused" in logged(caplog)


async def test_refused_connections_are_told_to_the_log_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with (
        serving(echo, connections_per_address=1, keep_alive_timeout=60) as running,
        connection(running.port),
    ):
        await running.accepts()
        for _ in range(5):
            assert await exchange(running.port, get()) == b""
    told = logged(caplog)
    assert told.count("Connections are refused") == 1
    assert "127.0.0.1" not in told


async def test_sockets_at_a_path_have_no_addresses(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    async with serving_at(f"unix:{path}", echo, connections_per_address=1) as running:
        await comes(path.exists)
        clients = [await asyncio.open_unix_connection(path) for _ in range(3)]
        for reader, writer in clients:
            writer.write(get())
            assert (await answer_of(reader)).status == 200
            writer.transport.abort()
        await running.forgets()


async def test_who_is_refused_lets_the_loop_breathe(caplog: pytest.LogCaptureFixture) -> None:
    opened = socket.create_server(("127.0.0.1", 0))
    with ListeningSocket(fileno=opened.detach()) as listener:
        listener.limit(Guests(0))
        listener.settimeout(0)
        port = listener.getsockname()[1]
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(80)]
        with pytest.raises(BlockingIOError):
            listener.accept()
        closed = 0
        for client in clients:
            client.settimeout(0.01)
            try:
                closed += client.recv(1) == b""
            except TimeoutError:
                break
        assert closed == 64
        for client in clients:
            client.close()
    caplog.clear()


def test_a_visitor_of_ipv6_has_a_64() -> None:
    assert block_of("1.2.3.4") == "1.2.3.4" == block_of("::ffff:1.2.3.4")
    assert block_of("2001:db8::1") == block_of("2001:db8::ffff:1") != block_of("2001:db8:0:1::1")
    assert block_of("fe80::1%eth0") == block_of("fe80::2")
