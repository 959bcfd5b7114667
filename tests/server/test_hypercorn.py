"""The `hypercorn` command serves Ephemera too, with the file that is shipped."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.support.nginx import free_ports
from tests.support.processes import until
from tests.support.server import ROOT, STARTS_WITHIN, STOPS_WITHIN, environment
from tests.support.sockets import Reader
from tests.support.visitors import nobody_streams, open_room, say, texts, visitor

HYPERCORN = Path(sys.executable).parent / "hypercorn"


async def test_hypercorn_the_command_serves_requests_and_streams() -> None:
    async with hypercorn() as port, visitor(f"http://127.0.0.1:{port}") as client:
        ada = await open_room(client)
        async with Reader(port, ada) as reader:
            await reader.until_live()
            await say(client, ada, "dusk and paper")
            await reader.until(lambda events: texts(events) == ["dusk and paper"])
        await until(lambda: nobody_streams(client), STOPS_WITHIN)


@asynccontextmanager
async def hypercorn() -> AsyncIterator[int]:
    """Serve on a free port; when the block ends, the command must end well."""
    [port] = free_ports(1)
    process = await asyncio.create_subprocess_exec(
        str(HYPERCORN), "--config", "hypercorn.toml", "--bind", f"127.0.0.1:{port}",
        "ephemera.app:create_app()",
        cwd=ROOT, env=environment({}), stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    try:
        await until(lambda: _answers(port), STARTS_WITHIN)
        yield port
    finally:
        process.terminate()
        _, stderr = await asyncio.wait_for(process.communicate(), STOPS_WITHIN)
    assert process.returncode == 0, stderr.decode()
    assert b"ERROR" not in stderr, stderr.decode()


async def _answers(port: int) -> bool:
    try:
        async with visitor(f"http://127.0.0.1:{port}") as client:
            return (await client.get("/health/ready")).status_code == httpx.codes.OK
    except httpx.ConnectError:
        return False
