"""The axe rules find nothing: on any page, in light and dark, on a phone and on a desk."""

import functools
import re
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Newcomer, Site
from tests.support.browser import Person, person
from tests.support.server import ROOT

pytestmark = pytest.mark.asyncio(loop_scope="session")

WIDTHS = (360, 1280)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
Visit = Callable[[Person], Awaitable[object]]

# Where motion is reduced every change of a colour still takes a frame, and an inherited one a frame
# for each generation: until then a page is half light, half dark.
_SETTLED = """async () => {
  do await new Promise((done) => requestAnimationFrame(done));
  while (document.getAnimations().some(({ playState }) => playState === 'running'));
}"""


async def lobby(ada: Person) -> None:
    await ada.page.goto(ada.url)


async def lobby_refused(ada: Person) -> None:
    await ada.page.goto(ada.url)
    form = ada.page.get_by_role("form", name="Open a room")
    await form.get_by_label("Your nickname").fill("a\u202eb")
    await form.get_by_role("button").click()
    await expect(ada.page.get_by_role("alert")).not_to_be_empty()


async def join(ada: Person) -> None:
    await ada.page.goto(f"{ada.url}/join")


async def join_refused(ada: Person) -> None:
    await ada.ask_to_join("00000-00000", "Mallory")
    await expect(ada.page.get_by_role("alert")).not_to_be_empty()


async def about(ada: Person) -> None:
    await ada.page.goto(f"{ada.url}/about")


async def gone(ada: Person) -> None:
    await ada.page.goto(f"{ada.url}/rooms/nowhere")


async def error(ada: Person) -> None:
    await ada.page.goto(f"{ada.url}/rooms")


async def room(ada: Person) -> None:
    await ada.open_room("Ada")
    await ada.say("hello")
    await ada.sees("hello")


async def room_refused(ada: Person) -> None:
    await ada.open_room("Ada")
    await ada.composer.fill("x" * 4_001)
    await ada.composer.press("Enter")
    await expect(ada.page.get_by_role("alert")).not_to_be_empty()


async def invitation(ada: Person) -> None:
    await ada.open_room("Ada")
    await ada.page.locator("summary", has_text="QR and link").click()
    await expect(ada.link).to_be_visible()


async def with_guests(ada: Person, use: Callable[[Person], Awaitable[object]]) -> None:
    """Open a room where one knocks, one is muted and all has happened to messages; then go on."""
    code = await ada.open_room("Ada", capacity=4, vanish="3600")
    browser = ada.context.browser
    assert browser
    async with person(browser, ada.url) as ben, person(browser, ada.url) as cleo:
        await ben.join(code, "Ben")
        await ben.post("hello", "/me waves", "taken back")
        await ada.say("welcome")
        await ada.sees("hello", "waves", "taken back", "welcome")
        ids = [
            await line.get_attribute("id") for line in await ada.page.get_by_role("article").all()
        ]
        await ben.act("reactions", message=str(ids[3]), sign="laugh")
        await ada.act("reactions", message=str(ids[0]), sign="love")
        await ben.act("edits", message=str(ids[0]), text="hello all")
        await ada.act("deletions", message=str(ids[2]))
        await ada.act("options", ask="yes")
        await cleo.ask_to_join(code, "Cleo")
        await expect(ada.knocks).to_have_count(1)
        await ada.act("lock", state="on")
        await ada.act("mutes", member="p2", state="on")
        await expect(ada.page.locator("#lock-state")).to_have_text("Locked")
        await expect(ada.roster.last).to_contain_text("muted")
        await use(ada)


async def powers(ada: Person) -> None:
    await with_guests(ada, lambda ada: ada.about_message("welcome"))
    await ada.page.keyboard.press("Escape")
    await ada.page.get_by_role("article").last.hover()


async def reply(ada: Person) -> None:
    async def use(ada: Person) -> None:
        sheet = await ada.about_message("hello all")
        await sheet.get_by_role("button", name="Reply").click()
        await expect(ada.page.locator("#composer-reply")).to_be_visible()

    await with_guests(ada, use)


async def member_sheet(ada: Person) -> None:
    await with_guests(ada, lambda ada: ada.about_member("Ben"))
    for summary in await ada.sheet.locator("summary").all():
        await summary.click()


async def message_sheet(ada: Person) -> None:
    await with_guests(ada, lambda ada: ada.about_message("welcome"))
    await ada.sheet.locator("summary").click()


