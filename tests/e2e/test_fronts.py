"""Something in front that answers for itself, as an edge does while it starts again, is not us."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from tests.e2e.conftest import Newcomer, Site
from tests.support.browser import Person
from tests.support.patience import PATIENCE, PATIENCE_MS
from tests.support.relay import Relay, running_relay

pytestmark = pytest.mark.asyncio(loop_scope="session")

OUTAGES = ("net::ERR_", "Failed to fetch", "network error", "status of", "htmx:sse:error")
OUTAGE = 6.0


@pytest_asyncio.fixture(loop_scope="session")
async def relay(site: Site) -> AsyncIterator[Relay]:
    async with running_relay(site.server.url) as relay:
        yield relay


async def pair(newcomer: Newcomer, relay: Relay) -> tuple[Person, Person]:
    """Seat Ada, and Ben, whose connections go through the relay."""
    ada, ben = await newcomer(), await newcomer(relay.url)
    ben.watch.forgive(*OUTAGES)
    await ben.join(await ada.open_room("Ada"), "Ben")
    await ada.say("before")
    await ben.sees("before")
    return ada, ben


@pytest.mark.parametrize("status", [403, 404, 410, 502])
async def test_the_page_goes_on_when_it_has_gone_and_nothing_is_lost(
    newcomer: Newcomer, relay: Relay, status: int
) -> None:
    ada, ben = await pair(newcomer, relay)
    await ben.page.evaluate("same = true")
    relay.answer_for_itself(status)
    async with httpx.AsyncClient() as client:
        assert (await client.get(relay.url)).status_code == status
    await expect(ben.status).to_have_text("Reconnecting…")
    await ada.post("during")
    await ben.composer.fill("typed meanwhile")
    await ben.composer.press("Enter")
    await expect(ben.page.locator("#composer-error")).to_have_text(
        "Not sent. Your words are kept here: try again."
    )
    await asyncio.sleep(OUTAGE)  # what is tried: an outage that lasts for several tries
    await ben.sees("before")
    relay.mend()
    await ben.sees("before", "during")
    await expect(ben.composer).to_have_value("typed meanwhile")
    await ben.composer.press("Enter")
    await ada.sees("before", "during", "typed meanwhile")
    await ben.hears_once()
    assert await ben.page.evaluate("same")


async def test_who_can_send_again_can_hear_again_at_once(newcomer: Newcomer, relay: Relay) -> None:
    ada, ben = await newcomer(), await newcomer(relay.url)
    ben.watch.forgive(*OUTAGES)
    await ben.page.clock.install()
    await ben.join(await ada.open_room("Ada"), "Ben")
    await ada.post("before")
    await ben.sees("before")
    relay.answer_for_itself(502)
    await expect(ben.status).to_have_text("Reconnecting…")
    # From now on no try of the page's own comes: its time stands still.
    await ben.page.clock.pause_at(await ben.page.evaluate("Date.now()") / 1000 + 60)
    await ada.post("during")
    relay.mend()
    await ben.say("after")
    await ben.sees("before", "during", "after")


async def test_a_first_connection_that_meets_it_is_tried_again(
    newcomer: Newcomer, relay: Relay
) -> None:
    ada, ben = await newcomer(), await newcomer(relay.url)
    ben.watch.forgive(*OUTAGES)
    met = asyncio.Event()

    async def meet(route: Route) -> None:
        met.set()
        await route.fulfill(status=404, content_type="text/html", body="<h1>edge</h1>")

    await ben.page.route("**/events?*", meet)
    await ben.join(await ada.open_room("Ada"), "Ben")
    await asyncio.wait_for(met.wait(), PATIENCE)
    await ada.say("hello")
    await ben.page.unroute_all(behavior="wait")
    await expect(ben.messages).to_have_text(["hello"], timeout=PATIENCE_MS)


async def test_what_it_says_to_a_click_is_not_put_into_the_page(
    newcomer: Newcomer, relay: Relay
) -> None:
    _, ben = await pair(newcomer, relay)
    relay.answer_for_itself(502)
    line = ben.page.get_by_role("article")
    await line.hover()
    async with ben.page.expect_response("**/messages?*") as said:
        await line.get_by_role("button", name="More about this message").click()
    assert "edge" in await (await said.value).text()
    await expect(ben.page.get_by_text("edge")).to_have_count(0)
    relay.mend()
    await ben.about_message("before")


async def test_our_own_word_that_there_is_nothing_ends_the_page(
    site: Site, newcomer: Newcomer
) -> None:
    ada = await newcomer()
    ada.watch.forgive(*OUTAGES)
    await ada.open_room("Ada")
    await ada.composer.fill("half a thought")
    await ada.page.evaluate("same = true")
    await ada.context.clear_cookies()
    await ada.page.evaluate("document.getElementById('stream')._htmx.sse.reader.cancel()")
    await expect(ada.page.get_by_role("heading", level=1)).to_have_text("There is nothing here.")
    await expect(ada.page.locator("#kept-draft")).to_have_value("half a thought")
    await expect(ada.page.locator("#stream")).to_have_count(0)
    assert await ada.page.evaluate("same")
    assert (await ada.context.request.get(site.url)).headers["ephemera"] == "1"
