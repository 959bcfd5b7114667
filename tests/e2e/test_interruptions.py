"""Whatever happens to a connection, nothing is lost, repeated or announced as leaving."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from tests.e2e.conftest import Newcomer, Site
from tests.support.browser import Person, Tab
from tests.support.relay import Relay, running_relay

pytestmark = pytest.mark.asyncio(loop_scope="session")

HALF_A_MINUTE = 30.0
OUTAGES = ("net::ERR_", "Failed to fetch", "network error")


@pytest_asyncio.fixture(loop_scope="session")
async def relay(site: Site) -> AsyncIterator[Relay]:
    async with running_relay(site.url) as relay:
        yield relay


async def pair(newcomer: Newcomer, bens_url: str | None = None) -> tuple[Person, Person]:
    """Seat Ada and Ben; Ben's connections go to `bens_url`."""
    ada = await newcomer()
    ben = await newcomer(*([bens_url] if bens_url else []))
    await ben.join(await ada.open_room("Ada"), "Ben")
    await expect(ada.roster).to_have_count(2)
    return ada, ben


async def nobody_left(ada: Person) -> None:
    """Check that the log tells of the opening and of Ben's arrival, and of nothing else."""
    await expect(ada.notices).to_have_text([re.compile("Ada opened the room"), "Ben joined."])
    await expect(ada.roster).to_have_count(2)
    await expect(ada.roster.get_by_text("away")).to_have_count(0)


