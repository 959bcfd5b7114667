"""POST /rooms/{id}/removals: a host shows a member out, for good."""

import asyncio
import json

import pytest

from ephemera.domain.codes import new_code, show_code
from ephemera.domain.commands import By, Remove
from ephemera.lobby.steps import Steps
from tests.support.asking import BROWSER, CURL, HTMX, PROGRAM, Kind, by_kind
from tests.support.cast import NEVER, Browser, House, Person, Scene
from tests.support.page import Page
from tests.support.powers import ONLY_HOSTS, Stage, Why, set_stage
from tests.support.rooms import FarEngine

WAYS = ("events", "json", "raw", "live")
NOT_OVER_HOSTS = Why(403, "not-over-hosts", "A host cannot do that to a host, nor to themselves.")
UNKNOWN = Why(422, "invalid", "There is no such member in this room.")
REMOVED = "You were removed from this room and cannot come back."


async def remove(stage: Scene, member_id: str, **fields: str) -> None:
    """Let Ada remove somebody."""
    form = {"member": member_id, **fields}
    answer = await stage.ada.post(f"{stage.path}/removals", PROGRAM, form)
    assert answer.status == 204, answer


async def code_of(stage: Scene) -> str:
    """Return the code of now."""
    snapshot = await stage.house.engine.load(stage.room)
    assert snapshot
    return show_code(snapshot.room.code)


# The cast


async def test_only_hosts_may(house: House) -> None:
    stage = await set_stage(house, ask=True)
    newcomers = iter(range(100))

    async def somebody_new() -> dict[str, str]:
        await stage.act(stage.ada, "/options", {"ask": "no"})
        _, told = await house.join(await code_of(stage), f"New {next(newcomers)}")
        await stage.act(stage.ada, "/options", {"ask": "yes"})
        return {"member": told["member"]["id"], "keep_code": "yes"}

    await stage.assert_only_hosts_may("/removals", somebody_new)
    assert await stage.member("Zoe") is None


async def test_no_member_may_remove_themselves_either(stage: Stage) -> None:
    for nickname, member in (("Ben", stage.ben), ("Mona", stage.mona)):
        form = {"member": await stage.id_of(nickname)}
        await stage.assert_refused(member, "/removals", form, ONLY_HOSTS)


async def test_no_host_removes_a_host_nor_themselves(stage: Stage) -> None:
    for nickname in ("Ada", "Cleo"):
        form = {"member": await stage.id_of(nickname)}
        for host in stage.hosts:
            await stage.assert_refused(host, "/removals", form, NOT_OVER_HOSTS)


async def test_a_former_host_may_no_more_and_can_be_removed(stage: Stage) -> None:
    ben, cleo = await stage.id_of("Ben"), await stage.id_of("Cleo")
    await stage.act(stage.cleo, "/resignations", {})
    await stage.assert_refused(stage.cleo, "/removals", {"member": ben}, ONLY_HOSTS)
    await remove(stage, cleo)
    assert await stage.member("Cleo") is None


@pytest.mark.parametrize("member", ["", "p0", "p99", "p-1", "Ben", "\0", "p2 p4", "m-2"])
async def test_an_id_that_never_was_is_told(stage: Stage, member: str) -> None:
    await stage.assert_refused(stage.ada, "/removals", {"member": member}, UNKNOWN)


async def test_a_member_of_another_room_is_not_there_to_be_removed(stage: Stage) -> None:
    """Ids are those of the room: a neighbour's, with more members, leads nowhere here."""
    house, next_door = stage.house, f"/rooms/{stage.next_door}"
    snapshot = await house.engine.load(stage.next_door)
    assert snapshot
    for number in range(6):
        await house.join(snapshot.room.code, f"Guest {number}")
    _, theirs = await house.join(snapshot.room.code, "Guest 7")
    form = {"member": theirs["member"]["id"]}
    await stage.assert_refused(stage.ada, "/removals", form, UNKNOWN)
    answer = await stage.mallory_next_door.post(f"{next_door}/removals", PROGRAM, form)
    assert answer.status == 204, "the premise: next door it is somebody"


async def test_a_word_that_is_no_choice_is_told(stage: Stage) -> None:
    form = {"member": await stage.id_of("Ben"), "keep_code": "perhaps"}
    answer = await stage.ada.post(f"{stage.path}/removals", PROGRAM, form)
    assert answer.status == 422
    assert answer.json["error"]["field"] == "keep_code"
    assert await stage.member("Ben")


