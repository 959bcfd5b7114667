"""Three people in Chromium and one with curl talk, through nginx as shipped."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Newcomer, Site
from tests.support import curl
from tests.support.browser import Person

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def three_people(newcomer: Newcomer) -> tuple[Person, Person, Person]:
    """Seat Ada, Ben and Cleo in a room for four, each by the pages for it."""
    ada, ben, cleo = await newcomer(), await newcomer(), await newcomer()
    code = await ada.open_room_by_hand("Ada", capacity=4)
    await ben.join_by_hand(code, "Ben")
    await cleo.join_by_hand(code, "Cleo")
    return ada, ben, cleo


async def curls_seat(site: Site, code: str) -> tuple[str, str]:
    """Join with curl; return the room's URL and the token."""
    answer = await curl.post(
        f"{site.url}/join", site.nginx.certificate, "-d", "nickname=Dan", "-d", f"code={code}"
    )
    fields = dict(line.split(" ", 1) for line in answer.splitlines() if line)
    return fields["room"], fields["token"]


async def test_three_browsers_and_a_curl_see_every_message_once_and_in_the_same_order(
    site: Site, newcomer: Newcomer
) -> None:
    people = await three_people(newcomer)
    url, token = await curls_seat(site, await people[0].code())
    async with curl.listening(f"{url}/raw", token, site.nginx.certificate) as dan:
        await dan.until("* Dan joined.")
        await asyncio.gather(
            *(one.say(*(f"{name} {n}" for n in range(5))) for one, name in zip(people, "abc"))  # noqa: B905
        )
        auth = ("-H", f"Authorization: Bearer {token}", "--data-urlencode", "text=d 0")
        await curl.post(f"{url}/messages", site.nginx.certificate, *auth)
        await dan.until("Dan: d 0")
        said = [line.partition(": ")[2] for line in dan.lines if re.match(r"\w+: ", line)]
    assert len(said) == len(set(said)) == 16
    for one in people:
        await one.sees(*said)
        await one.hears_once()


async def test_somebody_who_comes_fifth_is_told_that_the_room_is_full(
    site: Site, newcomer: Newcomer
) -> None:
    ada, *_ = await three_people(newcomer)
    code = await ada.code()
    await curls_seat(site, code)
    await expect(ada.roster).to_have_count(4)
    fifth = await newcomer()
    fifth.watch.forgive("status of 409")
    await fifth.ask_to_join(code, "Eve")
    await expect(fifth.page.get_by_role("alert")).to_have_text("Every seat in this room is taken.")
    await expect(fifth.page.get_by_label("Your nickname")).to_have_value("Eve")
    await expect(fifth.page.get_by_label("Code")).to_have_value(code)
    await expect(ada.roster).to_have_count(4)


async def test_enter_sends_and_shift_enter_breaks_the_line(newcomer: Newcomer) -> None:
    ada = await newcomer()
    await ada.open_room("Ada")
    await ada.composer.press_sequentially("one")
    await ada.composer.press("Shift+Enter")
    await ada.composer.press_sequentially("two")
    await expect(ada.composer).to_have_value("one\ntwo")
    await expect(ada.messages).to_have_count(0)
    await ada.composer.press("Enter")
    await expect(ada.messages).to_have_count(1)
    assert await ada.messages.inner_text() == "one\ntwo"


async def test_the_composer_is_fresh_and_has_the_focus_after_sending(newcomer: Newcomer) -> None:
    ada = await newcomer()
    await ada.open_room("Ada")
    key = ada.page.locator("#composer [name=key]")
    before = await key.input_value()
    await ada.composer.press_sequentially("hello")
    await ada.page.get_by_role("button", name="Send").click()
    await ada.sees("hello")
    await expect(ada.composer).to_have_value("")
    await expect(ada.composer).to_be_focused()
    assert await key.input_value() != before


async def test_an_empty_message_is_not_sent(newcomer: Newcomer) -> None:
    ada = await newcomer()
    await ada.open_room("Ada")
    await ada.composer.fill("  ")
    await ada.composer.press("Enter")
    await ada.say("not empty")
    await ada.sees("not empty")


async def test_what_is_typed_while_a_message_is_on_its_way_is_kept(newcomer: Newcomer) -> None:
    ada = await newcomer()
    await ada.open_room("Ada")
    held = asyncio.Event()
    await ada.page.route("**/messages", lambda route: _hold(route, held))
    await ada.composer.fill("first")
    async with ada.page.expect_request("**/messages"):
        await ada.composer.press("Enter")
    await ada.composer.press_sequentially(" and more")
    held.set()
    await ada.sees("first")
    await expect(ada.composer).to_have_value(" and more")
    await expect(ada.composer).to_be_focused()


async def _hold(route: object, held: asyncio.Event) -> None:
    await held.wait()
    await route.continue_()  # type: ignore[attr-defined]


async def test_a_message_that_is_too_long_is_refused_in_words_and_kept(newcomer: Newcomer) -> None:
    ada = await newcomer()
    ada.watch.forgive("status of 422")
    await ada.open_room("Ada")
    await ada.composer.fill("x" * 4_001)
    await expect(ada.page.get_by_text("1 over the limit")).to_be_visible()
    await ada.composer.press("Enter")
    await expect(ada.page.locator("#composer-error")).not_to_be_empty()
    await expect(ada.composer).to_have_value("x" * 4_001)
    await ada.composer.fill("x" * 4_000)
    await ada.composer.press("Enter")
    await ada.sees("x" * 4_000)


async def test_links_can_be_followed_and_html_is_only_text(newcomer: Newcomer) -> None:
    ada = await newcomer()
    await ada.open_room("Ada")
    await ada.say("<img src=x onerror=alert(1)> see https://example.org/a?b=c&d.")
    await ada.sees("<img src=x onerror=alert(1)> see https://example.org/a?b=c&d.")
    link = ada.messages.get_by_role("link")
    await expect(link).to_have_attribute("href", "https://example.org/a?b=c&d")
    await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    await expect(ada.messages.locator("img")).to_have_count(0)
