"""What people have really typed, by every way in, and in every place where it shows."""

import json
import re
import unicodedata
from collections.abc import Awaitable, Callable, Iterable
from html import unescape
from itertools import groupby
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from ephemera.domain.terminals import terminal_safe
from tests.support.asking import BROWSER, CURL, HTMX, PROGRAM, Kind
from tests.support.cast import Answer, Person, Scene
from tests.support.corpus import (
    DEEDS,
    LINKS,
    NICKNAMES,
    NOTHING,
    NOTHING_DONE,
    REFUSED_NICKNAMES,
    STACKED,
    TEXTS,
    WIDE_NICKNAMES,
)
from tests.support.page import Element, Page, events_of, parse

EMPTY: Final = "There is nothing in this message yet."
TAKEN: Final = {200, 201, 204, 303}

Way = Callable[[Scene, str], Awaitable[Answer]]
"""How Ada gives a text to the server."""


def by_form(kind: Kind) -> Way:
    return lambda scene, text: scene.ada.say(scene.room, text, kind)


async def as_plain_text(scene: Scene, text: str) -> Answer:
    return await scene.ada.ask(
        "POST",
        f"{scene.path}/messages",
        CURL,
        body=text.encode(),
        headers={"Content-Type": "text/plain; charset=utf-8"},
    )


async def as_json(scene: Scene, text: str) -> Answer:
    return await scene.ada.ask(
        "POST",
        f"{scene.path}/messages",
        PROGRAM,
        body=json.dumps({"text": text}).encode(),
        headers={"Content-Type": "application/json"},
    )


async def as_a_part(scene: Scene, text: str) -> Answer:
    part = f'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n{text}\r\n--b--\r\n'
    return await scene.ada.ask(
        "POST",
        f"{scene.path}/messages",
        CURL,
        body=part.encode(),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )


async def by_an_edit(scene: Scene, text: str) -> Answer:
    said = (await scene.ada.say(scene.room, "first")).json["id"]
    return await scene.ada.post(f"{scene.path}/edits", PROGRAM, {"message": said, "text": text})


async def by_the_frame(scene: Scene, text: str) -> Answer:
    return await scene.ada.post(f"{scene.path}/composer", BROWSER, {"text": text})


TO_POST: Final[dict[str, Way]] = {
    "a form": by_form(BROWSER),
    "htmx": by_form(HTMX),
    "a program": by_form(PROGRAM),
    "curl": by_form(CURL),
    "plain text": as_plain_text,
    "JSON": as_json,
    "a part of a form": as_a_part,
    "the frame without scripts": by_the_frame,
}
WAYS: Final = {**TO_POST, "an edit": by_an_edit}
by_way: Final = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
by_post: Final = pytest.mark.parametrize("way", TO_POST.values(), ids=TO_POST)


def texts_in(document: Element) -> list[Element]:
    """Return the messages of a page, or of what a stream has brought."""
    return [each for each in document.walk() if each.attributes.get("class") == "text"]


def words(text: Element) -> str:
    return text.text.removesuffix(" edited")


async def page_of(scene: Scene) -> list[Element]:
    """Return the messages of the page that Ben loads."""
    return texts_in(Page((await scene.ben.get(scene.path, BROWSER)).text).document)


async def heard(scene: Scene) -> list[dict[str, Any]]:
    """Return the messages as Ben's program hears of them."""
    lines = (await scene.ben.get(f"{scene.path}/json?once=1")).text.splitlines()
    events = [json.loads(line) for line in lines]
    return [event for event in events if event["event"] == "message-posted"]


async def assert_seen(scene: Scene, texts: Iterable[str]) -> None:
    """Assert that these messages are seen in every place where Ben sees any, as they are."""
    kept = list(texts)
    assert [words(text) for text in await page_of(scene)] == kept
    stream = (await scene.ben.get(f"{scene.path}/events?once=1&after=0-0")).text
    resync = parse("\n".join(event.data for event in events_of(stream)))
    assert [words(text) for text in texts_in(resync)] == kept
    assert [event["text"] for event in await heard(scene)] == kept
    raw = (await scene.ben.get(f"{scene.path}/raw?once=1")).text.removesuffix("\n")
    lines = re.split(r"\nAda(?: \(edited\))?: ", raw)[1:]
    once = [line for line, _ in groupby(lines)]  # an edit is told beside the message as it is now
    assert once == [line for line, _ in groupby(map(terminal_safe, kept))]


def told(answer: Answer) -> str:
    """Return all that an answer says, however it says it."""
    return unescape(answer.text)


@by_way
async def test_a_message_that_shows_nothing_is_refused_as_empty(scene: Scene, way: Way) -> None:
    for text in (*NOTHING, *NOTHING_DONE):
        answer = await way(scene, text)
        assert answer.status == 422, ascii(text)
        assert EMPTY in told(answer)
    raw = (await scene.ben.get(f"{scene.path}/raw?once=1")).text
    assert {line for line in raw.splitlines() if line.startswith("Ada: ")} <= {"Ada: first"}


