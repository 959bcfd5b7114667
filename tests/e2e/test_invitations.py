"""From a code, a link or a picture to a seat."""

import base64
from typing import Any

import pytest
import segno
from playwright.async_api import Page, expect

from tests.e2e.conftest import Newcomer, Site

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Draws the picture of the code as it is on the screen and looks at the middle of each module.
_READ_MODULES = """
async ([png, modules]) => {
  const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  pen.drawImage(bitmap, 0, 0);
  const step = bitmap.width / modules;
  const dark = (x, y) => pen.getImageData((x + 0.5) * step, (y + 0.5) * step, 1, 1).data[0] < 128;
  return Array.from({ length: modules }, (_, y) =>
    Array.from({ length: modules }, (_, x) => dark(x, y) ? 1 : 0));
}
"""


async def test_a_link_fills_the_code_and_takes_it_out_of_the_address_bar(
    site: Site, newcomer: Newcomer
) -> None:
    ada, ben = await newcomer(), await newcomer()
    code = await ada.open_room("Ada")
    await ben.page.goto(f"{site.url}/join#{code}")
    await expect(ben.page.get_by_label("Code")).to_have_value(code)
    await expect(ben.page.get_by_label("Your nickname")).to_be_focused()
    assert ben.page.url == f"{site.url}/join"
    await ben.page.keyboard.type("Ben")
    await ben.page.keyboard.press("Enter")
    await ben.is_seated()
    await expect(ada.roster).to_have_count(2)


async def test_a_code_in_the_path_fills_the_form_and_joins_nobody(
    site: Site, newcomer: Newcomer
) -> None:
    ada, ben = await newcomer(), await newcomer()
    code = await ada.open_room("Ada")
    await ben.page.goto(f"{site.url}/join/{code}")
    await expect(ben.page.get_by_label("Code")).to_have_value(code)
    await expect(ada.roster).to_have_count(1)
    await ben.page.get_by_label("Your nickname").fill("Ben")
    await ben.page.get_by_role("button", name="Join the room").click()
    await ben.is_seated()


async def test_a_code_is_forgiven_its_case_its_hyphen_and_spaces(newcomer: Newcomer) -> None:
    ada, ben = await newcomer(), await newcomer()
    code = await ada.open_room("Ada")
    await ben.join_by_hand(f" {code.lower().replace('-', ' ')} ", "Ben")
    await expect(ada.roster).to_have_count(2)


async def test_a_wrong_code_keeps_what_was_typed(newcomer: Newcomer) -> None:
    mallory = await newcomer()
    mallory.watch.forgive("status of 404")
    await mallory.ask_to_join("00000-00000", "Mallory")
    await expect(mallory.page.get_by_role("alert")).not_to_be_empty()
    await expect(mallory.page.get_by_label("Code")).to_have_value("00000-00000")
    await expect(mallory.page.get_by_label("Code")).to_be_focused()
    await expect(mallory.page.get_by_label("Your nickname")).to_have_value("Mallory")


async def test_the_picture_holds_the_link(site: Site, newcomer: Newcomer) -> None:
    ada = await newcomer(color_scheme="dark", reduced_motion="reduce")
    code = await ada.open_room("Ada")
    await ada.page.locator("summary", has_text="QR and link").click()
    link = f"{site.url}/join#{code}"
    await expect(ada.link).to_have_text(link)
    picture = ada.page.get_by_role("img", name="The link as a QR code")
    await expect(picture).to_have_js_property("complete", value=True)
    expected = segno.make(link, error="m", micro=False).matrix_iter(scale=1, border=2)
    wanted = [list(row) for row in expected]
    assert await _modules(ada.page, len(wanted)) == wanted


async def _modules(page: Page, count: int) -> Any:  # noqa: ANN401 - from JavaScript
    png = await page.get_by_role("img", name="The link as a QR code").screenshot()
    return await page.evaluate(_READ_MODULES, [base64.b64encode(png).decode(), count])


async def test_the_panel_closes_by_escape_and_gives_the_focus_back(newcomer: Newcomer) -> None:
    ada = await newcomer()
    await ada.open_room("Ada")
    opener = ada.page.locator("summary", has_text="QR and link")
    await opener.click()
    panel = ada.link
    await expect(panel).to_be_visible()
    await ada.page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()


async def test_copying_says_so_aloud(site: Site, newcomer: Newcomer) -> None:
    ada = await newcomer(permissions=["clipboard-read", "clipboard-write"])
    code = await ada.open_room("Ada")
    spoken = ada.page.locator("#copied")
    await expect(spoken).to_have_role("status")
    for name, done, copied in (
        ("Copy code", "Code copied.", code),
        ("Copy link", "Link copied.", f"{site.url}/join#{code}"),
    ):
        await ada.page.get_by_role("button", name=name).click()
        await expect(spoken).to_have_text(done)
        assert await ada.page.evaluate("navigator.clipboard.readText()") == copied
    await expect(spoken).to_be_empty()


async def test_who_has_a_seat_already_is_led_back_to_it(site: Site, newcomer: Newcomer) -> None:
    ada, ben = await newcomer(), await newcomer()
    code = await ada.open_room("Ada", capacity=3)
    await ben.join(code, "Ben")
    room = ben.page.url
    await expect(ada.roster).to_have_count(2)
    await ben.page.goto(f"{site.url}/join#{code}")
    await expect(ben.page.get_by_text("You are in this room as Ben.")).to_be_visible()
    await expect(ben.page.get_by_label("Your nickname")).to_be_hidden()
    await ben.page.get_by_role("link", name="Go to the room").click()
    await ben.is_seated()
    assert ben.page.url == room
    await expect(ben.roster).to_have_count(2)
    await ben.say("still Ben")
    await ada.sees("still Ben")


async def test_the_word_of_an_invitation_is_neither_to_be_read_nor_in_the_address_bar(
    newcomer: Newcomer,
) -> None:
    ada, ben = await newcomer(), await newcomer()
    await ada.open_room("Ada", capacity=3)
    sheet = await ada.about_room()
    await sheet.get_by_role("button", name="Make an invitation").click()
    link = await sheet.get_by_role("link").inner_text()
    await ben.page.goto(link)
    await expect(ben.page.get_by_text("You have been invited.")).to_be_visible()
    field = ben.page.get_by_label("Invitation")
    await expect(field).to_have_value(link.rpartition("#")[2])
    await expect(field).not_to_be_editable()
    await expect(ben.page.get_by_text("Ten letters and digits")).to_have_count(0)
    await expect(ben.page.get_by_label("Your nickname")).to_be_focused()
    assert ben.page.url == link.partition("#")[0]
    await ben.page.keyboard.type("Ben")
    await ben.page.keyboard.press("Enter")
    await ben.is_seated()
    await expect(ada.roster).to_have_count(2)


async def test_a_stray_sign_behind_the_link_leaves_the_form_as_it_is(
    site: Site, newcomer: Newcomer
) -> None:
    ben = await newcomer()
    await ben.page.goto(f"{site.url}/join#100%")
    field = ben.page.get_by_label("Code")
    await expect(field).to_have_value("")
    await expect(field).to_be_editable()
    await expect(ben.page.get_by_text("You have been invited.")).to_be_hidden()
