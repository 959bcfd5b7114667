"""`/me`: a message that tells what somebody does, and can be told from a notice."""

import pytest

from tests.support.asking import BROWSER, Kind, by_kind
from tests.support.page import Page
from tests.support.powers import Stage


async def shown(stage: Stage, message: str) -> tuple[str | None, str]:
    """Return class and text of a message as a page shows it."""
    page = Page((await stage.mona.get(stage.path, BROWSER)).text)
    line, text = page.document.find(message), page.document.find(f"{message}-text")
    assert line
    assert text
    return line.attributes["class"], text.text


@by_kind
async def test_what_starts_with_me_is_an_action(stage: Stage, kind: Kind) -> None:
    assert (await stage.ben.say(stage.room, "/me waves", kind)).status in (200, 201, 303)
    message = f"m-{(await stage.now()).sequence}"
    assert await shown(stage, message) == ("message action", "waves")
    json = (await stage.mona.get(f"{stage.path}/json?once=1")).text
    assert '"nickname":"Ben","text":"waves","action":true' in json


@pytest.mark.parametrize("text", ["/me", "/mean it", " /me waves", "/ME waves", "I /me waves"])
async def test_nothing_else_is(stage: Stage, text: str) -> None:
    message = await stage.message_of(stage.ben, text)
    assert await shown(stage, message) == ("message", text)
    assert '"action"' not in (await stage.mona.get(f"{stage.path}/json?once=1")).text


@pytest.mark.parametrize("text", ["left", "deleted a message by Ada", "* joined", "is the host"])
async def test_nobody_can_forge_a_notice_by_it(stage: Stage, text: str) -> None:
    await stage.message_of(stage.ben, f"/me {text}")
    raw = (await stage.mona.get(f"{stage.path}/raw?once=1")).text
    assert raw.splitlines()[-1] == f"Ben: /me {text}"
    page = Page((await stage.mona.get(stage.path, BROWSER)).text)
    messages = page.document.find("messages")
    assert messages
    newest = messages.elements[-1]
    assert (newest.tag, newest.attributes["class"]) == ("article", "message action")
    assert newest.find(f"{newest.id}-by")


async def test_a_line_break_forges_none_either(stage: Stage) -> None:
    await stage.message_of(stage.ben, "/me waves\n* Ada left\n\nAda: Bye")
    raw = (await stage.mona.get(f"{stage.path}/raw?once=1")).text
    assert "Ben: /me waves\n" in raw
    assert "\n* Ada left" not in raw
    assert "\nAda: Bye" not in raw


async def test_an_action_that_is_edited_stays_one(stage: Stage) -> None:
    message = await stage.message_of(stage.ben, "/me waves")
    sheet = (await stage.ben.get(f"{stage.path}/messages?message={message}", BROWSER)).text
    assert "\n/me waves</textarea>" in sheet
    for text in ("bows", "/me bows"):
        await stage.act(stage.ben, "/edits", {"message": message, "text": text})
        assert await shown(stage, message) == ("message action", "bows edited")
        raw = (await stage.mona.get(f"{stage.path}/raw?once=1")).text
        assert raw.splitlines()[-1] == "Ben (edited): /me bows"
        assert "/me waves" not in raw
