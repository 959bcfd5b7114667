"""Drives Debian's Chromium by Playwright, and keeps an eye on all that its pages do."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from playwright.async_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    async_playwright,
    expect,
)

from tests.support.chromium import CHROMIUM, FLAGS
from tests.support.patience import PATIENCE_MS
from tests.support.watch import Watch

# Runs before any script of the page: says every violation aloud, and notes each line that is put
# into the log, so that a message shown twice, or taken out and in again, cannot hide.
_WITNESS = """
document.addEventListener('securitypolicyviolation', (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
document.addEventListener('DOMContentLoaded', () => {
  const log = document.getElementById('messages');
  window.additions = [...(log?.children ?? [])].map((line) => line.id);
  if (log) new MutationObserver((records) => {
    for (const { addedNodes } of records)
      for (const node of addedNodes) if (node.id) window.additions.push(node.id);
  }).observe(log, { childList: true });
});
"""


@asynccontextmanager
async def running_browser(without: Sequence[str] = ()) -> AsyncIterator[Browser]:
    """Run Chromium until the block ends, `without` some of Playwright's own switches."""
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, ignore_default_args=without
        )
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Person:
    """Somebody with a browser of their own; `page` is the tab they look at."""

    url: str
    context: BrowserContext
    page: Page
    watch: Watch

    @property
    def composer(self) -> Locator:
        return self.page.get_by_label("Your message")

    @property
    def status(self) -> Locator:
        return self.page.locator("#status")

    @property
    def roster(self) -> Locator:
        return self.page.locator("#members").get_by_role("listitem")

    @property
    def messages(self) -> Locator:
        return said_on(self.page)

    @property
    def notices(self) -> Locator:
        return self.page.locator("#messages > p")

    @property
    def link(self) -> Locator:
        return self.page.locator("#link")

    @property
    def sheet(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def knocks(self) -> Locator:
        return self.page.locator("#knocks").get_by_role("listitem")

    async def about_message(self, text: str) -> Locator:
        """Ask for the sheet of the message with these words."""
        words = self.page.locator(".text", has_text=text)
        line = self.page.get_by_role("article").filter(has=words)
        await line.hover()
        await line.get_by_role("button", name="More about this message").click()
        await expect(self.sheet).to_be_visible()
        return self.sheet

    async def about_member(self, nickname: str) -> Locator:
        """Ask for the sheet of the member of that nickname."""
        await unfold(self.page)
        name = f"What you can do about {nickname}"
        await self.page.get_by_role("button", name=name).click()
        await expect(self.sheet).to_be_visible()
        return self.sheet

    async def about_room(self) -> Locator:
        """Ask for the sheet of the room."""
        await unfold(self.page)
        await self.page.get_by_role("button", name="Options").click()
        await expect(self.sheet).to_be_visible()
        return self.sheet

    async def open_room(
        self, nickname: str, *, capacity: int = 2, grace: int = 120, **more: str
    ) -> str:
        """Open a room, perhaps with `more` options, without the lobby's page; return its code."""
        await self._take_seat("rooms", nickname=nickname, capacity=capacity, grace=grace, **more)
        return await self.code()

    async def join(self, code: str, nickname: str) -> None:
        """Take a seat without the page where codes are typed."""
        await self._take_seat("join", code=code, nickname=nickname)

    async def _take_seat(self, path: str, **form: str | float | bool) -> None:
        """Post what the form of a page would: to load that page, too, doubles what a seat costs."""
        answer = await self.context.request.post(
            f"{self.url}/{path}", form=form, headers={"Accept": "text/html"}, max_redirects=0
        )
        assert answer.status == httpx.codes.SEE_OTHER, await answer.text()
        room = urljoin(self.url, answer.headers["location"])
        await self.page.goto(room, wait_until="domcontentloaded")
        await self.is_seated()

    async def open_room_by_hand(
        self, nickname: str, *, capacity: int = 2, grace: int = 120, **more: str
    ) -> str:
        """Open a room from the lobby, perhaps with `more` options; return its code."""
        await self.page.goto(self.url)
        form = self.page.get_by_role("form", name="Open a room")
        await form.get_by_label("Your nickname").fill(nickname)
        await form.get_by_label("Seats").select_option(str(capacity))
        await form.locator("summary").click()
        await form.get_by_label("How long is a seat kept?").select_option(str(grace))
        for name, value in more.items():
            await form.locator(f"[name={name}]").select_option(value)
        await form.get_by_role("button", name="Open the room").click()
        await self.is_seated()
        return await self.code()

    async def join_by_hand(self, code: str, nickname: str) -> None:
        """Take a seat with a code that is typed."""
        await self.ask_to_join(code, nickname)
        await self.is_seated()

    async def ask_to_join(self, code: str, nickname: str) -> None:
        await self.page.goto(f"{self.url}/join")
        await self.page.get_by_label("Code").fill(code)
        await self.page.get_by_label("Your nickname").fill(nickname)
        await self.page.get_by_role("button", name="Join the room").click()

    async def is_seated(self) -> None:
        # Without scripts the page is never loaded: a document in a frame of it does not end.
        await self.page.wait_for_url(f"{self.url}/rooms/*", wait_until="domcontentloaded")
        await expect(self.page.locator("#code")).to_be_visible()

    async def code(self) -> str:
        return await self.page.locator("#code").inner_text()

    async def say(self, *texts: str) -> None:
        """Type each text and press Enter; return when all have been accepted, or come back."""
        for text in texts:
            await self.composer.fill(text)
            await self.composer.press("Enter")
            await expect(self.composer).to_have_value("")
        await self.is_answered()

    async def is_answered(self) -> None:
        """Wait until nothing is under way: before that, a reload brings the words back."""
        await expect(self.page.locator("#composer[data-under-way]")).to_have_count(0)

    async def sees(self, *texts: str) -> None:
        """Wait until the log shows exactly these messages, in this order."""
        await expect(self.messages).to_have_text(texts)

    async def hears_once(self) -> None:
        """Check that no line of this page was ever put into the log twice, nor out of order."""
        lines = await additions(self.page)
        assert lines == sorted(set(lines), key=sequence_of), lines

    async def post(self, *texts: str) -> None:
        """Post as fast as this browser can, without its page."""
        for text in texts:
            answer = await self.context.request.post(
                f"{self.page.url}/messages", form={"text": text}, headers={"Accept": "*/*"}
            )
            assert answer.status == httpx.codes.CREATED, await answer.text()

    async def act(self, noun: str, **fields: str | float | bool) -> None:
        """Do to the room what a form of that noun does, without its page."""
        answer = await self.context.request.post(
            f"{self.page.url}/{noun}", form=fields, headers={"Accept": "*/*"}
        )
        assert answer.status == httpx.codes.NO_CONTENT, await answer.text()

    async def new_tab(self, url: str | None = None) -> Page:
        page = await self.context.new_page()
        await page.goto(url or self.page.url)
        return page

    async def leave(self) -> None:
        """Leave, and say yes if the page asks whether that is what one wants."""
        self.watch.forgive("status of 409")
        await unfold(self.page)
        await self.page.get_by_role("button", name="Leave", exact=True).click()
        lobby = self.page.get_by_role("form", name="Open a room")
        await expect(self.yes.or_(lobby)).to_be_visible()
        if await self.yes.is_visible():
            await self.yes.click()
        await self.page.wait_for_url(f"{self.url}/")

    @property
    def yes(self) -> Locator:
        """The button that leaves, beside the question whether one is sure."""
        return self.page.locator("form:has([name=sure])").get_by_role("button")


class Tab:
    """Hides a page and shows it again.

    Chromium without a screen calls every page visible, whatever is put in front of it. So the
    page is told that it is hidden, in all the ways in which ours and htmx ask.
    """

    def __init__(self, page: Page) -> None:
        self._page = page

    async def hide(self) -> None:
        await self._become("hidden")

    async def show(self) -> None:
        await self._become("visible")

    async def _become(self, state: str) -> None:
        await self._page.evaluate(
            """(state) => {
              const answer = (name, value) =>
                Object.defineProperty(document, name, { configurable: true, get: () => value });
              answer('visibilityState', state);
              answer('hidden', state === 'hidden');
              document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
            }""",
            state,
        )


@asynccontextmanager
async def person(browser: Browser, url: str, **options: Any) -> AsyncIterator[Person]:  # noqa: ANN401 - Playwright's
    """Give somebody a browser context; at the end nothing may have been complained of."""
    context = await browser.new_context(ignore_https_errors=True, **options)
    context.set_default_timeout(PATIENCE_MS)
    watch = Watch().over(context)
    try:
        await context.add_init_script(_WITNESS)
        yield Person(url, context, await context.new_page(), watch)
        assert not watch.unforgiven, watch.unforgiven
        assert watch.hosts <= {urlsplit(url).netloc}, watch.hosts
    finally:
        await context.close()


def said_on(page: Page) -> Locator:
    """Return the words of every message in the log of that page."""
    return page.locator("#messages > article > [dir=auto]")


async def additions(page: Page) -> list[str]:
    """Return the id of each line that was ever put into the log, in the order it was."""
    lines: list[str] = await page.evaluate("additions")
    return lines


def sequence_of(line: str) -> int:
    return int(line.removeprefix("m-"))


async def unfold(page: Page) -> None:
    """Open the list of people, which is folded where space is scarce."""
    button = page.get_by_role("button", name="Leave")
    if not await button.is_visible():
        await page.locator("#roster summary").first.click()


async def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    width: int = await page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    return width
