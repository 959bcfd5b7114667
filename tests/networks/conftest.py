"""Two servers for each module, and each proxy once, before the first of them."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.edge import Edge
from tests.support.proxies import PROXIES
from tests.support.server import RunningServer, running_server

HEARTBEAT = 0.5
"""Seconds: a thirtieth of what is usual, so that time-outs may be a thirtieth, too."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[RunningServer]:
    """Serve with a quick heartbeat and without limits."""
    async with running_server(
        EPHEMERA_TRUSTED_HOPS="1", EPHEMERA_RATE_LIMITS="off", EPHEMERA_HEARTBEAT=str(HEARTBEAT)
    ) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def strict_server() -> AsyncIterator[RunningServer]:
    """Serve with limits, and with hardly any heartbeat."""
    async with running_server(EPHEMERA_TRUSTED_HOPS="1", EPHEMERA_HEARTBEAT="60") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PROXIES)
async def edge(request: pytest.FixtureRequest, server: RunningServer) -> AsyncIterator[Edge]:
    """Run one proxy before the server without limits."""
    async with PROXIES[request.param](server.port) as running:
        yield running
