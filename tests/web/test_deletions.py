"""POST /rooms/{id}/deletions: take words back; what was said is found nowhere any more."""

from typing import Final

import pytest

from tests.lobby.test_talk import holds
from tests.support.asking import BROWSER, HTMX, PROGRAM, Kind, by_kind
from tests.support.cast import Person
from tests.support.page import Page
from tests.support.powers import Stage, Why

NOT_AUTHOR: Final = Why(403, "not-author", "Only who wrote that message may do this.")
UNKNOWN: Final = Why(422, "invalid", "There is no such message in this room.")
SECRET: Final = "the words that nobody shall find"
TAIL: Final = "/deletions"


async def is_there(stage: Stage, words: str) -> bool:
    return words in (await stage.ada.get(f"{stage.path}/raw?once=1")).text


# Who may


@by_kind
async def test_every_member_takes_their_own_words_back(stage: Stage, kind: Kind) -> None:
    for author in (stage.ada, stage.cleo, stage.ben):
        said = await stage.message_of(author, SECRET)
        assert await is_there(stage, SECRET)
        stage.assert_done(kind, await author.post(stage.path + TAIL, kind, {"message": said}))
        assert not await is_there(stage, SECRET)


@by_kind
async def test_a_host_takes_anybodys_words_back(stage: Stage, kind: Kind) -> None:
    for author in (stage.ada, stage.cleo, stage.ben):
        for host in stage.hosts:
            said = await stage.message_of(author, SECRET)
            stage.assert_done(kind, await host.post(stage.path + TAIL, kind, {"message": said}))
            assert not await is_there(stage, SECRET)


async def test_a_member_takes_back_nobody_elses_words(stage: Stage) -> None:
    form = {"message": await stage.message_of(stage.ada)}
    for member in stage.members:
        await stage.assert_refused(member, TAIL, form, NOT_AUTHOR)


async def test_whoever_has_no_seat_learns_nothing(stage: Stage) -> None:
    await stage.assert_closed_to_the_cast(TAIL, {"message": await stage.message_of(stage.ben)})
    await stage.assert_closed_to_the_cast(TAIL, {"message": "nonsense"})


async def test_the_muted_take_their_own_words_back(stage: Stage) -> None:
    said = await stage.message_of(stage.ben, SECRET)
    await stage.act(stage.ada, "/mutes", {"member": await stage.id_of("Ben")})
    await stage.act(stage.ben, TAIL, {"message": said})
    assert not await is_there(stage, SECRET)


async def test_a_former_host_takes_back_their_own_only(stage: Stage) -> None:
    mine, theirs = await stage.message_of(stage.cleo), await stage.message_of(stage.ben)
    await stage.act(stage.cleo, "/resignations", {})
    await stage.assert_refused(stage.cleo, TAIL, {"message": theirs}, NOT_AUTHOR)
    await stage.act(stage.cleo, TAIL, {"message": mine})


async def test_the_words_of_who_was_removed_are_the_hosts_to_take_back(stage: Stage) -> None:
    said = await stage.message_of(stage.ben, SECRET)
    await stage.act(stage.ada, "/removals", {"member": await stage.id_of("Ben")})
    assert await is_there(stage, SECRET)
    await stage.act(stage.cleo, TAIL, {"message": said})
    assert not await is_there(stage, SECRET)


# Bad input


@pytest.mark.parametrize(
    "number", ["", "m-", "m-0", "m-999999", "m-1x", "7", "m--1", "m-" + "9" * 99]
)
async def test_a_message_that_never_was_is_refused(stage: Stage, number: str) -> None:
    await stage.assert_refused(stage.ada, TAIL, {"message": number}, UNKNOWN)


