"""What the log does for its reader."""

from typing import Final

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.conftest import Newcomer, pair
from tests.support.browser import Person, Tab

pytestmark = pytest.mark.asyncio(loop_scope="session")

_FROM_NEWEST = """
() => {
  const last = document.querySelector('#messages > :last-child').getBoundingClientRect();
  const scroll = document.getElementById('messages').parentElement.getBoundingClientRect();
  return Math.max(0, Math.round(last.bottom - scroll.bottom));
}
"""


async def from_newest(reader: Person) -> int:
    """Return how many pixels of the newest line are out of view below."""
    hidden: int = await reader.page.evaluate(_FROM_NEWEST)
    return hidden


async def scroll_up(reader: Person) -> str:
    """Scroll to the middle of the log; return the words of a line in view."""
    line = reader.messages.nth(20)
    await line.evaluate("(line) => line.scrollIntoView({ block: 'center' })")
    await expect(line).to_be_in_viewport()
    assert await from_newest(reader) > 100
    return await line.inner_text()


async def place(line: Locator) -> float:
    box = await line.bounding_box()
    assert box
    return box["y"]


async def test_the_title_counts_what_came_while_the_tab_was_hidden(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    before = await ben.page.title()
    tab = Tab(ben.page)
    await tab.hide()
    await ada.say("one", "two", "three")
    await expect(ben.page).to_have_title(f"(3) {before}")
    await tab.show()
    await expect(ben.page).to_have_title(before)
    await ada.say("four")
    await ben.sees("one", "two", "three", "four")
    await expect(ben.page).to_have_title(before)


async def test_the_log_holds_still_under_a_reader_and_offers_the_newest(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ada.post(*(f"message {n}" for n in range(50)))
    await expect(ben.messages).to_have_count(50)
    line = ben.page.get_by_text(await scroll_up(ben), exact=True)
    before = await place(line)
    await ada.say("first", "second", "third")
    newer = ben.page.get_by_role("button", name="3 new messages")
    await expect(newer).to_be_visible()
    assert abs(await place(line) - before) < 1
    await newer.click()
    await expect(newer).to_be_hidden()
    await expect(ben.page.get_by_text("third")).to_be_in_viewport()
    assert await from_newest(ben) == 0


async def test_one_new_message_is_not_called_messages(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ada.post(*(f"message {n}" for n in range(50)))
    await expect(ben.messages).to_have_count(50)
    await scroll_up(ben)
    await ada.say("news")
    await expect(ben.page.get_by_role("button", name="1 new message", exact=True)).to_be_visible()


async def test_the_log_stays_at_the_newest_line_for_who_is_there(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer, viewport={"width": 360, "height": 640})
    await ada.post(*(f"message {n}" for n in range(40)))
    await expect(ben.messages).to_have_count(40)
    await ada.say("word\n" * 10)
    await expect(ben.messages).to_have_count(41)
    assert await from_newest(ben) == 0
    await ben.composer.fill("line\n" * 5)  # the composer grows, and nothing slips under it
    await expect(ben.messages.last).to_be_in_viewport()
    assert await from_newest(ben) == 0
    await ben.page.reload()
    await expect(ben.messages).to_have_count(41)
    assert await from_newest(ben) == 0


async def test_saying_something_leads_back_to_the_newest_line(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ada.post(*(f"message {n}" for n in range(50)))
    await expect(ben.messages).to_have_count(50)
    await scroll_up(ben)
    await ben.say("mine")
    await expect(ben.page.get_by_text("mine", exact=True)).to_be_in_viewport()
    assert await from_newest(ben) == 0


async def test_own_messages_are_set_apart_and_only_for_who_said_them(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ada.say("by Ada")
    await ben.say("by Ben")
    for reader in (ada, ben):
        await reader.sees("by Ada", "by Ben")
        looks = [await look(reader.page.get_by_role("article").nth(n)) for n in range(2)]
        assert looks[0] != looks[1]
    assert await ada.page.get_by_role("log").inner_html() == (
        await ben.page.get_by_role("log").inner_html()
    )
    assert await look(ada.page.get_by_role("article").first) == (
        await look(ben.page.get_by_role("article").last)
    )


async def look(article: Locator) -> str:
    """Return how the words and their frame are drawn, without what is each member's colour."""
    looks: str = await article.evaluate(
        """(article) => [article, article.querySelector('[dir=auto]')].map((part) => {
             const style = getComputedStyle(part);
             return [style.backgroundColor, style.borderInlineStartColor, style.boxShadow,
                     style.borderInlineEndColor, style.justifySelf, style.textAlign].join();
           }).join(' | ')"""
    )
    return looks


async def test_times_are_those_of_the_readers_own_zone(newcomer: Newcomer) -> None:
    ada, ben = await newcomer(timezone_id="UTC"), await newcomer(timezone_id="Asia/Kathmandu")
    await ben.join(await ada.open_room("Ada"), "Ben")
    await ada.say("hello")
    shown = {}
    for reader, zone in ((ada, "UTC"), (ben, "Asia/Kathmandu")):
        time = reader.page.get_by_role("article").locator("time")
        await expect(time).to_be_visible()
        shown[zone] = await time.inner_text()
        assert shown[zone] == await time.evaluate(
            """(time, timeZone) => new Intl.DateTimeFormat([], { hour: '2-digit',
                 minute: '2-digit', timeZone }).format(new Date(time.dateTime))""",
            zone,
        )
    assert shown["UTC"] != shown["Asia/Kathmandu"]


async def test_the_days_are_told_apart(newcomer: Newcomer) -> None:
    ada = await newcomer()
    await ada.open_room("Ada")
    await ada.say("yesterday")
    yesterday = await ada.page.evaluate(
        """() => new Intl.DateTimeFormat([], { weekday: 'long', day: 'numeric', month: 'long' })
             .format(Date.now())"""
    )
    first = ada.notices.first
    await expect(first).not_to_have_attribute("data-day", yesterday)
    await ada.page.clock.set_fixed_time(await ada.page.evaluate("Date.now() + 86_400_000"))
    await ada.page.reload()
    await expect(first).to_have_attribute("data-day", yesterday)


async def test_the_remaining_life_of_the_room_is_shown_and_shortens(newcomer: Newcomer) -> None:
    ada = await newcomer()
    ada.watch.forgive("htmx:sse:error")  # the clock jumps, and the stream seems silent
    await ada.page.clock.install()
    await ada.open_room("Ada")
    left = ada.page.locator("#left")
    await expect(left).to_be_visible()
    await expect(left).to_have_text("23 hours 59 minutes")
    line = ada.page.locator("#life")
    await expect(line).to_be_visible()
    before = float(await line.evaluate("(line) => line.value"))
    await ada.page.clock.fast_forward("01:30:00")
    await expect(left).to_have_text("22 hours 29 minutes")
    assert float(await line.evaluate("(line) => line.value")) < before - 80 * 60


POLISH: Final = '{"0": "{n} nowych wiadomości", "1": "{n} nowa", "2": "{n} nowe wiadomości"}'


async def test_a_number_gets_the_form_that_its_language_has_for_it(newcomer: Newcomer) -> None:
    ada = await newcomer()
    await ada.open_room("Ada")
    told = await ada.page.evaluate(
        """(forms) => {
             document.documentElement.lang = 'pl';
             return [1, 3, 5, 12, 22, 25].map((n) => ephemera.counted(forms, n));
           }""",
        POLISH,
    )
    assert [words.split(" ", 1)[1] for words in told] == [
        "nowa",
        "nowe wiadomości",
        "nowych wiadomości",
        "nowych wiadomości",
        "nowe wiadomości",
        "nowych wiadomości",
    ]
