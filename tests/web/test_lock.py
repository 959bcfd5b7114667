"""POST /rooms/{id}/lock: the code admits nobody, or again."""

import pytest

from tests.support.asking import BROWSER, CURL, HTMX, KINDS, PROGRAM, Kind, by_kind
from tests.support.cast import House, Person
from tests.support.page import Page
from tests.support.powers import ONLY_HOSTS, Stage, set_stage

LOCKED = "The room is locked: nobody can join by its code just now."


async def is_admitted(stage: Stage, code: str, nickname: str = "Nora") -> bool:
    answer = await Person(stage.house).post("/join", PROGRAM, {"nickname": nickname, "code": code})
    return answer.status == 201


# The cast


async def test_only_hosts_may(house: House) -> None:
    stage = await set_stage(house, ask=True)
    turns = iter(["on", "on", *["off", "on"] * 4])

    async def another_turn() -> dict[str, str]:
        return {"state": next(turns)}

    await stage.assert_only_hosts_may("/lock", another_turn)


async def test_a_former_host_may_no_more(stage: Stage) -> None:
    await stage.act(stage.cleo, "/lock", {})
    await stage.act(stage.cleo, "/resignations", {})
    await stage.assert_refused(stage.cleo, "/lock", {"state": "off"}, ONLY_HOSTS)
    assert (await stage.now()).locked


# What it does


@by_kind
async def test_the_code_of_a_locked_room_admits_nobody(stage: Stage, kind: Kind) -> None:
    form = {"nickname": "Nora", "code": stage.code}
    assert await is_admitted(stage, stage.code, "Olga"), "the premise"
    stage.assert_done(kind, await stage.ada.post(f"{stage.path}/lock", kind, {"state": "on"}))
    answer = await stage.mallory.post("/join", kind, form)
    assert answer.status == 409
    assert LOCKED in answer.text
    assert "Set-Cookie" not in answer.headers
    assert await stage.member("Nora") is None


async def test_the_form_comes_back_with_the_sentence_beside_the_code(stage: Stage) -> None:
    await stage.act(stage.ada, "/lock", {})
    form = {"nickname": "Nora", "code": stage.code}
    page = await stage.mallory.post("/join", BROWSER, form)
    assert f'id="join-code-error" role="alert">{LOCKED}' in page.text
    assert 'name="nickname" value="Nora"' in page.text
    assert f'name="code" value="{stage.code}"' in page.text
    program = await stage.mallory.post("/join", PROGRAM, form)
    assert program.json["error"] == {"reason": "room-locked", "message": LOCKED}


async def test_an_unlocked_room_admits_again(stage: Stage) -> None:
    await stage.act(stage.ada, "/lock", {"state": "on"})
    assert not await is_admitted(stage, stage.code)
    await stage.act(stage.cleo, "/lock", {"state": "off"})
    assert await is_admitted(stage, stage.code)


async def test_an_empty_form_locks(stage: Stage) -> None:
    await stage.act(stage.ada, "/lock", {})
    assert (await stage.now()).locked
    await stage.act(stage.ada, "/lock", {"state": " "})
    assert (await stage.now()).locked


@pytest.mark.parametrize("state", ["yes", "ON", "1", "open", "\0", "<b>"])
async def test_a_word_that_is_no_choice_is_told(stage: Stage, state: str) -> None:
    for kind in KINDS:
        answer = await stage.ada.post(f"{stage.path}/lock", kind, {"state": state})
        assert answer.status == 422
        told = answer.json["error"]["message"] if kind is PROGRAM else answer.text
        assert "Choose “on” or “off”." in told
    assert not (await stage.now()).locked


async def test_who_has_no_good_code_does_not_learn_of_the_lock(stage: Stage) -> None:
    form = {"nickname": "Mallory", "code": stage.old_code}
    before = [await stage.mallory.post("/join", kind, form) for kind in (PROGRAM, CURL)]
    await stage.act(stage.ada, "/lock", {})
    after = [await stage.mallory.post("/join", kind, form) for kind in (PROGRAM, CURL)]
    assert before == after
    assert {answer.status for answer in after} == {404}


async def test_whoever_sits_is_not_locked_out(stage: Stage) -> None:
    await stage.act(stage.ada, "/lock", {})
    assert (await stage.ben.get(stage.path)).status == 200
    assert (await stage.ben.say(stage.room, "still here")).status == 201
    shown = {"Cookie": f"seat-{stage.room}={stage.ben.token}"}
    form = {"nickname": "Ben", "code": stage.code}
    answer = await stage.mallory.post("/join", BROWSER, form, headers=shown)
    assert (answer.status, answer.headers["Location"]) == (303, stage.path)