@by_kind
async def test_whoever_is_gone_already_is_removed_without_a_word(stage: Stage, kind: Kind) -> None:
    """A page that is stale, or two hosts at once: what was wished is so."""
    ben = {"member": await stage.id_of("Ben"), "keep_code": "yes"}
    await remove(stage, ben["member"])
    before = await stage.known()
    for host in stage.hosts:
        stage.assert_done(kind, await host.post(f"{stage.path}/removals", kind, ben))
    assert await stage.known() == before, "and the code has changed only once"


@by_kind
async def test_who_leaves_just_before_does_not_come_back_by_the_code(
    stage: Stage, kind: Kind
) -> None:
    form = {"member": await stage.id_of("Ben")}
    await stage.ben.post(f"{stage.path}/leave")
    again = {"nickname": "Ben", "code": stage.code}
    stage.assert_done(kind, await stage.cleo.post(f"{stage.path}/removals", kind, form))
    assert (await stage.ben.post("/join", PROGRAM, again)).status == 404
    _, log = await stage.known()
    assert [entry.event.name for entry in log][-2:] == ["member-left", "code-rotated"]
    back = await stage.ben.post("/join", PROGRAM, {**again, "code": await code_of(stage)})
    assert back.status == 201, "it is no ban: there was no seat to ban"


async def test_two_hosts_at_once_remove_somebody_once(stage: Stage) -> None:
    form = {"member": await stage.id_of("Ben"), "keep_code": "yes"}
    async with asyncio.TaskGroup() as both:
        tries = [
            both.create_task(host.post(f"{stage.path}/removals", PROGRAM, form))
            for host in (*stage.hosts, *stage.hosts)
        ]
    assert {answer.result().status for answer in tries} == {204}
    snapshot, log = await stage.known()
    assert log[-1].event.name == "member-removed"
    assert sum(entry.event.released == form["member"] for entry in log) == 1
    assert snapshot.room.sequence == log[-1].sequence


# The seat


@by_kind
async def test_the_old_token_opens_nothing_any_more(stage: Stage, kind: Kind) -> None:
    """Every address answers with the very bytes of a room that never existed."""
    ways = ["", "/events", "/json", "/raw", "/live", "/roster", "/composer", "/mine.css"]
    ways += ["/qr.svg", "/members?member=p1", "/messages?message=m-1", "/options", "/waiting"]
    ways += ["/knock", "/json?once=1", "/events?once=1&after=x-1", "/live?once=1", "/raw?after=a-1"]
    opened = [await stage.ben.ask("HEAD", stage.path + way, kind) for way in ways[:9]]
    assert {answer.status for answer in opened} == {200}, "the premise"
    await remove(stage, await stage.id_of("Ben"))
    for way in ways:
        never = await stage.mallory.get(f"/rooms/{NEVER}{way}", kind)
        assert never.status == 404
        assert await stage.ben.get(stage.path + way, kind) == never


@by_kind
@pytest.mark.parametrize(
    ("tail", "form"),
    [
        ("/messages", {"text": "one more thing", "key": "a key of theirs"}),
        ("/composer", {"text": "one more thing"}),
        ("/edits", {"message": "m-1", "text": "other words"}),
        ("/deletions", {"message": "m-1"}),
        ("/reactions", {"message": "m-1", "sign": "yes"}),
        ("/writing", {}),
        ("/leave", {}),
        ("/admissions", {"knock": "k1"}),
    ],
)
async def test_who_was_removed_says_and_does_nothing_more(
    stage: Stage, kind: Kind, tail: str, form: dict[str, str]
) -> None:
    said = await stage.ben.say(stage.room, "one more thing", key="a key of theirs")
    assert said.status == 201, "the premise; and its retry is no way back"
    await remove(stage, await stage.id_of("Ben"))
    before = await stage.known()
    form = {name: said.json["id"] if name == "message" else value for name, value in form.items()}
    never = await stage.mallory.post(f"/rooms/{NEVER}{tail}", kind, form)
    assert await stage.ben.post(stage.path + tail, kind, form) == never
    assert await stage.known() == before


