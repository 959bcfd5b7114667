"""Nothing is wider than a small phone."""

import gzip

import pytest
from playwright.async_api import Response, expect

from tests.e2e.conftest import Newcomer, Site
from tests.support.browser import Person, overflow, unfold

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"width": 360, "height": 740}
ARABIC = "محمدعبدالرحمنالأنصاريالح"
LONG_LINK = "https://example.org/" + "averylongpath" * 60 + "?q=" + "x" * 300


async def on_a_phone(newcomer: Newcomer, nickname: str = "Ada") -> Person:
    ada = await newcomer(viewport=PHONE)
    await ada.open_room(nickname)
    return ada


async def test_the_ruler_notices_what_sticks_out(newcomer: Newcomer) -> None:
    ada = await on_a_phone(newcomer)
    assert await overflow(ada.page) <= 0
    await ada.page.evaluate("document.body.append(document.createElement('hr'))")
    await ada.page.evaluate("document.body.lastChild.style.width = '400px'")
    assert await overflow(ada.page) > 0


@pytest.mark.parametrize("path", ["/", "/join", "/about", "/nowhere", "/rooms"])
async def test_a_page_fits(site: Site, newcomer: Newcomer, path: str) -> None:
    ada = await newcomer(viewport=PHONE)
    ada.watch.forgive("status of 404", "status of 405")
    await ada.page.goto(site.url + path)
    assert await overflow(ada.page) <= 0


async def test_a_refused_form_fits(newcomer: Newcomer) -> None:
    ada = await newcomer(viewport=PHONE)
    ada.watch.forgive("status of 404")
    await ada.ask_to_join("W" * 200, "W" * 24)
    await expect(ada.page.get_by_role("alert")).to_be_visible()
    assert await overflow(ada.page) <= 0


async def test_two_hundred_messages_fit(newcomer: Newcomer) -> None:
    ada = await on_a_phone(newcomer)
    await ada.post(*(f"message {n}" for n in range(200)))
    await ada.sees(*(f"message {n}" for n in range(200)))
    assert await overflow(ada.page) <= 0
    await ada.page.reload()
    assert 190 <= await ada.messages.count() <= 200
    await expect(ada.messages.last).to_be_in_viewport()
    assert await overflow(ada.page) <= 0


async def test_a_full_room_is_light(newcomer: Newcomer) -> None:
    ada = await newcomer()
    await ada.open_room("Ada")
    await ada.post(*(f"message {n}" for n in range(200)))
    await ada.sees(*(f"message {n}" for n in range(200)))
    answers: list[Response] = []

    def note(answer: Response) -> None:
        answers.append(answer)

    ada.page.on("response", note)
    await ada.page.reload()
    await expect(ada.messages.last).to_be_in_viewport()
    heavy = [a for a in answers if a.request.resource_type in {"document", "stylesheet", "script"}]
    assert {"document", "stylesheet", "script"} == {a.request.resource_type for a in heavy}
    weight = sum([len(gzip.compress(await a.body())) for a in heavy])
    assert 20_000 < weight <= 60_000, weight
    assert len(answers) <= 8, [a.url for a in answers]


@pytest.mark.parametrize(
    "text", ["x" * 4_000, "word " * 799 + "last", LONG_LINK, "\n".join(["line"] * 100), "ﷺ" * 500]
)
async def test_an_unwieldy_message_fits(newcomer: Newcomer, text: str) -> None:
    ada = await on_a_phone(newcomer)
    await ada.composer.fill(text)
    await expect(ada.page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    assert await overflow(ada.page) <= 0
    await ada.composer.press("Enter")
    await expect(ada.messages).to_have_count(1)
    assert await overflow(ada.page) <= 0
    line = await ada.messages.bounding_box()
    assert line
    assert line["x"] >= 0
    assert line["x"] + line["width"] <= PHONE["width"]


@pytest.mark.parametrize("nickname", [ARABIC, "W" * 24, "👩‍👩‍👧‍👦" * 15])
async def test_a_long_nickname_fits(newcomer: Newcomer, nickname: str) -> None:
    ada = await on_a_phone(newcomer, nickname)
    await ada.say("hello")
    await ada.sees("hello")
    await unfold(ada.page)
    await expect(ada.roster).to_contain_text(nickname)
    assert await overflow(ada.page) <= 0
    await expect(ada.page.get_by_role("button", name="Leave")).to_be_in_viewport()


async def test_the_invitation_fits(newcomer: Newcomer) -> None:
    ada = await on_a_phone(newcomer)
    await ada.page.locator("summary", has_text="QR and link").click()
    await expect(ada.link).to_be_in_viewport(ratio=1)
    await expect(ada.page.get_by_role("img", name="QR code")).to_be_in_viewport(ratio=1)
    assert await overflow(ada.page) <= 0


async def test_the_composer_stays_in_view_on_a_very_low_screen(newcomer: Newcomer) -> None:
    ada = await newcomer(viewport={"width": 640, "height": 360})
    await ada.open_room("Ada")
    await ada.post(*(f"message {n}" for n in range(30)))
    await expect(ada.messages).to_have_count(30)
    await expect(ada.composer).to_be_in_viewport(ratio=1)
    await expect(ada.messages.last).to_be_in_viewport()
