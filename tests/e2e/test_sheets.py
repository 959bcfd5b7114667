"""Sheets: they lie over the room, take the focus, give it back, and keep nothing."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.conftest import Newcomer, Site
from tests.e2e.test_keyboard import tab_to
from tests.support.browser import Person, overflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"width": 360, "height": 740}
ARABIC = "محمدعبدالرحمنالأنصاريالح"
HAS_FOCUS = "(element) => element.contains(document.activeElement)"

Ask = Callable[[Person], Awaitable[Locator]]


async def about_ben(ada: Person) -> Locator:
    return await ada.about_member("Ben")


async def about_words(ada: Person) -> Locator:
    return await ada.about_message("hello")


async def about_room(ada: Person) -> Locator:
    return await ada.about_room()


SHEETS: dict[Ask, str] = {
    about_ben: "What you can do about Ben",
    about_words: "More about this message by Ben",
    about_room: "Options",
}


async def pair(newcomer: Newcomer, **options: object) -> tuple[Person, Person]:
    """Seat Ada, the host, and Ben, who has said hello."""
    ada, ben = await newcomer(**options), await newcomer()
    await ben.join(await ada.open_room("Ada", capacity=4), "Ben")
    await ben.post("hello")
    await ada.sees("hello")
    await expect(ada.page.locator("#members > li")).to_have_count(2)  # folded, on a phone
    return ada, ben


@pytest.mark.parametrize("ask", SHEETS, ids=lambda ask: ask.__name__)
async def test_a_sheet_takes_the_focus_and_gives_it_back(newcomer: Newcomer, ask: Ask) -> None:
    ada, _ = await pair(newcomer)
    opener = ada.page.get_by_role("button", name=SHEETS[ask])
    for _ in range(2):
        sheet = await ask(ada)
        assert await sheet.evaluate(HAS_FOCUS)
        await expect(sheet).to_have_accessible_name(
            await sheet.get_by_role("heading", level=2).inner_text()
        )
        await ada.page.keyboard.press("Escape")
        await expect(sheet).to_be_hidden()
        await expect(opener).to_be_focused()


async def test_a_button_that_is_replaced_keeps_the_focus(newcomer: Newcomer) -> None:
    ada, _ = await pair(newcomer)
    await about_ben(ada)
    await ada.page.keyboard.press("Escape")
    opener = ada.page.get_by_role("button", name=SHEETS[about_ben])
    await expect(opener).to_be_focused()
    await ada.context.request.post(f"{ada.page.url}/mutes", form={"member": "p2"})
    await expect(ada.roster.last).to_contain_text("muted")
    await expect(opener).to_be_focused()


async def test_nothing_behind_a_sheet_can_be_reached(newcomer: Newcomer) -> None:
    ada, _ = await pair(newcomer)
    sheet = await about_ben(ada)
    for _ in range(12):
        await ada.page.keyboard.press("Tab")
        assert await ada.page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    await expect(sheet).to_be_visible()


async def test_a_sheet_closes_by_its_button_and_by_a_click_beside_it(newcomer: Newcomer) -> None:
    ada, _ = await pair(newcomer)
    sheet = await about_room(ada)
    await sheet.get_by_role("button", name="Close").click()
    await expect(sheet).to_be_hidden()
    await about_room(ada)
    await ada.page.mouse.click(5, 400)
    await expect(sheet).to_be_hidden()


async def test_a_closed_sheet_keeps_no_words(newcomer: Newcomer) -> None:
    ada, _ = await pair(newcomer)
    sheet = await about_words(ada)
    await expect(sheet).to_contain_text("hello")
    await ada.page.keyboard.press("Escape")
    await expect(ada.page.locator("#sheet-body")).to_be_empty()


async def test_an_act_that_was_done_closes_its_sheet(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    sheet = await about_ben(ada)
    await sheet.get_by_role("button", name="Mute").click()
    await expect(sheet).to_be_hidden()
    await expect(ada.roster.last).to_contain_text("muted")
    await expect(ada.page.get_by_role("button", name=SHEETS[about_ben])).to_be_focused()
    await expect(ben.page.get_by_text("You are muted")).to_be_visible()
    await expect(ada.page.get_by_text("You are muted")).to_be_hidden()


async def test_a_refused_act_says_why_and_leaves_the_sheet_open(newcomer: Newcomer) -> None:
    ada, _ = await pair(newcomer)
    ada.watch.forgive("status of 403")
    sheet = await about_ben(ada)
    await ada.act("hosts", member="p2")
    await sheet.get_by_role("button", name="Mute").click()
    await expect(sheet.get_by_role("alert")).not_to_be_empty()
    await expect(sheet).to_be_visible()


async def test_a_sheet_about_what_is_gone_is_refused_beside_the_composer(
    newcomer: Newcomer,
) -> None:
    ada, _ = await pair(newcomer)
    ada.watch.forgive("status of 409", "status of 422")
    more = ada.page.get_by_role("button", name=SHEETS[about_words])
    await more.evaluate("(button) => { button.value = 'm-999'; }")
    await more.focus()
    await ada.page.keyboard.press("Enter")
    reason = ada.page.locator("#notice").get_by_role("alert")
    await expect(reason).not_to_be_empty()
    await expect(ada.sheet).to_be_hidden()
    await ada.say("never mind")
    await expect(reason).to_have_count(0)


async def test_an_invitation_stays_open_with_its_link(site: Site, newcomer: Newcomer) -> None:
    ada, _ = await pair(newcomer, permissions=["clipboard-read", "clipboard-write"])
    sheet = await about_room(ada)
    await sheet.get_by_role("button", name="Make an invitation").click()
    link = sheet.get_by_role("link")
    await expect(link).to_contain_text(f"{site.url}/join#")
    await sheet.get_by_role("button", name="Copy link").click()
    await expect(sheet.get_by_role("status")).to_have_text("Link copied.")
    assert await ada.page.evaluate("navigator.clipboard.readText()") == await link.inner_text()
    cleo = await newcomer()
    await cleo.page.goto(await link.inner_text())
    await cleo.page.get_by_label("Your nickname").fill("Cleo")
    await cleo.page.get_by_role("button", name="Join the room").click()
    await cleo.is_seated()
    await expect(sheet).to_be_visible()
    await ada.page.keyboard.press("Escape")
    await expect(ada.page.get_by_role("button", name="Options")).to_be_focused()


async def test_the_sheet_of_a_member_goes_with_them(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    sheet = await about_ben(ada)
    await ben.leave()
    await expect(sheet).to_be_hidden()
    await expect(ada.page.get_by_role("log")).to_be_focused()


async def test_the_sheet_of_a_message_goes_with_its_words(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    sheet = await about_words(ada)
    number = await ada.page.get_by_role("article").get_attribute("id")
    await ben.act("deletions", message=str(number))
    await expect(sheet).to_be_hidden()
    await expect(ada.page.get_by_text("hello")).to_have_count(0)
    await expect(ada.page.get_by_role("log")).to_be_focused()


async def test_a_sheet_is_asked_for_and_used_without_a_mouse(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer, reduced_motion="reduce")
    await ada.composer.focus()
    await tab_to(ada.page, "Options", "Shift+Tab")
    await ada.page.keyboard.press("Enter")
    await expect(ada.sheet).to_be_visible()
    await tab_to(ada.page, "Lock the room")
    await ada.page.keyboard.press("Enter")
    await expect(ada.sheet).to_be_hidden()
    for reader in (ada, ben):
        await expect(reader.page.locator("#lock-state")).to_have_text("Locked")


@pytest.mark.parametrize("ask", SHEETS, ids=lambda ask: ask.__name__)
async def test_a_sheet_fits_a_small_phone(newcomer: Newcomer, ask: Ask) -> None:
    ada, _ = await pair(newcomer, viewport=PHONE, has_touch=True)
    sheet = await ask(ada)
    box = await sheet.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    assert await overflow(ada.page) <= 0
    assert await sheet.evaluate("(sheet) => sheet.scrollWidth <= sheet.clientWidth")
    await expect(sheet.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)


async def test_a_sheet_fits_a_long_nickname(newcomer: Newcomer) -> None:
    ada, ben = await newcomer(viewport=PHONE), await newcomer()
    await ben.join(await ada.open_room("Ada"), ARABIC)
    await ben.post("word " * 799 + "last")
    await expect(ada.messages).to_have_count(1)
    for sheet in (await ada.about_message("word"), await about_ben_after(ada)):
        assert await overflow(ada.page) <= 0
        assert await sheet.evaluate("(sheet) => sheet.scrollWidth <= sheet.clientWidth")


async def about_ben_after(ada: Person) -> Locator:
    await ada.page.keyboard.press("Escape")
    return await ada.about_member(ARABIC)
