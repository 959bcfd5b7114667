"""nginx as shipped: events at once, nothing in a file, no visitor chooses an address."""

import asyncio
import re
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.support.nginx import RunningNginx, adapted, running_nginx
from tests.support.patience import PATIENCE
from tests.support.server import running_server

ONE_BYTE_CHUNK = b"1\r\nx\r\n"
AS_PROGRAM = {"Accept": "application/json"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nginx() -> AsyncIterator[RunningNginx]:
    """Run nginx as shipped before a server without limits."""
    behind = running_server(EPHEMERA_TRUSTED_HOPS="1", EPHEMERA_RATE_LIMITS="off")
    async with behind as server, running_nginx(server.port) as running:
        yield running


def visitor(nginx: RunningNginx) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=nginx.url, verify=nginx.trust(), http2=True, timeout=PATIENCE)


def test_every_placeholder_that_the_file_names_is_in_it(tmp_path: Path) -> None:
    text = adapted(tmp_path, [1], 2, 3)
    assert "listen 127.0.0.1:2 ssl http2;" in text
    assert "listen 127.0.0.1:3;" in text
    assert str(tmp_path / "fullchain.pem") in text


@pytest.mark.asyncio(loop_scope="module")
async def test_browsers_get_http_2(nginx: RunningNginx) -> None:
    async with visitor(nginx) as client:
        assert (await client.get("/health/ready")).http_version == "HTTP/2"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_message_comes_out_of_an_open_stream_at_once(nginx: RunningNginx) -> None:
    async with visitor(nginx) as client:
        answer = await client.post("/rooms", data={"nickname": "Ada"}, headers=AS_PROGRAM)
        room, token = answer.json()["room"]["id"], answer.json()["token"]
        seat = {**AS_PROGRAM, "Authorization": f"Bearer {token}"}
        async with (
            asyncio.timeout(PATIENCE),
            client.stream("GET", f"/rooms/{room}/events", headers=seat) as stream,
        ):
            assert stream.status_code == httpx.codes.OK
            said = {"text": "dusk and paper"}
            await client.post(f"/rooms/{room}/messages", data=said, headers=seat)
            assert [line async for line in until(stream.aiter_lines(), said["text"])]


async def until(lines: AsyncIterator[str], text: str) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if text in line:
            return


@pytest.mark.asyncio(loop_scope="module")
async def test_a_body_in_tiny_chunks_is_spooled_by_nobody(nginx: RunningNginx) -> None:
    """One byte in each chunk: six times the bytes on the wire, past any buffer."""
    async with watching(nginx.folder / "spool") as created:
        answer = await post_in_tiny_chunks(nginx, 60_000)
        assert re.match(rb"HTTP/1.1 [24]", answer)
    assert not created
    assert not nginx.spooled()


async def post_in_tiny_chunks(nginx: RunningNginx, count: int) -> bytes:
    port = int(nginx.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=nginx.trust())
    writer.write(
        b"POST /rooms HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    writer.write(ONE_BYTE_CHUNK * count + b"0\r\n\r\n")
    try:
        async with asyncio.timeout(PATIENCE):
            await writer.drain()
            return await reader.read()
    finally:
        writer.transport.abort()  # a polite end would trip over bytes that nobody read


@asynccontextmanager
async def watching(folder: Path) -> AsyncIterator[list[str]]:
    """Collect the names of all files made below a folder, those deleted at once too."""
    created: list[str] = []
    process = await asyncio.create_subprocess_exec(
        "inotifywait", "--monitor", "--recursive", "--event", "create", str(folder),
        stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    assert process.stdout
    assert process.stderr
    while b"Watches established" not in await process.stderr.readline():
        assert not process.stderr.at_eof()
    try:
        yield created
    finally:
        process.terminate()
        stdout, _ = await process.communicate()
        created += stdout.decode().splitlines()
