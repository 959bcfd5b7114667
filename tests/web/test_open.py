"""POST /rooms: open a room and sit down in it as its host."""

import re
from typing import Any

import pytest

from tests.support.asking import BROWSER, CURL, HTMX, PROGRAM, Kind
from tests.support.cast import Browser, House, Person

ADA = {"nickname": "Ada"}


async def test_a_program_gets_the_room_the_member_and_the_token(house: House) -> None:
    ada = Person(house)
    answer = await ada.post("/rooms", PROGRAM, {**ADA, "capacity": "3", "grace": "900"})
    assert answer.status == 201
    room = answer.json["room"]
    assert answer.json == {
        "room": {
            "id": room["id"],
            "url": f"http://ephemera.test/rooms/{room['id']}",
            "code": room["code"],
            "locked": False,
            "capacity": 3,
            "grace": 900,
            "ask": False,
            "newcomers": "all",
            "vanish": 0,
            "opened_at": house.clock.now,
            "expires_at": house.clock.now + 86_400,
        },
        "member": {
            "id": "p1",
            "nickname": "Ada",
            "role": "host",
            "away": False,
            "muted": False,
        },
        "token": answer.json["token"],
    }
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", room["code"])
    assert "Set-Cookie" not in answer.headers


async def test_the_token_opens_the_room(house: House) -> None:
    ada = Person(house)
    answer = await ada.post("/rooms", PROGRAM, ADA)
    path = f"/rooms/{answer.json['room']['id']}"
    assert (await ada.get(path)).status == 404
    ada.token = answer.json["token"]
    assert (await ada.get(path)).status == 200


async def test_curl_gets_the_same_as_lines(house: House) -> None:
    answer = await Person(house).post("/rooms", CURL, ADA)
    assert answer.status == 201
    assert answer.type == "text/plain; charset=utf-8"
    room, code, token = (line.split(" ", 1) for line in answer.text.splitlines())
    assert (room[0], code[0], token[0]) == ("room", "code", "token")
    assert (
        await Person(house, token[1]).get(room[1].removeprefix("http://ephemera.test"))
    ).status == 200


@pytest.mark.parametrize("kind", [BROWSER, HTMX], ids=["browser", "htmx"])
async def test_a_browser_is_sent_to_its_room_with_a_cookie(house: House, kind: Kind) -> None:
    answer = await Person(house).post("/rooms", kind, ADA)
    assert answer.status == 303
    assert re.fullmatch(r"/rooms/[0-9a-f]{20}", answer.leads_to)
    assert answer.headers.getlist("Set-Cookie")
    assert answer.body == b""


async def test_two_people_are_expected_and_a_seat_is_kept_for_a_quarter_of_an_hour(
    house: House,
) -> None:
    room = (await Person(house).post("/rooms", PROGRAM, ADA)).json["room"]
    assert (room["capacity"], room["grace"]) == (2, 900)


@pytest.mark.parametrize("seconds", [135, 900, 3599])
async def test_a_guest_still_joins_when_the_opener_has_been_away_for_a_while(
    house: House, seconds: float
) -> None:
    ada = Browser(house)
    path = (await ada.post("/rooms", {**ADA, "grace": "30"})).leads_to
    code = re.findall(r'<code id="code" translate="no">(.*?)</code>', (await ada.get(path)).text)[0]
    await house.pass_time(seconds)
    ben = await Person(house).post("/join", PROGRAM, {"nickname": "Ben", "code": code})
    assert ben.status == 201
    await house.pass_time(20)
    assert '<bdi translate="no" class="name">Ada</bdi>' in (await ada.get(path)).text


@pytest.mark.parametrize("grace", [30, 120, 900, 3600])
@pytest.mark.parametrize("capacity", [2, 8])
async def test_every_choice_that_is_offered_is_taken(
    house: House, capacity: int, grace: int
) -> None:
    form = {**ADA, "capacity": str(capacity), "grace": str(grace)}
    room = (await Person(house).post("/rooms", PROGRAM, form)).json["room"]
    assert (room["capacity"], room["grace"]) == (capacity, grace)


async def test_empty_choices_are_the_usual_ones_and_unknown_fields_are_ignored(
    house: House,
) -> None:
    form = {**ADA, "capacity": "", "grace": " ", "color": "red", "role": "admin"}
    answer = await Person(house).post("/rooms", PROGRAM, form)
    assert answer.status == 201
    assert answer.json["room"]["capacity"] == 2
    assert answer.json["member"]["role"] == "host"


