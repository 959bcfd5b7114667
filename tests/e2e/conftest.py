"""One Chromium, one server and one nginx for all modules that one process runs."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.support.browser import Person, person, running_browser
from tests.support.hostile import Network, holding
from tests.support.nginx import RunningNginx, running_nginx
from tests.support.redis import running_redis
from tests.support.server import RunningServer, running_server

# `make test-processes` lets visitors come to three, now to one, now to another.
PROCESSES = int(os.environ.get("PROCESSES", "1"))

Newcomer = Callable[..., Awaitable[Person]]


@dataclass(frozen=True)
class Site:
    """What the modules share."""

    browser: Browser
    nginx: RunningNginx
    server: RunningServer

    @property
    def url(self) -> str:
        return self.nginx.url


def serving(
    bind: str = "127.0.0.1:0",
    *,
    stream_lifetime: int = 1_800,
    **environ: Any,  # noqa: ANN401 - text, but mypy takes it for other arguments too
) -> AbstractAsyncContextManager[RunningServer]:
    """Serve behind one proxy, to people who type as fast as tests do."""
    return running_server(
        bind=bind,
        EPHEMERA_RATE_LIMITS="off",
        EPHEMERA_TRUSTED_HOPS="1",
        EPHEMERA_STREAM_LIFETIME=str(stream_lifetime),
        **environ,
    )


@asynccontextmanager
async def serving_in_several(count: int) -> AsyncIterator[list[RunningServer]]:
    """Serve in so many processes on one engine."""
    async with AsyncExitStack() as stack:
        redis = stack.enter_context(running_redis())
        engine: dict[str, Any] = {
            "EPHEMERA_ENGINE": redis.url,
            "EPHEMERA_SECRET": "the same for all of them",
        }
        yield [await stack.enter_async_context(serving(**engine)) for _ in range(count)]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site() -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        if PROCESSES > 1:
            servers = await stack.enter_async_context(serving_in_several(PROCESSES))
        else:
            servers = [await stack.enter_async_context(serving())]
        ports = [server.port for server in servers]
        nginx = await stack.enter_async_context(running_nginx(*ports))
        browser = await stack.enter_async_context(running_browser())
        yield Site(browser, nginx, servers[0])


@pytest_asyncio.fixture(loop_scope="session")
async def newcomer(site: Site) -> AsyncIterator[Newcomer]:
    """Give a function that lets somebody in with a fresh browser, each its own."""
    async with AsyncExitStack() as stack:

        async def enter(url: str = site.url, **options: object) -> Person:
            return await stack.enter_async_context(person(site.browser, url, **options))

        yield enter


async def pair(newcomer: Newcomer, **options: Any) -> tuple[Person, Person]:  # noqa: ANN401 - Playwright's
    ada, ben = await newcomer(), await newcomer(**options)
    await ben.join(await ada.open_room("Ada"), "Ben")
    await expect(ada.roster).to_have_count(2)
    return ada, ben


@pytest_asyncio.fixture(loop_scope="session")
async def held(site: Site) -> AsyncIterator[Network]:
    """Stand a proxy that holds each answer to its end before the server."""
    async with holding(site.server.port) as network:
        yield network
