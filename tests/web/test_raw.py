"""GET /rooms/{id}/raw: lines that are safe to show in a terminal."""

import pytest

from tests.support.cast import House, Scene

OPENED = (
    "Ada opened the room for up to 8 people. A seat is kept for 2 minutes after its page is closed."
)


async def test_the_log_from_the_beginning(scene: Scene) -> None:
    await scene.ada.say(scene.room, "Hello")
    answer = await scene.ben.get(f"{scene.path}/raw?once=1")
    assert answer.status == 200
    assert answer.type == "text/plain; charset=utf-8"
    assert answer.text.splitlines() == [
        f"* {OPENED}",
        "* Ben joined.",
        "* Eve joined.",
        "* Eve left.",
        "Ada: Hello",
    ]


async def test_an_endless_stream_shows_the_same_and_goes_on(scene: Scene) -> None:
    log = (await scene.ben.get(f"{scene.path}/raw?once=1")).text
    async with scene.ben.listening(f"{scene.path}/raw") as stream:
        assert await stream.until("* Eve left.\n") == log
        await scene.ada.say(scene.room, "Hello")
        assert await stream.until("Hello\n") == f"{log}Ada: Hello\n"


DANGEROUS = {
    "escape sequences": ("\x1b[2J\x1b]0;owned\x07red", "red"),
    "an eight-bit escape": ("\x9b2J\x90x", "x"),
    "NUL, bell, backspace, delete": ("a\0b\x07c\x08d\x7fe", "abcde"),
    "bidi overrides": ("\u202egpj.exe\u2066x\u2069", "gpj.exex"),
    "bidi marks": ("a\u200eb\u200fc\u061cd", "abcd"),
    "a byte order mark": ("a\ufeffb", "ab"),
    "a forged message": ("hi\nBen: I agree", "hi\n  Ben: I agree"),
    "a forged notice": ("hi\n* Ben left", "hi\n  * Ben left"),
    "carriage returns": ("hi\rBen: I agree\r\n* x", "hi\n  Ben: I agree\n  * x"),
    "line separators": ("hi\u2028* x\u2029* y", "hi\n  * x\n  * y"),
    "form feed and vertical tab": ("a\x0cb\x0bc", "abc"),
    "next line": ("a\x85* b", "a* b"),
    "tabs stay": ("a\tb", "a\tb"),
    "HTML is text here": ("<b>&amp;</b>", "<b>&amp;</b>"),
}


@pytest.mark.parametrize(("text", "shown"), DANGEROUS.values(), ids=DANGEROUS)
async def test_nothing_dangerous_reaches_a_terminal(scene: Scene, text: str, shown: str) -> None:
    assert (await scene.ada.say(scene.room, text)).status == 201
    log = (await scene.ben.get(f"{scene.path}/raw?once=1")).text
    assert log.endswith(f"\nAda: {shown}\n")


async def test_a_nickname_cannot_pass_for_a_notice(house: House) -> None:
    ada, room = await house.open_room("* Ada left")
    ben, _ = await house.join(room["code"], "Ben")
    await ada.say(room["id"], "fooled you")
    log = (await ben.get(f"/rooms/{room['id']}/raw?once=1")).text
    assert log.endswith('\n"* Ada left": fooled you\n')


async def test_presence_has_no_line_but_an_absence_that_ends_the_seat_has(scene: Scene) -> None:
    await scene.house.pass_time(60)
    await scene.ben.get(scene.path)
    await scene.house.pass_time(60)
    log = (await scene.ben.get(f"{scene.path}/raw?once=1")).text
    assert log.splitlines()[4:] == [
        "* Ada was away too long and has left.",
        "* Ben is the host now.",
    ]


async def test_a_hole_in_the_log_is_said_aloud(scene: Scene) -> None:
    log = (await scene.ben.get(f"{scene.path}/raw?once=1&after=0-0")).text
    assert log.startswith(f"* resync: earlier lines are not kept any more\n* {OPENED}\n")


async def test_the_end_of_the_room_is_the_last_line(scene: Scene) -> None:
    async with scene.ben.listening(f"{scene.path}/raw") as stream:
        await stream.until("* Eve left")
        await scene.end_room()
        assert (await stream.ended()).endswith("\n* The host ended this room. It is gone.\n")


async def test_outsiders_learn_nothing(scene: Scene) -> None:
    assert (await scene.ben.ask("HEAD", f"{scene.path}/raw")).status == 200
    await scene.assert_closed_to_outsiders("GET", "/raw")
    await scene.assert_closed_to_outsiders("HEAD", "/raw")
