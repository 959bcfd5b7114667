"""POST /join: take a seat with a nickname and a code."""

import pytest

from tests.support.asking import BROWSER, CURL, HTMX, PROGRAM, Kind, by_kind
from tests.support.cast import House, Person, Scene


async def test_a_program_gets_the_room_the_member_and_the_token(scene: Scene) -> None:
    answer = await scene.mallory.post("/join", PROGRAM, {"nickname": "Cleo", "code": scene.code})
    assert answer.status == 201
    assert answer.json["room"]["id"] == scene.room
    assert answer.json["room"]["code"] == scene.code
    assert answer.json["member"] == {
        "id": "p4",
        "nickname": "Cleo",
        "role": "member",
        "away": False,
        "muted": False,
    }
    assert (await Person(scene.house, answer.json["token"]).get(scene.path)).status == 200


async def test_curl_gets_the_same_as_lines(scene: Scene) -> None:
    answer = await scene.mallory.post("/join", CURL, {"nickname": "Cleo", "code": scene.code})
    assert answer.status == 201
    lines = dict(line.split(" ", 1) for line in answer.text.splitlines())
    assert lines["room"] == f"http://ephemera.test{scene.path}"
    assert lines["code"] == scene.code
    assert (await Person(scene.house, lines["token"]).get(scene.path)).status == 200


@pytest.mark.parametrize("kind", [BROWSER, HTMX], ids=["browser", "htmx"])
async def test_a_browser_is_sent_to_the_room(scene: Scene, kind: Kind) -> None:
    answer = await scene.mallory.post("/join", kind, {"nickname": "Cleo", "code": scene.code})
    assert answer.status == 303
    assert answer.leads_to == scene.path
    assert answer.headers.getlist("Set-Cookie")


def _as_typed(code: str) -> dict[str, str]:
    return {
        "lower case": code.lower(),
        "without the hyphen": code.replace("-", ""),
        "with blanks": f"  {code[:3]} {code[3:]}\t\n",
        "with more hyphens": "-".join(code.replace("-", "")),
        "O for 0": code.replace("0", "O"),
        "o for 0": code.replace("0", "o"),
        "I for 1": code.replace("1", "I"),
        "l for 1": code.replace("1", "l"),
    }


async def _room_with_forgiven_characters(house: House) -> str:
    """Return the code of a room whose code has both a 0 and a 1."""
    while True:
        _, room = await house.open_room("Ada")
        code = str(room["code"])
        if {"0", "1"} <= set(code):
            return code


@pytest.mark.parametrize("manner", _as_typed("").keys())
async def test_a_code_is_read_as_people_type_it(house: House, manner: str) -> None:
    code = await _room_with_forgiven_characters(house)
    form = {"nickname": "Cleo", "code": _as_typed(code)[manner]}
    assert form["code"] != code
    answer = await Person(house).post("/join", PROGRAM, form)
    assert answer.status == 201
    assert answer.json["room"]["code"] == code


@pytest.mark.parametrize(
    "link",
    [
        "http://ephemera.test/join#{}",
        "https://ephemera.test/join/{}",
        "ephemera.test/join#{}",
        "/join/{}",
        "#{}",
        "  http://ephemera.test/join#{}\n",
    ],
)
async def test_a_whole_link_is_read_as_the_code_it_ends_in(scene: Scene, link: str) -> None:
    issued = await scene.ada.post(f"{scene.path}/invitations", PROGRAM, {})
    url = issued.json["invitation"]["url"]
    assert url.startswith("http://ephemera.test/join#"), "the premise: links look like that"
    for number, code in enumerate((scene.code, url.rpartition("#")[2])):
        form = {"nickname": f"Guest {number}", "code": link.format(code)}
        answer = await scene.mallory.post("/join", PROGRAM, form)
        assert (answer.status, answer.json["room"]["id"]) == (201, scene.room)
    spent = {"nickname": "Guest 2", "code": link.format(url.rpartition("#")[2])}
    assert (await scene.mallory.post("/join", PROGRAM, spent)).status == 404


