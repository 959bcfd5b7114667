"""A browser that helps: with larger text, on paper, by counting while nobody looks."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Newcomer
from tests.support.browser import overflow, said_on
from tests.support.plain import plain

pytestmark = pytest.mark.asyncio(loop_scope="session")

SIXTY = [f"message {number}" for number in range(60)]
CLIPPED = """
  () => [...document.querySelectorAll('#messages > article')].filter((line) => {
    const {top, bottom} = line.getBoundingClientRect();
    const end = document.scrollingElement.scrollHeight;
    return bottom - top < 1 || top + scrollY < 0 || bottom + scrollY > end;
  }).length
"""


@pytest.mark.parametrize("width", [320, 360])
@pytest.mark.parametrize("size", [150, 200])
async def test_larger_text_pushes_nothing_off_the_screen(
    newcomer: Newcomer, width: int, size: int
) -> None:
    ada = await newcomer(viewport={"width": width, "height": 740})
    await ada.open_room("Ada")
    await ada.page.evaluate(f"document.documentElement.style.fontSize = '{size}%'")
    tools = ada.page.locator(".invite :is(code, button, summary)")
    await expect(tools).to_have_count(4)
    for tool in await tools.all():
        await expect(tool).to_be_in_viewport(ratio=1)
    assert await overflow(ada.page) <= 0
    await ada.page.locator(".qr > summary").click()
    panel = await ada.page.locator(".qr-panel").bounding_box()
    assert panel
    assert panel["x"] >= 0
    assert panel["x"] + panel["width"] <= width


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
async def test_on_paper_is_all_that_was_said_and_nothing_that_opens_the_room(
    newcomer: Newcomer,
    scripts: bool,  # noqa: FBT001 - pytest gives it by name
) -> None:
    ada, ben = await newcomer(), await newcomer(java_script_enabled=scripts)
    code = await ada.open_room("Ada")
    await (ben if scripts else plain(ben)).join(code, "Ben")
    await ada.post(*SIXTY)
    await ben.page.reload(wait_until="commit")  # without scripts it never ends to load
    await ben.page.emulate_media(media="print")
    page = ben.page
    await expect(said_on(page)).to_have_text(SIXTY)
    await expect(said_on(page).first).to_be_visible()
    await expect(page.get_by_text(code).locator("visible=true")).to_have_count(0)
    await expect(page.locator("button, iframe, textarea").locator("visible=true")).to_have_count(0)
    if scripts:
        assert await page.evaluate(CLIPPED) == 0
    await page.emulate_media(media="screen")
    await expect(page.locator("#code")).to_be_visible()


async def test_what_comes_is_counted_while_the_window_is_not_in_front(newcomer: Newcomer) -> None:
    ada, ben = await newcomer(), await newcomer()
    await ben.join(await ada.open_room("Ada"), "Ben")
    await ada.page.evaluate("document.hasFocus = () => false")
    await ben.post("one", "two")
    await ada.sees("one", "two")
    await expect(ada.page).to_have_title(re.compile(r"^\(2\) A room"))
    await ada.post("my own")
    await ada.sees("one", "two", "my own")
    await expect(ada.page).to_have_title(re.compile(r"^\(2\) A room"))
    await ada.page.evaluate("delete document.hasFocus; dispatchEvent(new Event('focus'))")
    await expect(ada.page).to_have_title(re.compile(r"^A room"))


async def test_who_is_muted_or_left_alone_while_the_page_is_open_reads_it(
    newcomer: Newcomer,
) -> None:
    ada, ben = await newcomer(), await newcomer()
    await ben.join(await ada.open_room("Ada"), "Ben")
    muted, alone = ben.page.get_by_text("You are muted"), ada.page.get_by_text("You are alone")
    await expect(muted).to_be_hidden()
    await ada.act("mutes", member="p2", state="on")
    await expect(muted).to_be_visible()
    await ben.page.reload()
    await expect(muted).to_be_visible()
    await ada.act("mutes", member="p2", state="off")
    await expect(muted).to_be_hidden()
    await expect(alone).to_be_hidden()
    await ben.leave()
    await expect(alone).to_be_visible()
