"""Whoever may not know of a room cannot find out: not one distinguishing byte."""

import asyncio
import random

import pytest

from ephemera.domain.codes import ALPHABET
from tests.support.asking import BROWSER, CURL, HTMX, KINDS, PROGRAM, Kind, by_kind
from tests.support.cast import NEVER, Answer, House, Person, Scene, set_scene

READ = ("", "/mine.css", "/events", "/json", "/raw", "/live", "/roster", "/composer", "/nonsense")
POSTED = ("/messages", "/leave", "/close", "/composer")
TEXT = {"text": "Precious words", "key": "k1"}


async def answers_at(who: Person, room: str, kind: Kind) -> list[Answer]:
    """Return what somebody gets at every address of a room."""
    path = f"/rooms/{room}"
    return [
        *[await who.ask(method, path + tail, kind) for tail in READ for method in ("GET", "HEAD")],
        *[await who.post(path + tail, kind, TEXT) for tail in POSTED],
        *[await who.get(path + tail, kind) for tail in POSTED],
        *[await who.ask("OPTIONS", path + tail, kind) for tail in (*READ, *POSTED)],
        await who.get(f"{path}/events?after={NEVER}-1&once=1", kind),
    ]


@by_kind
async def test_without_a_seat_every_room_is_one_that_never_existed(
    scene: Scene, kind: Kind
) -> None:
    never = await answers_at(scene.mallory, NEVER, kind)
    opened = [answer.status for answer in never]
    assert 200 not in opened[: 2 * len(READ) + len(POSTED)]
    for outsider in scene.outsiders:
        assert await answers_at(outsider, scene.room, kind) == never


@by_kind
async def test_a_wiped_room_is_one_that_never_existed_to_its_members_too(
    scene: Scene, kind: Kind
) -> None:
    never = await answers_at(scene.mallory, NEVER, kind)
    assert (await scene.ben.get(scene.path, kind)).status == 200
    await scene.end_room()
    for former in (scene.ada, scene.ben, scene.eve, scene.mallory):
        assert await answers_at(former, scene.room, kind) == never


@pytest.mark.parametrize("end", ["expired", "empty", "away"])
async def test_however_a_room_ends_nothing_tells_that_it_was(end: str) -> None:
    scene = await set_scene(House(lifetime=300))
    if end == "expired":
        for _ in range(3):
            await scene.house.pass_time(99)
            await scene.ben.get(scene.path)
        await scene.house.pass_time(4)
    elif end == "empty":
        await scene.ada.post(f"{scene.path}/leave")
        await scene.ben.post(f"{scene.path}/leave")
    else:
        await scene.house.pass_time(60)
        await scene.house.pass_time(61)
    assert await scene.house.engine.load(scene.room) is None
    for kind in KINDS:
        never = await answers_at(scene.ben, NEVER, kind)
        assert await answers_at(scene.ben, scene.room, kind) == never


async def test_a_released_seat_is_as_blind_as_a_stranger(scene: Scene) -> None:
    await scene.house.pass_time(60)
    await scene.ada.get(scene.path)
    assert (await scene.ben.ask("HEAD", f"{scene.path}/raw")).status == 200
    await scene.house.pass_time(61)
    for kind in KINDS:
        never = await answers_at(scene.mallory, NEVER, kind)
        found = await answers_at(scene.ben, scene.room, kind)
        if kind in (BROWSER, HTMX):  # the way back, at one address and by the very token
            assert READ[0] == ""
            assert [answer.status for answer in found[:2]] == [200, 200]
            never, found = never[2:], found[2:]
        assert found == never
    assert (await scene.ada.get(scene.path)).status == 200


BODIES = {
    "form": (b"text=Hi", "application/x-www-form-urlencoded"),
    "not UTF-8": (b"text=%FF", "application/x-www-form-urlencoded"),
    "long key": (b"text=Hi&key=" + b"k" * 300, "application/x-www-form-urlencoded"),
    "too large": (b"x" * 66_000, "text/plain"),
    "JSON": (b"{}", "application/json"),
    "empty": (b"", ""),
}


