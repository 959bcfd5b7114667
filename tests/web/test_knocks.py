"""POST /join where one asks before entering, POST /rooms/{id}/admissions, GET /rooms/{id}/knock."""

import asyncio
import re

import pytest

from ephemera.domain.rooms import KNOCK_SECONDS, MOST_KNOCKS
from tests.support.asking import BROWSER, CURL, HTMX, KINDS, PROGRAM, Kind, by_kind
from tests.support.cast import NEVER, Answer, Browser, House, Person
from tests.support.page import Page
from tests.support.powers import Stage, Why, set_stage

KNOCK_GONE = Why(409, "knock-gone", "They do not wait to be let in any more.")
FULL = Why(409, "room-full", "Every seat in this room is taken.")
CROWDED = "Too many people wait to be let in. Please try again later."


@pytest.fixture
async def stage(house: House) -> Stage:
    """Zoe waits as k1 in a room with everybody in it."""
    return await set_stage(house, ask=True)


async def asked(stage: Stage, nickname: str = "Yan", kind: Kind = PROGRAM, **more: str) -> Answer:
    form = {"nickname": nickname, "code": stage.code, **more}
    return await Person(stage.house).post("/join", kind, form)


async def state_of(stage: Stage, person: Person) -> str:
    answer = await person.get(f"{stage.path}/knock", PROGRAM)
    assert answer.status == 200, answer
    return str(answer.json["state"])


async def page_of(stage: Stage, person: Person) -> Page:
    return Page((await person.get(stage.path, BROWSER)).text)


async def all_hosts_go_away(stage: Stage) -> None:
    """Let half a minute pass in which only Ben and Mona show life."""
    stage.house.clock.turn(31)
    for person in stage.members:
        assert (await person.get(stage.path, BROWSER)).status == 200
    await stage.house.reap()
    assert not (await stage.now()).has_host_here


# Knocking


async def test_a_program_that_knocks_is_told_where_it_waits_and_no_more(stage: Stage) -> None:
    answer = await asked(stage)
    assert answer.status == 202
    told = answer.json
    assert told.pop("token")
    assert told == {
        "room": {"id": stage.room, "url": f"http://ephemera.test{stage.path}"},
        "knock": {"id": "k2", "nickname": "Yan", "expires_at": stage.house.clock() + 300},
    }
    assert "Set-Cookie" not in answer.headers


async def test_curl_that_knocks_is_told_the_same_in_lines(stage: Stage) -> None:
    answer = await asked(stage, kind=CURL)
    url = f"http://ephemera.test{stage.path}"
    assert (answer.status, answer.type) == (202, "text/plain; charset=utf-8")
    shape = rf"room {url}\nwaiting {url}/knock\ntoken (\S+)\n"
    found = re.fullmatch(shape, answer.text)
    assert found
    assert await state_of(stage, Person(stage.house, token=found[1])) == "waiting"


@pytest.mark.parametrize("kind", [BROWSER, HTMX], ids=["browser", "htmx"])
async def test_a_browser_that_knocks_goes_to_where_one_waits(stage: Stage, kind: Kind) -> None:
    answer = await asked(stage, kind=kind)
    assert (answer.status, answer.leads_to) == (303, stage.path)
    room = await stage.zoe.get(stage.path, kind)
    assert (room.status, room.leads_to) == (303, f"{stage.path}/waiting")
    cookies = [line.partition("=")[0] for line in answer.headers.getlist("Set-Cookie")]
    assert cookies == ["seat", f"seat-{stage.room}"]


async def test_a_browser_that_knocks_twice_has_one_knock(stage: Stage) -> None:
    browser = Browser(stage.house)
    await browser.post("/join", {"nickname": "Yan", "code": stage.code})
    for nickname in ("Yan", "Another"):
        answer = await browser.post("/join", {"nickname": nickname, "code": stage.code})
        assert answer.leads_to == f"{stage.path}/waiting"
    assert [one.nickname for one in (await stage.now()).knocks] == ["Zoe", "Yan"]


