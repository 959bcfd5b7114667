"""Leaving, being left alone, and the end of a room."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Locator, Route, expect

from tests.e2e.conftest import Newcomer, Site, serving
from tests.support.browser import Person, unfold
from tests.support.relay import running_relay
from tests.support.stopwatch import slowness

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOTHING = "There is nothing here."


async def pair(newcomer: Newcomer) -> tuple[Person, Person]:
    ada, ben = await newcomer(), await newcomer()
    await ben.join(await ada.open_room("Ada"), "Ben")
    await expect(ada.roster).to_have_count(2)
    return ada, ben


def kept_words(person: Person) -> Locator:
    """Return the field with words that were not sent, which stand there to be copied."""
    return person.page.get_by_label("Your words, not sent. Copy them before you go.")


async def shows(person: Person, sentence: str) -> None:
    """Check that the page, without a reload, says this and nothing of what was said before."""
    await expect(person.page.get_by_role("heading", level=1)).to_have_text(sentence)
    await expect(person.page.get_by_text("a secret")).to_have_count(0)
    await expect(person.page).to_have_title("Gone \N{EN DASH} Ephemera")
    await expect(person.page.locator("#stream")).to_have_count(0)


async def test_leaving_leads_to_the_lobby_and_hands_the_host_over(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    end_it = ben.page.get_by_text("End the room…")
    await expect(ada.page.get_by_text("End the room…")).to_be_visible()
    await expect(end_it).to_be_hidden()
    await ada.leave()
    await expect(ada.page.get_by_role("form", name="Open a room")).to_be_visible()
    await expect(ben.notices.nth(-2)).to_have_text("Ada left.")
    await expect(ben.notices.nth(-1)).to_have_text("Ben is the host now.")
    await expect(ben.roster).to_have_count(1)
    await expect(ben.roster).to_contain_text("host")
    await expect(end_it).to_be_visible()


async def test_who_has_left_finds_nothing_behind_the_address_of_the_room(
    newcomer: Newcomer,
) -> None:
    ada, _ = await pair(newcomer)
    ada.watch.forgive("status of 404")
    room = ada.page.url
    await ada.leave()
    answer = await ada.page.goto(room)
    assert answer
    assert answer.status == 404
    await expect(ada.page.get_by_role("heading", level=1)).to_have_text(NOTHING)


async def test_other_tabs_of_who_leaves_say_so(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ada.say("a secret")
    await ben.sees("a secret")
    tab = await ada.new_tab()
    await expect(tab.get_by_text("a secret")).to_be_visible()
    await ada.leave()
    await expect(tab.get_by_role("heading", level=1)).to_have_text("You have left this room.")
    await expect(tab.get_by_text("a secret")).to_have_count(0)


async def test_after_the_last_has_left_the_room_is_gone_within_a_second(
    newcomer: Newcomer,
) -> None:
    ada, ben = await pair(newcomer)
    for one in (ada, ben):
        one.watch.forgive("status of 404")
    room = ada.page.url
    answers = [await one.context.request.get(room) for one in (ada, ben)]
    assert {answer.status for answer in answers} == {200}  # and the connections are there now
    await ada.leave()
    await ben.leave()
    async with asyncio.timeout(1 * slowness()):
        answers = [await one.context.request.get(room) for one in (ada, ben)]
    assert {answer.status for answer in answers} == {404}
    await ben.page.go_back()
    await expect(ben.page.get_by_role("heading", level=1)).to_have_text(NOTHING)


async def test_the_host_ends_the_room_for_everyone_in_every_tab(
    site: Site, newcomer: Newcomer
) -> None:
    ada, ben = await pair(newcomer)
    await ada.say("a secret")
    await ben.sees("a secret")
    await ben.composer.fill("a secret draft")
    tab = Person(site.url, ada.context, await ada.new_tab(), ada.watch)
    await tab.sees("a secret")
    await ada.page.get_by_text("End the room…").click()
    await ada.page.get_by_role("button", name="End it for everyone").click()
    await ada.page.wait_for_url(f"{site.url}/")
    for one in (ben, tab):
        await shows(one, "The host ended this room. It is gone.")
    await expect(ben.page.get_by_role("heading", level=1)).to_be_focused()
    await expect(kept_words(ben)).to_have_value("a secret draft")
    await expect(kept_words(tab)).to_have_count(0)
    ben.watch.forgive("status of 404")
    await ben.page.reload()
    await expect(ben.page.get_by_role("heading", level=1)).to_have_text(NOTHING)
    await expect(kept_words(ben)).to_have_value("a secret draft")


async def test_the_code_of_a_room_that_has_ended_admits_nobody(newcomer: Newcomer) -> None:
    ada = await newcomer()
    ada.watch.forgive("status of 404")
    code = await ada.open_room("Ada")
    await ada.leave()
    await ada.ask_to_join(code, "Ada")
    await expect(ada.page.get_by_role("alert")).not_to_be_empty()
    assert "/rooms/" not in ada.page.url


async def test_the_name_of_who_left_can_be_had_by_nobody_else(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    mallory = await newcomer()
    mallory.watch.forgive("status of 422")
    code = await ben.code()
    await ada.leave()
    await mallory.ask_to_join(code, "Ada")
    await expect(mallory.page.get_by_role("alert")).not_to_be_empty()
    await ada.join(code, "Ada")
    await expect(ben.notices.last).to_have_text("Ada joined.")


async def removed(ada: Person) -> None:
    await ada.act("removals", member="p2")


async def closed(ada: Person) -> None:
    await ada.act("close")


@pytest.mark.parametrize("end", [removed, closed])
async def test_what_was_not_sent_is_shown_where_the_page_ends(
    newcomer: Newcomer, end: Callable[[Person], Awaitable[None]]
) -> None:
    ada, ben = await pair(newcomer)
    ben.watch.forgive("status of 404")
    await ben.composer.fill("half a\nthought")
    await end(ada)
    await expect(kept_words(ben)).to_have_value("half a\nthought")
    await expect(ben.page.get_by_role("heading", level=1)).to_be_focused()
    await ben.page.reload()
    await expect(kept_words(ben)).to_have_value("half a\nthought")


async def test_what_is_under_way_at_the_end_is_shown_until_it_was_accepted(
    newcomer: Newcomer,
) -> None:
    ada, ben = await pair(newcomer)
    ben.watch.forgive("status of 404")
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await ben.page.route("**/messages", hold)
    async with ben.page.expect_request("**/messages"):
        await ben.composer.fill("too late")
        await ben.composer.press("Enter")
    await ben.composer.fill("and more")
    await ada.act("close")
    await expect(kept_words(ben)).to_have_value("too late\nand more")
    held.set()
    await ben.page.unroute_all(behavior="wait")
    await expect(kept_words(ben)).to_have_value("too late\nand more")


async def test_a_server_that_was_started_again_leaves_the_draft_to_be_copied(
    newcomer: Newcomer,
) -> None:
    async with serving() as first, running_relay(first.url) as relay:
        ada = await newcomer(relay.url)
        ada.watch.forgive("net::ERR_", "Failed to fetch", "network error", "status of", "htmx:")
        await ada.open_room("Ada")
        await ada.composer.fill("half a thought")
        async with serving() as second:
            relay.lead_to(second.port)
            await first.terminate()
            await expect(ada.page.get_by_role("heading", level=1)).to_have_text(NOTHING)
            await expect(kept_words(ada)).to_have_value("half a thought")
            await expect(ada.page.locator("#stream")).to_have_count(0)
            await ada.page.reload()
            await expect(kept_words(ada)).to_have_value("half a thought")
            await ada.page.goto(f"{relay.url}/rooms/{'0' * 20}")
            await expect(kept_words(ada)).to_have_count(0)


async def test_a_page_that_says_there_is_nothing_shows_no_draft_where_none_was(
    newcomer: Newcomer, site: Site
) -> None:
    ada = await newcomer()
    ada.watch.forgive("status of 404")
    await ada.page.goto(f"{site.url}/nonsense")
    await expect(ada.page.get_by_role("heading", level=1)).to_have_text(NOTHING)
    await expect(kept_words(ada)).to_have_count(0)


async def test_who_is_asked_and_stays_still_has_the_draft(newcomer: Newcomer) -> None:
    ada = await newcomer()
    ada.watch.forgive("status of 409")
    room = await ada.open_room("Ada") and ada.page.url
    await ada.composer.fill("half a thought")
    await unfold(ada.page)
    await ada.page.get_by_role("button", name="Leave", exact=True).click()
    await ada.sheet.get_by_role("button", name="Stay").click()
    await expect(ada.sheet).to_be_hidden()
    await expect(ada.composer).to_have_value("half a thought")
    await ada.page.goto(ada.url)
    await ada.page.goto(room)
    await expect(ada.composer).to_have_value("half a thought")