async def test_a_draft_that_comes_too_late_is_handed_back(stage: Stage) -> None:
    await remove(stage, await stage.id_of("Ben"))
    answer = await stage.ben.post(f"{stage.path}/messages", BROWSER, {"text": "a long thought"})
    assert answer.status == 404
    assert "a long thought" in answer.text


# The code, and the way back


async def test_the_code_changes_and_opens_no_more(stage: Stage) -> None:
    await remove(stage, await stage.id_of("Ben"))
    assert await code_of(stage) != stage.code
    for code in (stage.old_code, stage.code):
        for person in (stage.mallory, stage.ben, stage.eve_removed):
            answer = await person.post("/join", PROGRAM, {"nickname": "Zed", "code": code})
            assert answer.status == 404
            assert answer.json["error"]["reason"] == "wrong-code"


async def test_a_host_may_keep_the_code(stage: Stage) -> None:
    await remove(stage, await stage.id_of("Ben"), keep_code="yes")
    assert await code_of(stage) == stage.code
    await stage.house.join(stage.code, "Zed")


@pytest.mark.parametrize("keep_code", ["yes", "no"])
@by_kind
@pytest.mark.parametrize("nickname", ["Ben", "Somebody else"])
async def test_the_same_token_is_not_let_in_again(
    stage: Stage, keep_code: str, kind: Kind, nickname: str
) -> None:
    """A browser has it in its cookie for /join, a program as Bearer."""
    await remove(stage, await stage.id_of("Ben"), keep_code=keep_code)
    form = {"nickname": nickname, "code": await code_of(stage)}
    token = stage.ben.token
    cookie = {"Cookie": f"seat-{stage.room}={token}"}
    bearer = {"Authorization": f"Bearer {token}"}
    shown = cookie if kind in (BROWSER, HTMX) else bearer
    answer = await stage.mallory.post("/join", kind, form, headers=shown)
    assert answer.status == 403
    assert REMOVED in answer.text
    assert "Set-Cookie" not in answer.headers
    assert not await stage.member(nickname)
    without = await Person(stage.house).post("/join", kind, {**form, "nickname": "Zed"})
    assert without.status in (201, 303), "the premise: others are"


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_real_browser_with_its_cookies_cannot_come_back(house: House, scheme: str) -> None:
    stage = await set_stage(house)
    browser = Browser(house, scheme)
    await browser.post("/join", {"nickname": "Vera", "code": stage.code})
    assert (await browser.get(stage.path)).status == 200
    await remove(stage, await stage.id_of("Vera"), keep_code="yes")
    assert (await browser.get(stage.path)).status == 404
    for nickname in ("Vera", "Somebody else"):
        answer = await browser.post("/join", {"nickname": nickname, "code": stage.code})
        assert answer.status == 403
        assert REMOVED in answer.text
    left = await browser.post(f"{stage.path}/leave")
    assert left.status == 404, "nor does leaving make the browser forget"
    again = await browser.post("/join", {"nickname": "Vera", "code": stage.code})
    assert again.status == 403


async def test_nor_one_that_had_left_and_come_back_before(house: House) -> None:
    stage = await set_stage(house)
    browser = Browser(house)
    await browser.post("/join", {"nickname": "Vera", "code": stage.code})
    await browser.post(f"{stage.path}/leave")
    await browser.post("/join", {"nickname": "Vera", "code": stage.code})
    await remove(stage, await stage.id_of("Vera"), keep_code="yes")
    answer = await browser.post("/join", {"nickname": "Vera", "code": stage.code})
    assert answer.status == 403


async def test_the_retry_of_the_old_join_is_no_way_back(stage: Stage) -> None:
    form = {"nickname": "Vera", "code": stage.code, "key": "a key of sixteen characters"}
    first = await stage.mallory.post("/join", PROGRAM, form)
    again = await stage.mallory.post("/join", PROGRAM, form)
    assert first.json["token"] == again.json["token"], "the premise: a retry gets the same seat"
    await remove(stage, first.json["member"]["id"], keep_code="yes")
    for header in ({}, {"Idempotency-Key": form["key"]}):
        answer = await stage.mallory.post("/join", PROGRAM, form, headers=header)
        assert answer.status == 403
        assert answer.json["error"] == {"reason": "removed", "message": REMOVED}


