"""From a code, a link or a picture to a seat."""

import base64
from typing import Any

import pytest
import segno
from playwright.async_api import Page, Request, expect

from tests.e2e.conftest import Newcomer, Site
from tests.support.mangled import OF_CODES

pytestmark = pytest.mark.asyncio(loop_scope="session")

BEHIND_A_HASH = (
    "in lower case",
    "with a hyphen of no break",
    "of full width",
    "at the end of a sentence",
    "in curly quotes",
    "with blanks of no width",
    "with percents",
    "with letters of Cyrillic",
    "with digits of Persian",
    "with a query",
    "with a slash behind",
    "in a sentence",
)

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


def loads_of(page: Page) -> list[str]:
    """Return the pages that are loaded in its place from now on; the list grows."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.is_navigation_request():
            asked.append(request.url)

    page.on("request", note)
    return asked


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


@pytest.mark.parametrize("manner", BEHIND_A_HASH)
async def test_whatever_stands_behind_the_hash_is_filled_in_and_taken_out_of_the_address_bar(
    site: Site, newcomer: Newcomer, manner: str
) -> None:
    ada, ben = await newcomer(), await newcomer()
    code = await ada.open_room("Ada")
    await ben.page.goto(f"{site.url}/join#{OF_CODES[manner](code)}")
    await expect(ben.page.get_by_label("Code")).not_to_have_value("")
    assert ben.page.url == f"{site.url}/join"
    await ben.page.get_by_label("Your nickname").fill("Ben")
    await ben.page.get_by_role("button", name="Join the room").click()
    await ben.is_seated()
    await expect(ada.roster).to_have_count(2)


async def test_a_code_with_a_full_stop_behind_it_is_shown_as_codes_are(
    site: Site, newcomer: Newcomer
) -> None:
    ben = await newcomer()
    for link in ("#abcde-fghjk.", "#ABCDE%E2%80%91FGHJK", "#ABCDE-FGHJK?fbclid=x", "/#ABCDEFGHJK"):
        await ben.page.goto(f"{site.url}/about")
        await ben.page.goto(f"{site.url}/join{link}")
        await expect(ben.page.get_by_label("Code")).to_have_value("ABCDE-FGHJK")
        assert "#" not in ben.page.url


async def test_a_code_that_comes_without_a_load_is_filled_in_like_that_of_a_fresh_page(
    site: Site, newcomer: Newcomer
) -> None:
    """Who has the page open and types the link, or follows it, is on the same page."""
    ada, ben = await newcomer(), await newcomer()
    code = await ada.open_room("Ada", capacity=3)
    sheet = await ada.about_room()
    await sheet.get_by_role("button", name="Make an invitation").click()
    word = (await sheet.get_by_role("link").inner_text()).rpartition("#")[2]
    await ben.page.goto(f"{site.url}/join")
    loads = loads_of(ben.page)
    nickname = ben.page.get_by_label("Your nickname")
    await nickname.fill("Ben")
    for shown in (code, word, code):
        await ben.page.evaluate("link => location.assign(link)", f"/join#{shown}")
        label = "Code" if shown == code else "Invitation"
        await expect(ben.page.get_by_label(label, exact=True)).to_have_value(shown)
        assert ben.page.url == f"{site.url}/join"
        await expect(nickname).to_be_focused()
        await expect(nickname).to_have_value("Ben")
        is_word = shown == word
        await expect(ben.page.get_by_text("You have been invited.")).to_be_visible(visible=is_word)
        await expect(ben.page.get_by_text("Ten letters and digits")).to_have_count(
            0 if is_word else 1
        )
    assert loads == [], "the premise"
    await ben.page.keyboard.press("Enter")
    await ben.is_seated()
    await expect(ada.roster).to_have_count(2)


async def test_after_a_wrong_code_another_one_may_come_without_a_load(newcomer: Newcomer) -> None:
    ada, ben = await newcomer(), await newcomer()
    code = await ada.open_room("Ada")
    ben.watch.forgive("status of 404")
    await ben.ask_to_join("00000-00000", "Ben")
    await expect(ben.page.get_by_role("alert")).not_to_be_empty()
    await ben.page.evaluate("link => location.assign(link)", f"/join#{code}")
    await expect(ben.page.get_by_label("Code")).to_have_value(code)
    await expect(ben.page.get_by_role("alert")).to_have_count(0)
    assert "#" not in ben.page.url
    await ben.page.get_by_role("button", name="Join the room").click()
    await ben.is_seated()


async def test_a_seat_that_is_offered_gives_way_to_the_code_of_another_room(
    site: Site, newcomer: Newcomer
) -> None:
    ada, cleo, ben = await newcomer(), await newcomer(), await newcomer()
    code, other = await ada.open_room("Ada"), await cleo.open_room("Cleo")
    await ben.join(code, "Ben")
    await ben.page.goto(f"{site.url}/join#{code.lower()}.")
    await expect(ben.page.get_by_text("You are in this room as Ben.")).to_be_visible()
    await ben.page.evaluate("link => location.assign(link)", f"/join#{other}")
    await expect(ben.page.get_by_label("Code")).to_have_value(other)
    await expect(ben.page.get_by_text("You are in this room as Ben.")).to_be_hidden()


@pytest.mark.parametrize("stray", ["100%", "", "main", "%E0%A4%A", "?", "join-code"])
async def test_a_stray_sign_behind_the_link_leaves_the_form_as_it_is(
    site: Site, newcomer: Newcomer, stray: str
) -> None:
    ben = await newcomer()
    for before in ("", "/join"):
        if before:
            await ben.page.goto(f"{site.url}{before}")
            await ben.page.evaluate("link => location.assign(link)", f"/join#{stray}")
        else:
            await ben.page.goto(f"{site.url}/join#{stray}")
        field = ben.page.get_by_label("Code")
        await expect(field).to_have_value("")
        await expect(field).to_be_editable()
        await expect(ben.page.get_by_text("You have been invited.")).to_be_hidden()
        await ben.page.wait_for_url(f"{site.url}/join")