async def test_the_same_request_with_the_same_key_is_one_knock_and_then_the_seat(
    stage: Stage,
) -> None:
    key = "a key of 16 characters or more"
    first, second = [await asked(stage, key=key) for _ in range(2)]
    assert first == second
    assert (first.status, first.json["knock"]["id"]) == (202, "k2")
    await stage.act(stage.ada, "/admissions", {"knock": "k2"})
    third = await asked(stage, key=key)
    assert (third.status, third.json["token"]) == (201, first.json["token"])
    assert third.json["member"]["nickname"] == "Yan"


async def test_sixteen_wait_and_the_seventeenth_reads_why_not(stage: Stage) -> None:
    for number in range(MOST_KNOCKS - 1):
        await stage.knock(f"Guest {number}")
    program, browser = await asked(stage), await asked(stage, kind=BROWSER)
    assert (program.status, program.json["error"]["reason"]) == (409, "door-crowded")
    assert browser.status == 409
    assert CROWDED in browser.text
    assert 'value="Yan"' in browser.text
    assert len((await stage.now()).knocks) == 16


async def test_who_looks_like_one_who_waits_reads_it_beside_the_nickname(stage: Stage) -> None:
    for nickname in ("Zoe", "z\u043ee", "Ada"):
        answer = await asked(stage, nickname)
        assert (answer.status, answer.json["error"]["reason"]) == (422, "nickname-taken")
        assert answer.json["error"]["field"] == "nickname"


async def test_a_full_room_says_so_to_who_knocks(stage: Stage) -> None:
    for _ in range(4):
        await stage.act(stage.ada, "/admissions", {"knock": await knock_id_of_a_guest(stage)})
    answer = await asked(stage)
    assert (answer.status, answer.json["error"]["reason"]) == (409, "room-full")


async def knock_id_of_a_guest(stage: Stage) -> str:
    number = (await stage.now()).knocked + 1
    await stage.knock(f"Guest {number}")
    return f"k{number}"


async def test_who_was_removed_cannot_knock_with_the_new_code(stage: Stage) -> None:
    form = {"nickname": "Somebody", "code": stage.code}
    answer = await stage.eve_removed.post("/join", PROGRAM, form)
    assert (answer.status, answer.json["error"]["reason"]) == (403, "removed")
    cookie = {"Cookie": f"seat-{stage.room}={stage.eve_removed.token}"}
    answer = await stage.mallory.post("/join", BROWSER, form, headers=cookie)
    assert answer.status == 403
    assert "You were removed from this room and cannot come back." in answer.text
    assert (await stage.mallory.post("/join", PROGRAM, form)).status == 202


async def test_a_wrong_code_gets_the_same_answer_whether_one_asks_or_not(stage: Stage) -> None:
    wrong = {"nickname": "Yan", "code": "ZZZZZ-ZZZZZ"}
    asking = await stage.mallory.post("/join", PROGRAM, wrong)
    await stage.act(stage.ada, "/options", {"ask": "no"})
    assert await stage.mallory.post("/join", PROGRAM, wrong) == asking
    assert asking.status == 404


async def test_an_address_knocks_six_times_a_minute() -> None:
    stage = await set_stage(House(rate_limits=True), ask=True)
    for number in range(5):
        await stage.knock(f"Guest {number}")
    answer = await asked(stage)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "10")
    elsewhere = Person(stage.house, address="203.0.113.9")
    form = {"nickname": "Yan", "code": stage.code}
    assert (await elsewhere.post("/join", PROGRAM, form)).status == 202
    stage.house.clock.turn(10)
    assert (await asked(stage, "Xaver")).status == 202


async def test_who_waits_and_joins_again_when_nobody_asks_any_more_sits_down(stage: Stage) -> None:
    key = "a key of 16 characters or more"
    yan = Person(stage.house, (await asked(stage, key=key)).json["token"])
    await stage.act(stage.ada, "/options", {"ask": "no"})
    assert await state_of(stage, stage.zoe) == await state_of(stage, yan) == "waiting"
    again = await asked(stage, key=key)
    assert (again.status, again.json["token"]) == (201, yan.token)
    shown = await stage.zoe.post("/join", PROGRAM, {"nickname": "Zoe", "code": stage.code})
    assert (shown.status, shown.json["member"]["nickname"]) == (201, "Zoe")
    assert not (await stage.now()).knocks
    raw = (await stage.ben.get(f"{stage.path}/raw?once=1")).text
    assert [line for line in raw.splitlines() if "Zoe" in line][-1] == "* Zoe joined."


