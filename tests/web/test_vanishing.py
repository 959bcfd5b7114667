"""Disappearing messages: gone from log, pages and every road when their time is up."""

from typing import Final

import pytest

from ephemera.domain.rooms import MOST_TRACES, VANISHINGS
from tests.lobby.test_talk import holds
from tests.support.asking import BROWSER, HTMX, PROGRAM
from tests.support.page import Page, events_of
from tests.support.powers import Stage
from tests.web.test_deletions import SECRET, roads
from tests.web.test_edits import GONE

PERIOD: Final = 0.5
"""Seconds between two looks of the reaper."""


async def vanish(stage: Stage, seconds: int) -> None:
    await stage.act(stage.ada, "/options", {"vanish": str(seconds), "grace": "3600"})


async def wait(stage: Stage, seconds: float) -> None:
    """Let time pass: everybody keeps their seat, and towards the end the reaper looks often."""
    until = stage.house.clock() + seconds
    for person in (stage.ada, stage.cleo, stage.ben, stage.mona):
        assert (await person.get(f"{stage.path}/roster", BROWSER)).status == 200
    while (left := until - stage.house.clock()) > 0:
        await stage.house.pass_time(left - 2 if left > 3 else min(PERIOD, left))


@pytest.mark.parametrize("seconds", VANISHINGS[1:])
async def test_words_are_there_until_their_time_and_by_no_road_a_second_later(
    stage: Stage, seconds: int
) -> None:
    await vanish(stage, seconds)
    said = await stage.message_of(stage.ben, SECRET)
    reply = {"text": f"{SECRET}, indeed", "reply": said}
    await stage.cleo.post(f"{stage.path}/messages", PROGRAM, reply)
    await stage.act(stage.ben, "/edits", {"message": said, "text": f"{SECRET}, edited"})
    await vanish(stage, 0)
    await wait(stage, seconds - 0.1)
    assert SECRET in (await stage.mona.get(stage.path, BROWSER)).text
    assert holds(stage.house.engine, SECRET)
    await wait(stage, 1.1)
    for person in (stage.ben, stage.mona):
        for road, text in (await roads(stage, person, said)).items():
            assert SECRET not in text, road
    assert not holds(stage.house.engine, SECRET)


async def test_open_pages_lose_them_and_what_quotes_them(stage: Stage) -> None:
    await vanish(stage, 60)
    said = await stage.message_of(stage.ben, SECRET)
    await vanish(stage, 0)
    reply = {"text": "I agree", "reply": said}
    await stage.cleo.post(f"{stage.path}/messages", PROGRAM, reply)
    page = Page((await stage.mona.get(f"{stage.path}?reply={said}", BROWSER)).text)
    assert page.document.text.count(SECRET) == 3
    sheet = (await stage.ben.get(f"{stage.path}/messages?message={said}", HTMX)).text
    html = (await stage.ben.get(stage.path, BROWSER)).text
    empty = '<div id="sheet-body"></div>'
    assert empty in html
    with_sheet = Page(html.replace(empty, f'<div id="sheet-body">{sheet}</div>'))
    await wait(stage, 60.5)
    for stale in (page, with_sheet):
        stale.hear((await stage.mona.get(f"{stale.stream}&once=1")).text)
        assert SECRET not in stale.document.text
        assert stale.document.find(said) is None
    assert with_sheet.ids("sheet-body") == []
    fresh = Page((await stage.mona.get(stage.path, BROWSER)).text)
    assert page.shape("messages") == fresh.shape("messages")
    assert "I agree" in page.document.text