@pytest.mark.parametrize("link", ["http://ephemera.test/join/", "/", "#", "http://ephemera.test#"])
async def test_a_link_that_ends_in_no_code_is_a_wrong_code(scene: Scene, link: str) -> None:
    answer = await scene.mallory.post("/join", PROGRAM, {"nickname": "Cleo", "code": link})
    assert (answer.status, answer.json["error"]["reason"]) == (404, "wrong-code")
    page = await scene.mallory.post("/join", BROWSER, {"nickname": "Cleo", "code": link})
    assert f'name="code" value="{link}"' in page.text


WRONG_CODES = (
    "ZZZZZ-ZZZZZ",
    "A",
    "ABCDE-FGHJ",
    "ABCDE-FGHJKM",
    "ABCDE-FGHJU",
    "ABCDE_FGHJK",
    "\0",
    "\N{RIGHT-TO-LEFT OVERRIDE}ABCDEFGHJK",
    "\N{FULLWIDTH LATIN CAPITAL LETTER A}BCDEFGHJK",
    "Z\N{COMBINING ACUTE ACCENT}\N{COMBINING GRAVE ACCENT}" * 10,
    "<script>alert(1)</script>",
    "data: x\n\nevent: forged",
    "../../etc/passwd",
    "Z" * 30_000,
)


@pytest.mark.parametrize("code", WRONG_CODES, ids=[ascii(code[:20]) for code in WRONG_CODES])
async def test_a_wrong_code_of_any_shape_gets_one_answer(scene: Scene, code: str) -> None:
    answer = await scene.mallory.post("/join", PROGRAM, {"nickname": "Mallory", "code": code})
    assert answer.status == 404
    assert answer.json == {
        "error": {
            "reason": "wrong-code",
            "message": "That code opens no room. It may be mistyped, or the room is gone.",
        }
    }


async def test_a_browser_with_a_wrong_code_keeps_what_it_typed(scene: Scene) -> None:
    form = {"nickname": 'O"Hara <b>', "code": 'zzz"><i>'}
    page = await scene.mallory.post("/join", BROWSER, form)
    assert page.status == 404
    assert 'name="nickname" value="O&#34;Hara &lt;b&gt;"' in page.text
    assert 'name="code" value="zzz&#34;&gt;&lt;i&gt;"' in page.text
    assert 'id="join-code-error" role="alert">That code opens no room.' in page.text
    assert "Set-Cookie" not in page.headers


async def test_the_id_of_a_room_is_no_code(scene: Scene) -> None:
    answer = await scene.mallory.post("/join", PROGRAM, {"nickname": "M", "code": scene.room})
    assert answer.status == 404
    assert answer.json["error"]["reason"] == "wrong-code"


@pytest.mark.parametrize("code", ["", "   ", "\t\n"], ids=["empty", "blanks", "lines"])
async def test_without_a_code_one_is_asked_for(scene: Scene, code: str) -> None:
    answer = await scene.mallory.post("/join", PROGRAM, {"nickname": "Mallory", "code": code})
    assert answer.status == 422
    assert (answer.json["error"]["field"], answer.json["error"]["problem"]) == ("code", "empty")


async def test_a_nickname_is_refused_before_anything_is_told_about_the_code(scene: Scene) -> None:
    good = await scene.mallory.post("/join", PROGRAM, {"nickname": "", "code": scene.code})
    bad = await scene.mallory.post("/join", PROGRAM, {"nickname": "", "code": "ZZZZZZZZZZ"})
    assert good == bad
    assert good.status == 422
    assert good.json["error"]["field"] == "nickname"


@by_kind
async def test_a_full_room_says_so_to_whoever_has_the_code(house: House, kind: Kind) -> None:
    _, room = await house.open_room("Ada", capacity="2")
    await house.join(room["code"], "Ben")
    form = {"nickname": "Cleo", "code": room["code"]}
    answer = await Person(house).post("/join", kind, form)
    assert answer.status == 409
    assert "Every seat in this room is taken." in answer.text
    assert "Set-Cookie" not in answer.headers