async def test_who_was_turned_away_and_sits_now_is_not_told_so_any_more(stage: Stage) -> None:
    key = "a key of 16 characters or more"
    yan = Person(stage.house, (await asked(stage, key=key)).json["token"])
    await stage.act(stage.ada, "/admissions", {"knock": "k2", "answer": "decline"})
    assert await state_of(stage, yan) == "declined"
    await stage.act(stage.ada, "/options", {"ask": "no"})
    again = await asked(stage, key=key)
    assert (again.status, again.json["token"]) == (201, yan.token), "the premise: the same token"
    assert await state_of(stage, yan) == "admitted"
    answer = await yan.get(f"{stage.path}/waiting", BROWSER)
    assert (answer.status, answer.leads_to) == (303, stage.path)


async def test_a_knock_does_not_give_their_voice_back_to_who_left_muted(stage: Stage) -> None:
    await stage.mona.post(f"{stage.path}/leave")
    form = {"nickname": "Mona", "code": stage.code}
    knocked = await stage.mona.post("/join", PROGRAM, form)
    assert knocked.status == 202, "the premise; and she has two tokens now"
    second = Person(stage.house, knocked.json["token"])
    assert (await second.post(f"{stage.path}/leave")).status == 204
    await stage.act(stage.ada, "/options", {"ask": "no"})
    for nickname, person in (("Mora", stage.mona), ("Mona", second)):
        back = await person.post("/join", PROGRAM, {**form, "nickname": nickname})
        assert (back.status, back.json["member"]["muted"]) == (201, True)


# Answering


@pytest.mark.parametrize("answer", ["admit", "decline"])
async def test_both_hosts_answer_by_every_road_and_nobody_else_may(
    stage: Stage, answer: str
) -> None:
    async def form() -> dict[str, str]:
        room = await stage.now()
        for member in room.members:  # make room: a room has eight seats
            if member.nickname.startswith("Guest"):
                await stage.act(stage.ada, "/removals", {"member": member.id, "keep_code": "yes"})
        return {"knock": await knock_id_of_a_guest(stage), "answer": answer}

    await stage.assert_only_hosts_may("/admissions", form)


@by_kind
async def test_who_is_let_in_sits_and_their_token_opens_the_seat(stage: Stage, kind: Kind) -> None:
    answer = await stage.ada.post(f"{stage.path}/admissions", kind, {"knock": "k1"})
    stage.assert_done(kind, answer)
    told = (await stage.zoe.get(f"{stage.path}/knock")).json
    assert told["state"] == "admitted"
    assert (told["member"]["nickname"], told["member"]["role"]) == ("Zoe", "member")
    assert told["room"]["id"] == stage.room
    assert (await stage.zoe.say(stage.room, "Good evening")).status == 201
    raw = (await stage.ben.get(f"{stage.path}/raw?once=1")).text
    assert raw.endswith("* Ada let Zoe in.\n* Zoe joined.\nZoe: Good evening\n")


@by_kind
async def test_who_is_turned_away_reads_it_and_sits_nowhere(stage: Stage, kind: Kind) -> None:
    form = {"knock": "k1", "answer": "decline"}
    answer = await stage.cleo.post(f"{stage.path}/admissions", kind, form)
    stage.assert_done(kind, answer)
    assert await state_of(stage, stage.zoe) == "declined"
    assert (await stage.zoe.say(stage.room, "Let me in")).status == 404
    assert (await stage.ben.get(f"{stage.path}/raw?once=1")).text.endswith(
        "* Cleo turned Zoe away.\n"
    )


@pytest.mark.parametrize("answer", ["admit", "decline"])
async def test_any_member_answers_while_no_host_is_here(stage: Stage, answer: str) -> None:
    form = {"knock": "k1", "answer": answer}
    refused = await stage.ben.post(f"{stage.path}/admissions", PROGRAM, form)
    assert refused.status == 403
    await all_hosts_go_away(stage)
    await stage.assert_closed_to_the_cast("/admissions", form)
    await stage.act(stage.mona, "/admissions", form)
    expected = "admitted" if answer == "admit" else "declined"
    assert await state_of(stage, stage.zoe) == expected


