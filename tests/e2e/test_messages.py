"""What members do to messages: reply, react, edit, take back; and who is writing."""

import pytest
from playwright.async_api import Locator, Request, expect

from tests.e2e.conftest import Newcomer, pair
from tests.e2e.test_reading import place, scroll_up
from tests.support.browser import Person

pytestmark = pytest.mark.asyncio(loop_scope="session")

EDGE = "(element) => getComputedStyle(element).borderTopColor"


async def number_of(reader: Person, text: str) -> str:
    """Return the id of the message with exactly these words."""
    words = reader.page.get_by_role("article").get_by_text(text, exact=True)
    return str(await words.locator("xpath=ancestor::article").get_attribute("id"))


def reply_of(reader: Person) -> Locator:
    return reader.page.locator("#composer-reply .reply")


async def reply_to(reader: Person, text: str) -> None:
    sheet = await reader.about_message(text)
    await sheet.get_by_role("button", name="Reply").click()
    await expect(sheet).to_be_hidden()


async def test_a_reply_keeps_what_was_typed_and_quotes_the_first_line(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ada.post("first line\nsecond line")
    await ben.composer.fill("half an ans")
    await reply_to(ben, "first line")
    await expect(reply_of(ben)).to_contain_text("first line")
    await expect(ben.composer).to_be_focused()
    await expect(ben.composer).to_have_value("half an ans")
    await ben.page.keyboard.press("End")
    await ben.page.keyboard.type("wer")
    await ben.page.keyboard.press("Enter")
    quote = ada.page.get_by_role("article").last.locator(".quote")
    await expect(quote).to_contain_text("Ada")
    await expect(quote).to_contain_text("first line")
    await expect(quote).not_to_contain_text("second line")
    await expect(reply_of(ben)).to_have_count(0)
    await ben.say("no reply")
    await expect(ada.messages).to_have_count(3)
    await expect(ada.page.locator(".quote")).to_have_count(1)


@pytest.mark.parametrize("way", ["Escape", "button"])
async def test_a_reply_is_given_up_and_the_words_stay(newcomer: Newcomer, way: str) -> None:
    ada, ben = await pair(newcomer)
    await ada.post("hello")
    await reply_to(ben, "hello")
    await ben.composer.fill("after all not")
    if way == "Escape":
        await ben.composer.press("Escape")
    else:
        await ben.page.get_by_role("link", name="Do not reply to it").click()
    await expect(reply_of(ben)).to_have_count(0)
    await expect(ben.composer).to_have_value("after all not")
    await expect(ben.composer).to_be_focused()
    await ben.composer.press("Enter")
    await expect(ada.messages).to_have_count(2)
    await expect(ada.page.locator(".quote")).to_have_count(0)


async def test_a_reaction_is_seen_by_all_and_marked_for_who_put_it(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ada.post("hello")
    sheet = await ben.about_message("hello")
    await sheet.get_by_role("button", name="Love").click()
    await expect(sheet).to_be_hidden()
    looks = []
    for reader in (ada, ben):
        sign = reader.page.get_by_role("article").get_by_role("listitem")
        await expect(sign).to_contain_text("love", ignore_case=True)
        looks.append(await sign.evaluate(EDGE))
    assert looks[0] != looks[1]
    sheet = await ben.about_message("hello")
    await expect(sheet.get_by_role("button", name="Love", pressed=True)).to_be_visible()
    await sheet.get_by_role("button", name="Love").click()
    for reader in (ada, ben):
        await expect(reader.page.get_by_role("article").get_by_role("listitem")).to_have_count(0)


async def test_an_edit_changes_the_words_and_those_of_the_quotes(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ben.post("helo")
    await reply_to(ada, "helo")
    await ada.say("you mean hello")
    sheet = await ben.about_message("helo")
    await sheet.get_by_label("Other words").fill("hello")
    await sheet.get_by_role("button", name="Edit").click()
    await expect(sheet).to_be_hidden()
    for reader in (ada, ben):
        first = reader.page.get_by_role("article").first
        await expect(first.locator(".text")).to_have_text("hello edited")
        await expect(reader.page.locator(".quoted")).to_have_text("hello")


async def test_a_deed_is_one_line_with_the_name(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ben.say("/me waves")
    deed = ada.page.get_by_role("article")
    await expect(deed.locator(".text")).to_have_text("waves")
    name, words = await place(deed.locator(".name")), await place(deed.locator(".text"))
    assert abs(name - words) < 8


async def test_a_message_taken_back_is_nowhere_on_any_page(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ben.post("a secret")
    await reply_to(ada, "a secret")
    await ada.say("really?")
    await expect(ben.page.locator(".quoted")).to_have_text("a secret")
    sheet = await ben.about_message("a secret")
    await sheet.get_by_text("Delete…").click()
    await sheet.get_by_role("button", name="Delete for everyone").click()
    await expect(sheet).to_be_hidden()
    await expect(ben.page.locator("#sheet-body")).to_be_empty()  # a moment after it is closed
    for reader in (ada, ben):
        await expect(reader.page.get_by_text("Ben took a message back.")).to_be_visible()
        await expect(reader.page.get_by_text("a secret")).to_have_count(0)
        assert "a secret" not in await reader.page.content()
    await expect(ada.messages).to_have_count(1)


@pytest.mark.parametrize("where", ["above", "below", "in view"])
async def test_a_message_that_goes_moves_nothing_under_a_reader(
    newcomer: Newcomer, where: str
) -> None:
    ada, ben = await pair(newcomer)
    await ada.post(*(f"message {n}\nin two lines" for n in range(50)))
    await expect(ben.messages).to_have_count(50)
    await scroll_up(ben)
    await expect(ben.page.get_by_role("button", name="new message")).to_have_count(0)
    line = ben.page.locator(f"#{await ben.page.get_by_role('article').nth(20).get_attribute('id')}")
    before = await place(line)
    gone = {"above": 2, "below": 48, "in view": 22}[where]
    article = ben.page.get_by_role("article").nth(gone)
    height = await article.bounding_box()
    assert height
    number = str(await article.get_attribute("id"))
    await ada.act("deletions", message=number)
    notice = ben.page.locator(f"p#{number}")
    await expect(notice).to_have_count(1)
    shorter = await notice.bounding_box()
    assert shorter
    assert height["height"] - shorter["height"] > 10  # else it would prove nothing
    assert abs(await place(line) - before) < 1


async def test_what_grows_above_a_reader_moves_nothing(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ada.post(*(f"message {n}" for n in range(50)))
    await expect(ben.messages).to_have_count(50)
    await scroll_up(ben)
    line = ben.messages.nth(20)
    before = await place(line)
    for n in (2, 48):
        number = str(await ben.page.get_by_role("article").nth(n).get_attribute("id"))
        await ada.act("reactions", message=number, sign="wow")
        await ada.act("edits", message=number, text="longer\n" * 8)
        await expect(ben.page.locator(f"#{number} .text")).to_contain_text("longer")
    assert abs(await place(line) - before) < 1


async def test_who_follows_a_line_that_went_is_named(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ada.post("one", "two")
    await expect(ben.messages).to_have_count(2)
    follower = ben.page.get_by_role("article").last
    await expect(follower).to_have_attribute("data-follows", "")
    await ada.act("deletions", message=await number_of(ben, "one"))
    await expect(follower).not_to_have_attribute("data-follows", "")


async def test_the_arrow_keys_lead_from_message_to_message(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer, reduced_motion="reduce")
    await ada.post("one", "two", "three")
    await expect(ben.messages).to_have_count(3)
    more = ben.page.get_by_role("log").get_by_role("button")
    await expect(more).to_have_count(3)
    await ben.page.get_by_role("log").focus()
    await ben.page.keyboard.press("Tab")
    await expect(more.nth(2)).to_be_focused()
    await ben.page.keyboard.press("ArrowUp")
    await expect(more.nth(1)).to_be_focused()
    await ada.post("four")  # what comes does not take the place of where the reader is
    await expect(ben.messages).to_have_count(4)
    await expect(more.nth(1)).to_be_focused()
    await ben.page.keyboard.press("Home")
    await expect(more.first).to_be_focused()
    await ben.page.keyboard.press("Enter")
    await expect(ben.sheet).to_contain_text("one")
    await ben.page.keyboard.press("Escape")
    await expect(more.first).to_be_focused()
    await ben.page.keyboard.press("Tab")
    await expect(ben.composer).to_be_focused()


async def test_the_edge_of_a_message_that_disappears_burns_down(newcomer: Newcomer) -> None:
    ada = await newcomer()
    await ada.open_room_by_hand("Ada", vanish="60")
    await ada.say("for a minute")
    words = ada.page.get_by_role("article").locator(".text")
    assert (
        await words.evaluate("(words) => getComputedStyle(words, '::before').animationDuration")
        == "60s"
    )
    await expect(ada.page.locator("#rules")).to_contain_text("Messages disappear after 1 minute.")


def signals(reader: Person) -> list[str]:
    """Return a list that grows with each signal that this page sends."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/writing"):
            sent.append(request.method)

    reader.page.on("request", note)
    return sent


async def test_who_writes_is_shown_until_they_have_said_it(newcomer: Newcomer) -> None:
    ada, ben = await newcomer(), await newcomer()
    cleo = await newcomer()
    code = await ada.open_room("Ada", capacity=3)
    await ben.join(code, "Ben")
    await cleo.join(code, "Cleo")
    await expect(ben.roster).to_have_count(3)
    place_of = ada.page.locator("#writing")
    sent = signals(ben)
    await ben.composer.press_sequentially("hello")
    await expect(place_of.locator(".writer")).to_have_text("Ben")
    assert await said(place_of) == "Ben is writing…"
    await expect(cleo.roster).to_have_count(3)
    await cleo.composer.press_sequentially("me too")
    await expect(place_of.locator(".writer")).to_have_count(2)
    assert await said(place_of) == "Ben and Cleo are writing…"
    assert len(sent) == 1
    await expect(ben.page.locator("#writing-p2")).to_be_hidden()
    await ben.composer.press("Enter")
    await ada.sees("hello")
    await expect(place_of.locator(".writer")).to_have_text("Cleo")
    assert await said(place_of) == "Cleo is writing…"
    await expect(place_of.locator(".writer")).to_have_count(0)  # with nothing new for five seconds


async def said(place_of: Locator) -> str:
    """Return the sentence, with what the style sheet puts between the names."""
    sentence: str = await place_of.evaluate(
        """(place) => [...place.children].map((writer) =>
             [writer.dataset.before, writer.textContent, writer.dataset.after].join('')).join('')"""
    )
    return sentence


async def test_who_switches_it_off_sees_nobody_write_and_tells_nobody(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    sent = signals(ben)
    await ben.composer.press_sequentially("x")
    await expect(ada.page.locator("#writing .writer")).to_have_count(1)
    assert len(sent) == 1
    await ben.page.get_by_label("Show who is writing").uncheck()
    await ben.page.reload()
    await expect(ben.page.get_by_label("Show who is writing")).not_to_be_checked()
    await ben.composer.press_sequentially("yz")
    await ada.composer.press_sequentially("x")
    await expect(ada.page.locator("#writing-p1")).to_have_count(1)  # its signal is out, to all
    await ada.say("done")
    await ben.sees("done")
    assert await ben.page.evaluate("additions") is not None
    await expect(ben.page.locator("#writing .writer")).to_have_count(0)
    assert len(sent) == 1


async def test_a_lonely_or_a_muted_writer_tells_nobody(newcomer: Newcomer) -> None:
    ada, ben = await newcomer(), await newcomer()
    code = await ada.open_room("Ada")
    sent = signals(ada)
    await ada.composer.press_sequentially("x")
    await ben.join(code, "Ben")
    await expect(ada.roster).to_have_count(2)
    assert sent == []
    by_ben = signals(ben)
    await ada.act("mutes", member="p2", state="on")
    await expect(ben.page.get_by_text("You are muted")).to_be_visible()
    await ben.composer.press_sequentially("x")
    await ada.composer.press_sequentially("y")
    await expect(ben.page.locator("#writing-p1")).to_have_count(1)
    assert (len(sent), by_ben) == (1, [])
