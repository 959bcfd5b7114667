"""A idempotency key dies with its request; a seat needs a cookie."""

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Newcomer, Site
from tests.support.browser import Person, person, running_browser

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def open_for(visitor: Person, nickname: str) -> str:
    """Open a room with the form of the page that is there; return the room's address."""
    form = visitor.page.get_by_role("form", name="Open a room")
    await form.get_by_label("Your nickname").fill(nickname)
    await form.get_by_role("button", name="Open the room").click()
    await visitor.is_seated()
    return visitor.page.url


async def test_a_lobby_that_the_browser_kept_opens_another_room(site: Site) -> None:
    # Playwright switches off what this is about.
    async with (
        running_browser(without=["--disable-back-forward-cache"]) as browser,
        person(browser, site.url) as ada,
    ):
        await ada.page.goto(ada.url)
        await ada.page.evaluate("same = true")
        first = await open_for(ada, "Ada")
        await ada.page.go_back(wait_until="commit")
        assert await ada.page.evaluate("window.same"), "the premise: it is the very page"
        assert await open_for(ada, "Ada") != first


async def test_a_page_that_is_shown_again_has_keys_of_its_own(newcomer: Newcomer) -> None:
    ada = await newcomer()
    await ada.page.goto(ada.url)
    keys = "[...document.querySelectorAll('[name=key]')].map((field) => field.value)"
    before = await ada.page.evaluate(keys)
    again = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: {0} }))"
    await ada.page.evaluate(again.replace("{0}", "false"))
    assert await ada.page.evaluate(keys) == before, "the premise: a page just loaded keeps its own"
    await ada.page.evaluate(again.replace("{0}", "true"))
    after = await ada.page.evaluate(keys)
    assert len(before) == len(after) == len({*after} - {*before}) == 2
    assert min(map(len, after)) >= 16


@pytest.mark.parametrize("name", ["Open a room", "Join a room"])
async def test_who_refuses_cookies_is_told_and_takes_no_seat(
    site: Site, newcomer: Newcomer, name: str
) -> None:
    ada = await newcomer()
    code = await ada.open_room("Ada")
    ben = await newcomer()
    await ben.context.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'cookieEnabled', { get: () => false })"
    )
    await ben.page.goto(site.url)
    posted = []
    ben.page.on("request", lambda request: posted.append(request.method))
    form = ben.page.get_by_role("form", name=name)
    await form.get_by_label("Your nickname").fill("Ben")
    if name == "Join a room":
        await form.get_by_label("Code").fill(code)
    for _ in range(2):
        await form.get_by_role("button").last.click()
        await expect(form.get_by_role("alert")).to_have_text(
            "Your browser refuses cookies for this site. "
            "Allow them, then try again: one cookie holds your seat."
        )
    assert "POST" not in posted
    await expect(ada.roster).to_have_count(1)
    await expect(form.get_by_label("Your nickname")).to_have_value("Ben")
