"""Marks and wide letters stay where they belong: in their own message, and a name on its line."""

from collections.abc import Sequence
from math import ceil, floor

import pytest
from playwright.async_api import FloatRect, Locator, ViewportSize, expect

from tests.e2e.conftest import Newcomer, Site
from tests.support.browser import overflow, unfold
from tests.support.corpus import STACKED, WIDE_NICKNAMES
from tests.support.visitors import join, say, visitor

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCREENS: Sequence[ViewportSize] = ({"width": 320, "height": 900}, {"width": 1280, "height": 900})
on_screens = pytest.mark.parametrize("screen", SCREENS, ids=["a phone", "a desk"])
SHORT = {name: text for name, text in STACKED.items() if "\n" not in text and len(text) < 500}
MOST_LINES = 2.2
"""Of the size of its letters: a line is up to 1.6, and a little is left for what is high."""


async def pictures(lines: Locator) -> list[bytes]:
    """Return how each of the lines looks, without the pixels that it shares with another one."""
    looks: list[bytes] = []
    for line in await lines.all():
        await line.scroll_into_view_if_needed()
        box = await line.bounding_box()
        assert box
        top, bottom = ceil(box["y"]) + 1, floor(box["y"] + box["height"]) - 1
        clip = FloatRect(x=box["x"], y=top, width=box["width"], height=bottom - top)
        looks.append(await line.page.screenshot(clip=clip, animations="disabled"))
    return looks


async def heights(names: Locator) -> list[float]:
    """Return how high each name is, in sizes of its letters."""
    sizes: list[float] = await names.evaluate_all(
        "all => all.map(e => e.clientHeight / parseFloat(getComputedStyle(e).fontSize))"
    )
    return sizes


@on_screens
@pytest.mark.parametrize("speakers", ["one speaks", "two speak"])
async def test_nothing_of_a_message_is_painted_over_another_one(
    newcomer: Newcomer, screen: ViewportSize, speakers: str
) -> None:
    ada, ben = await newcomer(viewport=screen), await newcomer()
    await ben.join(await ada.open_room("Ada"), "Ben")
    other = ada if speakers == "one speaks" else ben
    for number, text in enumerate(SHORT.values()):
        await ada.post(f"plain {number}")
        await other.post(text)
    await ada.post("plain last")
    articles = ada.page.locator("#messages > article")
    await expect(articles).to_have_count(2 * len(SHORT) + 1)
    plain = articles.filter(has_text="plain")
    shown = await pictures(plain)
    hide = "all => all.forEach(e => { e.style.webkitTextFillColor = 'transparent' })"
    await articles.filter(has_not_text="plain").evaluate_all(hide)
    assert await pictures(plain) == shown
    assert await overflow(ada.page) <= 0


@on_screens
async def test_a_name_is_one_line_wherever_it_stands(
    site: Site, newcomer: Newcomer, screen: ViewportSize
) -> None:
    ada = await newcomer(viewport=screen)
    code = await ada.open_room("Ada", capacity=8)
    async with visitor(site.server.url) as client:
        guests = [await join(client, code, nickname) for nickname in WIDE_NICKNAMES[:6]]
        for guest in guests:
            said = (await say(client, guest, "something")).rpartition("-")[2]
            fields = {"text": "/me waves", "reply": f"m-{said}"}
            await client.post(f"{guest.path}/messages", data=fields, headers=guest.headers)
        await expect(ada.messages).to_have_count(2 * len(guests))
        await unfold(ada.page)
        names = ada.page.locator("bdi:visible")
        assert await names.count() > 5 * len(guests), "notices, roster, messages, quotes"
        for guest in guests[:2]:
            await client.post(f"{guest.path}/writing", headers=guest.headers)
        await expect(ada.page.locator(".writer")).to_have_count(2)
        assert max(await heights(names)) <= MOST_LINES
    assert await overflow(ada.page) <= 0
    await ada.page.locator("#members .about:visible").nth(1).click()
    title = ada.sheet.locator("bdi")
    await expect(title).to_be_visible()
    assert max(await heights(title)) <= MOST_LINES
    assert await overflow(ada.page) <= 0


@on_screens
async def test_a_name_is_one_line_on_the_way_out_and_on_the_way_back(
    newcomer: Newcomer, screen: ViewportSize
) -> None:
    ada, ben = await newcomer(viewport=screen), await newcomer(viewport=screen)
    ada.watch.forgive("status of 409")
    code = await ada.open_room("W" * 24)
    await ben.join(code, "\ufdfd" * 24)
    await unfold(ada.page)
    await ada.page.get_by_role("button", name="Leave").click()
    heir = ada.sheet.locator("bdi")
    await expect(heir).to_be_visible()
    assert max(await heights(heir)) <= MOST_LINES
    assert await overflow(ada.page) <= 0
    await ben.page.goto(f"{ben.url}/join#{code}")
    seated = ben.page.locator(".seated bdi")
    await expect(seated).to_be_visible()
    assert max(await heights(seated)) <= MOST_LINES
    assert await overflow(ben.page) <= 0


async def test_what_turns_text_round_does_not_turn_ours_round(newcomer: Newcomer) -> None:
    ada = await newcomer()
    await ada.open_room("Ada")
    await ada.say("words")
    sheet = await ada.about_message("words")
    await sheet.get_by_label("Other words").fill("\u202ewords")
    await sheet.get_by_role("button", name="Edit", exact=True).click()
    edited = ada.page.locator(".edited")
    await expect(edited).to_be_visible()
    kind = await edited.evaluate("e => getComputedStyle(e).unicodeBidi")
    assert kind == "isolate"


@on_screens
async def test_a_name_at_the_door_is_one_line(newcomer: Newcomer, screen: ViewportSize) -> None:
    ada, mallory = await newcomer(viewport=screen), await newcomer(viewport=screen)
    code = await ada.open_room("Ada", capacity=8, ask="yes")
    await mallory.ask_to_join(code, "\ufdfd" * 24)
    knock = ada.page.locator(".knock bdi")
    await expect(knock).to_be_visible()
    assert max(await heights(knock)) <= MOST_LINES
    assert await overflow(ada.page) <= 0