async def options_sheet(ada: Person) -> None:
    await with_guests(ada, lambda ada: ada.about_room())
    for summary in await ada.sheet.locator("summary").all():
        await summary.click()


async def made_invitation(ada: Person) -> None:
    await ada.open_room("Ada")
    sheet = await ada.about_room()
    await sheet.get_by_role("button", name="Make an invitation").click()
    await expect(sheet.get_by_role("link")).to_be_visible()


async def options_page(ada: Person) -> None:
    await ada.open_room("Ada")
    await ada.page.goto(f"{ada.page.url}/options")


async def message_page(ada: Person) -> None:
    await ada.open_room("Ada")
    await ada.say("hello")
    number = await ada.page.get_by_role("article").get_attribute("id")
    await ada.page.goto(f"{ada.page.url}/messages?message={number}")


async def waiting(ada: Person) -> None:
    """Let Ada wait where Ben is the host."""
    browser = ada.context.browser
    assert browser
    async with person(browser, ada.url) as ben:
        await ada.ask_to_join(await ben.open_room("Ben", ask="yes"), "Ada")
        await expect(ada.page.get_by_role("heading", level=1)).to_be_visible()


async def turned_away(ada: Person) -> None:
    browser = ada.context.browser
    assert browser
    async with person(browser, ada.url) as ben:
        await ada.ask_to_join(await ben.open_room("Ben", ask="yes"), "Ada")
        await ben.knocks.get_by_role("button", name="Turn away").click()
        await expect(ada.page).to_have_title(re.compile("Not let in"))


async def wiped(ada: Person) -> None:
    await ada.open_room("Ada")
    tab = await ada.new_tab()
    await ada.context.request.post(f"{tab.url}/close", headers={"Accept": "*/*"})
    await tab.close()
    await expect(ada.page.get_by_role("heading", level=1)).to_contain_text("gone")


ROUNDS: tuple[Visit, ...] = (
    lobby, lobby_refused, join, join_refused, about, gone, error,
    room, room_refused, invitation, wiped, powers, reply, member_sheet, message_sheet,
    options_sheet, made_invitation, options_page, message_page, waiting, turned_away,
)  # fmt: skip


@functools.cache
def axe() -> str:
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


async def found(page: Page) -> list[str]:
    """Run axe on the page as it is; return what it finds."""
    # Through the debugger, so that the page's policy stays as strict as it is.
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(axe())
    # What is in order is looked at, too, but not told: for a long page that is a megabyte.
    violations: list[dict[str, Any]] = await page.evaluate(
        "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)"
    )
    return [
        f"{violation['id']}: {node['html']} {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]


async def in_every_light(page: Page) -> dict[str, list[str]]:
    """Run axe at every width and in both colour schemes; return what it finds, where."""
    findings = {}
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            await page.evaluate(_SETTLED)
            findings[f"{scheme} {width}"] = await found(page)
    return {where: what for where, what in findings.items() if what}


async def test_axe_finds_what_is_wrong(site: Site, newcomer: Newcomer) -> None:
    ada = await newcomer()
    await ada.page.goto(site.url)
    await ada.page.evaluate("document.querySelector('#open-nickname').labels[0].remove()")
    assert any(finding.startswith("label") for finding in await found(ada.page))


@pytest.mark.parametrize("visit", ROUNDS, ids=lambda visit: visit.__name__)
async def test_axe_finds_nothing(newcomer: Newcomer, visit: Visit) -> None:
    ada = await newcomer(reduced_motion="reduce")
    ada.watch.forgive("the server responded with a status of 4")
    await visit(ada)
    assert await in_every_light(ada.page) == {}


async def test_axe_finds_nothing_in_a_long_conversation(newcomer: Newcomer) -> None:
    people = [await newcomer(reduced_motion="reduce") for _ in range(3)]
    ada, ben, cleo = people
    code = await ada.open_room("Ada", capacity=4)
    await ben.join(code, "Ben")
    await cleo.join(code, "Cleo")
    for n in range(10):
        for one in people:
            await one.post(f"message {n}", f"https://example.org/{n}")
    await expect(ada.messages).to_have_count(60)
    await cleo.page.close()
    await expect(ada.roster.get_by_text("away")).to_be_visible()
    assert await in_every_light(ada.page) == {}
