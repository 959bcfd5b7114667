"""Takes pictures of every page, at three widths, in light and dark, and of a room in conversation.

    python tools/screenshots.py              every page, into /tmp/shots
    python tools/screenshots.py --readme     docs/screenshot.png for the README

It starts its own server and its own Chromium, and says nothing to anybody else.
"""

import argparse
import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.async_api import Browser, Page, expect  # noqa: E402 # after the path is set

from tests.support.browser import Person, person, running_browser, unfold  # noqa: E402
from tests.support.server import running_server  # noqa: E402

SHOTS = Path("/tmp/shots")  # noqa: S108 # a folder that the person at the keyboard can name
README = ROOT / "docs" / "screenshot.png"
MOST_BYTES = 200 * 1024
WIDTHS = {360: 740, 768: 1024, 1280: 800}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

CONVERSATION = (
    ("Ada", "The lift is out again. Can we meet downstairs instead?"),
    ("Ben", "Yes. Ten minutes."),
    ("Ben", "I have the drawings with me, the new ones."),
    ("Cleo", "I will be late, the bridge is closed.\nStart without me."),
    ("Ada", "No hurry. Here is what changed since Tuesday:\nhttps://example.org/plans/north-stair"),
    ("Cleo", "That second landing is much better."),
    ("Ben", "Cleo, take the ferry. It still runs."),
    ("Ada", "Downstairs, then. Nobody needs to keep this."),
)

Visit = Callable[[Person], Awaitable[object]]


async def lobby(ada: Person) -> None:
    """Show the lobby."""
    await ada.page.goto(ada.url)


async def join(ada: Person) -> None:
    """Show the way in."""
    await ada.page.goto(f"{ada.url}/join/ABCDE-FGHJK")


async def join_refused(ada: Person) -> None:
    """Show the way in, refused."""
    await ada.ask_to_join("ABCDE-FGHJK", "Ada")


async def about(ada: Person) -> None:
    """Show what is kept, and for how long."""
    await ada.page.goto(f"{ada.url}/about")


async def gone(ada: Person) -> None:
    """Show what is left of a room."""
    await ada.page.goto(f"{ada.url}/rooms/nowhere")


async def error(ada: Person) -> None:
    """Show a refusal."""
    await ada.page.goto(f"{ada.url}/rooms")


async def room_alone(ada: Person) -> None:
    """Show a room before anybody else has come."""
    await ada.open_room("Ada")


async def invitation(ada: Person) -> None:
    """Show the panel with the QR code."""
    await ada.open_room("Ada")
    await ada.page.locator("summary", has_text="QR and link").click()


async def room_refused(ada: Person) -> None:
    """Show a message that is too long."""
    await ada.open_room("Ada")
    await ada.composer.fill("Too long. " * 401)
    await ada.composer.press("Enter")
    await expect(ada.page.get_by_role("alert")).not_to_be_empty()


PAGES: tuple[Visit, ...] = (
    lobby, join, join_refused, about, gone, error, room_alone, invitation, room_refused,
)  # fmt: skip


async def converse(browser: Browser, ada: Person) -> None:
    """Let Ada, Ben and Cleo talk in a room of Ada's."""
    code = await ada.open_room("Ada", capacity=4)
    async with (
        person(browser, ada.url) as ben,
        person(browser, ada.url) as cleo,
    ):
        await ben.join(code, "Ben")
        await cleo.join(code, "Cleo")
        speakers = {"Ada": ada, "Ben": ben, "Cleo": cleo}
        for speaker, text in CONVERSATION:
            await speakers[speaker].post(text)
        await expect(ada.messages).to_have_count(len(CONVERSATION))
        await expect(ada.roster).to_have_count(len(speakers))


async def use_powers(ada: Person, ben: Person, cleo: Person, dora: Person) -> None:
    """Let everything happen in a room of Ada's that can, and Dora knock."""
    code = await ada.open_room("Ada", capacity=6)
    await ben.join(code, "Ben")
    await cleo.join(code, "Cleo")
    await ben.post("The lift is out again. Can we meet downstairs instead?")
    await ada.post("Yes. Ten minutes.", "I have the drawings with me, the new ones.")
    await cleo.post("/me takes the ferry", "Nobody needs to read this.")
    await expect(ada.messages).to_have_count(5)
    lines = await ada.page.get_by_role("article").all()
    lift, soon, drawings, _, idle = [str(await line.get_attribute("id")) for line in lines]
    for one, sign in ((ada, "love"), (ben, "laugh"), (cleo, "yes")):
        await one.act("reactions", message=drawings, sign=sign)
    await ben.act("reactions", message=soon, sign="wow")
    await cleo.act("reactions", message=lift, sign="sad")
    await ada.act("edits", message=soon, text="Yes. In twenty minutes.")
    await ada.act("deletions", message=idle)
    await ada.act("options", ask="yes", vanish="3600")
    await ada.act("mutes", member="p2", state="on")
    await reply(cleo, "twenty", "Twenty is fine.")
    await dora.ask_to_join(code, "Dora")
    await expect(ada.page.locator("#knocks > li")).to_have_count(1)
    await cleo.composer.press_sequentially("On the ferry", delay=400)  # one signal in three seconds
    await expect(ada.page.locator(".writer")).to_have_count(1)


