"""The field is empty at once, and never eats a word: only an accepted answer takes words away."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Route, expect

from tests.e2e.conftest import Newcomer
from tests.e2e.test_messages import reply_of, reply_to
from tests.support.browser import Person

pytestmark = pytest.mark.asyncio(loop_scope="session")

MESSAGES = "**/messages"
OUTAGES = ("net::ERR_", "Failed to fetch", "status of")
SIGN_IN = "<!doctype html><title>Sign in</title>"

Answer = Callable[[Route], Awaitable[None]]


async def pair(newcomer: Newcomer) -> tuple[Person, Person]:
    ada, ben = await newcomer(), await newcomer()
    await ben.join(await ada.open_room("Ada"), "Ben")
    await expect(ada.roster).to_have_count(2)
    ben.watch.forgive(*OUTAGES)
    return ada, ben


class Gate:
    """Holds what one person posts, until it is let through to `answer`."""

    def __init__(self, ben: Person, answer: Answer = Route.continue_) -> None:
        self._ben = ben
        self._answer = answer
        self._opened = asyncio.Event()

    async def close(self) -> "Gate":
        await self._ben.page.route(MESSAGES, self._pass)
        return self

    def open(self) -> None:
        self._opened.set()

    async def go(self) -> None:
        self.open()
        await self._ben.page.unroute_all(behavior="wait")

    async def _pass(self, route: Route) -> None:
        await self._opened.wait()
        await self._answer(route)


async def send(ben: Person, text: str) -> None:
    """Fill the field and press Enter; return when the message is under way."""
    await ben.composer.fill(text)
    async with ben.page.expect_request(MESSAGES):
        await ben.composer.press("Enter")


async def stored(ben: Person) -> str:
    """Return the words of the draft that this tab keeps."""
    draft: str = await ben.page.evaluate(
        "sessionStorage.getItem(`ephemera:draft:${location.pathname}`)"
    )
    return str(json.loads(draft)["text"])


async def keeps(ben: Person, words: str) -> None:
    """Check that the field and the draft hold these words, and that a sentence says why."""
    await expect(ben.page.locator("#composer-error")).not_to_be_empty()
    await expect(ben.composer).to_have_value(words)
    assert await stored(ben) == words
    await expect(ben.composer).to_be_focused()


@pytest.mark.parametrize("milliseconds", [150, 400])
async def test_each_enter_is_one_message_in_order(newcomer: Newcomer, milliseconds: int) -> None:
    ada, ben = await pair(newcomer)

    async def late(route: Route) -> None:
        await asyncio.sleep(milliseconds / 1000)  # what is measured: the network of a phone
        await route.continue_()

    await ben.page.route(MESSAGES, late)
    await ben.composer.focus()
    said = ["yes", "ok", "on my way", "bye"]
    for text in said:
        await ben.page.keyboard.type(text)
        await ben.page.keyboard.press("Enter")
        assert await ben.composer.input_value() == "", "at once, whatever the network does"
    await ada.sees(*said)
    await ben.sees(*said)
    await ben.page.unroute_all(behavior="wait")


async def test_what_is_typed_over_what_is_under_way_is_whole(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    gate = await Gate(ben).close()
    await send(ben, "no")
    await ben.composer.select_text()
    await ben.page.keyboard.type("nothing else")
    await gate.go()
    await ada.sees("no")
    await expect(ben.composer).to_have_value("nothing else")
    await ben.composer.press("Enter")
    await ada.sees("no", "nothing else")


async def test_the_field_stays_the_same_element_and_keeps_the_focus(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ben.composer.evaluate("(field) => { field.same = true; blurs = 0; }")
    await ben.composer.evaluate("(field) => field.addEventListener('blur', () => { blurs += 1; })")
    await ben.say("by Enter")
    await ben.composer.fill("by the button")
    await ben.page.get_by_role("button", name="Send").click()
    await ada.sees("by Enter", "by the button")
    await expect(ben.composer).to_be_focused()
    assert await ben.composer.evaluate("(field) => [field.same, blurs]") == [True, 0]


@pytest.mark.parametrize("status", [201, 503])
async def test_a_composition_under_way_is_not_doubled(newcomer: Newcomer, status: int) -> None:
    ada, ben = await pair(newcomer)
    answer = Route.continue_ if status == 201 else answering(status)
    gate = await Gate(ben, answer).close()
    await send(ben, "no")
    cdp = await ben.context.new_cdp_session(ben.page)
    compose = {"selectionStart": 3, "selectionEnd": 3}
    await cdp.send("Input.imeSetComposition", {**compose, "text": "にほん"})
    async with ben.page.expect_event("requestfinished", lambda one: "/messages" in one.url):
        gate.open()
    await expect(ben.composer).to_have_value("にほん")
    await cdp.send("Input.insertText", {"text": "日本語"})
    words = "日本語" if status == 201 else "no\n日本語"
    await expect(ben.composer).to_have_value(words)
    assert await stored(ben) == words
    await gate.go()
    await ben.composer.press("Enter")
    await ada.sees(*(["no", "日本語"] if status == 201 else [words]))


def answering(status: int) -> Answer:
    async def answer(route: Route) -> None:
        await route.fulfill(status=status, content_type="text/html", body=SIGN_IN)

    return answer


async def cut(route: Route) -> None:
    await route.abort()


async def too_many(route: Route) -> None:
    message = "That was a lot at once. Wait a moment, then try again."
    body = json.dumps({"error": {"reason": "too-many", "message": message}})
    ours = {"Ephemera": "1", "Retry-After": "1"}
    await route.fulfill(status=429, headers=ours, content_type="application/json", body=body)


REFUSALS: dict[str, tuple[str, Answer]] = {
    "too long": ("x" * 4_180, Route.continue_),
    "429": ("no", too_many),
    "503": ("no", answering(503)),
    "404 of something in front": ("no", answering(404)),
    "a page to sign in": ("no", answering(200)),
    "cut": ("no", cut),
}


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_refused_words_and_those_typed_since_are_kept(
    newcomer: Newcomer, refusal: str
) -> None:
    ada, ben = await pair(newcomer)
    text, answer = REFUSALS[refusal]
    gate = await Gate(ben, answer).close()
    await send(ben, text)
    await ben.page.keyboard.type("ab")
    await ben.page.keyboard.press("ArrowLeft")
    await gate.go()
    await keeps(ben, f"{text}\nab")
    await ben.page.keyboard.type("-")  # the caret is where it was
    await expect(ben.composer).to_have_value(f"{text}\na-b")
    assert await stored(ben) == f"{text}\na-b"
    await expect(ben.page.locator("#composer-error")).to_be_empty()
    await ada.sees()


async def test_a_muted_member_keeps_the_refused_words_and_those_typed_since(
    newcomer: Newcomer,
) -> None:
    ada, ben = await pair(newcomer)
    gate = await Gate(ben).close()
    await send(ben, "no")
    await ben.page.keyboard.type(".")
    await ada.act("mutes", member="p2", state="on")
    await gate.go()
    await keeps(ben, "no\n.")
    await expect(ben.page.locator("#composer-error")).to_contain_text("muted")


async def test_what_waits_behind_a_refused_message_comes_back_behind_it(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    gate = await Gate(ben, cut).close()
    await send(ben, "one")
    for text in ("two", "three"):
        await ben.page.keyboard.type(text)
        await ben.page.keyboard.press("Enter")
    await ben.page.keyboard.type("four")
    await expect(ben.composer).to_have_value("four")
    assert await stored(ben) == "one\ntwo\nthree\nfour"
    await gate.go()
    await keeps(ben, "one\ntwo\nthree\nfour")
    await ben.composer.press("Enter")
    await ada.sees("one\ntwo\nthree\nfour")


async def test_a_refused_reply_comes_back_as_a_reply(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ada.say("hello")
    await reply_to(ben, "hello")
    gate = await Gate(ben, cut).close()
    await send(ben, "hi")
    await expect(reply_of(ben)).to_have_count(0)
    await ben.page.keyboard.type("!")
    await gate.go()
    await keeps(ben, "hi\n!")
    await expect(reply_of(ben)).to_contain_text("hello")
    await ben.page.reload()
    await expect(reply_of(ben)).to_contain_text("hello")
    await ben.composer.press("Enter")
    await ada.sees("hello", "hi\n!")
    await expect(ada.page.locator(".quoted")).to_have_text("hello")


async def test_the_words_of_a_message_that_went_do_not_come_back_with_a_reply(
    newcomer: Newcomer,
) -> None:
    ada, ben = await pair(newcomer)
    await ada.say("a secret")
    await reply_to(ben, "a secret")
    gate = await Gate(ben, cut).close()
    await send(ben, "hi")
    await ada.act(
        "deletions", message=str(await ada.page.get_by_role("article").get_attribute("id"))
    )
    await expect(ben.page.get_by_text("Ada took a message back.")).to_be_visible()
    await gate.go()
    await keeps(ben, "hi")
    assert "a secret" not in await ben.page.content()


async def test_what_was_under_way_at_a_reload_is_said_once(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)

    async def never_answer(route: Route) -> None:
        await route.fetch()

    await ben.page.route(MESSAGES, never_answer)
    await send(ben, "once")
    await ada.sees("once")
    await ben.page.reload()
    await ben.page.unroute_all()
    await expect(ben.composer).to_have_value("once")
    await ben.composer.press("Enter")
    await expect(ben.composer).to_have_value("")
    await ben.say("and then another")
    await ada.sees("once", "and then another")


async def test_an_answer_that_never_comes_is_not_waited_for_for_ever(newcomer: Newcomer) -> None:
    ada, ben = await pair(newcomer)
    await ben.page.clock.install()
    await ben.page.reload()
    gate = await Gate(ben).close()
    await send(ben, "hello?")
    await ben.page.clock.run_for(31_000)
    await keeps(ben, "hello?")
    await gate.go()
    await ben.composer.press("Enter")
    await ada.sees("hello?")


NO_STORAGE = """
for (const name of ['sessionStorage', 'localStorage']) {
  const get = () => { throw new DOMException('denied', 'SecurityError'); };
  Object.defineProperty(window, name, { get });
}
"""


async def test_without_storage_everything_works(newcomer: Newcomer) -> None:
    ada, ben = await newcomer(), await newcomer()
    await ben.context.add_init_script(NO_STORAGE)
    await ben.join(await ada.open_room("Ada", capacity=3), "Ben")
    with pytest.raises(Exception, match="denied"):
        await ben.page.evaluate("sessionStorage")
    await ben.composer.press_sequentially("hello")
    await ben.composer.press("Enter")
    await ada.sees("hello")
    await expect(ben.composer).to_have_value("")
    await ada.say("hi")
    await ben.sees("hello", "hi")
    await ben.page.get_by_label("Show who is writing").uncheck()
    await ben.composer.fill("a draft")
    await ben.leave()
    await expect(ben.page.get_by_role("form", name="Open a room")).to_be_visible()