async def test_who_has_left_comes_back_only_through_an_open_door(stage: Stage) -> None:
    await stage.act(stage.ada, "/lock", {})
    await stage.ben.post(f"{stage.path}/leave")
    form = {"nickname": "Ben", "code": stage.code}
    assert (await stage.ben.post("/join", PROGRAM, form)).status == 409
    await stage.act(stage.ada, "/lock", {"state": "off"})
    assert (await stage.ben.post("/join", PROGRAM, form)).status == 201


async def test_who_waits_can_still_be_let_in(house: House) -> None:
    stage = await set_stage(house, ask=True)
    (zoe,) = (await stage.now()).knocks
    await stage.act(stage.ada, "/lock", {})
    form = {"nickname": "Yara", "code": stage.code}
    assert (await stage.mallory.post("/join", PROGRAM, form)).status == 409, "nobody more knocks"
    await stage.act(stage.ada, "/admissions", {"knock": zoe.id})
    assert await stage.member("Zoe")


@by_kind
async def test_locking_twice_is_quiet(stage: Stage, kind: Kind) -> None:
    """A page that is stale, or two hosts at once: what was wished is so."""
    await stage.act(stage.ada, "/lock", {"state": "on"})
    before = await stage.known()
    for host in stage.hosts:
        stage.assert_done(kind, await host.post(f"{stage.path}/lock", kind, {"state": "on"}))
    assert await stage.known() == before


# How it shows


async def test_everybody_reads_who_did_it(stage: Stage) -> None:
    start = (await stage.now()).cursor
    stale = Page((await stage.ben.get(stage.path, BROWSER)).text)
    await stage.act(stage.ada, "/lock", {})
    await stage.act(stage.cleo, "/lock", {"state": "off"})
    await stage.act(stage.cleo, "/lock", {})
    page = await stage.ben.get(stage.path, BROWSER)
    assert '<bdi translate="no">Ada</bdi> locked the room' in page.text
    assert '<bdi translate="no">Cleo</bdi> unlocked the room.' in page.text
    raw = await stage.ben.get(f"{stage.path}/raw?once=1&after={start}")
    assert raw.text.splitlines() == [
        "* Ada locked the room: its code admits nobody.",
        "* Cleo unlocked the room.",
        "* Cleo locked the room: its code admits nobody.",
    ]
    lines = (await stage.ben.get(f"{stage.path}/json?once=1&after={start}")).text.splitlines()
    assert '"event":"room-locked"' in lines[0].replace(" ", "")
    assert '"nickname":"Ada"' in lines[0].replace(" ", "")
    stale.hear((await stage.ben.get(f"{stale.stream}&once=1")).text)
    fresh = Page(page.text)
    for place in ("messages", "lock-state", "members"):
        assert stale.shape(place) == fresh.shape(place)


async def test_the_page_says_that_the_room_is_locked(stage: Stage) -> None:
    async def state() -> str:
        found = Page((await stage.ben.get(stage.path, BROWSER)).text).document.find("lock-state")
        assert found
        return found.text.strip()

    assert await state() == ""
    await stage.act(stage.ada, "/lock", {})
    assert await state() == "Locked"
    await stage.act(stage.ada, "/lock", {"state": "off"})
    assert await state() == ""


@pytest.mark.parametrize("kind", [BROWSER, HTMX], ids=["browser", "htmx"])
async def test_the_sheet_offers_the_other_state(stage: Stage, kind: Kind) -> None:
    opened = await stage.ada.get(f"{stage.path}/options", kind)
    assert 'name="state" value="on"' in opened.text
    assert "Lock the room" in opened.text
    await stage.act(stage.ada, "/lock", {})
    locked = await stage.ada.get(f"{stage.path}/options", kind)
    assert 'name="state" value="off"' in locked.text
    assert "Unlock the room" in locked.text


async def test_programs_of_members_are_told(stage: Stage) -> None:
    assert (await stage.house.join(stage.code, "Nora"))[1]["room"]["locked"] is False
    await stage.act(stage.ada, "/lock", {})
    issued = await stage.ada.post(f"{stage.path}/invitations", PROGRAM)
    word = issued.json["invitation"]["url"].rpartition("#")[2]
    assert (await stage.house.join(word, "Olga"))[1]["room"]["locked"] is True