async def test_many_leave_a_page_with_one_small_event(stage: Stage) -> None:
    await vanish(stage, 60)
    said = [await stage.message_of(stage.ben, f"{number}") for number in range(100)]
    page = Page((await stage.mona.get(stage.path, BROWSER)).text)
    assert set(said) <= set(page.ids("messages"))
    await wait(stage, 60.5)
    stream = (await stage.mona.get(f"{page.stream}&once=1")).text
    assert len([event for event in events_of(stream) if f"#{said[0]}," in event.data]) == 1
    assert len(stream) < 32 * 1024
    page.hear(stream)
    assert set(said).isdisjoint(page.ids("messages"))
    from_the_start = f"{stage.path}/events?once=1&after={(await stage.now()).generation}-1"
    assert len((await stage.mona.get(from_the_start)).text) < 32 * 1024, "not once for each"


async def test_the_document_without_scripts_renews_itself(stage: Stage) -> None:
    await vanish(stage, 60)
    await stage.message_of(stage.ben, SECRET)
    await vanish(stage, 0)
    async with stage.mona.listening(f"{stage.path}/live", BROWSER) as stream:
        await stream.until(SECRET)
        await wait(stage, 60.5)
        await stream.ended()
    await stage.message_of(stage.ben, "after it")
    async with stage.mona.listening(f"{stage.path}/live", BROWSER) as stream:
        assert SECRET not in await stream.until("after it")


async def test_programs_are_told_which_and_when(stage: Stage) -> None:
    await vanish(stage, 60)
    said = await stage.message_of(stage.ben)
    at = stage.house.clock()
    assert f'"expires_at":{at + 60}' in (await stage.mona.get(f"{stage.path}/json?once=1")).text
    await wait(stage, 60.5)
    heard = (await stage.mona.get(f"{stage.path}/json?once=1")).text
    assert heard.count(f'"messages":["{said}"]') == 1
    assert "message-posted" not in heard


async def test_a_page_says_when_a_message_will_go(stage: Stage) -> None:
    await stage.message_of(stage.ben)
    assert "data-until" not in str(Page((await stage.mona.get(stage.path)).text).shape("messages"))
    await vanish(stage, 60)
    said = await stage.message_of(stage.ben)
    message = Page((await stage.mona.get(stage.path, BROWSER)).text).document.find(said)
    assert message
    assert message.attributes["data-until"] == str(stage.house.clock() + 60)


async def test_what_has_disappeared_can_be_acted_on_no_more(stage: Stage) -> None:
    await vanish(stage, 60)
    said = await stage.message_of(stage.ben)
    await wait(stage, 60.5)
    form = {"message": said, "text": "x", "sign": "yes"}
    await stage.assert_refused(stage.ben, "/edits", form, GONE)
    await stage.assert_refused(stage.ben, "/reactions", form, GONE)
    before = await stage.known()
    await stage.act(stage.ben, "/deletions", form)
    assert await stage.known() == before
    sheet = await stage.ben.get(f"{stage.path}/messages?message={said}", HTMX)
    assert sheet.status == 409


async def test_the_option_changed_later_touches_only_what_is_said_from_then_on(
    stage: Stage,
) -> None:
    stays = await stage.message_of(stage.ben, "stays")
    await vanish(stage, 60)
    goes = await stage.message_of(stage.ben, "goes")
    await vanish(stage, 0)
    stays_too = await stage.message_of(stage.ben, "stays, too")
    await wait(stage, 62)
    ids = Page((await stage.mona.get(stage.path, BROWSER)).text).ids("messages")
    assert {stays, stays_too} <= set(ids)
    assert goes not in ids


async def test_a_page_keeps_none_that_the_room_has_lost_sight_of(stage: Stage) -> None:
    await vanish(stage, 3600)
    said = await stage.message_of(stage.ben, SECRET)
    page = Page((await stage.mona.get(stage.path, BROWSER)).text)
    stream = page.stream.split("?after=")[0]
    assert page.document.find(said)
    for number in range(MOST_TRACES):
        place = (await stage.now()).cursor
        await stage.message_of(stage.ben, f"more {number}")
        page.hear((await stage.mona.get(f"{stream}?once=1&after={place}")).text)
    assert page.document.find(said) is None
    assert not holds(stage.house.engine, SECRET)
