"""A room that was lost and brought back, as its members see it."""

import json
from collections.abc import Awaitable, Callable
from typing import Final

import pytest

from tests.support.asking import BROWSER, HTMX, PROGRAM
from tests.support.cast import Person, Scene
from tests.support.losing import lose_and_bring_back
from tests.support.page import Page

Restore = Callable[[], Awaitable[None]]
LOST: Final = "Words that are lost"
TOLD: Final = (
    "* The server lost what was said before. The room goes on, and everybody keeps their seat.\n"
)
GAP: Final = "Some earlier lines are gone."


@pytest.fixture
def restore(scene: Scene) -> Restore:
    """Return what lets the room be lost and brought back."""
    return lambda: lose_and_bring_back(scene.house.engine, scene.room, scene.house.clock)


async def the_page_of(scene: Scene, person: Person) -> Page:
    return Page((await person.get(scene.path, BROWSER)).text)


async def test_an_open_page_loses_its_lines_too_and_says_why(
    scene: Scene, restore: Restore
) -> None:
    await scene.ada.say(scene.room, LOST)
    stale = await the_page_of(scene, scene.ben)
    assert LOST in stale.document.text
    await restore()
    await scene.ada.say(scene.room, "Where were we?")
    stale.hear((await scene.ben.get(f"{stale.stream}&once=1")).text)
    fresh = await the_page_of(scene, scene.ben)
    for place in ("messages", "members"):
        assert stale.shape(place) == fresh.shape(place)
    assert stale.ids("messages") == ["m-7", "m-8"]
    assert LOST not in stale.document.text
    assert GAP not in stale.document.text


async def test_a_stream_that_is_not_cut_leaves_no_line_on_the_page(
    scene: Scene, restore: Restore
) -> None:
    await scene.ada.say(scene.room, LOST)
    stale = await the_page_of(scene, scene.ben)
    async with scene.ben.listening(stale.stream, HTMX) as stream:
        await stream.until("event: ping")
        await restore()
        await stream.until("everybody keeps their seat")
        await scene.ada.say(scene.room, "Where were we?")
        stale.hear(await stream.until("Where were we?"))
    assert stale.shape("messages") == (await the_page_of(scene, scene.ben)).shape("messages")


async def test_programs_get_the_whole_again_with_the_event_first(
    scene: Scene, restore: Restore
) -> None:
    old = (await scene.ada.say(scene.room, LOST)).json["cursor"]
    await restore()
    said = (await scene.ada.say(scene.room, "Where were we?")).json["cursor"]
    generation = said.split("-")[0]
    assert (generation, said) != (old.split("-")[0], old)
    lines = (await scene.ben.get(f"{scene.path}/json?once=1&after={old}")).text
    resync = json.loads(lines)
    assert resync["event"] == "resync"
    assert [one["nickname"] for one in resync["members"]] == ["Ada", "Ben"]
    at = scene.house.clock.now
    assert resync["events"][0] == {
        "cursor": f"{generation}-7",
        "event": "room-restored",
        "at": at,
        "line": TOLD.removeprefix("* ").rstrip(),
    }
    assert [event["event"] for event in resync["events"]] == ["room-restored", "message-posted"]


async def test_terminals_and_frames_get_the_line(scene: Scene, restore: Restore) -> None:
    await scene.ada.say(scene.room, LOST)
    await restore()
    raw = (await scene.ben.get(f"{scene.path}/raw?once=1")).text
    assert raw.endswith(TOLD)
    live = (await scene.ben.get(f"{scene.path}/live?once=1", BROWSER)).text
    assert "everybody keeps their seat" in live
    assert LOST not in raw + live


async def test_everybody_has_the_seat_the_role_and_the_code_they_had(
    scene: Scene, restore: Restore
) -> None:
    before = await the_page_of(scene, scene.ben)
    await restore()
    after = await the_page_of(scene, scene.ben)
    for place in ("members", "code", "link", "lock-state", "rules"):
        assert after.shape(place) == before.shape(place)
    cleo = await scene.join("Cleo")
    assert (await cleo.say(scene.room, "Hello")).status == 201
    assert (await scene.ben.post(f"{scene.path}/lock", PROGRAM)).status == 403
    assert (await scene.ada.post(f"{scene.path}/lock", PROGRAM)).status == 204
    for outsider in scene.outsiders:
        assert (await outsider.get(f"{scene.path}/raw?once=1")).status == 404


async def test_a_lost_message_is_gone_but_not_said_again(scene: Scene, restore: Restore) -> None:
    said = (await scene.ada.say(scene.room, LOST, key="a key of Ada")).json
    await restore()
    for noun in ("deletions", "edits", "reactions"):
        form = {"message": said["id"], "text": "other words", "sign": "yes"}
        answer = await scene.ada.post(f"{scene.path}/{noun}", PROGRAM, form)
        assert (answer.status, answer.json["error"]["reason"]) == (409, "message-gone")
    again = await scene.ada.say(scene.room, LOST, key="a key of Ada")
    assert (again.status, again.json["id"]) == (201, said["id"])
    assert LOST not in (await scene.ben.get(f"{scene.path}/raw?once=1")).text
    missed = (await scene.ben.get(f"{scene.path}/raw?once=1&after={again.json['cursor']}")).text
    assert missed == TOLD