async def test_an_old_invitation_ends_with_the_code(stage: Stage) -> None:
    asked = {"uses": "3", "lasts": "3600"}
    issued = await stage.ada.post(f"{stage.path}/invitations", PROGRAM, asked)
    word = issued.json["invitation"]["url"].rpartition("#")[2]
    await stage.house.join(word, "Vera")
    await remove(stage, await stage.id_of("Ben"))
    for person in (stage.mallory, stage.ben):
        answer = await person.post("/join", PROGRAM, {"nickname": "Zed", "code": word})
        assert answer.status == 404


async def test_an_invitation_that_was_kept_lets_in_others_only(stage: Stage) -> None:
    asked = {"uses": "3", "lasts": "3600"}
    issued = await stage.ada.post(f"{stage.path}/invitations", PROGRAM, asked)
    word = issued.json["invitation"]["url"].rpartition("#")[2]
    await remove(stage, await stage.id_of("Ben"), keep_code="yes")
    answer = await stage.ben.post("/join", PROGRAM, {"nickname": "Ben", "code": word})
    assert answer.status == 403
    await stage.house.join(word, "Zed")


async def test_who_was_removed_cannot_knock(house: House) -> None:
    stage = await set_stage(house, ask=True)
    form = {"nickname": "Evelyn", "code": stage.code}
    answer = await stage.eve_removed.post("/join", PROGRAM, form)
    assert (answer.status, answer.json["error"]["reason"]) == (403, "removed")
    assert [knock.nickname for knock in (await stage.now()).knocks] == ["Zoe"]


async def test_others_behind_the_same_address_may_still_join(stage: Stage) -> None:
    """A whole office has one address: nobody is turned away for it."""
    neighbour = Person(stage.house, address=stage.eve_removed.address)
    form = {"nickname": "Zed", "code": stage.code}
    assert (await neighbour.post("/join", PROGRAM, form)).status == 201


async def test_nobody_becomes_who_was_removed(stage: Stage) -> None:
    form = {"nickname": "Evelyn", "code": stage.code}
    answer = await stage.mallory.post("/join", PROGRAM, form)
    assert (answer.status, answer.json["error"]["reason"]) == (422, "nickname-taken")


# The streams


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("keep_code", ["yes", "no"])
async def test_the_streams_of_who_is_removed_end_and_say_so(
    stage: Stage, way: str, keep_code: str
) -> None:
    now = (await stage.now()).cursor
    async with stage.ben.listening(f"{stage.path}/{way}?after={now}") as stream:
        await stage.ada.say(stage.room, "said before")
        await stream.until("said before")
        await remove(stage, await stage.id_of("Ben"), keep_code=keep_code)
        await stage.ada.say(stage.room, "said since")
        heard = await stream.ended()
    assert says_so(way, heard)
    assert "said since" not in heard
    assert await code_of(stage) not in heard


def says_so(way: str, heard: str) -> bool:
    """Tell whether the end of a stream says that its reader was removed."""
    if way == "json":
        last = json.loads(heard.splitlines()[-1])
        return (last["event"], last["nickname"], last["by_nickname"]) == (
            "member-removed",
            "Ben",
            "Ada",
        )
    if way == "raw":
        return heard.endswith("* Ada removed Ben.\n")
    return "A host has removed you from this room." in heard


@pytest.mark.parametrize("way", WAYS)
async def test_those_who_stay_hear_on(stage: Stage, way: str) -> None:
    now = (await stage.now()).cursor
    async with stage.mona.listening(f"{stage.path}/{way}?after={now}") as stream:
        await remove(stage, await stage.id_of("Ben"))
        await stage.ada.say(stage.room, "said since")
        heard = await stream.until("said since")
    assert not stream.has_ended
    assert heard.index("Ben") < heard.index("said since")
    assert "A host has removed you" not in heard


@pytest.mark.parametrize("way", WAYS)
async def test_who_waits_for_one_answer_gets_that_one(stage: Stage, way: str) -> None:
    here = await stage.now()
    async with stage.ben.listening(f"{stage.path}/{way}?once=1&after={here.cursor}") as stream:
        await remove(stage, await stage.id_of("Ben"))
        heard = await stream.ended()
    assert says_so(way, heard)
    assert await code_of(stage) not in heard


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("once", ["", "&once=1"])
async def test_nothing_is_caught_up_with(stage: Stage, way: str, once: str) -> None:
    for cursor in ((await stage.now()).cursor, "x-0", ""):
        path = f"{stage.path}/{way}?after={cursor}{once}"
        async with stage.ben.listening(path) as stream:
            assert stream.status_code == 200, "the premise"
    cursor = str((await stage.now()).cursor)
    await remove(stage, await stage.id_of("Ben"))
    for after in (cursor, "x-0", ""):
        answer = await stage.ben.get(f"{stage.path}/{way}?after={after}{once}")
        assert answer.status == 404
        assert "Ada removed" not in answer.text


