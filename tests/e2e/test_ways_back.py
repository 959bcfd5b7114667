"""A question before one leaves, the way back to a place, and a room that waits for its guest."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Newcomer
from tests.e2e.test_without_javascript import without_scripts
from tests.support.browser import unfold
from tests.support.patience import PATIENCE_MS

pytestmark = pytest.mark.asyncio(loop_scope="session")

LAST = "You are the last one here. Leaving erases the room now."
AWAY_WITHIN = 30_000 + PATIENCE_MS


async def test_a_lone_room_says_until_when_it_waits_and_stops_when_somebody_comes(
    newcomer: Newcomer,
) -> None:
    ada, ben = await newcomer(timezone_id="Asia/Kolkata"), await newcomer()
    code = await ada.open_room("Ada")
    waits = ada.page.locator("#waits")
    await expect(waits).to_contain_text("even if you close this page")
    await expect(waits.locator("time")).not_to_contain_text("UTC")
    until = await waits.locator("time").get_attribute("datetime")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(until))
    await ben.join(code, "Ben")
    await expect(waits).to_be_empty()


async def test_the_last_one_is_asked_and_may_stay(newcomer: Newcomer) -> None:
    ada = await newcomer()
    ada.watch.forgive("status of 409")
    await ada.open_room("Ada")
    for _ in range(2):
        await unfold(ada.page)
        await ada.page.get_by_role("button", name="Leave", exact=True).click()
        await expect(ada.page.get_by_text(LAST)).to_be_visible()
        await ada.page.get_by_role("button", name="Stay").click()
        await expect(ada.page.get_by_text(LAST)).to_be_hidden()
    await ada.say("still here")
    await ada.leave()


async def test_without_scripts_the_question_is_a_page(newcomer: Newcomer) -> None:
    ada = await without_scripts(newcomer)
    ada.watch.forgive("status of 409")
    await ada.open_room("Ada")
    await ada.people.get_by_role("button", name="Leave", exact=True).click()
    await expect(ada.page.get_by_text(LAST)).to_be_visible()
    await ada.page.get_by_role("link", name="Stay").click()
    await ada.people.get_by_role("button", name="Leave", exact=True).click()
    await ada.page.get_by_role("button", name="Leave and erase the room").click()
    await ada.page.wait_for_url(f"{ada.url}/")


async def test_the_address_of_a_new_seat_keeps_nothing_of_its_proof(newcomer: Newcomer) -> None:
    ada = await newcomer()
    await ada.open_room_by_hand("Ada")
    await expect(ada.page).to_have_url(re.compile(r"/rooms/[0-9a-f]{20}$"))


async def test_who_follows_the_invitation_again_goes_to_their_seat(newcomer: Newcomer) -> None:
    ada, ben = await newcomer(), await newcomer()
    code = await ada.open_room("Ada")
    await ben.join(code, "Ben")
    await ben.page.goto(f"{ben.url}/join#{code.lower()}")
    await expect(ben.page.get_by_text("You are in this room as Ben.")).to_be_visible()
    await expect(ben.page.get_by_role("button", name="Join the room")).to_be_hidden()
    await ben.page.get_by_role("link", name="Go to the room").click()
    await ben.is_seated()
    await ben.page.goto(f"{ben.url}/join")
    await expect(ben.page.get_by_role("button", name="Join the room")).to_be_visible()


async def test_who_was_away_too_long_comes_back_under_the_old_name(newcomer: Newcomer) -> None:
    ada, ben = await newcomer(), await newcomer()
    await ben.join(await ada.open_room("Ada", grace=30), "Ben")
    room = ben.page.url
    await expect(ada.roster).to_have_count(2)
    await ben.composer.fill("half a thought")
    await ben.page.goto(f"{ben.url}/about")
    await expect(ada.roster).to_have_count(1, timeout=AWAY_WITHIN)
    await ben.page.goto(room)
    await expect(ben.page.get_by_role("heading", level=1)).to_contain_text("lost your place")
    await expect(ben.page.get_by_label("Your words, not sent.")).to_have_value("half a thought")
    await ben.page.get_by_role("button", name="Come back as Ben").click()
    await ben.is_seated()
    await expect(ben.composer).to_have_value("half a thought")
    await expect(ada.notices.last).to_have_text("Ben joined.")
