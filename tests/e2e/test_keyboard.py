"""The whole journey without a mouse."""

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Newcomer, Site

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOST_STOPS = 40

_ACTIVE = """
() => {
  const active = document.activeElement;
  const label = active.labels?.[0]?.textContent ?? active.ariaLabel ?? active.textContent;
  return label.trim().replace(/\\s+/g, ' ');
}
"""
# How the element with the focus and what frames it are drawn.
_LOOK = """
(element) => [element, element.parentElement].map((part) => {
  const { outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, backgroundColor, color,
    clipPath, transform } = getComputedStyle(part);
  return [outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, backgroundColor, color,
    clipPath, transform].join();
}).join(' | ')
"""


async def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press Tab until the element of that name has the focus; each stop on the way shows it."""
    stops = []
    for _ in range(MOST_STOPS):
        await page.keyboard.press(key)
        stops.append(str(await page.evaluate(_ACTIVE)))
        await shows_the_focus(page)
        if stops[-1].startswith(name):
            return
    pytest.fail(f"no way leads to {name!r}: {stops}")


async def shows_the_focus(page: Page) -> None:
    """Check that the element with the focus looks other than without it, and is in view."""
    active = await page.evaluate_handle("document.activeElement")
    element = active.as_element()
    assert element
    if await page.evaluate("document.activeElement === document.body"):
        return
    await page.evaluate("Promise.all(document.getAnimations().map((a) => a.finished))")
    with_focus = await element.evaluate(_LOOK)
    await element.evaluate("(element) => element.blur()")
    await page.evaluate("Promise.all(document.getAnimations().map((a) => a.finished))")
    without = await element.evaluate(_LOOK)
    await element.evaluate("(element) => element.focus({ focusVisible: true })")
    assert with_focus != without, await element.evaluate("(element) => element.outerHTML")


async def test_the_whole_journey_without_a_mouse(site: Site, newcomer: Newcomer) -> None:
    ada, ben = await newcomer(reduced_motion="reduce"), await newcomer(reduced_motion="reduce")
    await ada.page.goto(site.url)
    await tab_to(ada.page, "Your nickname")
    await ada.page.keyboard.type("Ada")
    await tab_to(ada.page, "Seats")
    await ada.page.keyboard.press("ArrowDown")
    await tab_to(ada.page, "Open the room")
    await ada.page.keyboard.press("Enter")
    await ada.is_seated()
    await expect(ada.composer).to_be_focused()
    await expect(ada.notices.first).to_contain_text("up to 3 people")
    await ben.page.goto(f"{site.url}/join#{await ada.code()}")
    await expect(ben.page.get_by_label("Your nickname")).to_be_focused()
    await ben.page.keyboard.type("Ben")
    await ben.page.keyboard.press("Enter")
    await ben.is_seated()
    await ben.page.keyboard.type("hello")
    await ben.page.keyboard.press("Enter")
    await ada.sees("hello")
    await ada.page.keyboard.type("welcome")
    await ada.page.keyboard.press("Enter")
    await ben.sees("hello", "welcome")
    await tab_to(ben.page, "Leave", "Shift+Tab")
    await ben.page.keyboard.press("Enter")
    await ben.page.wait_for_url(f"{site.url}/")
    await expect(ada.notices.last).to_have_text("Ben left.")
    await tab_to(ada.page, "End the room…", "Shift+Tab")
    await ada.page.keyboard.press("Enter")
    await tab_to(ada.page, "End it for everyone")
    await ada.page.keyboard.press("Enter")
    await ada.page.wait_for_url(f"{site.url}/")


async def test_the_invitation_opens_and_closes_from_the_keyboard(newcomer: Newcomer) -> None:
    ada = await newcomer(reduced_motion="reduce", permissions=["clipboard-read", "clipboard-write"])
    code = await ada.open_room("Ada")
    await tab_to(ada.page, "Copy code", "Shift+Tab")
    await ada.page.keyboard.press("Space")
    await expect(ada.page.locator("#copied")).to_have_text("Code copied.")
    assert await ada.page.evaluate("navigator.clipboard.readText()") == code
    await tab_to(ada.page, "QR and link")
    await ada.page.keyboard.press("Enter")
    panel = ada.link
    await expect(panel).to_be_visible()
    await ada.page.keyboard.press("Tab")
    await expect(panel).to_be_focused()
    await ada.page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    await expect(ada.page.locator("summary", has_text="QR and link")).to_be_focused()


async def test_the_way_past_the_head_of_the_page_is_the_first_stop(
    site: Site, newcomer: Newcomer
) -> None:
    ada = await newcomer()
    await ada.page.goto(f"{site.url}/about")
    await ada.page.keyboard.press("Tab")
    skip = ada.page.get_by_role("link", name="Skip to the content")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport(ratio=1)


async def test_the_log_can_be_scrolled_from_the_keyboard(newcomer: Newcomer) -> None:
    ada = await newcomer(reduced_motion="reduce")
    await ada.open_room("Ada")
    await ada.post(*(f"message {n}" for n in range(50)))
    await expect(ada.messages).to_have_count(50)
    await expect(ada.messages.first).not_to_be_in_viewport()
    await ada.page.get_by_role("log").focus()
    await ada.page.keyboard.press("Home")
    await expect(ada.messages.first).to_be_in_viewport()
