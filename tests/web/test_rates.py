"""How often things may happen, and what is said when they happen more often."""

import re

import pytest

from tests.support.asking import BROWSER, CURL, HTMX, PROGRAM, Kind
from tests.support.cast import Answer, House, Person, Scene, set_scene

WRONG = {"nickname": "Mallory", "code": "ZZZZZ-ZZZZZ"}


@pytest.fixture
def house() -> House:
    return House(rate_limits=True)


def assert_too_many(answer: Answer, seconds: int) -> None:
    assert answer.status == 429
    assert answer.headers["Retry-After"] == str(seconds)
    assert f"That was too fast. Try again in {seconds} second" in answer.text


# Joins that fail


async def test_the_eleventh_wrong_code_of_a_minute_is_one_too_many(house: House) -> None:
    mallory = Person(house)
    for _ in range(10):
        assert (await mallory.post("/join", PROGRAM, WRONG)).status == 404
    assert_too_many(await mallory.post("/join", PROGRAM, WRONG), 6)
    assert_too_many(await mallory.post("/join", BROWSER, WRONG), 6)
    assert_too_many(await mallory.post("/join", CURL, WRONG), 6)
    house.clock.turn(6)
    assert (await mallory.post("/join", PROGRAM, WRONG)).status == 404
    assert (await mallory.post("/join", PROGRAM, WRONG)).status == 429


async def test_whoever_guessed_too_often_does_not_get_in_with_the_right_one(scene: Scene) -> None:
    for _ in range(10):
        await scene.mallory.post("/join", PROGRAM, WRONG)
    wrong = await scene.mallory.post("/join", PROGRAM, WRONG)
    right = await scene.mallory.post("/join", PROGRAM, {**WRONG, "code": scene.code})
    assert right == wrong
    assert right.status == 429


async def test_codes_that_can_be_none_cost_as_much(house: House) -> None:
    mallory = Person(house)
    for number in range(10):
        answer = await mallory.post("/join", PROGRAM, {**WRONG, "code": "?" * (number + 1)})
        assert answer.status == 404
    assert (await mallory.post("/join", PROGRAM, WRONG)).status == 429


async def test_a_refused_form_keeps_what_was_typed(house: House) -> None:
    mallory = Person(house)
    for _ in range(10):
        await mallory.post("/join", BROWSER, WRONG)
    page = await mallory.post("/join", BROWSER, {"nickname": "Cleo", "code": "ABC"})
    assert page.status == 429
    assert 'name="nickname" value="Cleo"' in page.text
    assert 'name="code" value="ABC"' in page.text


async def test_a_good_code_costs_nothing(scene: Scene) -> None:
    for number in range(5):
        await scene.house.join(scene.code, f"Guest {number}")
    form = {"nickname": "One more", "code": scene.code}
    for _ in range(30):
        taken = await scene.mallory.post("/join", PROGRAM, {**form, "nickname": "Ben"})
        assert taken.status == 422 or "reason" in taken.json["error"]
    for _ in range(10):
        assert (await scene.mallory.post("/join", PROGRAM, WRONG)).status == 404
    assert (await scene.mallory.post("/join", PROGRAM, WRONG)).status == 429


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
    ],
)
async def test_a_neighbour_is_counted_apart_and_a_network_as_one(
    house: House, one: str, other: str, *, together: bool
) -> None:
    for _ in range(10):
        await Person(house, address=one).post("/join", PROGRAM, WRONG)
    assert (await Person(house, address=one).post("/join", PROGRAM, WRONG)).status == 429
    answer = await Person(house, address=other).post("/join", PROGRAM, WRONG)
    assert answer.status == (429 if together else 404)


async def test_a_header_cannot_change_the_address(house: House) -> None:
    mallory = Person(house)
    statuses = []
    for number in range(11):
        address = f"192.0.2.{number}"
        headers = {"X-Forwarded-For": address, "Forwarded": f"for={address}", "X-Real-IP": address}
        statuses.append((await mallory.post("/join", PROGRAM, WRONG, headers=headers)).status)
    assert statuses == [404] * 10 + [429]


async def test_all_addresses_together_may_fail_two_hundred_times_a_second(house: House) -> None:
    for number in range(200):
        guesser = Person(house, address=f"192.0.{number}.1")
        assert (await guesser.post("/join", PROGRAM, WRONG)).status == 404
    answer = await Person(house, address="198.51.100.1").post("/join", PROGRAM, WRONG)
    assert_too_many(answer, 1)


# Rooms


@pytest.mark.parametrize("kind", [BROWSER, PROGRAM, CURL], ids=["browser", "program", "curl"])
async def test_the_sixth_room_of_ten_minutes_is_one_too_many(house: House, kind: Kind) -> None:
    ada = Person(house)
    for _ in range(5):
        assert (await ada.post("/rooms", kind, {"nickname": "Ada"})).status in {201, 303}
    answer = await ada.post("/rooms", kind, {"nickname": "Ada"})
    assert_too_many(answer, 120)
    assert await house.engine.count_rooms() == 5
    if kind == BROWSER:
        assert 'name="nickname" value="Ada"' in answer.text
    other = Person(house, address="192.0.2.1")
    assert (await other.post("/rooms", kind, {"nickname": "Ada"})).status in {201, 303}


