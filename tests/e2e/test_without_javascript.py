"""The same room in a browser that runs no script."""

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import House, Newcomer
from tests.support.browser import Person

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def pair(newcomer: Newcomer) -> tuple[Person, Person]:
    """Seat Ada, who runs scripts, and Ben, who does not."""
    ada, ben = await newcomer(), await newcomer(java_script_enabled=False)
    await ben.join(await ada.open_room("Ada"), "Ben")
    return ada, ben


async def send(person: Person, text: str) -> int:
    """Send the plain form; return the status of the page that comes of it."""
    await person.composer.fill(text)
    async with person.page.expect_navigation() as navigation:
        await person.page.get_by_role("button", name="Send").click()
    return (await navigation.value).status


async def test_scripts_are_really_off(house: House, newcomer: Newcomer) -> None:
    ben = await newcomer(java_script_enabled=False)
    await ben.page.goto(f"{house.url}/join#ABCDE-FGHJK")
    await expect(ben.page.get_by_label("Code")).to_have_value("")


async def test_a_room_is_opened_joined_and_talked_in(newcomer: Newcomer) -> None:
    ada, ben = await newcomer(java_script_enabled=False), await newcomer(java_script_enabled=False)
    await ben.join(await ada.open_room("Ada"), "Ben")
    room = ben.page.url
    assert await send(ben, "hello\nAda") == 200
    assert ben.page.url == room
    await ben.sees("hello Ada")
    await expect(ben.composer).to_have_value("")
    await ada.page.get_by_role("link", name="Look for new messages").click()
    await ada.sees("hello Ada")
    await expect(ada.roster).to_have_count(2)


async def test_who_runs_scripts_and_who_does_not_see_the_same(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    assert await send(ben, "from Ben") == 200
    await ada.say("from Ada")
    await ada.sees("from Ben", "from Ada")
    await ben.page.reload()
    await ben.sees("from Ben", "from Ada")


async def test_a_refused_message_is_kept_beside_the_reason(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    ben.watch.forgive("status of 422")
    assert await send(ben, "x" * 4_001) == 422
    await expect(ben.page.get_by_role("alert")).not_to_be_empty()
    await expect(ben.composer).to_have_value("x" * 4_001)
    await ada.sees()


async def test_leaving_works_and_is_seen(house: House, newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ben.leave()
    assert ben.page.url == f"{house.url}/"
    await expect(ada.notices.last).to_have_text("Ben left.")


async def test_the_host_can_end_the_room(house: House, newcomer: Newcomer) -> None:
    ada = await newcomer(java_script_enabled=False)
    ada.watch.forgive("status of 404")
    await ada.open_room("Ada")
    room = ada.page.url
    await ada.page.get_by_text("End the room…").click()
    await ada.page.get_by_role("button", name="End it for everyone").click()
    await ada.page.wait_for_url(f"{house.url}/")
    answer = await ada.page.goto(room)
    assert answer
    assert answer.status == 404


async def test_the_code_in_the_path_fills_the_form(house: House, newcomer: Newcomer) -> None:
    ada, ben = await newcomer(), await newcomer(java_script_enabled=False)
    code = await ada.open_room("Ada")
    await ben.page.goto(f"{house.url}/join/{code}")
    await expect(ben.page.get_by_label("Code")).to_have_value(code)
