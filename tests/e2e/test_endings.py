"""Leaving, being left alone, and the end of a room."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import House, Newcomer
from tests.support.browser import Person
from tests.support.stopwatch import slowness

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOTHING = "There is nothing here."


async def pair(newcomer: Newcomer) -> tuple[Person, Person]:
    ada, ben = await newcomer(), await newcomer()
    await ben.join(await ada.open_room("Ada"), "Ben")
    await expect(ada.roster).to_have_count(2)
    return ada, ben


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
    house: House, newcomer: Newcomer
) -> None:
    ada, ben = await pair(newcomer)
    await ada.say("a secret")
    await ben.sees("a secret")
    await ben.composer.fill("a secret draft")
    tab = Person(house.url, ada.context, await ada.new_tab(), ada.watch)
    await tab.sees("a secret")
    await ada.page.get_by_text("End the room…").click()
    await ada.page.get_by_role("button", name="End it for everyone").click()
    await ada.page.wait_for_url(f"{house.url}/")
    for one in (ben, tab):
        await shows(one, "The host ended this room. It is gone.")
    assert "a secret" not in await ben.page.evaluate("JSON.stringify(sessionStorage)")
    await expect(ben.page.get_by_role("heading", level=1)).to_be_focused()
    ben.watch.forgive("status of 404")
    await ben.page.reload()
    await expect(ben.page.get_by_role("heading", level=1)).to_have_text(NOTHING)


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