async def test_a_room_that_was_refused_costs_nothing(house: House) -> None:
    ada = Person(house)
    for _ in range(10):
        assert (await ada.post("/rooms", PROGRAM, {"nickname": ""})).status == 422
    for _ in range(5):
        assert (await ada.post("/rooms", PROGRAM, {"nickname": "Ada"})).status == 201


# Messages


async def test_a_seat_says_five_things_at_once_and_then_one_a_second(scene: Scene) -> None:
    for number in range(5):
        assert (await scene.ben.say(scene.room, f"{number}")).status == 201
    assert_too_many(await scene.ben.say(scene.room, "too fast"), 1)
    assert (await scene.ada.say(scene.room, "I have my own budget")).status == 201
    for _ in range(3):
        scene.house.clock.turn(1)
        assert (await scene.ben.say(scene.room, "slowly")).status == 201
        assert (await scene.ben.say(scene.room, "too fast")).status == 429
    assert "too fast" not in (await scene.ben.get(f"{scene.path}/raw?once=1")).text


@pytest.mark.parametrize("kind", [BROWSER, HTMX], ids=["browser", "htmx"])
async def test_the_composer_keeps_words_and_key_that_came_too_fast(
    scene: Scene, kind: Kind
) -> None:
    for number in range(5):
        await scene.ben.say(scene.room, f"{number}")
    answer = await scene.ben.say(scene.room, "Precious <b>words", kind, key="k1")
    assert_too_many(answer, 1)
    assert re.search(r"<textarea[^>]*>\nPrecious &lt;b&gt;words</textarea>", answer.text)
    assert 'name="key" value="k1"' in answer.text
    assert answer.text.count('<form id="composer"') == 1
    scene.house.clock.turn(1)
    again = await scene.ben.say(scene.room, "Precious <b>words", kind, key="k1")
    assert again.status in {200, 303}


async def test_a_room_says_twenty_things_at_once(house: House) -> None:
    scene = await set_scene(house)
    members = [scene.ada, scene.ben, *[await scene.join(name) for name in ("Cleo", "Dora", "Edda")]]
    for member in members[:4]:
        for number in range(5):
            assert (await member.say(scene.room, f"{number}")).status == 201
    assert_too_many(await members[4].say(scene.room, "too fast"), 1)
    house.clock.turn(1)
    statuses = [(await members[4].say(scene.room, "at last")).status for _ in range(5)]
    assert statuses == [201] * 5, "what the room refused has cost the seat nothing"


async def test_what_was_refused_for_other_reasons_costs_nothing(scene: Scene) -> None:
    for _ in range(10):
        assert (await scene.ben.say(scene.room, "")).status == 422
    for number in range(5):
        assert (await scene.ben.say(scene.room, f"{number}")).status == 201


async def test_rates_can_be_lifted_but_not_sizes() -> None:
    scene = await set_scene(House(rate_limits=False))
    for _ in range(25):
        assert (await scene.ben.say(scene.room, "fast")).status == 201
    assert (await scene.ben.say(scene.room, "x" * 4_001)).status == 422
    for _ in range(12):
        assert (await scene.mallory.post("/join", PROGRAM, WRONG)).status == 404


# Networks


async def test_a_thousand_openings_from_one_network_are_fifty_rooms(house: House) -> None:
    """300 networks of 64 bits in one of 48 opened 1,500 rooms in six seconds."""
    opened = 0
    for number in range(1_500):
        ada = Person(house, address=f"2001:db8:7:{number % 300:x}::1")
        opened += (await ada.post("/rooms", PROGRAM, {"nickname": "Ada"})).status == 201
        house.clock.turn(6 / 1_500)
    assert opened == 50
    other = Person(house, address="2001:db8:8::1")
    assert (await other.post("/rooms", PROGRAM, {"nickname": "Ada"})).status == 201


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8:7:8::9"])
async def test_an_exempt_network_pays_nothing(address: str) -> None:
    house = House(rate_limits=True, exempt_networks=("192.0.2.0/24", "2001:db8:7::/48"))
    ada = Person(house, address=address)
    for _ in range(60):
        assert (await ada.post("/rooms", PROGRAM, {"nickname": "Ada"})).status == 201
        assert (await ada.post("/join", PROGRAM, WRONG)).status == 404
    beside = Person(house, address="192.0.3.7")
    for _ in range(10):
        await beside.post("/join", PROGRAM, WRONG)
    assert (await beside.post("/join", PROGRAM, WRONG)).status == 429


async def test_a_proxy_that_is_not_trusted_is_warned_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for hops, warnings in ((0, 1), (1, 0)):
        caplog.clear()
        house = House(trusted_hops=hops)
        for _ in range(3):
            headers = {"X-Forwarded-For": "198.51.100.9"}
            await Person(house).post("/join", PROGRAM, WRONG, headers=headers)
        told = [each.getMessage() for each in caplog.records]
        assert len(told) == warnings
        assert "198.51.100.9" not in "".join(told)


async def test_a_proxy_that_says_nothing_is_not_warned_of(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await Person(house).post("/join", PROGRAM, WRONG)
    assert not caplog.records
