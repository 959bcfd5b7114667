"""Every proxy of docs/deploy/, with the very file that is shipped.

An idle stream is looked at with heartbeat and time-outs shortened alike, to a thirtieth. Squid is
looked at twice: as the whole way to a site on plain HTTP, where it handles every byte, and as the
tunnel to a site behind HAProxy.
"""

import asyncio
import re
import secrets
import statistics
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from tests.networks.conftest import HEARTBEAT
from tests.support.edge import Edge
from tests.support.patience import PATIENCE
from tests.support.processes import until
from tests.support.proxies import FORWARD, PROXIES, REVERSE, running_onion_haproxy
from tests.support.server import RunningServer, running_server
from tests.support.sockets import read_all
from tests.support.stopwatch import slowness
from tests.support.tracing import tracing
from tests.support.visitors import (
    AS_PROGRAM,
    LONGEST,
    Seat,
    gauges,
    join,
    leave,
    open_room,
    say,
    visitor,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEARD_WITHIN = PATIENCE
SOON = 1.0
SHORT = 4 * HEARTBEAT
"""As much longer than the heartbeat as 60 s are longer than 15 s."""

# What the shipped files say of silence, and the same in a thirtieth of the time.
SHORTER: Mapping[str, Mapping[str, str]] = {
    "nginx": {"proxy_read_timeout 60s": "proxy_read_timeout 2s"},
    "haproxy": {
        "timeout client 60s": "timeout client 2s",
        "timeout server 60s": "timeout server 2s",
    },
    "apache": {"\nTimeout 60\n": "\nTimeout 2\n", "ProxyTimeout 60": "ProxyTimeout 2"},
    "caddy": {"read_timeout 60s": "read_timeout 2s"},
    "varnish": {"between_bytes_timeout = 60s": "between_bytes_timeout = 2s"},
    "squid": {"read_timeout 60 seconds": "read_timeout 2 seconds"},
    "squid-tunnel": {"read_timeout 60 seconds": "read_timeout 2 seconds"},
}

KEY = re.compile(rb'(?<=name="key" value=")[\w-]{24}(?=")')
"""A form's key is drawn at random for every page."""


@asynccontextmanager
async def reading(
    client: httpx.AsyncClient, seat: Seat, way: str = "json"
) -> AsyncIterator[AsyncIterator[str]]:
    """Read a stream by lines; it is live when the block begins."""
    async with client.stream("GET", f"{seat.path}/{way}", headers=seat.headers) as stream:
        assert stream.status_code == httpx.codes.OK
        lines = stream.aiter_lines()
        await hear(lines, "opened the room" if way == "raw" else "ping")
        yield lines


async def hear(lines: AsyncIterator[str], text: str) -> str:
    """Read until a line holds the text; return the line."""
    async with asyncio.timeout(HEARD_WITHIN):
        async for line in lines:
            if text in line:
                return line
    raise AssertionError(f"The stream ended before {text}")


async def seconds_until(lines: AsyncIterator[str], text: str) -> float:
    """Return how long it takes until a line holds the text."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    await hear(lines, text)
    return loop.time() - start


async def test_somebody_opens_and_somebody_joins(edge: Edge) -> None:
    async with edge.visitor() as client:
        ada = await open_room(client)
        ben = await join(client, ada.code)
        async with reading(client, ada) as lines:
            await hear(lines, '"nickname":"Ben"')
            await say(client, ben, "here I am")
            assert ben.member in await hear(lines, "here I am")


async def test_a_browser_gets_the_pages_unchanged(edge: Edge, server: RunningServer) -> None:
    browser = {"Accept": "text/html"}
    async with edge.visitor() as client, visitor(server.url) as direct:
        for path in ("/", "/join", "/about", "/rooms/none"):
            answer = await client.get(path, headers=browser)
            straight = await direct.get(path, headers=browser)
            assert answer.status_code == straight.status_code
            assert KEY.sub(b"", answer.content) == KEY.sub(b"", straight.content)
            assert answer.headers["Cache-Control"] == "no-store"
            assert "Content-Encoding" not in answer.headers


async def test_http_2_and_tls_are_spoken_at_the_edge(edge: Edge) -> None:
    async with edge.visitor() as client:
        answer = await client.get("/health/ready")
    spoken = (edge.url.partition(":")[0], answer.http_version)
    assert spoken == (("https", "HTTP/2") if edge.certificate else ("http", "HTTP/1.1"))


async def test_plain_http_only_sends_on_to_https(edge: Edge) -> None:
    if not edge.plain_url:  # a forward proxy goes where it is sent
        assert edge.forward
        return
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        answer = await client.post(f"{edge.plain_url}/rooms", data={"nickname": "Ada"})
    assert answer.status_code == httpx.codes.PERMANENT_REDIRECT
    assert re.fullmatch(r"https://127\.0\.0\.1(:\d+)?/rooms", answer.headers["Location"])


@pytest.mark.parametrize("way", ["events", "json", "raw"])
async def test_the_first_message_comes_out_of_an_open_stream_within_a_second(
    edge: Edge, way: str
) -> None:
    """The median of five, for the machine may be busy; a proxy that holds things is never so."""
    async with edge.visitor() as client:
        ada = await open_room(client)
        async with reading(client, ada, way) as lines:
            took = []
            for number in range(5):
                heard = asyncio.create_task(seconds_until(lines, f"dusk {number}"))
                await say(client, ada, f"dusk {number}")
                took.append(await heard)
        assert statistics.median(took) < SOON * slowness()


async def test_haproxy_does_not_delay_each_event_as_it_would_by_default(
    server: RunningServer,
) -> None:
    shipped = await median_delay(server, {})
    assert 2 * shipped < await median_delay(server, {"option http-no-delay": "#"})


async def median_delay(server: RunningServer, shorter: Mapping[str, str]) -> float:
    """Return how long a message takes through HAProxy without TLS, where it waits for more."""
    plain = {" accept-proxy": "", **shorter}
    async with running_onion_haproxy(server.port, plain) as edge, edge.visitor() as client:
        ada = await open_room(client)
        took = []
        async with reading(client, ada) as lines:
            for number in range(9):
                heard = asyncio.create_task(seconds_until(lines, f"dusk {number}"))
                await say(client, ada, f"dusk {number}")
                took.append(await heard)
    return statistics.median(took)


async def test_twenty_streams_of_one_visitor_are_live_at_once(edge: Edge) -> None:
    """Opened by somebody who has looked around: Apache trusts a connection with more by and by."""
    async with edge.visitor() as client, AsyncExitStack() as stack:
        await look_around(client)
        seats = [await open_room(client) for _ in range(20)]
        streams = [await stack.enter_async_context(reading(client, seat)) for seat in seats]
        for seat, lines in zip(seats, streams, strict=True):
            await say(client, seat, "all at once")
            await hear(lines, "all at once")


async def look_around(client: httpx.AsyncClient) -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    while loop.time() < start + 0.7:
        assert (await client.get("/about")).status_code == httpx.codes.OK


@pytest.mark.parametrize("name", PROXIES)
async def test_an_idle_stream_outlives_the_time_outs_by_its_heartbeat(
    name: str, server: RunningServer, strict_server: RunningServer
) -> None:
    """And without a heartbeat it does not: the time-outs are what they seem to be."""
    run = PROXIES[name]
    async with (
        run(server.port, SHORTER[name]) as beating,
        run(strict_server.port, SHORTER[name]) as silent,
    ):
        await asyncio.gather(is_cut(silent), stays_live(beating))


async def stays_live(edge: Edge) -> None:
    async with edge.visitor() as client:
        ada = await open_room(client)
        loop = asyncio.get_running_loop()
        async with reading(client, ada) as lines:
            start = loop.time()
            while loop.time() < start + 2 * SHORT:
                await hear(lines, "ping")
            await say(client, ada, "still here")
            await hear(lines, "still here")


async def is_cut(edge: Edge) -> None:
    async with edge.visitor(fresh_address()) as client:
        ada = await open_room(client)
        with pytest.raises((AssertionError, httpx.HTTPError)):
            async with reading(client, ada) as lines:
                await hear(lines, "nobody says this")


async def test_a_wiped_room_is_seen_to_be_gone_and_the_stream_ends(edge: Edge) -> None:
    async with edge.visitor() as client:
        ada = await open_room(client)
        ben = await join(client, ada.code)
        async with AsyncExitStack() as stack:
            ways = {
                "events": 'class="gone"',
                "json": "room-wiped",
                "raw": "* The host ended this room.",
            }
            streams = {
                way: await stack.enter_async_context(reading(client, ben, way)) for way in ways
            }
            await client.post(f"{ada.path}/close", headers=ada.headers)
            for way, lines in streams.items():
                assert ways[way] in (await rest(lines)), way
        gone = await client.get(f"{ben.path}/json", headers=ben.headers)
        assert gone.status_code == httpx.codes.NOT_FOUND


async def test_the_last_leave_ends_the_stream_with_the_last_line(edge: Edge) -> None:
    async with edge.visitor() as client:
        ada = await open_room(client)
        async with reading(client, ada, "events") as html, reading(client, ada) as lines:
            await leave(client, ada)
            assert 'class="gone"' in await rest(html)
            assert "member-left" in (await rest(lines)).splitlines()[-1]
        gone = await client.get(f"{ada.path}/json", headers=ada.headers)
        assert gone.status_code == httpx.codes.NOT_FOUND


async def rest(lines: AsyncIterator[str]) -> str:
    """Return what comes until the stream has ended in good order."""
    async with asyncio.timeout(HEARD_WITHIN):
        return "\n".join([line async for line in lines])


async def test_a_reader_who_goes_is_missed(edge: Edge, server: RunningServer) -> None:
    async with edge.visitor(http2=False) as client, visitor(server.url) as direct:
        ada = await open_room(client)

        await until_nobody_reads(direct)
        async with reading(client, ada):
            assert (await gauges(direct))["streams"] == 1
        await until_nobody_reads(direct)


async def until_nobody_reads(direct: httpx.AsyncClient) -> None:
    async def nobody_reads() -> bool:
        return (await gauges(direct))["streams"] == 0

    await until(nobody_reads, HEARD_WITHIN)


FORGED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "gopher",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=gopher",
}


def fresh_address() -> str:
    """Return an address of this machine by which nobody has come yet."""
    return (
        f"127.{secrets.randbelow(200) + 20}.{secrets.randbelow(250)}.{secrets.randbelow(250) + 2}"
    )


async def ask_for_a_room(client: httpx.AsyncClient, number: int) -> httpx.Response:
    headers = {**AS_PROGRAM, **FORGED, "X-Forwarded-For": f"203.0.113.{number}"}
    return await client.post("/rooms", data={"nickname": "Mallory"}, headers=headers)


@pytest.mark.parametrize("name", PROXIES)
async def test_a_visitor_does_not_choose_the_address_it_is_limited_by(
    name: str, strict_server: RunningServer
) -> None:
    async with AsyncExitStack() as stack:
        edge, apart = await before_limits(stack, name, strict_server)
        mallory = await stack.enter_async_context(edge.visitor(fresh_address()))
        answers = [await ask_for_a_room(mallory, number) for number in range(1, 8)]
        assert [answer.status_code for answer in answers] == [201] * 5 + [429] * 2
        for answer in answers[:5]:
            assert answer.json()["room"]["url"].startswith(f"{edge.url}/rooms/")
        if apart:
            ada = await stack.enter_async_context(edge.visitor(fresh_address()))
            assert (await ask_for_a_room(ada, 1)).status_code == httpx.codes.CREATED


async def before_limits(
    stack: AsyncExitStack, name: str, server: RunningServer
) -> tuple[Edge, bool]:
    """Run the proxy, and tell whether visitors with two addresses are two to the server.

    To the server a forward proxy is the one visitor, so it gets a server of its own.
    """
    if name in FORWARD:
        hops = "0" if name == "squid" else "1"
        server = await stack.enter_async_context(running_server(EPHEMERA_TRUSTED_HOPS=hops))
    edge = await stack.enter_async_context(PROXIES[name](server.port))
    return edge, name in REVERSE


@pytest.mark.parametrize("name", PROXIES)
async def test_a_wish_to_upgrade_goes_no_further(name: str) -> None:
    """Varnish speaks h2c itself when asked, and Hypercorn would, past the proxy's rules."""
    async with witness() as (port, heads), PROXIES[name](port) as edge:
        assert await wish(edge, "rot13") == b"200"
        assert heads
        assert await wish(edge, "h2c") in {b"200", b"101"}
        assert not re.search(rb"(?im)^(upgrade|http2-settings):", b"".join(heads))


async def wish(edge: Edge, protocol: str) -> bytes:
    """Ask to upgrade to the protocol; return the status."""
    async with edge.connection() as (reader, writer), asyncio.timeout(HEARD_WITHIN):
        writer.write(
            f"GET {edge.target('/')} HTTP/1.1\r\nHost: 127.0.0.1:{edge.port}\r\n"
            f"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: {protocol}\r\n"
            "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n".encode()
        )
        return (await reader.readline()).split()[1]


@asynccontextmanager
async def witness() -> AsyncIterator[tuple[int, list[bytes]]]:
    """Serve on a port, and keep the head of every request."""
    heads: list[bytes] = []

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listener:
        yield listener.sockets[0].getsockname()[1], heads


async def test_nothing_is_spooled_to_a_disk(edge: Edge, server: RunningServer) -> None:
    """Bodies in tiny chunks, bodies too large, large answers to a reader that does not read.

    Nothing may be read when strace lets go: Varnish cannot bear to be interrupted at that.
    """
    async with edge.visitor(http2=False) as client, visitor(server.url) as direct:
        ada = await open_room(client)
        for _ in range(20):
            await say(client, ada, LONGEST)
        async with tracing(*edge.shop.pids()) as changed:
            async with edge.connection() as (_, stalled):
                stalled.write(raw(edge, ada, "GET", "/json", ""))
                await post_in_chunks(edge, ada, b"x", 30_000)
                await post_in_chunks(edge, ada, b"x" * 16_000, 100)
                async with reading(client, ada, "events") as lines:
                    await say(client, ada, "all is well")
                    await hear(lines, "all is well")
            await until_nobody_reads(direct)
        assert not changed


async def test_a_body_that_is_too_large_is_refused(edge: Edge) -> None:
    async with edge.visitor(http2=False) as client:
        ada = await open_room(client)
        body = {"text": "x" * 200_000}
        refused = await client.post(f"{ada.path}/messages", data=body, headers=ada.headers)
        assert refused.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
        answer = await post_in_chunks(edge, ada, b"x" * 16_000, 20)
        assert not answer or re.match(rb"HTTP/1.1 (400|413|502|503) ", answer), answer[:200]
        async with client.stream("GET", f"{ada.path}/json?once=1", headers=ada.headers) as stream:
            assert "message-posted" not in await rest(stream.aiter_lines())


def raw(edge: Edge, seat: Seat, method: str, way: str, fields: str) -> bytes:
    return (
        f"{method} {edge.target(seat.path + way)} HTTP/1.1\r\nHost: 127.0.0.1:{edge.port}\r\n"
        f"Authorization: Bearer {seat.token}\r\n{fields}\r\n"
    ).encode()


async def post_in_chunks(edge: Edge, seat: Seat, chunk: bytes, count: int) -> bytes:
    """Post so many chunks as fast as they are taken; return the answer, if one gets through."""
    fields = "Connection: close\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"
    async with edge.connection() as (reader, writer), asyncio.timeout(HEARD_WITHIN):
        answer = asyncio.create_task(read_all(reader))
        writer.write(raw(edge, seat, "POST", "/messages", fields))
        body = b"%x\r\n%s\r\n" % (len(chunk), chunk)
        try:
            for _ in range(0, count, 100):
                writer.write(body * min(count, 100))
                await writer.drain()
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        except ConnectionError:
            pass
        return await answer


CANARY_ADDRESS = "127.77.3.9"


@pytest.mark.parametrize("name", PROXIES)
async def test_a_proxy_prints_and_keeps_nothing_of_a_room_even_when_things_go_wrong(
    name: str,
) -> None:
    async with AsyncExitStack() as stack:
        serving = await stack.enter_async_context(
            running_server(EPHEMERA_TRUSTED_HOPS="1", EPHEMERA_RATE_LIMITS="off")
        )
        edge = await stack.enter_async_context(PROXIES[name](serving.port))
        seat = await mishaps(edge, serving)
        told = edge.shop.printed() + edge.shop.written()
        assert b"certificate" in told.lower() or edge.forward  # we did look
        for canary in (seat.room, seat.code, seat.token, "Canary", CANARY_ADDRESS):
            assert canary.encode() not in told, canary


async def mishaps(edge: Edge, serving: RunningServer) -> Seat:
    """Let everything go wrong that makes a proxy complain."""
    async with edge.visitor(CANARY_ADDRESS, http2=False) as client:
        seat = await open_room(client, "Canary-name")
        await say(client, seat, "Canary-text")
        async with reading(client, seat) as lines:
            await hear(lines, "Canary-text")
            await asyncio.gather(*(send_and_go(edge, part) for part in garbage(edge, seat)))
            serving.process.kill()
            await serving.ended()
            with pytest.raises((AssertionError, httpx.HTTPError)):
                await hear(lines, "nobody says this")
        failed = await client.get(f"{seat.path}/json", headers=seat.headers)
        assert failed.status_code in {502, 503}
    return seat


def garbage(edge: Edge, seat: Seat) -> list[bytes]:
    """Return requests that are wrong, cut short, or far too long."""
    post = raw(
        edge, seat, "POST", "/messages", "Content-Length: 90\r\nContent-Type: text/plain\r\n"
    )
    return [
        post + b"Canary-text, cut sh",
        raw(edge, seat, "GET", "/json", f"X-Long: {'Canary' * 30_000}\r\n"),
        raw(edge, seat, "GET", "/json", "Canary no colon\r\n"),
        raw(edge, seat, "GET", "/../..%2f%zz", ""),
        raw(edge, seat, "CANARY", "/json", "Transfer-Encoding: Canary\r\n"),
        raw(edge, seat, "GET", "/json", "").replace(b"HTTP/1.1", b"HTTP/9.9"),
    ]


async def send_and_go(edge: Edge, request: bytes) -> None:
    async with edge.connection(CANARY_ADDRESS) as (reader, writer), asyncio.timeout(HEARD_WITHIN):
        writer.write(request)
        writer.write_eof() if writer.can_write_eof() else None
        await first_bytes(reader)


async def first_bytes(reader: StreamReader) -> None:
    """Wait for an answer or the end, but not for longer than the proxy waits for more."""
    try:
        async with asyncio.timeout(SOON):
            await reader.read(100)
    except (TimeoutError, ConnectionError):
        pass
