"""The way back: to a lost place, to a seat that is held, and out of one without a cookie."""

import re

import pytest

from tests.support.asking import BROWSER, CURL, PROGRAM
from tests.support.cast import NEVER, Answer, Browser, House, Person, Scene, without_key

LOST = "You were away too long and lost your place."
NAMES = ("Ben", "Cleo")


async def ben_away(scene: Scene) -> None:
    """Let Ben be away for longer than the grace, while Ada is here."""
    for _ in range(2):
        await scene.house.pass_time(70)
        await scene.ada.get(scene.path)


async def never(scene: Scene, path: str = "") -> Answer:
    return await scene.mallory.get(f"/rooms/{NEVER}{path}", BROWSER)


async def test_who_was_away_too_long_is_shown_the_way_back(scene: Scene) -> None:
    await ben_away(scene)
    page = await scene.ben.get(scene.path, BROWSER)
    assert page.status == 200
    assert LOST in page.text
    assert 'Come back as <bdi translate="no">Ben</bdi>' in page.text
    assert f'action="{scene.path}/return" method="post"' in page.text
    for secret in (scene.code, "Ada"):
        assert secret not in page.text


async def test_who_comes_back_has_the_seat_and_the_name(scene: Scene) -> None:
    await ben_away(scene)
    answer = await scene.ben.post(f"{scene.path}/return", BROWSER)
    assert (answer.status, answer.leads_to) == (303, scene.path)
    (cookie,) = (one for one in answer.headers.getlist("Set-Cookie") if one.startswith("seat="))
    token = cookie.removeprefix("seat=").partition(";")[0]
    assert token != scene.ben.token
    page = await Person(scene.house, token).get(scene.path, BROWSER)
    assert '<bdi translate="no" class="name">Ben</bdi>' in page.text
    assert await scene.ben.get(scene.path, BROWSER) == await never(scene)


async def test_a_program_comes_back_with_a_new_token(scene: Scene) -> None:
    await ben_away(scene)
    answer = await scene.ben.post(f"{scene.path}/return", PROGRAM)
    assert (answer.status, answer.json["member"]["nickname"]) == (201, "Ben")
    assert (await Person(scene.house, answer.json["token"]).get(f"{scene.path}/raw?once=1")).text


async def test_nobody_else_is_shown_or_let_back(scene: Scene) -> None:
    cleo = await scene.join("Cleo")
    member = {"member": "p4", "keep_code": "yes"}
    assert (await scene.ada.post(f"{scene.path}/removals", PROGRAM, member)).status == 204
    await ben_away(scene)
    assert LOST in (await scene.ben.get(scene.path, BROWSER)).text, "the premise"
    gone, refused = await never(scene), await scene.mallory.post(f"/rooms/{NEVER}/return", CURL)
    assert (gone.status, refused.status) == (404, 404)
    for outsider in (*scene.outsiders, cleo):
        assert await outsider.get(scene.path, BROWSER) == gone
        assert await outsider.post(f"{scene.path}/return", CURL) == refused
    assert await scene.ben.get(scene.path, CURL) == await scene.mallory.get(f"/rooms/{NEVER}", CURL)


async def test_a_full_or_a_locked_room_says_so_and_keeps_the_way_back(scene: Scene) -> None:
    await ben_away(scene)
    await scene.ada.post(f"{scene.path}/lock", PROGRAM)
    page = await scene.ben.post(f"{scene.path}/return", BROWSER)
    assert (page.status, LOST in page.text) == (409, True)
    assert "The room is locked" in page.text
    await scene.ada.post(f"{scene.path}/lock", PROGRAM, {"state": "off"})
    await scene.ada.post(f"{scene.path}/options", PROGRAM, {"capacity": "2"})
    await scene.join("Cleo")
    page = await scene.ben.post(f"{scene.path}/return", BROWSER)
    assert (page.status, "Every seat in this room is taken." in page.text) == (409, True)
    told = await scene.ben.post(f"{scene.path}/return", PROGRAM)
    assert (told.status, told.json["error"]["reason"]) == (409, "room-full")


async def test_who_would_have_to_ask_knocks(scene: Scene) -> None:
    await ben_away(scene)
    await scene.ada.post(f"{scene.path}/options", PROGRAM, {"ask": "yes"})
    answer = await scene.ben.post(f"{scene.path}/return", BROWSER)
    assert (answer.status, answer.leads_to) == (303, f"{scene.path}/waiting")


async def test_who_is_removed_right_after_cannot_come_back(scene: Scene) -> None:
    await ben_away(scene)
    member = {"member": "p2", "keep_code": "yes"}
    assert (await scene.ada.post(f"{scene.path}/removals", PROGRAM, member)).status == 204
    assert await scene.ben.get(scene.path, BROWSER) == await never(scene)
    assert (await scene.ben.post(f"{scene.path}/return", PROGRAM)).status == 404


async def test_after_the_wipe_there_is_no_way_back(scene: Scene) -> None:
    await ben_away(scene)
    await scene.end_room()
    assert await scene.ben.get(scene.path, BROWSER) == await never(scene)
    assert (await scene.ben.post(f"{scene.path}/return", PROGRAM)).status == 404


# The invitation again


async def seated_browser(scene: Scene) -> Browser:
    cleo = Browser(scene.house)
    answer = await cleo.post("/join", {"nickname": "Cleo", "code": scene.code})
    assert answer.status == 303
    return cleo


