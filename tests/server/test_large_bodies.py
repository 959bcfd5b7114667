"""Bodies without end: refused while they arrive, kept nowhere."""

import asyncio
import socket
from asyncio import StreamWriter
from contextlib import suppress

import httpx
import pytest

from tests.support.patience import PATIENCE
from tests.support.processes import forget_peak, most_resident, resident
from tests.support.server import RunningServer, running_server
from tests.support.sockets import connection, read_all
from tests.support.tracing import tracing
from tests.support.visitors import Seat, open_room, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")

MIB = 2**20
CHUNK = b"a" * 0x4000
WHOLE = 100 * MIB
ANSWERED_AFTER = 128 * 1024

MULTIPART = "multipart/form-data; boundary=x"
FORM = "application/x-www-form-urlencoded"
PLAIN = "text/plain"
OPENINGS = {
    MULTIPART: b'--x\r\nContent-Disposition: form-data; name="text"; filename="a"\r\n\r\n',
    FORM: b"text=",
    PLAIN: b"",
}

# Without the fix for what arrives in chunks this is where the bodies went: into memory or a file.
MOST_GROWTH = 8 * MIB


@pytest.mark.parametrize("kind", [MULTIPART, FORM, PLAIN])
async def test_a_body_without_end_is_refused_within_its_first_128_kib(
    server: RunningServer, kind: str
) -> None:
    async with visitor(server.url) as client:
        seat = await open_room(client)
        for path in ("/rooms", "/join", f"{seat.path}/messages"):
            async with connection(server.port) as (reader, writer):
                writer.write(head(seat, path, kind))
                await send(writer, ANSWERED_AFTER)
                # Nothing more is sent: only the answer can come now, or Quart's time-out.
                status = await asyncio.wait_for(reader.readline(), PATIENCE)
                assert status == b"HTTP/1.1 413 \r\n", (path, status)
        assert "ERROR" not in server.stderr


@pytest.mark.parametrize("kind", [MULTIPART, FORM, PLAIN])
async def test_100_mib_of_body_go_into_no_file_and_no_memory(kind: str) -> None:
    async with running_server() as server, visitor(server.url) as client:
        seat = await open_room(client)
        size = resident(server.pid)
        forget_peak(server.pid)
        async with tracing(server.pid) as changed:
            for path in ("/rooms", "/join", f"{seat.path}/messages", f"{seat.path}/json", "/"):
                answer = await send_all(server, seat, path, kind)
                assert answer.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 405 ")), (path, answer)
        assert most_resident(server.pid) - size < MOST_GROWTH
        assert not changed
        assert "ERROR" not in server.stderr
        assert (await client.get("/health/ready")).status_code == httpx.codes.OK


async def test_a_body_that_says_that_it_is_too_large_is_refused_before_it_is_sent(
    server: RunningServer,
) -> None:
    async with connection(server.port) as (reader, writer):
        writer.write(
            b"POST /rooms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 131073\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        )
        assert await asyncio.wait_for(reader.readline(), PATIENCE) == b"HTTP/1.1 413 \r\n"


@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("size", [0x10001, 0x1FFFF])
async def test_a_body_a_little_too_large_is_read_to_its_end_and_the_connection_lives(
    server: RunningServer, size: int, *, chunked: bool
) -> None:
    """Closed on bytes that nobody read, it would be reset, and a proxy would say 502."""
    async with connection(server.port) as (reader, writer):
        length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
        start = f"POST /rooms HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\n{length}"
        whole = b"a" * size
        writer.write(f"{start}\r\n\r\n".encode())
        writer.write(framed(whole) + b"0\r\n\r\n" if chunked else whole)
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            assert await reader.readline() == b"HTTP/1.1 413 \r\n"
            await reader.readuntil(b"HTTP/1.1 200 ")


async def test_a_stream_whose_request_has_a_body_without_end_keeps_none_of_it() -> None:
    async with running_server() as server, visitor(server.url) as client:
        seat = await open_room(client)
        size = resident(server.pid)
        forget_peak(server.pid)
        async with connection(server.port) as (reader, writer):
            writer.write(head(seat, f"{seat.path}/json", PLAIN, method="GET"))
            assert await asyncio.wait_for(reader.readline(), PATIENCE) == b"HTTP/1.1 200 \r\n"
            reading = asyncio.ensure_future(read_all(reader))
            await send(writer, WHOLE)
        await asyncio.wait_for(reading, PATIENCE)
        assert most_resident(server.pid) - size < MOST_GROWTH
        assert "ERROR" not in server.stderr


async def send(writer: StreamWriter, count: int) -> None:
    for _ in range(count // len(CHUNK)):
        writer.write(framed(CHUNK))
        await writer.drain()


async def send_all(server: RunningServer, seat: Seat, path: str, kind: str) -> bytes:
    """Send 100 MiB, or as much as the server takes; return what it answered.

    On a bare socket, for asyncio's streams forget what came in when a write fails.
    """
    loop = asyncio.get_running_loop()
    with socket.socket() as bare:
        bare.setblocking(False)  # noqa: FBT003 - the loop waits
        await loop.sock_connect(bare, ("127.0.0.1", server.port))
        with suppress(ConnectionError):  # the server closes: that is what it should do
            await loop.sock_sendall(bare, head(seat, path, kind))
            for _ in range(WHOLE // len(CHUNK)):
                await loop.sock_sendall(bare, framed(CHUNK))
        return await asyncio.wait_for(loop.sock_recv(bare, 65_536), PATIENCE)


def head(seat: Seat, path: str, kind: str, method: str = "POST") -> bytes:
    return (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {seat.token}\r\n"
        f"Content-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode() + framed(OPENINGS[kind])


def framed(chunk: bytes) -> bytes:
    """Return one chunk on the wire; an empty one would be the end."""
    return f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n" if chunk else b""