@by_way
async def test_escape_sequences_and_marks_from_files_are_in_no_message(
    scene: Scene, way: Way
) -> None:
    for text, kept in TEXTS.items():
        answer = await way(scene, text)
        assert answer.status in (TAKEN if kept else {422}), ascii(text)
    kept_texts = [kept for kept in TEXTS.values() if kept or way is by_an_edit]
    await assert_seen(scene, (kept or "first" for kept in kept_texts))


@by_post
async def test_an_action_is_one_whatever_stood_before_it(scene: Scene, way: Way) -> None:
    for text in DEEDS:
        assert (await way(scene, text)).status in TAKEN, ascii(text)
    done = [(said["text"], said.get("action")) for said in await heard(scene)]
    assert done == [(deed, True) for deed in DEEDS.values()]


@by_way
async def test_a_link_opens_what_it_shows_and_swallows_nothing(scene: Scene, way: Way) -> None:
    for text in LINKS:
        assert (await way(scene, text)).status in TAKEN, ascii(text)
    await assert_seen(scene, LINKS)
    for shown, links in zip(await page_of(scene), LINKS.values(), strict=True):
        assert [anchor.text for anchor in shown.all("a")] == links
        for anchor in shown.all("a"):
            assert anchor.attributes["href"] == anchor.text
            assert anchor.attributes["dir"] == "ltr", "no letter around it turns it round"


@by_post
async def test_what_leaves_its_place_is_taken_as_it_is(scene: Scene, way: Way) -> None:
    for text in STACKED.values():
        assert (await way(scene, text)).status in TAKEN, ascii(text)
    assert [said["text"] for said in await heard(scene)] == list(STACKED.values())


# Names: who opens, who joins, who knocks


async def by_opening(scene: Scene, nickname: str, kind: Kind) -> Answer:
    return await Person(scene.house).post("/rooms", kind, {"nickname": nickname})


async def by_joining(scene: Scene, nickname: str, kind: Kind) -> Answer:
    _, room = await scene.house.open_room("Host")
    form = {"nickname": nickname, "code": room["code"]}
    return await Person(scene.house).post("/join", kind, form)


async def by_knocking(scene: Scene, nickname: str, kind: Kind) -> Answer:
    _, room = await scene.house.open_room("Host", ask="yes")
    form = {"nickname": nickname, "code": room["code"]}
    return await Person(scene.house).post("/join", kind, form)


Door = Callable[[Scene, str, Kind], Awaitable[Answer]]
BY_DOOR: Final = {
    "opens, in a browser": (by_opening, BROWSER),
    "opens, by htmx": (by_opening, HTMX),
    "opens, with a program": (by_opening, PROGRAM),
    "opens, with curl": (by_opening, CURL),
    "joins, in a browser": (by_joining, BROWSER),
    "joins, with a program": (by_joining, PROGRAM),
    "knocks, with a program": (by_knocking, PROGRAM),
}
by_door: Final = pytest.mark.parametrize(("ask", "kind"), BY_DOOR.values(), ids=BY_DOOR)


@by_door
async def test_a_nickname_is_taken_with_whatever_a_keyboard_or_a_clipboard_adds(
    scene: Scene, ask: Door, kind: Kind
) -> None:
    for typed, kept in NICKNAMES.items():
        answer = await ask(scene, typed, kind)
        assert answer.status in TAKEN | {202}, (ascii(typed), answer.text)
        if kind == PROGRAM:
            member = answer.json.get("member") or answer.json["knock"]
            assert member["nickname"] == kept, ascii(typed)


@by_door
async def test_a_nickname_is_refused_with_a_sentence_that_names_the_character(
    scene: Scene, ask: Door, kind: Kind
) -> None:
    for typed, named in REFUSED_NICKNAMES.items():
        answer = await ask(scene, typed, kind)
        assert answer.status == 422, ascii(typed)
        assert f"We cannot show {named}. Leave it out." in told(answer), ascii(typed)


@by_door
async def test_a_nickname_that_shows_nothing_is_empty(scene: Scene, ask: Door, kind: Kind) -> None:
    for typed in NOTHING:
        answer = await ask(scene, typed, kind)
        assert answer.status == 422, ascii(typed)
        assert "Choose a nickname." in told(answer), ascii(typed)


async def test_a_wide_nickname_is_the_same_in_every_place(scene: Scene) -> None:
    for nickname in WIDE_NICKNAMES:
        host, room = await scene.house.open_room(nickname)
        await host.say(room["id"], "Hello")
        path = f"/rooms/{room['id']}"
        name = unicodedata.normalize("NFC", nickname)
        assert f"{name}: Hello\n" in (await host.get(f"{path}/raw?once=1")).text
        page = Page((await host.get(path, BROWSER)).text).document
        assert [each.text for each in page.all("bdi")].count(name) == 3


def encoded(texts: Iterable[str]) -> list[bytes]:
    return [urlencode({"text": text}).encode() for text in texts]


async def test_what_is_not_told_apart_on_the_wire_is_read_alike(scene: Scene) -> None:
    """The input of the report itself, as a browser sends it."""
    for body in (b"text=%E2%80%8B", *encoded(["\u3164", "\u2800"])):
        answer = await scene.ada.ask(
            "POST",
            f"{scene.path}/messages",
            CURL,
            body=body,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert (answer.status, answer.text) == (422, f"{EMPTY}\n")