async def reply(one: Person, to: str, text: str) -> None:
    """Answer a message with a message."""
    await (await one.about_message(to)).get_by_role("button", name="Reply").click()
    await expect(one.page.locator("#composer-reply")).to_be_visible()
    await one.say(text)


async def on_a_desk(ada: Person) -> None:
    """Close what is open, at a width that has room for all."""
    await ada.page.keyboard.press("Escape")
    await ada.page.set_viewport_size({"width": 1280, "height": 800})


async def every_power(browser: Browser, url: str) -> None:
    """Take what hosts and members can do, and what it looks like to whom it is done."""
    look = {"reduced_motion": "reduce"}
    async with (
        person(browser, url, **look) as ada,
        person(browser, url, **look) as ben,
        person(browser, url, **look) as cleo,
        person(browser, url, **look) as dora,
    ):
        await use_powers(ada, ben, cleo, dora)
        await every_way(ada.page, "powers-host", full_page=False)
        await every_way(ben.page, "powers-muted", full_page=False)
        await every_way(dora.page, "waiting", full_page=False)
        await ada.act("lock", state="on")
        for name, ask in (
            ("options", ada.about_room),
            ("member", lambda: ada.about_member("Cleo")),
            ("message", lambda: ada.about_message("drawings")),
        ):
            await on_a_desk(ada)
            sheet = await ask()
            await every_way(ada.page, f"sheet-{name}", full_page=False)
            for summary in await sheet.locator("summary").all():
                await summary.click()
            await sheet.evaluate("(sheet) => sheet.scrollTo(0, sheet.scrollHeight)")
            await every_way(ada.page, f"sheet-{name}-end", full_page=False)
        await on_a_desk(ada)
        await (await ada.about_message("drawings")).get_by_role("button", name="Reply").click()
        await every_way(ada.page, "reply", full_page=False)
        await on_a_desk(ada)
        sheet = await ada.about_room()
        await sheet.get_by_role("button", name="Make an invitation").click()
        await every_way(ada.page, "sheet-invitation", full_page=False)
        await on_a_desk(ada)
        await ada.knocks.get_by_role("button", name="Turn away").click()
        await expect(dora.page).to_have_title(re.compile("Not let in"))
        await every_way(dora.page, "turned-away")
        await ada.act("removals", member="p3")
        await expect(cleo.page.get_by_role("heading", level=1)).to_be_visible()
        await every_way(cleo.page, "removed")
        await on_a_desk(ada)
        await ada.page.goto(f"{ada.page.url}/options")
        await every_way(ada.page, "options-page")


async def every_way(page: Page, name: str, *, full_page: bool = True) -> None:
    """Take the page at every width in both schemes."""
    for width, height in WIDTHS.items():
        await page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            path = SHOTS / f"{name}-{width}-{scheme}.png"
            await page.screenshot(path=path, full_page=full_page)
            print(path)


async def every_page(browser: Browser, url: str) -> None:
    """Take every page into the folder of shots."""
    for visit in PAGES:
        async with person(browser, url, reduced_motion="reduce") as ada:
            ada.watch.forgive("the server responded with a status of 4")
            await visit(ada)
            await every_way(ada.page, visit.__name__.replace("_", "-"))
    async with person(browser, url, reduced_motion="reduce") as ada:
        await converse(browser, ada)
        await every_way(ada.page, "room-talk")
        await ada.page.set_viewport_size({"width": 360, "height": 740})
        await unfold(ada.page)
        await every_way(ada.page, "room-people")
    await every_power(browser, url)


async def for_the_readme(browser: Browser, url: str) -> None:
    """Take a room in conversation into docs/."""
    look = {"color_scheme": "light", "reduced_motion": "reduce", "timezone_id": "Europe/Berlin"}
    size = {"width": 1280, "height": 800}
    async with person(browser, url, viewport=size, locale="en-GB", **look) as ada:
        await converse(browser, ada)
        await ada.page.screenshot(path=README)


def weigh(picture: Path) -> None:
    """Refuse a picture that is too heavy for a README."""
    size = picture.stat().st_size
    print(f"{picture}: {size} bytes")
    if size > MOST_BYTES:
        sys.exit(f"That is more than {MOST_BYTES}.")


async def main(*, readme: bool) -> None:
    """Serve, look and end."""
    async with running_server(EPHEMERA_RATE_LIMITS="off") as server, running_browser() as browser:
        await (for_the_readme if readme else every_page)(browser, server.url)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--readme", action="store_true", help="take docs/screenshot.png")
    chosen = parser.parse_args()
    SHOTS.mkdir(exist_ok=True)
    asyncio.run(main(readme=chosen.readme))
    if chosen.readme:
        weigh(README)
