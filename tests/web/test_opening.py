"""Opening rooms where an operator has a say in it: the page, programs, and what is refused."""

from pathlib import Path

import pytest

from ephemera.lobby.opening import Chosen
from tests.support.asking import BROWSER, CURL, KINDS, PROGRAM, Kind
from tests.support.cast import Browser, House, Person

KEY = "correct-horse-battery"
ADA = {"nickname": "Ada", "capacity": "3"}
WHY = "Back on <b>Monday</b>."


@pytest.fixture
def keys(tmp_path: Path) -> Chosen:
    file = tmp_path / "keys"
    file.write_text(f"ada {KEY}\n")
    file.chmod(0o600)
    return None, file


async def test_by_itself_the_lobby_asks_for_no_key(house: House) -> None:
    page = (await Person(house).get("/", BROWSER)).text
    assert 'name="opening_key"' not in page
    assert 'action="/rooms"' in page


async def test_a_paused_house_says_why_where_the_form_would_be() -> None:
    house = House(opening=(WHY, None))
    page = (await Person(house).get("/", BROWSER)).text
    assert 'action="/rooms"' not in page
    assert 'action="/join"' in page
    assert "No room can be opened here just now." in page
    assert "Back on &lt;b&gt;Monday&lt;/b&gt;." in page


@pytest.mark.parametrize("kind", KINDS)
async def test_who_opens_a_room_in_a_paused_house_is_told_why(kind: Kind) -> None:
    house = House(opening=("Back on Monday.", None))
    answer = await Person(house).post("/rooms", kind, ADA)
    assert answer.status == 403
    assert "No room can be opened here just now." in answer.text
    assert "Back on Monday." in answer.text
    silent = House(opening=("", None))
    answer = await Person(silent).post("/rooms", PROGRAM, ADA)
    assert answer.json["error"] == {
        "reason": "opening-paused",
        "message": "No room can be opened here just now.",
    }


async def test_the_lobby_asks_for_a_key_where_one_is_needed(keys: Chosen) -> None:
    house = House(opening=keys)
    page = (await Person(house).get("/", BROWSER)).text
    assert 'name="opening_key"' in page
    assert page.count('type="password"') == 1, "none is needed to join"
    ada = Browser(house)
    assert (await ada.post("/rooms", {**ADA, "opening_key": KEY})).status == 303


@pytest.mark.parametrize("key", ["opening_key", "Authorization"])
async def test_a_program_shows_its_key_in_the_form_or_as_bearer(keys: Chosen, key: str) -> None:
    ada = Person(House(opening=keys))
    form = {**ADA, key: KEY} if key == "opening_key" else ADA
    headers = {} if key == "opening_key" else {"Authorization": f"Bearer {KEY}"}
    answer = await ada.ask("POST", "/rooms", {**PROGRAM, **headers}, form)
    assert answer.status == 201
    assert answer.json["token"] != KEY


@pytest.mark.parametrize("kind", KINDS)
async def test_a_wrong_key_and_none_are_told_the_same(keys: Chosen, kind: Kind) -> None:
    house = House(opening=keys)
    wrong = await Person(house).post("/rooms", kind, {**ADA, "opening_key": "wrong", "key": "k"})
    none = await Person(house).post("/rooms", kind, {**ADA, "opening_key": "", "key": "k"})
    empty = await Person(house).post("/rooms", kind, {**ADA, "key": "k"})
    assert wrong == none == empty
    assert wrong.status == 403
    assert "a key from whoever runs this site" in wrong.text


async def test_what_was_typed_comes_back_but_no_key(keys: Chosen) -> None:
    typed = {**ADA, "opening_key": "a-key-that-is-wrong"}
    page = (await Person(House(opening=keys)).post("/rooms", BROWSER, typed)).text
    assert 'value="Ada"' in page
    assert "a-key-that-is-wrong" not in page
    assert 'id="open-key-error"' in page
    bad = {"nickname": "", "opening_key": KEY}
    assert KEY not in (await Person(House(opening=keys)).post("/rooms", BROWSER, bad)).text


async def test_joining_is_free(keys: Chosen) -> None:
    house = House(opening=keys)
    answer = await Person(house).post("/rooms", PROGRAM, {**ADA, "opening_key": KEY})
    form = {"nickname": "Ben", "code": answer.json["room"]["code"]}
    assert (await Person(house).post("/join", CURL, form)).status == 201