@pytest.mark.parametrize(("body", "media_type"), BODIES.values(), ids=BODIES)
async def test_whatever_is_sent_along_nothing_tells_whether_there_is_a_room(
    scene: Scene, body: bytes, media_type: str
) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    for kind in KINDS:
        for tail in POSTED:
            rooms = [
                await scene.mallory.ask(
                    "POST", f"/rooms/{room}{tail}", kind, body=body, headers=headers
                )
                for room in (NEVER, scene.room, "x")
            ]
            assert rooms[0].status in {400, 404, 413}
            assert rooms == [rooms[0]] * 3


@pytest.mark.parametrize(("kind", "kept"), [(BROWSER, True), (HTMX, True), (PROGRAM, False)])
async def test_words_for_a_room_that_is_gone_are_handed_back_to_whoever_typed_them(
    scene: Scene, kind: Kind, *, kept: bool
) -> None:
    await scene.end_room()
    answer = await scene.ben.say(scene.room, "Precious <b>words", kind)
    assert answer.status == 404
    assert ("Precious &lt;b&gt;words</textarea>" in answer.text) == kept


# Codes


def _codes(seed: int, number: int) -> list[str]:
    """Return codes that can be ones and codes that cannot."""
    rng = random.Random(seed)  # noqa: S311 - it makes test data
    shapes = (
        lambda: "".join(rng.choices(ALPHABET, k=10)),
        lambda: "-".join("".join(rng.choices(ALPHABET, k=5)) for _ in range(2)),
        lambda: "".join(rng.choices(ALPHABET, k=rng.randrange(1, 30))),
        lambda: "".join(chr(rng.randrange(33, 0x2FF)) for _ in range(10)),
        lambda: "".join(rng.choices(ALPHABET.lower() + "oil-", k=10)) + "x",
        lambda: "".join(rng.choices(ALPHABET, k=9)) + "U",
    )
    return [rng.choice(shapes)() for _ in range(number)]


async def test_ten_thousand_wrong_codes_get_the_same_bytes(scene: Scene) -> None:
    gone = await set_scene(scene.house)
    await gone.end_room()
    asyncio.get_running_loop().set_debug(False)  # 10,000 requests are half a minute with it
    codes = [*_codes(1, 10_000), gone.code, scene.room, scene.code[:-1], scene.code + "0"]
    assert scene.code not in codes
    answers = set()
    for place, code in enumerate(codes):
        kind = (PROGRAM, CURL)[place % 2]
        answer = await scene.mallory.post("/join", kind, {"nickname": "Mallory", "code": code})
        answers.add((answer.type, answer))
    assert len({answer for kind, answer in answers if kind == "application/json"}) == 1
    assert len(answers) == 2
    assert {answer.status for _, answer in answers} == {404}


async def test_on_a_page_only_the_typed_code_itself_differs(scene: Scene) -> None:
    gone = await set_scene(scene.house)
    await gone.end_room()
    pages = set()
    codes = [code for code in _codes(2, 200) if code.isascii() and code.isalnum()]
    assert len(codes) > 50
    for code in (*codes, gone.code):
        answer = await scene.mallory.post("/join", BROWSER, {"nickname": "Mallory", "code": code})
        pages.add((answer.status, answer.text.replace(f'value="{code}"', "", 1)))
    assert len(pages) == 1


async def test_a_member_of_the_room_next_door_learns_nothing_more_from_wrong_codes(
    scene: Scene,
) -> None:
    form = {"nickname": "Mallory", "code": "ZZZZZ-ZZZZZ"}
    stranger = await scene.mallory.post("/join", PROGRAM, form)
    assert await scene.mallory_next_door.post("/join", PROGRAM, form) == stranger
    assert await scene.eve.post("/join", PROGRAM, form) == stranger
