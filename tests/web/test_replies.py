"""Replies: a message that quotes the first line of another."""

from typing import Final

import pytest

from tests.lobby.test_talk import holds
from tests.support.asking import BROWSER, CURL, HTMX, PROGRAM, Kind, by_kind
from tests.support.cast import Answer, Person
from tests.support.page import Element, Page, parse
from tests.support.powers import Stage
from tests.web.test_messages import kept

WORDS: Final = "The first line\nand a second"


async def reply(stage: Stage, person: Person, message: str, kind: Kind = PROGRAM) -> Answer:
    form = {"text": "I agree", "reply": message}
    return await person.post(f"{stage.path}/messages", kind, form)


async def quotes(stage: Stage, person: Person) -> list[str]:
    """Return the quotes that somebody's page shows."""
    messages = Page((await person.get(stage.path, BROWSER)).text).document.find("messages")
    assert messages
    return [quote.text for quote in quoted(messages)]


def quoted(element: Element) -> list[Element]:
    return [one for one in element.all("q") if one.attributes["class"] == "quoted"]


@by_kind
async def test_a_reply_quotes_the_first_line(stage: Stage, kind: Kind) -> None:
    said = await stage.message_of(stage.ben, WORDS)
    answer = await reply(stage, stage.ada, said, kind)
    assert answer.status == {id(BROWSER): 303, id(HTMX): 200}.get(id(kind), 201)
    assert await quotes(stage, stage.mona) == ["The first line"]
    json = (await stage.mona.get(f"{stage.path}/json?once=1")).text
    quote = f'"reply":{{"message":"{said}","member":"p2","nickname":"Ben","text":"The first line"}}'
    assert quote in json


async def test_a_quote_is_cut_at_120_characters_and_is_text(stage: Stage) -> None:
    await reply(stage, stage.ada, await stage.message_of(stage.ben, "<b>" + "x" * 200))
    assert await quotes(stage, stage.mona) == ["<b>" + "x" * 116 + "…"]


async def test_the_quote_names_whose_words_they_are(stage: Stage) -> None:
    await reply(stage, stage.ada, await stage.message_of(stage.ben, WORDS))
    html = (await stage.mona.get(stage.path, BROWSER)).text
    assert '<p class="quote"><bdi translate="no" class="name">Ben</bdi>' in html


async def test_a_reply_to_what_is_gone_or_unknown_is_a_message_without_a_quote(
    stage: Stage,
) -> None:
    said = await stage.message_of(stage.ben)
    assert (await reply(stage, stage.ada, said)).status == 201
    assert len(await quotes(stage, stage.mona)) == 1
    await stage.act(stage.ada, "/deletions", {"message": said})
    before = await quotes(stage, stage.mona)
    for message in (said, "m-1", "m-0", "m-999999"):
        for kind in (PROGRAM, HTMX, BROWSER):
            assert (await reply(stage, stage.ada, message, kind)).status in (200, 201, 303)
    assert await quotes(stage, stage.mona) == before


async def test_a_reply_to_what_one_may_not_read_is_a_message_without_a_quote(stage: Stage) -> None:
    said = await stage.message_of(stage.ben, WORDS)
    await stage.act(stage.ada, "/options", {"newcomers": "later"})
    dora = await stage.join("Dora")
    for composer in (f"{stage.path}/composer?reply={said}", f"{stage.path}?reply={said}"):
        assert "The first line" in (await stage.ben.get(composer, BROWSER)).text
        shown = (await dora.get(composer, BROWSER)).text
        assert "The first line" not in shown
        assert f'value="{said}"' not in shown
    assert (await reply(stage, dora, said)).status == 201
    assert await quotes(stage, stage.mona) == []


async def test_who_came_later_sees_a_reply_without_the_words_from_before(stage: Stage) -> None:
    said = await stage.message_of(stage.ben, WORDS)
    await stage.act(stage.ada, "/options", {"newcomers": "later"})
    dora = await stage.join("Dora")
    await reply(stage, stage.ada, said)
    assert await quotes(stage, stage.ben) == ["The first line"]
    for way in ("events", "json", "raw", "live"):
        heard = (await dora.get(f"{stage.path}/{way}?once=1")).text
        assert "I agree" in heard
        assert "The first line" not in heard, way
    assert "The first line" not in (await dora.get(stage.path, BROWSER)).text


@by_kind
@pytest.mark.parametrize("message", ["7", "m-", "m-7x", "nonsense"])
async def test_nonsense_loses_nothing_that_was_typed(
    stage: Stage, message: str, kind: Kind
) -> None:
    answer = await reply(stage, stage.ada, message, kind)
    assert answer.status == 422
    assert "There is no such message in this room." in answer.text
    if kind in (BROWSER, HTMX):
        assert kept(answer) == "I agree"
        assert 'name="reply"' not in answer.text, "the next try is a message like any"


