"""POST /rooms/{id}/edits: other words for a message of one's own, for five minutes."""

from typing import Final

import pytest

from tests.lobby.test_talk import holds
from tests.support.asking import BROWSER, HTMX, PROGRAM, Kind, by_kind
from tests.support.page import Page
from tests.support.powers import Stage, Why
from tests.web.test_deletions import NOT_AUTHOR, SECRET, UNKNOWN
from tests.web.test_messages import kept

MUTED: Final = Why(403, "muted", "A host has muted you: you can read, but not speak.")
GONE: Final = Why(409, "message-gone", "That message is gone.")
OVER: Final = Why(409, "edit-over", "A message can be edited for 5 minutes. That time is over.")
TAIL: Final = "/edits"


def form(message: str, text: str = "Better words") -> dict[str, str]:
    return {"message": message, "text": text}


async def raw(stage: Stage) -> str:
    return (await stage.mona.get(f"{stage.path}/raw?once=1")).text


@by_kind
async def test_every_member_edits_their_own_words(stage: Stage, kind: Kind) -> None:
    for author in (stage.ada, stage.cleo, stage.ben):
        said = await stage.message_of(author, SECRET)
        assert SECRET in await raw(stage)
        stage.assert_done(kind, await author.post(stage.path + TAIL, kind, form(said)))
        assert SECRET not in await raw(stage)


async def test_nobody_edits_the_words_of_others_not_even_a_host(stage: Stage) -> None:
    said = await stage.message_of(stage.ben)
    for person in (stage.ada, stage.cleo, stage.mona):
        await stage.assert_refused(person, TAIL, form(said), NOT_AUTHOR)


async def test_whoever_has_no_seat_learns_nothing(stage: Stage) -> None:
    said = await stage.message_of(stage.ben)
    for refused in (form(said), form(said, ""), form("nonsense")):
        form_ = {"message": refused["message"]} if not refused["text"] else refused
        await stage.assert_closed_to_the_cast(TAIL, form_)


async def test_the_muted_may_not(stage: Stage) -> None:
    said = await stage.message_of(stage.ben)
    await stage.act(stage.ada, "/mutes", {"member": await stage.id_of("Ben")})
    await stage.assert_refused(stage.ben, TAIL, form(said), MUTED)


async def test_what_is_deleted_is_gone(stage: Stage) -> None:
    said = await stage.message_of(stage.ben)
    await stage.act(stage.ada, "/deletions", {"message": said})
    await stage.assert_refused(stage.ben, TAIL, form(said), GONE)


async def test_after_five_minutes_it_is_over(stage: Stage) -> None:
    said = await stage.message_of(stage.ben)
    stage.house.clock.turn(300)
    await stage.act(stage.ben, TAIL, form(said))
    stage.house.clock.turn(0.1)
    await stage.assert_refused(stage.ben, TAIL, form(said), OVER)


async def test_what_is_no_more_in_the_log_is_gone_and_what_is_can_be_taken_back(
    stage: Stage,
) -> None:
    old, said = [await stage.message_of(stage.ben, text) for text in ("old", "said")]
    for number in range(198):
        await stage.message_of(stage.ada, f"then {number}")
    await stage.act(stage.ben, TAIL, form(old, SECRET))
    await stage.message_of(stage.ada, "one more")
    await stage.assert_refused(stage.ben, TAIL, form(said), GONE)
    for number in range(190):
        await stage.message_of(stage.ada, f"later {number}")
    assert holds(stage.house.engine, SECRET), "the premise: the new words are kept for that long"
    await stage.act(stage.ben, "/deletions", {"message": old})
    assert not holds(stage.house.engine, SECRET)
    assert SECRET not in (await stage.mona.get(f"{stage.path}/json?once=1")).text


@pytest.mark.parametrize("number", ["", "m-0", "m-999999", "7", "m-1x"])
async def test_a_message_that_never_was_is_refused(stage: Stage, number: str) -> None:
    await stage.assert_refused(stage.ben, TAIL, form(number), UNKNOWN)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "There is nothing in this message yet."),
        (" \n ", "There is nothing in this message yet."),
        ("x" * 4_001, "A message has at most 4,000 characters."),
        ("\n" * 50 + "x\n" * 101 + "x", "A message has at most 100 lines."),
    ],
)
async def test_words_that_are_none_or_too_many_are_refused(
    stage: Stage, text: str, sentence: str
) -> None:
    said = await stage.message_of(stage.ben)
    await stage.assert_refused(stage.ben, TAIL, form(said, text), Why(422, "invalid", sentence))


