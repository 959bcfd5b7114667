"""A server for each module, shared by the tests that leave it as they found it."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.support.patience import PATIENCE
from tests.support.processes import until
from tests.support.server import RunningServer, running_server
from tests.support.visitors import nobody_streams, visitor

QUIET_WITHIN = PATIENCE


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_server() -> AsyncIterator[RunningServer]:
    """Serve without limits until the module is over: a start costs more than most tests."""
    async with running_server(EPHEMERA_RATE_LIMITS="off") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def server(shared_server: RunningServer) -> AsyncIterator[RunningServer]:
    """Give the server of the module, without a stream of earlier tests; it must come back well."""
    async with visitor(shared_server.url) as client:
        await until(lambda: nobody_streams(client), QUIET_WITHIN)
    yield shared_server
    assert shared_server.process.returncode is None, "a test that ends its server runs its own"
    assert "ERROR" not in shared_server.stderr, shared_server.stderr
    assert "CRITICAL" not in shared_server.stderr, shared_server.stderr


@pytest_asyncio.fixture(loop_scope="module")
async def mortal_server() -> AsyncIterator[RunningServer]:
    """Serve without limits for one test, which may do away with the server."""
    async with running_server(EPHEMERA_RATE_LIMITS="off") as running:
        yield running