@pytest.mark.parametrize("first", ["admit", "decline"])
async def test_letting_in_who_was_answered_is_told_and_turning_away_is_quiet(
    stage: Stage, first: str
) -> None:
    await stage.act(stage.ada, "/admissions", {"knock": "k1", "answer": first})
    await stage.assert_refused(stage.cleo, "/admissions", {"knock": "k1"}, KNOCK_GONE)
    before = await stage.known()
    for kind in KINDS:
        form = {"knock": "k1", "answer": "decline"}
        stage.assert_done(kind, await stage.cleo.post(f"{stage.path}/admissions", kind, form))
    assert await stage.known() == before


async def test_two_hosts_who_let_in_at_once_seat_one_member(stage: Stage) -> None:
    hosts = [stage.ada, stage.cleo] * 4
    answers = await asyncio.gather(
        *(host.post(f"{stage.path}/admissions", PROGRAM, {"knock": "k1"}) for host in hosts)
    )
    assert sorted(answer.status for answer in answers) == [204] + [409] * 7
    assert [one.nickname for one in (await stage.now()).members].count("Zoe") == 1


@pytest.mark.parametrize("form", [{}, {"knock": "k2"}, {"knock": "p1"}, {"knock": "k1, k2"}])
async def test_a_knock_that_never_was_is_said_beside_the_field(
    stage: Stage, form: dict[str, str]
) -> None:
    why = Why(422, "invalid", "Nobody like that has knocked.")
    await stage.assert_refused(stage.ada, "/admissions", form, why)


async def test_an_answer_that_is_none_is_refused(stage: Stage) -> None:
    form = {"knock": "k1", "answer": "perhaps"}
    for kind in (BROWSER, HTMX, CURL):
        answer = await stage.ada.post(f"{stage.path}/admissions", kind, form)
        assert answer.status == 422
        assert "Choose “admit” or “decline”." in answer.text
    answer = await stage.ada.post(f"{stage.path}/admissions", PROGRAM, form)
    assert answer.json["error"]["field"] == "answer"
    assert await state_of(stage, stage.zoe) == "waiting"


async def test_a_room_that_filled_up_lets_nobody_in(stage: Stage) -> None:
    await stage.act(stage.ada, "/options", {"capacity": "4"})
    await stage.assert_refused(stage.ada, "/admissions", {"knock": "k1"}, FULL)
    assert await state_of(stage, stage.zoe) == "waiting"
    await stage.ben.post(f"{stage.path}/leave")
    await stage.act(stage.ada, "/admissions", {"knock": "k1"})


async def test_in_a_room_that_is_gone_nobody_is_let_in(stage: Stage) -> None:
    await stage.assert_gone("POST", "/admissions", {"knock": "k1"})


# What a program is told


async def test_a_program_is_told_whom_and_how_long_it_waits_as(stage: Stage) -> None:
    waits = {"id": "k1", "nickname": "Zoe", "expires_at": stage.house.clock() + KNOCK_SECONDS}
    for kind in KINDS:
        answer = await stage.zoe.get(f"{stage.path}/knock", kind)
        assert (answer.status, answer.json) == (200, {"state": "waiting", "knock": waits})


async def test_a_knock_expires_after_five_minutes_by_the_reaper_alone(stage: Stage) -> None:
    async with stage.ada.listening(f"{stage.path}/json") as told:
        for _ in range(10):
            assert await state_of(stage, stage.zoe) == "waiting"
            for host in stage.hosts:  # so that it is not the end of the room
                await host.get(stage.path, BROWSER)
            await stage.house.pass_time(30)
        heard = await told.until('"knock-ended"')
    assert '"expired"' in heard
    assert await state_of(stage, stage.zoe) == "expired"


async def test_who_waits_no_longer_is_nobody_any_more(stage: Stage) -> None:
    answer = await stage.zoe.post(f"{stage.path}/leave", PROGRAM)
    assert (answer.status, answer.body) == (204, b"")
    assert not (await stage.now()).knocks
    never = await stage.zoe.get(f"/rooms/{NEVER}/knock", PROGRAM)
    assert await stage.zoe.get(f"{stage.path}/knock", PROGRAM) == never
    again = await stage.zoe.post(f"{stage.path}/leave", PROGRAM)
    assert again == await stage.zoe.post(f"/rooms/{NEVER}/leave", PROGRAM)


