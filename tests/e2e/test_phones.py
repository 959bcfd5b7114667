"""Phones: streams that died silently in a pocket, installing, and tunnels."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.conftest import Newcomer, Site
from tests.support.browser import Person, Tab
from tests.support.relay import Relay, running_relay
from tests.support.stopwatch import slowness

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOON_MS = 2_000.0
WATCHDOG = 40.0
LOOKS_EVERY = 5.0
OUTAGES = ("net::ERR_", "Failed to fetch", "network error", "htmx:sse:error")
PNG = b"\x89PNG\r\n\x1a\n"


@pytest_asyncio.fixture(loop_scope="session")
async def relay(site: Site) -> AsyncIterator[Relay]:
    """Stand where each stream has a connection of its own, that can be lost."""
    async with running_relay(site.server.url) as relay:
        yield relay


async def pair(newcomer: Newcomer, relay: Relay) -> tuple[Person, Person]:
    """Seat Ada, and Ben, who has heard her by way of the relay."""
    ada, ben = await newcomer(), await newcomer(relay.url)
    ben.watch.forgive(*OUTAGES)
    await ben.page.clock.install()
    await ben.join(await ada.open_room("Ada"), "Ben")
    await ada.post("before")
    await ben.sees("before")
    return ada, ben


async def lose(relay: Relay, ada: Person, ben: Person) -> None:
    """Let Ben's stream die without a word, and say what he does not hear."""
    assert relay.lose_streams() == 1
    await ada.post("during")
    await ada.sees("before", "during")
    await ben.sees("before")


async def catches_up(ada: Person, ben: Person) -> None:
    await expect(ben.messages).to_have_count(2, timeout=SOON_MS * slowness())
    await ada.post("after")
    await ben.sees("before", "during", "after")
    await ben.hears_once()


async def test_a_page_that_comes_to_the_front_catches_up_though_its_stream_died_silently(
    newcomer: Newcomer, relay: Relay
) -> None:
    ada, ben = await pair(newcomer, relay)
    tab = Tab(ben.page)
    await tab.hide()
    await lose(relay, ada, ben)
    await ben.page.clock.fast_forward("00:06")  # so long it was in a pocket
    await ben.sees("before")
    await tab.show()
    await catches_up(ada, ben)


async def test_a_page_that_comes_out_of_the_cache_catches_up_though_its_stream_died_silently(
    newcomer: Newcomer, relay: Relay
) -> None:
    ada, ben = await pair(newcomer, relay)
    await lose(relay, ada, ben)
    await ben.page.evaluate(
        "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    )
    await catches_up(ada, ben)


async def test_a_page_that_is_online_again_catches_up_though_its_stream_died_silently(
    newcomer: Newcomer, relay: Relay
) -> None:
    ada, ben = await pair(newcomer, relay)
    await ben.composer.fill("half a thou")
    await lose(relay, ada, ben)
    await ben.context.set_offline(True)
    await expect(ben.status).to_have_text(
        "You are offline. This page tries again by itself, and what you type stays in its field."
    )
    await expect(ben.composer).to_have_value("half a thou")
    await ben.context.set_offline(False)
    await catches_up(ada, ben)
    await expect(ben.composer).to_have_value("half a thou")
    await expect(ben.status).to_be_empty()


async def test_the_watchdog_notices_a_stream_that_died_silently_after_forty_seconds(
    newcomer: Newcomer, relay: Relay
) -> None:
    ada, ben = await newcomer(), await newcomer(relay.url)  # by the real clock
    ben.watch.forgive(*OUTAGES)
    await ben.join(await ada.open_room("Ada"), "Ben")
    await ada.post("before")
    await ben.sees("before")
    loop = asyncio.get_running_loop()
    start = loop.time()
    await lose(relay, ada, ben)
    longest = WATCHDOG + LOOKS_EVERY + SOON_MS / 1_000
    await expect(ben.messages).to_have_count(2, timeout=longest * 1_000 * slowness())
    assert loop.time() - start > WATCHDOG - LOOKS_EVERY
    await ben.sees("before", "during")
    await ben.hears_once()


async def test_the_pages_can_be_installed(site: Site, newcomer: Newcomer) -> None:
    ada = await newcomer()
    await ada.page.goto(site.url)
    session = await ada.context.new_cdp_session(ada.page)
    found = await session.send("Page.getAppManifest")
    assert found["errors"] == []
    manifest = json.loads(found["data"])
    assert (manifest["name"], manifest["start_url"]) == ("Ephemera", "/")
    assert manifest["display"] == "standalone"
    assert {"192x192", "512x512", "any"} == {icon["sizes"] for icon in manifest["icons"]}
    answer = await ada.context.request.get(found["url"])
    assert answer.headers["content-type"].startswith("application/manifest+json")
    for icon in manifest["icons"]:
        await is_drawn(ada, icon)
    for scheme in ("light", "dark"):
        theme = ada.page.locator(f"meta[name=theme-color][media*={scheme}]")
        await expect(theme).to_have_attribute(
            "content", "#f4f1ec" if scheme == "light" else "#1a1823"
        )


async def is_drawn(ada: Person, icon: dict[str, str]) -> None:
    """Check that the icon is a picture of the size and kind that it claims to be."""
    answer = await ada.context.request.get(f"{ada.url}{icon['src']}")
    assert answer.status == httpx.codes.OK
    assert answer.headers["content-type"].startswith(icon["type"])
    body = await answer.body()
    if icon["type"] == "image/png":
        assert body.startswith(PNG)
        width, height = (int.from_bytes(body[at : at + 4]) for at in (16, 20))
        assert icon["sizes"] == f"{width}x{height}"