async def test_a_browser_without_scripts_keeps_what_was_refused(stage: Stage) -> None:
    said = await stage.message_of(stage.ben)
    stage.house.clock.turn(301)
    typed = "</textarea><b>Precious words"
    answer = await stage.ben.post(stage.path + TAIL, BROWSER, form(said, typed))
    assert answer.status == 409
    assert kept(answer) == typed


# Marked, and the old words are gone


async def test_it_is_marked_as_edited_everywhere(stage: Stage) -> None:
    said = await stage.message_of(stage.ben, SECRET)
    page = Page((await stage.mona.get(stage.path, BROWSER)).text)
    assert "edited" not in str(page.shape("messages"))
    await stage.act(stage.ben, TAIL, form(said))
    page.hear((await stage.mona.get(f"{page.stream}&once=1")).text)
    fresh = Page((await stage.mona.get(stage.path, BROWSER)).text)
    for shown in (page, fresh):
        text = shown.document.find(f"{said}-text")
        assert text
        assert text.text == "Better words edited"
    assert page.shape("messages") == fresh.shape("messages")
    assert "Ben (edited): Better words\n" in await raw(stage)
    json = (await stage.mona.get(f"{stage.path}/json?once=1")).text
    assert f'"message":"{said}","member":"p2","nickname":"Ben","text":"Better words"' in json
    assert '"edited":true' in json


async def test_the_old_words_are_nowhere_and_quotes_have_the_new_ones(stage: Stage) -> None:
    said = await stage.message_of(stage.ben, SECRET)
    await stage.ada.post(f"{stage.path}/messages", PROGRAM, {"text": "Yes", "reply": said})
    page = Page((await stage.mona.get(f"{stage.path}?reply={said}", BROWSER)).text)
    assert page.document.text.count(SECRET) == 3
    assert holds(stage.house.engine, SECRET)
    await stage.act(stage.ben, TAIL, form(said, "Better words\nand more"))
    page.hear((await stage.mona.get(f"{page.stream}&once=1")).text)
    fresh = Page((await stage.mona.get(f"{stage.path}?reply={said}", BROWSER)).text)
    for shown in (page, fresh):
        assert SECRET not in shown.document.text
        assert shown.document.text.count("Better words") == 3
        assert shown.document.text.count("and more") == 1
    assert page.shape("messages") == fresh.shape("messages")
    assert not holds(stage.house.engine, SECRET)
    after = stage.path + "/{}?once=1&after=" + f"{(await stage.now()).generation}-5"
    for way in ("events", "json", "raw", "live"):
        heard = (await stage.mona.get(after.format(way))).text
        assert "Better words" in heard
        assert SECRET not in heard


async def test_an_open_document_without_scripts_renews_itself(stage: Stage) -> None:
    said = await stage.message_of(stage.ben, SECRET)
    async with stage.mona.listening(f"{stage.path}/live", BROWSER) as stream:
        await stream.until(SECRET)
        await stage.act(stage.ben, TAIL, form(said))
        await stream.ended()


async def test_who_came_later_sees_no_edit_of_what_was_said_before(stage: Stage) -> None:
    said = await stage.message_of(stage.ben, SECRET)
    await stage.act(stage.ada, "/options", {"newcomers": "later"})
    dora = await stage.join("Dora")
    await stage.act(stage.ben, TAIL, form(said))
    await stage.message_of(stage.ben, "after it")
    for way in ("events", "json", "raw", "live"):
        assert "Better words" in (await stage.mona.get(f"{stage.path}/{way}?once=1")).text
        heard = (await dora.get(f"{stage.path}/{way}?once=1")).text
        assert "after it" in heard
        assert "Better words" not in heard
    await stage.assert_refused(dora, TAIL, form(said), GONE)


# The sheet


async def test_the_sheet_offers_it_to_whoever_may_with_the_words_in_it(stage: Stage) -> None:
    said = await stage.message_of(stage.ben, "<b>one</b>\n\ntwo")
    for kind in (BROWSER, HTMX):
        sheet = await stage.ben.get(f"{stage.path}/messages?message={said}", kind)
        assert f'action="{stage.path}/edits"' in sheet.text
        assert kept(sheet) == "<b>one</b>\n\ntwo"
        for other in (stage.ada, stage.mona):
            sheet = await other.get(f"{stage.path}/messages?message={said}", kind)
            assert sheet.status == 200
            assert "/edits" not in sheet.text
    stage.house.clock.turn(301)
    assert "/edits" not in (await stage.ben.get(f"{stage.path}/messages?message={said}", HTMX)).text