async def test_a_message_of_another_room_is_not_reached(stage: Stage) -> None:
    for _ in range(30):
        last = await stage.mallory_next_door.say(stage.next_door, "Next door")
    before = (await stage.house.engine.load(stage.next_door), await stage.known())
    answer = await stage.ada.post(stage.path + TAIL, PROGRAM, {"message": last.json["id"]})
    assert answer.status == 422
    assert (await stage.house.engine.load(stage.next_door), await stage.known()) == before


@by_kind
async def test_what_is_deleted_already_is_a_quiet_matter(stage: Stage, kind: Kind) -> None:
    form = {"message": await stage.message_of(stage.ben)}
    await stage.act(stage.ada, TAIL, form)
    before = await stage.known()
    for person in (stage.ben, stage.ada, stage.cleo):
        stage.assert_done(kind, await person.post(stage.path + TAIL, kind, form))
    assert await stage.known() == before


# Nothing of it is found


async def roads(stage: Stage, person: Person, said: str) -> dict[str, str]:
    """Return all that somebody can read of the room, by every road; no stream waits for more."""
    await stage.message_of(stage.ada, "after it")
    sequence = (await stage.now()).sequence
    generation = (await stage.now()).generation
    found = {
        f"{way} after {after}": (
            await person.get(f"{stage.path}/{way}?once=1&after={generation}-{after}")
        ).text
        for way in ("events", "json", "raw", "live")
        for after in range(sequence)
    }
    for tail in ("", "/roster", "/composer", f"/composer?reply={said}", f"?reply={said}"):
        found[tail] = (await person.get(stage.path + tail, BROWSER)).text
    for way in ("events", "json", "raw", "live"):
        found[f"{way} anew"] = (await person.get(f"{stage.path}/{way}?once=1&after=0-0")).text
    for kind in (BROWSER, HTMX):
        found[str(kind)] = (await person.get(f"{stage.path}/messages?message={said}", kind)).text
    return found


async def test_deleted_words_are_found_by_no_road_and_in_no_memory(stage: Stage) -> None:
    said = await stage.message_of(stage.ben, f"{SECRET}, first")
    await stage.ada.post(
        f"{stage.path}/messages", PROGRAM, {"text": "I agree", "reply": said, "key": "k"}
    )
    for text in (f"{SECRET}, second", f"{SECRET}, third"):
        form = {"message": said, "text": text}
        assert (await stage.ben.post(f"{stage.path}/edits", PROGRAM, form)).status == 204
    await stage.act(stage.cleo, "/reactions", {"message": said, "sign": "wow"})
    before = await roads(stage, stage.ada, said)
    places = {road for road, text in before.items() if SECRET in text}
    assert {"", "/composer?reply=" + said, "?reply=" + said, str(BROWSER), str(HTMX)} <= places
    assert {f"{way} anew" for way in ("events", "json", "raw", "live")} <= places
    assert holds(stage.house.engine, SECRET)

    await stage.act(stage.cleo, TAIL, {"message": said})
    for person in (stage.ada, stage.ben, stage.cleo, stage.mona):
        for road, text in (await roads(stage, person, said)).items():
            assert SECRET not in text, road
    assert not holds(stage.house.engine, SECRET)
    assert "I agree" in (await stage.ada.get(stage.path, BROWSER)).text


async def test_open_pages_lose_the_words_and_what_quotes_them(stage: Stage) -> None:
    said = await stage.message_of(stage.ben, SECRET)
    form = {"text": "I agree", "reply": said}
    await stage.ada.post(f"{stage.path}/messages", PROGRAM, form)
    page = Page((await stage.mona.get(stage.path, BROWSER)).text)
    assert page.document.text.count(SECRET) == 2
    replying = Page((await stage.ada.get(f"{stage.path}?reply={said}", BROWSER)).text)
    assert replying.document.text.count(SECRET) == 3
    await stage.act(stage.ada, TAIL, {"message": said})
    for stale in (page, replying):
        stale.hear((await stage.mona.get(f"{stale.stream}&once=1")).text)
        assert SECRET not in stale.document.text
    fresh = Page((await stage.mona.get(stage.path, BROWSER)).text)
    assert page.shape("messages") == fresh.shape("messages")