CAPACITIES = {
    "0": "out-of-range",
    "1": "out-of-range",
    "9": "out-of-range",
    "99999": "out-of-range",
    "-1": "not-a-number",
    "two": "not-a-number",
    "2.5": "not-a-number",
    "2e0": "not-a-number",
    "0x2": "not-a-number",
    "\N{FULLWIDTH DIGIT TWO}": "not-a-number",
    "\N{SUPERSCRIPT TWO}": "not-a-number",
    "2\0": "not-a-number",
    "9" * 5000: "not-a-number",
    "<b>2</b>": "not-a-number",
}


@pytest.mark.parametrize(("typed", "problem"), CAPACITIES.items(), ids=lambda value: value[:12])
async def test_a_capacity_that_is_none_is_refused(house: House, typed: str, problem: str) -> None:
    answer = await Person(house).post("/rooms", PROGRAM, {**ADA, "capacity": typed})
    assert answer.status == 422
    assert answer.json["error"] == {
        "reason": "invalid",
        "field": "capacity",
        "problem": problem,
        "message": answer.json["error"]["message"],
    }
    assert await house.engine.count_rooms() == 0


@pytest.mark.parametrize("typed", ["0", "31", "-30", "forever", "30.0", "99999", "86400000"])
async def test_a_grace_that_is_not_offered_is_refused(house: House, typed: str) -> None:
    answer = await Person(house).post("/rooms", PROGRAM, {**ADA, "grace": typed})
    assert answer.status == 422
    error = answer.json["error"]
    assert (error["field"], error["problem"]) == ("grace", "not-a-choice")
    assert await house.engine.count_rooms() == 0


def _refusals() -> dict[str, tuple[dict[str, str], str, str]]:
    return {
        "nickname": ({**ADA, "nickname": ""}, "open-nickname-error", "Choose a nickname."),
        "capacity": ({**ADA, "capacity": "9"}, "open-capacity-error", "A room has 2 to 8 seats."),
        "grace": ({**ADA, "grace": "31"}, "open-grace-error", "Choose 30 (seconds)"),
    }


@pytest.mark.parametrize(("form", "place", "sentence"), _refusals().values(), ids=_refusals())
async def test_a_browser_gets_the_form_back_with_the_sentence_beside_the_field(
    house: House, form: dict[str, str], place: str, sentence: str
) -> None:
    page = await Person(house).post("/rooms", BROWSER, form)
    assert page.status == 422
    assert f'id="{place}" role="alert">{sentence}' in page.text
    assert f'name="nickname" value="{form["nickname"]}"' in page.text
    assert "Set-Cookie" not in page.headers


async def test_what_was_chosen_is_still_chosen_when_the_form_comes_back(house: House) -> None:
    page = await Person(house).post(
        "/rooms", BROWSER, {"nickname": "", "capacity": "5", "grace": "3600"}
    )
    assert '<option value="5" selected>' in page.text
    assert '<option value="3600" selected>' in page.text


async def test_the_other_form_of_the_lobby_is_not_blamed(house: House) -> None:
    page = await Person(house).post("/rooms", BROWSER, {"nickname": "", "code": "ABC"})
    joining = page.text[page.text.index('<form id="join"') :]
    assert "error" not in joining
    assert 'name="code" value=""' in joining


async def test_curl_gets_the_sentence_as_a_line(house: House) -> None:
    answer = await Person(house).post("/rooms", CURL)
    assert (answer.status, answer.text) == (422, "Choose a nickname.\n")


async def test_a_full_house_says_when_to_come_back() -> None:
    house = House(max_rooms=1)
    ada = Person(house)
    assert (await ada.post("/rooms", PROGRAM, ADA)).status == 201
    answer = await ada.post("/rooms", PROGRAM, ADA)
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "60"
    assert answer.json["error"]["reason"] == "unavailable"
    page = await ada.post("/rooms", BROWSER, ADA)
    assert page.status == 503
    assert page.headers["Retry-After"] == "60"
    assert 'name="nickname" value="Ada"' in page.text
    assert "We cannot take more right now." in page.text


async def test_ids_codes_and_tokens_are_never_the_same_twice(house: House) -> None:
    def secrets(answer: Any) -> set[str]:  # noqa: ANN401 - JSON
        return {answer["room"]["id"], answer["room"]["code"], answer["token"]}

    ada = Person(house)
    seen: set[str] = set()
    for _ in range(20):
        seen |= secrets((await ada.post("/rooms", PROGRAM, ADA)).json)
    assert len(seen) == 60