@pytest.mark.parametrize(
    "tail", ["", "/events", "/json", "/raw", "/live", "/json?once=1", "/events?once=1&after=x-1"]
)
async def test_what_is_asked_for_at_that_very_moment_shows_nothing_more(tail: str) -> None:
    """However far the server has got with the answer when the removal happens."""
    stage = await set_stage(House(FarEngine()))
    statuses, told = set(), False
    for turns in range(16):
        guest, joined = await stage.house.join(await code_of(stage), f"Guest {turns}")
        target, (snapshot, _) = joined["member"]["id"], await stage.known()
        asking = asyncio.create_task(heard_of(guest, stage.path + tail))
        for _ in range(turns):
            await asyncio.sleep(0)
        removal = By("p1", Remove(target=target, code=new_code("any")))
        await Steps(stage.house.engine, stage.house.clock).carry_out(snapshot, removal)
        await stage.ada.say(stage.room, f"said since {turns}")
        status, heard = await asking
        assert f"said since {turns}" not in heard
        assert await code_of(stage) not in heard
        statuses.add(status)
        told = told or f"Guest {turns}" in heard
    assert statuses == {200, 404}, "the premise: sometimes it was early, sometimes late"
    assert told


async def heard_of(person: Person, path: str) -> tuple[int | None, str]:
    """Return the status of an answer and all of it, which must have an end."""
    async with person.listening(path) as answer:
        return answer.status_code, await answer.ended()


async def test_a_page_is_replaced_by_the_sentence(stage: Stage) -> None:
    page = Page((await stage.ben.get(stage.path, BROWSER)).text)
    async with stage.ben.listening(page.stream) as stream:
        await remove(stage, await stage.id_of("Ben"))
        page.hear(await stream.ended())
    room = page.document.find("room")
    assert room
    assert "A host has removed you from this room." in room.text
    assert page.document.find("stream") is None, "and it does not try again"
    assert page.document.find("messages") is None


async def test_everybody_else_sees_who_did_it_and_a_new_code(stage: Stage) -> None:
    page = Page((await stage.mona.get(stage.path, BROWSER)).text)
    ben = await stage.id_of("Ben")
    assert page.document.find(f"member-{ben}")
    async with stage.mona.listening(page.stream) as stream:
        await remove(stage, ben)
        page.hear(await stream.until(await code_of(stage)))
    fresh = Page((await stage.mona.get(stage.path, BROWSER)).text)
    for part in ("messages", "members", "code", "link"):
        assert page.shape(part) == fresh.shape(part)
    log = page.document.find("messages")
    assert log
    assert "Ada removed Ben." in log.text
    assert page.document.find(f"member-{ben}") is None


async def test_programs_are_told_who_did_it(stage: Stage) -> None:
    ben = await stage.id_of("Ben")
    await remove(stage, ben)
    log = await stage.mona.get(f"{stage.path}/json?once=1")
    removed, rotated = [json.loads(line) for line in log.text.splitlines()][-2:]
    assert {name: removed[name] for name in ("event", "member", "nickname", "by")} == {
        "event": "member-removed",
        "member": ben,
        "nickname": "Ben",
        "by": "p1",
    }
    assert (rotated["event"], rotated["nickname"]) == ("code-rotated", "Ada")
    assert rotated["code"] == await code_of(stage)
    raw = (await stage.mona.get(f"{stage.path}/raw?once=1")).text
    assert raw.endswith(
        "* Ada removed Ben.\n* Ada changed the code. The old one, and every invitation, "
        "opens nothing any more.\n"
    )


async def test_a_nickname_that_is_markup_stays_text(stage: Stage) -> None:
    _, vera = await stage.house.join(stage.code, "<b>&{{x}}")
    async with stage.ada.listening(f"{stage.path}/events", CURL) as stream:
        await remove(stage, vera["member"]["id"])
        heard = await stream.until("removed")
    assert "<b>" not in heard
    assert '<bdi translate="no">&lt;b&gt;&amp;{{x}}</bdi>' in heard