async def test_an_open_sheet_of_the_message_goes_with_it(stage: Stage) -> None:
    said = await stage.message_of(stage.ben, SECRET)
    html = (await stage.ada.get(stage.path, BROWSER)).text
    sheet = (await stage.ada.get(f"{stage.path}/messages?message={said}", HTMX)).text
    empty = '<div id="sheet-body"></div>'
    assert empty in html
    page = Page(html.replace(empty, f'<div id="sheet-body">{sheet}</div>'))
    assert SECRET in str(page.shape("sheet-body"))
    await stage.act(stage.ada, TAIL, {"message": said})
    page.hear((await stage.ada.get(f"{page.stream}&once=1")).text)
    assert page.ids("sheet-body") == []


async def test_the_line_names_who_did_it(stage: Stage) -> None:
    mine, theirs = await stage.message_of(stage.ben), await stage.message_of(stage.ben)
    await stage.act(stage.ben, TAIL, {"message": mine})
    await stage.act(stage.ada, TAIL, {"message": theirs})
    page = Page((await stage.mona.get(stage.path, BROWSER)).text)
    lines = {line: page.document.find(line) for line in (mine, theirs)}
    assert [line and line.text.strip() for line in lines.values()] == [
        "Ben took a message back.",
        "Ada deleted a message by Ben.",
    ]
    raw = (await stage.mona.get(f"{stage.path}/raw?once=1")).text
    assert raw.count("* Ada deleted a message by Ben.\n") == 1, "once, though it has two places"


async def test_programs_hear_of_it_once_and_in_its_place(stage: Stage) -> None:
    said = await stage.message_of(stage.ben, SECRET)
    await stage.message_of(stage.ben, "after it")
    async with stage.mona.listening(f"{stage.path}/json") as stream:
        await stream.until("after it")
        await stage.act(stage.ada, TAIL, {"message": said})
        heard = await stream.until("message-deleted")
    cursor = (await stage.now()).cursor
    line = next(line for line in heard.splitlines() if "message-deleted" in line)
    assert f'"cursor":"{cursor}"' in line
    assert f'"message":"{said}"' in line
    assert '"by_nickname":"Ada"' in line
    fresh = (await stage.mona.get(f"{stage.path}/json?once=1")).text
    assert fresh.count("message-deleted") == 1
    assert line in fresh


async def test_the_document_without_scripts_ends_and_its_next_one_has_no_such_words(
    stage: Stage,
) -> None:
    said = await stage.message_of(stage.ben, SECRET)
    async with stage.mona.listening(f"{stage.path}/live", BROWSER) as stream:
        await stream.until(SECRET)
        assert stream.headers
        assert int(stream.headers["Refresh"]) <= 2
        await stage.act(stage.ada, TAIL, {"message": said})
        await stream.ended()
    async with stage.mona.listening(f"{stage.path}/live", BROWSER) as stream:
        assert SECRET not in await stream.until("deleted a message by")


async def test_a_message_that_a_page_does_not_show_gets_no_line_there(stage: Stage) -> None:
    old = await stage.message_of(stage.ben, SECRET)
    for _ in range(110):
        said = await stage.message_of(stage.ben, "more")
        await stage.act(stage.ada, "/reactions", {"message": said, "sign": "yes"})
    page = Page((await stage.mona.get(stage.path, BROWSER)).text)
    assert page.document.find(old) is None
    await stage.act(stage.ben, TAIL, {"message": old})
    page.hear((await stage.mona.get(f"{page.stream}&once=1")).text)
    assert page.document.find(old) is None
    fresh = Page((await stage.mona.get(stage.path, BROWSER)).text)
    assert page.ids("messages")[-len(fresh.ids("messages")) :] == fresh.ids("messages")
