"""What no browser sends: never a 500, never a traceback, and nothing thrown back."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.patience import PATIENCE
from tests.support.processes import until
from tests.support.server import RunningServer
from tests.support.sockets import connection, exchange
from tests.support.visitors import Seat, nobody_streams, open_room, say, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOST = b"Host: localhost\r\n"
CLOSE = b"Connection: close\r\n\r\n"
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAA\r\n"
WEBSOCKET = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def seat(server: RunningServer) -> AsyncIterator[Seat]:
    """Take a seat, and at the end insist that everything still works and no stream is left."""
    async with visitor(server.url) as client:
        seat = await open_room(client)
        yield seat
        await say(client, seat, "still here")
        await until(lambda: nobody_streams(client), within=PATIENCE)


def get(target: bytes, headers: bytes = HOST) -> bytes:
    return b"GET " + target + b" HTTP/1.1\r\n" + headers + CLOSE


# Everything here is answered, and with what.
ANSWERED = {
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (get(b"/", HOST + HOST), 400),
    "invalid UTF-8 in the path": (get(b"/%ff%fe"), 404),
    "invalid UTF-8 in a room": (get(b"/rooms/%ff%fe/json"), 404),
    "bytes in the path": (get(b"/\xc3\xa9"), 400),
    "NUL in a room": (get(b"/rooms/%00/json"), 404),
    "line ends in a code": (get(b"/join/%0d%0aX-Evil:%20y"), 200),
    "absolute form": (get(b"http://elsewhere.example/about"), 200),
    "absolute form of a stream without a seat": (get(b"http://localhost/rooms/x/json"), 404),
    "absolute form with a broken host": (get(b"http://[::1"), 200),
    "absolute form without a path": (get(b"http://localhost"), 200),
    "no slash": (get(b"nothing"), 404),
    "only a question mark": (get(b"?"), 200),
    "two slashes": (get(b"//elsewhere.example/"), 404),
    "asterisk": (b"OPTIONS * HTTP/1.1\r\n" + HOST + CLOSE, 204),
    "CONNECT": (b"CONNECT elsewhere.example:443 HTTP/1.1\r\n" + HOST + CLOSE, 405),
    "TRACE": (b"TRACE / HTTP/1.1\r\n" + HOST + CLOSE, 405),
    "a verb nobody knows": (b"BREW /rooms HTTP/1.1\r\n" + HOST + CLOSE, 405),
    "headers too large": (get(b"/", HOST + b"X: " + b"x" * 200_000 + b"\r\n"), 431),
    "a NUL in a header": (get(b"/", HOST + b"X: a\0b\r\n"), 400),
    "a broken length": (get(b"/", HOST + b"Content-Length: nine\r\n"), 400),
    "a negative length": (get(b"/", HOST + b"Content-Length: -1\r\n"), 400),
    "a coding nobody knows": (get(b"/", HOST + b"Transfer-Encoding: gzip\r\n"), 501),
    "a broken chunk": (
        b"POST /join HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        400,
    ),
    "a token of bytes": (get(b"/rooms/x", HOST + b"Authorization: Bearer \xff\xfe\r\n"), 404),
    "a cookie of bytes": (get(b"/rooms/x", HOST + b"Cookie: seat=\xff; \xfe\r\n"), 404),
    "a broken origin": (
        b"POST /rooms HTTP/1.1\r\n" + HOST + b"Origin: http://[x\r\nContent-Length: 0\r\n" + CLOSE,
        403,
    ),
    "another site, and a host that is none": (
        b"POST /rooms HTTP/1.1\r\nHost: <\r\nOrigin: null\r\nContent-Length: 0\r\n" + CLOSE,
        403,
    ),
    "a WebSocket": (b"GET / HTTP/1.1\r\n" + HOST + WEBSOCKET + b"\r\n", 403),
    "a WebSocket in a room": (b"GET /rooms/x/json HTTP/1.1\r\n" + HOST + WEBSOCKET + b"\r\n", 403),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "an old HTTP": (b"GET /\r\n\r\n", 400),
}


async def test_odd_requests_are_answered_and_never_with_a_500(server: RunningServer) -> None:
    for name, (request, status) in ANSWERED.items():
        answer = await exchange(server.port, request)
        assert answer.startswith(f"HTTP/1.1 {status} ".encode()), (name, answer[:200])
        assert b"X-Evil:" not in answer.partition(b"\r\n\r\n")[0], name
        assert b"Traceback" not in answer, name


HOSTS = [
    b"",
    b"<script>alert(1)</script>",
    b'"onload="x',
    b"a/b?c#d@e",
    b"a b",
    b"\xff\xfe",
    b"[::1",
    b"a:99999999999",
    b"user:word@elsewhere.example",
    b"x" * 64,  # no label of a name is so long
    b"a..b",
    b".".join([b"x" * 60] * 80),  # too long for a QR code
]


async def test_an_odd_host_is_not_thrown_back_in_invitations_and_help(
    server: RunningServer, seat: Seat
) -> None:
    token = f"Authorization: Bearer {seat.token}\r\n".encode()
    for host in HOSTS:
        for target, accept in (
            (b"/", b"*/*"),
            (seat.path.encode(), b"text/html"),
            (b"/join", b"text/html"),
        ):
            headers = b"Host: " + host + b"\r\nAccept: " + accept + b"\r\n" + token
            answer = await exchange(server.port, get(target, headers))
            assert answer.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 400 ")), (host, answer[:99])
            if host:
                assert host not in answer, (host, target)


async def test_a_neighbours_cookie_of_bytes_does_not_hide_ours(
    server: RunningServer, seat: Seat
) -> None:
    cookie = f"Cookie: other=\xff; seat={seat.token}\r\n".encode("latin-1")
    for way in ("", "/json?once=1"):
        answer = await exchange(server.port, get(f"{seat.path}{way}".encode(), HOST + cookie))
        assert answer.startswith(b"HTTP/1.1 200 "), (way, answer[:200])


async def test_a_client_of_http_1_0_without_a_host_is_answered(server: RunningServer) -> None:
    answer = await exchange(server.port, b"GET / HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_an_offer_of_http_2_is_not_taken(server: RunningServer) -> None:
    async with connection(server.port) as (reader, writer):
        writer.write(b"GET /about HTTP/1.1\r\n" + HOST + H2C + b"\r\n" + PREFACE)
        async with asyncio.timeout(PATIENCE):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            await reader.readuntil(b"</html>")
            assert (await reader.read()).startswith(b"HTTP/1.1 505 "), "the preface is no request"


async def test_an_offer_of_http_2_with_a_stream_leaves_no_ghost(
    server: RunningServer, seat: Seat
) -> None:
    async with connection(server.port) as (reader, writer):
        headers = {
            "Connection": "Upgrade, HTTP2-Settings",
            "Upgrade": "h2c",
            "HTTP2-Settings": "AAMAAABkAAQAoAAA",
        }
        writer.write(seat.request("json", headers=headers))
        async with asyncio.timeout(PATIENCE):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            await reader.readuntil(b'{"event":"ping"}\n')


async def test_garbage_is_cut_and_nothing_else_happens(server: RunningServer, seat: Seat) -> None:
    """Bytes at random, alone and where HTTP/1.1 and HTTP/2 expect something of theirs."""
    chance = random.Random(2)  # noqa: S311 # the same garbage every time
    for start in (b"", b"GET / HTTP/1.1\r\n", PREFACE, seat.request("messages")[:-2]):
        for _ in range(25):
            async with connection(server.port) as (reader, writer):
                writer.write(start + chance.randbytes(chance.randrange(1, 2_000)))
                writer.write_eof()
                async with asyncio.timeout(PATIENCE):
                    answer = await reader.read()
                is_refused = answer.startswith(b"HTTP/1.1 5")
                assert is_refused == (start is PREFACE), (start, answer)