async def test_a_browser_that_waits_no_longer_goes_to_the_lobby(stage: Stage) -> None:
    answer = await stage.zoe.post(f"{stage.path}/leave", BROWSER)
    assert (answer.status, answer.leads_to) == (303, "/")
    assert not (await stage.now()).knocks


@by_kind
async def test_nobody_but_who_waits_learns_of_a_knock(stage: Stage, kind: Kind) -> None:
    never = await stage.mallory.get(f"/rooms/{NEVER}/knock", kind)
    assert never.status == 404
    for stranger in (stage.mallory, stage.mallory_next_door, stage.eve, stage.eve_removed):
        assert await stranger.get(f"{stage.path}/knock", kind) == never
    assert await state_of(stage, stage.ada) == "admitted"
    await stage.end_room()
    assert await stage.zoe.get(f"{stage.path}/knock", kind) == never


# What those in the room see


async def test_everybody_in_the_room_is_told_who_knocks_and_how_it_ended(stage: Stage) -> None:
    async with (
        stage.ada.listening(f"{stage.path}/json") as lines,
        stage.cleo.listening(f"{stage.path}/raw") as raw,
        stage.ben.listening(f"{stage.path}/events") as events,
    ):
        yan = await stage.knock("Yan")
        heard = await lines.until('"Yan"')
        assert '"knocked"' in heard
        assert "* Yan asks to come in (k2).\n" in await raw.until("Yan")
        assert 'id="knock-k2"' in await events.until("Yan")
        await yan.post(f"{stage.path}/leave")
        assert '"withdrawn"' in await lines.until('"withdrawn"')
        assert 'hx-target="#knock-k2" hx-swap="delete"' in await events.until("delete")


async def test_a_stale_page_that_heeds_its_stream_has_the_knocks_of_a_fresh_one(
    stage: Stage,
) -> None:
    stale = await page_of(stage, stage.ada)
    assert stale.ids("knocks") == ["knock-k1"]
    await stage.knock("Yan")
    await stage.knock("Xaver")
    await stage.act(stage.ada, "/admissions", {"knock": "k2"})
    await stage.act(stage.ada, "/admissions", {"knock": "k1", "answer": "decline"})
    resynced = await page_of(stage, stage.ada)
    stale.hear((await stage.ada.get(f"{stale.stream}&once=1")).text)
    resynced.hear((await stage.ada.get(f"{stage.path}/events?once=1&after=0-0")).text)
    fresh = await page_of(stage, stage.ada)
    assert fresh.ids("knocks") == ["knock-k3"]
    for page in (stale, resynced):
        for place in ("knocks", "members", "messages"):
            assert page.shape(place) == fresh.shape(place)


@pytest.mark.parametrize("path", ["", "/roster"])
async def test_the_buttons_of_a_knock_belong_to_forms_of_the_page(stage: Stage, path: str) -> None:
    page = Page((await stage.ada.get(stage.path + path, BROWSER)).text)
    item = page.document.find("knock-k1")
    assert item
    buttons = item.all("button")
    assert [one.attributes["form"] for one in buttons] == ["admit", "decline"]
    for button in buttons:
        assert (button.attributes["name"], button.attributes["value"]) == ("knock", "k1")
        form = page.document.find(str(button.attributes["form"]))
        assert form
        assert form.attributes["action"] == f"{stage.path}/admissions"
        assert (form.attributes["method"], form.attributes["target"]) == ("post", "_top")
        (answer,) = form.all("input")
        assert answer.attributes["name"] == "answer"
        assert answer.attributes["value"] == button.attributes["form"]


async def test_a_nickname_with_markup_is_text_on_the_roster(stage: Stage) -> None:
    await stage.knock("<b>Yan</b>&amp;")
    html = (await stage.ada.get(stage.path, BROWSER)).text
    assert "&lt;b&gt;Yan&lt;/b&gt;&amp;amp;</bdi>" in html
    assert "<b>Yan" not in html


async def test_knocks_are_announced_politely_and_a_folded_roster_does_not_hide_them(
    stage: Stage,
) -> None:
    page = await page_of(stage, stage.ada)
    knocks = page.document.find("knocks")
    assert knocks
    assert knocks.attributes["aria-live"] == "polite"
    assert page.document.all("details")
    assert not any(knocks in folded.walk() for folded in page.document.all("details"))
