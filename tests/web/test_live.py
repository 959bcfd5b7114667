"""GET /rooms/{id}/live, /roster and /composer: the room without JavaScript."""

import re

import pytest

from tests.support.asking import BROWSER, CURL
from tests.support.cast import FORM, Scene


async def test_the_live_document_shows_the_log_as_html_and_goes_on(scene: Scene) -> None:
    await scene.ada.say(scene.room, "Hello")
    async with scene.ben.listening(f"{scene.path}/live", BROWSER) as stream:
        assert (await stream.until("Hello</div>")).startswith("<!doctype html>")
        await scene.ada.say(scene.room, "<b>And more")
        heard = await stream.until("&lt;b&gt;And more</div>")
    assert stream.headers
    assert stream.headers["Content-Type"] == "text/html; charset=utf-8"
    assert heard.count("<!doctype html>") == 1
    assert "<script" not in heard


async def test_its_lines_are_the_very_fragments_of_the_page(scene: Scene) -> None:
    await scene.ada.say(scene.room, "Hello")
    fragment = re.compile(r'<article id="m-\d+".*?</article>', re.DOTALL)
    page = (await scene.ben.get(scene.path, BROWSER)).text
    async with scene.ben.listening(f"{scene.path}/live", BROWSER) as stream:
        live = await stream.until("</article>")
    assert fragment.findall(live) == fragment.findall(page)


async def test_the_roster_renews_itself_and_shows_its_reader_as_here(scene: Scene) -> None:
    await scene.house.pass_time(60)
    roster = await scene.ben.get(f"{scene.path}/roster", BROWSER)
    assert roster.status == 200
    assert int(roster.headers["Refresh"]) >= 2
    assert re.findall(r'id="member-(p\d)"[^>]*data-away=', roster.text) == ["p1"]


async def test_the_composer_takes_a_message_and_comes_back_empty(scene: Scene) -> None:
    answer = await scene.ben.post(f"{scene.path}/composer", BROWSER, {"text": "Hello"})
    assert (answer.status, answer.headers["Location"]) == (303, f"{scene.path}/composer")
    assert "Hello" in (await scene.ada.get(f"{scene.path}/raw?once=1")).text
    composer = await scene.ben.get(f"{scene.path}/composer", BROWSER)
    assert composer.status == 200
    assert "Hello" not in composer.text


@pytest.mark.parametrize(
    ("text", "key"), [("x" * 4_001, "k1"), ("</textarea><i>" + "x" * 4_000, ""), ("Hi", "k" * 201)]
)
async def test_the_composer_keeps_what_was_refused(scene: Scene, text: str, key: str) -> None:
    answer = await scene.ben.post(f"{scene.path}/composer", BROWSER, {"text": text, "key": key})
    assert answer.status == 422
    assert text.replace("<", "&lt;").replace(">", "&gt;") in answer.text
    assert "k" * 201 not in answer.text


async def test_bytes_that_are_not_utf_8_and_large_bodies_are_refused(scene: Scene) -> None:
    for body, status in ((b"text=%FF", 400), (b"text=\xff", 400), (b"x" * 65 * 1024, 413)):
        answer = await scene.ben.ask(
            "POST", f"{scene.path}/composer", CURL, body=body, headers={"Content-Type": FORM}
        )
        assert answer.status == status


@pytest.mark.parametrize("tail", ["/live", "/roster", "/composer"])
async def test_outsiders_learn_nothing(scene: Scene, tail: str) -> None:
    assert (await scene.ben.ask("HEAD", scene.path + tail)).status == 200
    await scene.assert_closed_to_outsiders("GET", tail)
    await scene.assert_closed_to_outsiders("HEAD", tail)


async def test_outsiders_cannot_post(scene: Scene) -> None:
    await scene.assert_closed_to_outsiders("POST", "/composer", {"text": "Hello"})
    assert "Hello" not in (await scene.ben.get(f"{scene.path}/raw?once=1")).text
