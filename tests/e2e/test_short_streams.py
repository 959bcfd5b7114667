"""Streams end now and then, and so do servers."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.conftest import Newcomer, Site, serving
from tests.support.browser import person
from tests.support.nginx import running_nginx
from tests.support.patience import PATIENCE_MS
from tests.support.server import RunningServer

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def fleeting() -> AsyncIterator[RunningServer]:
    """Serve with streams that live for a second."""
    async with serving(stream_lifetime=1) as server:
        yield server


async def test_streams_that_end_of_old_age_lose_and_repeat_nothing(
    site: Site, fleeting: RunningServer
) -> None:
    async with (
        running_nginx(fleeting.port) as nginx,
        person(site.browser, nginx.url) as ada,
        person(site.browser, nginx.url) as ben,
    ):
        await ben.join(await ada.open_room("Ada"), "Ben")
        said: list[str] = []
        streams: list[str] = []
        ben.page.on("request", lambda request: streams.append(request.url.partition("?")[0]))
        while len([url for url in streams if url.endswith("/events")]) < 2:
            said.append(f"message {len(said)}")
            await ada.say(said[-1])
        await ben.sees(*said)
        await ben.hears_once()
        await expect(ben.status).to_be_empty()
        await expect(ada.notices.last).to_have_text("Ben joined.")


async def test_a_server_that_comes_back_without_the_room_is_not_waited_for(
    newcomer: Newcomer,
) -> None:
    async with serving() as server, running_nginx(server.port) as nginx:
        ada = await newcomer(nginx.url)
        ada.watch.forgive("status of 50", "status of 404", "net::ERR_", "htmx:sse:error")
        await ada.open_room("Ada")
        await ada.say("a secret")
        await ada.sees("a secret")
        await server.terminate()
        await expect(ada.status).to_have_text("Reconnecting…")
        async with serving(f"127.0.0.1:{server.port}"):
            await expect(ada.page.get_by_role("heading", level=1)).to_have_text(
                "There is nothing here.", timeout=PATIENCE_MS
            )
            await expect(ada.page.get_by_text("a secret")).to_have_count(0)