async def test_a_reload_loses_and_repeats_nothing_and_is_not_announced(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ada.say("before")
    await ben.sees("before")
    await asyncio.gather(ben.page.reload(), ada.say("during"))
    await ada.say("after")
    await ben.sees("before", "during", "after")
    await ben.hears_once()
    await nobody_left(ada)
    assert await ben.page.locator("#members li").all_text_contents() == (
        await ada.page.locator("#members li").all_text_contents()
    )


async def test_a_killed_connection_loses_and_repeats_nothing(
    newcomer: Newcomer, relay: Relay
) -> None:
    ada, ben = await pair(newcomer, relay.url)
    ben.watch.forgive(*OUTAGES)
    said = [f"message {n}" for n in range(30)]
    for n, text in enumerate(said):
        await ada.post(text)
        if n % 10 == 5:
            relay.cut()
    await ben.sees(*said)
    await ben.hears_once()
    await ben.say("still here")
    await ada.sees(*said, "still here")
    await nobody_left(ada)


async def test_an_outage_is_told_and_so_is_its_end(newcomer: Newcomer, relay: Relay) -> None:
    ada, ben = await pair(newcomer, relay.url)
    ben.watch.forgive(*OUTAGES)
    await ben.composer.fill("half a thou")
    relay.break_down()
    await expect(ben.status).to_have_text("Reconnecting…")
    await ada.say("you cannot hear this yet")
    await ben.sees()
    relay.mend()
    await expect(ben.status).to_have_text("Reconnected.")
    await ben.sees("you cannot hear this yet")
    await expect(ben.composer).to_have_value("half a thou")
    await expect(ben.status).to_be_empty()
    await nobody_left(ada)


async def test_words_that_could_not_be_sent_are_kept_and_go_out_once(
    newcomer: Newcomer, relay: Relay
) -> None:
    ada, ben = await pair(newcomer, relay.url)
    ben.watch.forgive(*OUTAGES)
    relay.break_down()
    await ben.composer.fill("can you hear me?")
    await ben.composer.press("Enter")
    await expect(ben.page.locator("#composer-error")).to_have_text(
        "Not sent. Your words are kept here: try again."
    )
    await expect(ben.composer).to_have_value("can you hear me?")
    relay.mend()
    await ben.composer.press("Enter")
    await ada.sees("can you hear me?")
    await ben.sees("can you hear me?")
    await expect(ben.composer).to_have_value("")
    await expect(ben.page.locator("#composer-error")).to_be_empty()


async def test_a_message_whose_answer_was_lost_is_said_once_however_often_it_is_tried(
    newcomer: Newcomer,
) -> None:
    ada, ben = await pair(newcomer)
    ben.watch.forgive(*OUTAGES)

    async def lose_the_answer(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await ben.page.route("**/messages", lose_the_answer)
    await ben.composer.fill("once")
    await ben.composer.press("Enter")
    await expect(ben.page.locator("#composer-error")).not_to_be_empty()
    await ada.sees("once")
    await ben.page.unroute("**/messages")
    await ben.page.reload()  # the key of the draft survives it, too
    await expect(ben.composer).to_have_value("once")
    await ben.composer.press("Enter")
    await expect(ben.composer).to_have_value("")
    await ben.say("and then another")
    await ada.sees("once", "and then another")


async def test_a_draft_survives_a_reload_until_it_is_sent(newcomer: Newcomer) -> None:
    ada = await newcomer()
    await ada.open_room("Ada")
    await ada.composer.fill("two\nlines")
    await ada.page.reload()
    await expect(ada.composer).to_have_value("two\nlines")
    await ada.composer.press("Enter")
    await expect(ada.composer).to_have_value("")
    await ada.is_answered()
    await ada.page.reload()
    await expect(ada.messages).to_have_count(1)
    await expect(ada.composer).to_have_value("")


async def test_leaving_takes_the_draft_along(newcomer: Newcomer) -> None:
    ada = await newcomer()
    await ada.open_room("Ada")
    await ada.composer.fill("a secret")
    assert "a secret" in await ada.page.evaluate("JSON.stringify(sessionStorage)")
    await ada.leave()
    assert "a secret" not in await ada.page.evaluate("JSON.stringify(sessionStorage)")


async def test_half_a_minute_offline_and_a_hidden_tab_lose_and_repeat_nothing(
    newcomer: Newcomer, relay: Relay
) -> None:
    ada, ben, cleo = await newcomer(), await newcomer(relay.url), await newcomer()
    code = await ada.open_room("Ada", capacity=3)
    await ben.join(code, "Ben")
    await cleo.join(code, "Cleo")
    ben.watch.forgive(*OUTAGES)
    await ben.composer.fill("half a thou")
    tab = Tab(cleo.page)
    await tab.hide()
    relay.break_down()  # Chromium, told that it is offline, would keep what is open
    await ben.context.set_offline(True)
    end = asyncio.get_running_loop().time() + HALF_A_MINUTE
    await expect(ben.status).to_have_text(
        "You are offline. This page tries again by itself, and what you type stays in its field."
    )
    said = [f"message {n}" for n in range(10)]
    await ada.say(*said)
    await expect(ada.roster.filter(has_text="Ben").get_by_text("away")).to_be_visible()
    await ben.sees()
    await cleo.sees(*said)
    await asyncio.sleep(max(0.0, end - asyncio.get_running_loop().time()))
    relay.mend()
    await ben.context.set_offline(False)
    await expect(ben.status).to_have_text("Reconnected.")
    await tab.show()
    await ada.say("welcome back")
    for one in (ada, ben, cleo):
        await one.sees(*said, "welcome back")
        await one.hears_once()
    await expect(ben.composer).to_have_value("half a thou")
    await expect(ada.notices).to_have_text(
        [re.compile("Ada opened the room"), "Ben joined.", "Cleo joined."]
    )
    await expect(ada.roster.get_by_text("away")).to_have_count(0)


async def test_what_the_room_does_not_keep_any_more_is_said_to_be_missing(
    newcomer: Newcomer, relay: Relay
) -> None:
    ada, ben = await pair(newcomer, relay.url)
    ben.watch.forgive(*OUTAGES)
    await ada.post("before")
    await ben.sees("before")
    relay.break_down()
    ada.watch.forgive(*OUTAGES)  # this may be more at once than a mailbox holds: she catches up
    texts = [f"message {n}" for n in range(205)]
    # On ten connections: of two hundred that begin at once nginx may give up some unheard.
    await asyncio.gather(*(ada.post(*texts[lane::10]) for lane in range(10)))
    await expect(ada.messages).to_have_count(206)
    said = await ada.messages.all_inner_texts()
    assert await ben.messages.all_inner_texts() == ["before"]
    relay.mend()
    await expect(ben.page.locator("#notice")).to_contain_text("Some earlier lines are gone.")
    kept = await ben.messages.all_inner_texts()
    assert 150 < len(kept) <= 200
    assert kept == said[-len(kept) :]
    await ada.say("after")
    await ben.sees(*kept, "after")
    await expect(ben.page.get_by_role("log")).to_have_attribute("aria-live", "polite")
    await ben.page.get_by_role("button", name="Hide this").click()
    await expect(ben.page.locator("#notice")).to_be_empty()


async def test_a_network_that_holds_streams_back_is_gone_around(newcomer: Newcomer) -> None:
    ada, ben = await newcomer(), await newcomer()
    ben.watch.forgive(*OUTAGES)
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.abort()

    await ben.page.route("**/events?after=*", hold)
    await ben.join(await ada.open_room("Ada"), "Ben")
    await expect(ben.status).to_contain_text("Slow network")
    said = [f"message {n}" for n in range(5)]
    await ada.say(*said)
    await ben.sees(*said)
    await ben.hears_once()
    await ben.page.reload()  # this tab remembers
    await ada.say("once more")
    await ben.sees(*said, "once more")
    held.set()
    await ben.page.unroute_all(behavior="wait")