async def test_a_freed_seat_can_be_taken(house: House) -> None:
    _, room = await house.open_room("Ada", capacity="2")
    ben, _ = await house.join(room["code"], "Ben")
    form = {"nickname": "Cleo", "code": room["code"]}
    assert (await Person(house).post("/join", PROGRAM, form)).status == 409
    await ben.post(f"/rooms/{room['id']}/leave")
    assert (await Person(house).post("/join", PROGRAM, form)).status == 201


@pytest.mark.parametrize(
    "nickname",
    ["Ben", "ben", "BEN", " Ben ", "B\N{CYRILLIC SMALL LETTER IE}n", "\uff22en", "Eve"],
    ids=ascii,
)
async def test_nobody_takes_a_name_that_is_or_was_somebody_elses(
    scene: Scene, nickname: str
) -> None:
    answer = await scene.mallory.post("/join", PROGRAM, {"nickname": nickname, "code": scene.code})
    assert answer.status == 422
    error = answer.json["error"]
    assert (error["reason"], error["field"]) == ("nickname-taken", "nickname")


async def test_a_browser_whose_name_is_taken_keeps_what_it_typed(scene: Scene) -> None:
    page = await scene.mallory.post("/join", BROWSER, {"nickname": "ben", "code": scene.code})
    assert page.status == 422
    assert 'name="nickname" value="ben"' in page.text
    assert f'name="code" value="{scene.code}"' in page.text
    assert 'id="join-nickname-error" role="alert">Somebody in this room has' in page.text


async def test_whoever_shows_a_token_of_the_room_comes_back_to_that_seat(scene: Scene) -> None:
    form = {"nickname": "Somebody", "code": scene.code}
    answer = await scene.ben.post("/join", PROGRAM, form)
    assert answer.status == 201
    assert answer.json["member"]["nickname"] == "Ben"
    assert answer.json["token"] == scene.ben.token


async def test_whoever_shows_the_token_of_a_released_seat_may_take_the_name_again(
    scene: Scene,
) -> None:
    form = {"nickname": "Eve", "code": scene.code}
    assert (await scene.mallory.post("/join", PROGRAM, form)).status == 422
    answer = await scene.eve.post("/join", PROGRAM, form)
    assert answer.status == 201
    assert answer.json["member"]["nickname"] == "Eve"
    assert answer.json["token"] != scene.eve.token


async def test_the_token_of_another_room_is_worth_nothing_here(scene: Scene) -> None:
    form = {"nickname": "Eve", "code": scene.code}
    assert (await scene.mallory_next_door.post("/join", PROGRAM, form)).status == 422


async def test_the_code_of_a_wiped_room_admits_nobody(scene: Scene) -> None:
    form = {"nickname": "Cleo", "code": scene.code}
    assert (await scene.mallory.post("/join", PROGRAM, form)).status == 201
    await scene.end_room()
    assert (await scene.mallory.post("/join", PROGRAM, form)).status == 404
    assert (await scene.ben.post("/join", PROGRAM, form)).status == 404


async def test_a_form_sent_twice_takes_one_seat(scene: Scene) -> None:
    form = {"nickname": "Cleo", "code": scene.code, "key": "drawn-for-this-page"}
    first, second = [await scene.mallory.post("/join", PROGRAM, form) for _ in range(2)]
    assert (first.status, second.status) == (201, 201)
    assert (second.json["token"], second.json["member"]["id"]) == (first.json["token"], "p4")
    without = await scene.mallory.post("/join", PROGRAM, form | {"key": ""})
    assert without.status == 422


async def test_a_key_that_could_be_guessed_is_refused(scene: Scene) -> None:
    form = {"nickname": "Cleo", "code": scene.code, "key": "1"}
    answer = await scene.mallory.post("/join", PROGRAM, form)
    assert answer.status == 422
    assert answer.json["error"]["field"] == "key"
    page = await scene.mallory.post("/join", BROWSER, form)
    assert "at least 16 characters" in page.text
    assert 'value="Cleo"' in page.text