async def test_what_a_quote_repeats_can_be_taken_back_for_as_long_as_the_quote_is_kept(
    stage: Stage,
) -> None:
    said = await stage.message_of(stage.ben, WORDS)
    for number in range(150):
        await stage.message_of(stage.ada, f"then {number}")
    await reply(stage, stage.ada, said)
    for number in range(150):
        await stage.message_of(stage.ada, f"later {number}")
    page = Page((await stage.mona.get(stage.path, BROWSER)).text)
    assert page.document.find(said) is None, "the premise: the message itself is not shown"
    assert await quotes(stage, stage.mona) == ["The first line"]
    await stage.act(stage.ben, "/deletions", {"message": said})
    page.hear((await stage.mona.get(f"{page.stream}&once=1")).text)
    assert "The first line" not in page.document.text
    assert "The first line" not in (await stage.mona.get(stage.path, BROWSER)).text
    assert not holds(stage.house.engine, "The first line")


# The composer


async def test_the_sheet_leads_to_a_composer_that_replies(stage: Stage) -> None:
    said = await stage.message_of(stage.ben, WORDS)
    sheet = (await stage.ada.get(f"{stage.path}/messages?message={said}", HTMX)).text
    assert f'action="{stage.path}" method="get"' in sheet
    assert f'hx-get="{stage.path}/composer" hx-target="#composer-reply"' in sheet
    assert f'name="reply" value="{said}"' in sheet
    muted = (await stage.mona.get(f"{stage.path}/messages?message={said}", HTMX)).text
    assert "/composer" not in muted


async def test_without_scripts_the_page_hands_the_reply_to_the_composers_frame(
    stage: Stage,
) -> None:
    said = await stage.message_of(stage.ben, WORDS)
    page = (await stage.ada.get(f"{stage.path}?reply={said}", BROWSER)).text
    assert f'<iframe class="frame-composer" src="{stage.path}/composer?reply={said}"' in page
    frame = await stage.ada.get(f"{stage.path}/composer?reply={said}", BROWSER)
    (quote,) = quoted(parse(frame.text))
    assert quote.text == "The first line"
    form = {"text": "I agree", "reply": said}
    answer = await stage.ada.post(f"{stage.path}/composer", BROWSER, form)
    assert (answer.status, answer.headers["Location"]) == (303, f"{stage.path}/composer")
    assert await quotes(stage, stage.mona) == ["The first line"]


@pytest.mark.parametrize("kind", [BROWSER, HTMX], ids=["browser", "htmx"])
@pytest.mark.parametrize("message", ["", "nonsense", "m-0", "m-1", "m-999999"])
async def test_a_composer_for_a_reply_to_nothing_is_a_composer(
    stage: Stage, message: str, kind: Kind
) -> None:
    for path in (f"{stage.path}/composer?reply={message}", f"{stage.path}?reply={message}"):
        answer = await stage.ada.get(path, kind)
        assert answer.status == 200
        assert '<form id="composer"' in answer.text
        assert 'name="reply"' not in answer.text


@pytest.mark.parametrize("tail", ["/messages", "/composer"])
async def test_a_reply_that_was_refused_is_still_a_reply(stage: Stage, tail: str) -> None:
    said = await stage.message_of(stage.ben, WORDS)
    form = {"text": "x" * 4_001, "reply": said}
    for kind in (BROWSER, HTMX):
        answer = await stage.ada.post(stage.path + tail, kind, form)
        assert answer.status == 422
        assert kept(answer) == "x" * 4_001
        assert f'name="reply" value="{said}"' in answer.text


async def test_a_composer_that_replies_can_be_one_that_does_not(stage: Stage) -> None:
    said = await stage.message_of(stage.ben, WORDS)
    for tail, way_back in (("/composer", "/composer"), ("", "")):
        page = (await stage.ada.get(f"{stage.path}{tail}?reply={said}", BROWSER)).text
        assert f'<a class="tool" href="{stage.path}{way_back}"' in page


async def test_a_posted_reply_leaves_a_composer_that_does_not_reply(stage: Stage) -> None:
    answer = await reply(stage, stage.ada, await stage.message_of(stage.ben), HTMX)
    assert '<form id="composer"' in answer.text
    assert 'name="reply"' not in answer.text


async def test_text_for_terminals_has_the_reply_as_a_message(stage: Stage) -> None:
    await reply(stage, stage.ada, await stage.message_of(stage.ben, WORDS), CURL)
    assert "Ada: I agree\n" in (await stage.mona.get(f"{stage.path}/raw?once=1")).text