async def test_who_follows_the_invitation_again_is_led_to_the_room(scene: Scene) -> None:
    cleo = await seated_browser(scene)
    page = await cleo.get(f"/join/{scene.code.lower()}")
    assert 'You are in this room as <bdi translate="no">Cleo</bdi>.' in page.text
    assert f'href="{scene.path}"' in page.text
    assert '<form id="join"' not in page.text


async def test_a_code_behind_the_hash_finds_its_room_among_those_on_the_page(scene: Scene) -> None:
    cleo = await seated_browser(scene)
    page = (await cleo.get("/join")).text
    code = scene.code.replace("-", "")
    assert f'data-code="{code}" data-room="{scene.room}" hidden' in page
    assert '<form id="join"' in page
    plain = re.findall("<noscript>(.*?)</noscript>", page, re.DOTALL)[-1]
    assert "Rooms in which you have a seat" in plain
    assert scene.path in plain


async def test_who_lost_the_place_is_offered_it_there_too(scene: Scene) -> None:
    cleo = await seated_browser(scene)
    await ben_away(scene)
    page = await cleo.get(f"/join/{scene.code}")
    assert 'You were in this room as <bdi translate="no">Cleo</bdi>.' in page.text
    assert f'action="{scene.path}/return" method="post"' in page.text


async def test_the_page_is_as_ever_without_a_seat_and_with_one_that_is_gone(scene: Scene) -> None:
    cleo, stranger = await seated_browser(scene), Browser(scene.house)
    before = without_key((await stranger.get("/join")).text)
    assert without_key((await cleo.get("/join")).text) != before
    await cleo.post(f"{scene.path}/leave")
    assert cleo.cookies, "the premise: the cookie for coming back stays"
    assert without_key((await cleo.get("/join")).text) == before
    wrong = {"Cookie": f"seat-{scene.room}=wrong; seat-{NEVER}={scene.ben.token}; seat-x=y"}
    answer = await scene.mallory.get("/join", BROWSER, headers=wrong)
    assert without_key(answer.text) == before


async def test_a_full_room_says_that_it_is_full_to_who_has_a_name_in_it(scene: Scene) -> None:
    cleo = await seated_browser(scene)
    await cleo.post(f"{scene.path}/leave")
    await scene.ada.post(f"{scene.path}/options", PROGRAM, {"capacity": "2"})
    page = await cleo.post("/join", {"nickname": "Cleo", "code": scene.code})
    assert (page.status, "Every seat in this room is taken." in page.text) == (409, True)


# Cookies refused

REFUSED = "Your browser refused the cookie that holds your seat, so no seat was taken."


async def test_whose_browser_keeps_no_cookie_is_told_and_no_seat_is_taken(scene: Scene) -> None:
    form = {"nickname": "Cleo", "code": scene.code}
    joined = await scene.mallory.post("/join", BROWSER, form)
    assert re.fullmatch(rf"{scene.path}\?fresh=[0-9a-f]{{32}}", joined.headers["Location"])
    page = await scene.mallory.get(joined.headers["Location"], BROWSER)
    assert (page.status, REFUSED in page.text) == (200, True)
    snapshot = await scene.house.engine.load(scene.room)
    assert snapshot
    assert [member.nickname for member in snapshot.room.members] == ["Ada", "Ben"]
    again = await scene.mallory.get(joined.headers["Location"], BROWSER)
    assert again == await never(scene)


async def test_the_room_of_who_keeps_no_cookie_is_wiped(house: House) -> None:
    opened = await Person(house).post("/rooms", BROWSER, {"nickname": "Ada"})
    page = await Person(house).get(opened.headers["Location"], BROWSER)
    assert REFUSED in page.text
    assert await house.engine.count_rooms() == 0


async def test_a_knock_without_a_cookie_is_undone_too(house: House) -> None:
    _, room = await house.open_room("Ada", ask="yes")
    knocked = await Person(house).post("/join", BROWSER, {"nickname": "Zoe", "code": room["code"]})
    page = await Person(house).get(knocked.headers["Location"], BROWSER)
    assert REFUSED in page.text
    snapshot = await house.engine.load(room["id"])
    assert snapshot
    assert snapshot.room.knocks == ()


async def test_with_the_cookie_the_proof_leaves_the_address_and_once_seen_it_proves_nothing(
    scene: Scene,
) -> None:
    cleo = Browser(scene.house)
    form = {"nickname": "Cleo", "code": scene.code}
    way = (await cleo.post("/join", form)).headers["Location"]
    scene.house.clock.turn(1)
    arrived = await cleo.get(way)
    assert (arrived.status, arrived.headers["Location"]) == (303, scene.path)
    assert '<bdi translate="no" class="name">Cleo</bdi>' in (await cleo.get(scene.path)).text
    assert await scene.mallory.get(way, BROWSER) == await never(scene)
    assert (await cleo.get(scene.path)).status == 200


@pytest.mark.parametrize("proof", ["", "x", "0" * 32, "%F0%9F%98%80", "a" * 3_000])
async def test_a_wrong_proof_is_none(scene: Scene, proof: str) -> None:
    answer = await scene.mallory.get(f"{scene.path}?fresh={proof}", BROWSER)
    assert answer == await never(scene)
    assert len((await scene.ada.get(scene.path, BROWSER)).text.split('class="member"')) == 3
