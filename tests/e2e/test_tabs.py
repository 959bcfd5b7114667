"""One seat in several tabs, and several seats in one browser."""

import pytest
from playwright.async_api import Page, Request, expect

from tests.e2e.conftest import Newcomer, Site
from tests.support.browser import Person, additions, said_on, sequence_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_fourth_tab_makes_the_oldest_go_finite_and_all_hear_everything_once(
    newcomer: Newcomer,
) -> None:
    ada, ben = await newcomer(), await newcomer()
    await ben.join(await ada.open_room("Ada"), "Ben")
    tabs = [ben.page, await ben.new_tab(), await ben.new_tab()]
    for tab in tabs:
        await expect(tab.locator("#members li")).to_have_count(2)
    async with ben.page.expect_request(is_finite):
        tabs.append(await ben.new_tab())
    said = [f"message {n}" for n in range(12)]
    await ada.say(*said)
    for tab in tabs:
        await expect(said_on(tab)).to_have_text(said)
        await heard_once(tab)
    await ben.say("I am here")
    for tab in tabs:
        await expect(said_on(tab)).to_have_text([*said, "I am here"])
    await expect(ada.roster.get_by_text("away")).to_have_count(0)
    await expect(ada.notices.last).to_have_text("Ben joined.")


def is_finite(request: Request) -> bool:
    return "/events?once=1&after=" in request.url


async def heard_once(tab: Page) -> None:
    lines = await additions(tab)
    assert lines == sorted(set(lines), key=sequence_of)


async def test_one_browser_can_sit_in_two_rooms_at_once(site: Site, newcomer: Newcomer) -> None:
    ada, ben, cleo = await newcomer(), await newcomer(), await newcomer()
    await ada.join(await ben.open_room("Ben"), "Ada")
    other = Person(site.url, ada.context, await ada.new_tab(site.url), ada.watch)
    await other.join(await cleo.open_room("Cleo"), "Ada too")
    await ada.say("for Ben")
    await other.say("for Cleo")
    await ben.sees("for Ben")
    await cleo.sees("for Cleo")
    for seat in (ada, other):
        await seat.page.reload()
    await ada.sees("for Ben")
    await other.sees("for Cleo")
    await other.leave()
    await ada.say("still here")
    await ben.sees("for Ben", "still here")


async def test_a_seat_is_no_seat_in_another_room(newcomer: Newcomer) -> None:
    ada, ben = await newcomer(), await newcomer()
    await ada.open_room("Ada")
    await ben.open_room("Ben")
    ben.watch.forgive("status of 404")
    answer = await ben.page.goto(ada.page.url)
    assert answer
    assert answer.status == 404


async def test_closing_a_tab_is_not_leaving(newcomer: Newcomer) -> None:
    ada, ben = await newcomer(), await newcomer()
    await ben.join(await ada.open_room("Ada"), "Ben")
    room = ben.page.url
    await ben.page.close()
    await expect(ada.roster.get_by_text("away")).to_be_visible()
    ben.page = await ben.context.new_page()
    await ben.page.goto(room)
    await expect(ada.roster.get_by_text("away")).to_have_count(0)
    await ben.say("back again")
    await ada.sees("back again")
    await expect(ada.notices.last).to_have_text("Ben joined.")


async def test_the_seventh_tab_over_http_1_1_loads_and_talks(
    site: Site, newcomer: Newcomer
) -> None:
    """A browser has six connections to a host, and each endless stream takes one for itself."""
    ada, ben = await newcomer(), await newcomer(site.server.url)
    await ben.join(await ada.open_room("Ada"), "Ben")
    tabs = [ben.page]
    while len(tabs) < 7:
        tabs.append(await ben.new_tab())
    await all_hear_and_talk(ada, ben, tabs)


async def test_twenty_tabs_over_http_2_load_and_talk(newcomer: Newcomer) -> None:
    ada, ben = await newcomer(), await newcomer()
    await ben.join(await ada.open_room("Ada"), "Ben")
    tabs = [ben.page]
    while len(tabs) < 20:
        tabs.append(await ben.new_tab())
    protocol = await tabs[-1].evaluate("performance.getEntries()[0].nextHopProtocol")
    assert protocol == "h2"
    await all_hear_and_talk(ada, ben, tabs)


async def all_hear_and_talk(ada: Person, ben: Person, tabs: list[Page]) -> None:
    last = Person(ben.url, ben.context, tabs[-1], ben.watch)
    await ada.say("hello, all of you")
    await last.say("hello from the last")
    for tab in tabs:
        await expect(said_on(tab)).to_have_text(["hello, all of you", "hello from the last"])
        await heard_once(tab)
    await expect(ada.roster.get_by_text("away")).to_have_count(0)
