"""GET /rooms/{id}/events: server-sent events with HTML fragments."""

import re

import pytest

from tests.support.asking import BROWSER, CURL, HTMX, KINDS, Kind
from tests.support.cast import House, Scene, set_scene
from tests.support.page import Page, events_of


async def page_of(scene: Scene) -> Page:
    return Page((await scene.ben.get(scene.path, BROWSER)).text)


@pytest.mark.parametrize("kind", [*KINDS, {"Accept": "text/event-stream"}])
async def test_the_stream_is_the_same_however_it_is_asked_for(scene: Scene, kind: Kind) -> None:
    answer = await scene.ben.get(f"{scene.path}/events?once=1", kind)
    assert answer.status == 200
    assert answer.type == "text/event-stream; charset=utf-8"
    assert answer.body == (await scene.ada.get(f"{scene.path}/events?once=1", CURL)).body


async def test_every_event_has_its_cursor_and_no_name(scene: Scene) -> None:
    said = await scene.ada.say(scene.room, "Hello")
    events = events_of((await scene.ben.get(f"{scene.path}/events?once=1")).text)
    generation, newest = said.json["cursor"].split("-")
    assert [event.id for event in events] == [
        f"{generation}-{n}" for n in range(1, int(newest) + 1)
    ]
    assert {event.name for event in events} == {""}


async def test_a_stream_begins_with_a_ping_that_moves_nobody_on(scene: Scene) -> None:
    said = await scene.ada.say(scene.room, "Hello")
    cursor = said.json["cursor"]
    async with scene.ben.listening(f"{scene.path}/events?after={cursor}", HTMX) as stream:
        (ping,) = events_of(await stream.until("\n\n"))
    assert (ping.id, ping.name, ping.data) == (cursor, "ping", "")


async def test_what_is_said_reaches_everybody_the_sender_too(scene: Scene) -> None:
    async with (
        scene.ada.listening((await page_of(scene)).stream) as adas,
        scene.ben.listening((await page_of(scene)).stream) as bens,
    ):
        await scene.ada.say(scene.room, "Hello")
        heard = [await stream.until("Hello") for stream in (adas, bens)]
    assert heard[0] == heard[1]


async def test_whoever_comes_back_with_a_cursor_misses_nothing_and_sees_nothing_twice(
    scene: Scene,
) -> None:
    first = (await scene.ada.say(scene.room, "One")).json
    second = (await scene.ada.say(scene.room, "Two")).json
    events = events_of(
        (await scene.ben.get(f"{scene.path}/events?once=1&after={first['cursor']}")).text
    )
    assert [event.id for event in events] == [second["cursor"]]


async def test_the_resync_is_announced_and_replaces_everything(scene: Scene) -> None:
    await scene.ada.say(scene.room, "Hello")
    answer = await scene.ben.get(f"{scene.path}/events?once=1&after=garbage")
    announced, whole = events_of(answer.text)
    assert (announced.name, announced.data) == ("resync", "")
    snapshot = await scene.house.engine.load(scene.room)
    assert snapshot
    assert (whole.id, whole.name) == (str(snapshot.room.cursor), "")
    assert whole.data.startswith('<hx-partial hx-target="#messages" hx-swap="innerHTML">')
    fresh, stale = await page_of(scene), await page_of(scene)
    messages = stale.document.find("messages")
    assert messages
    messages.children = []
    stale.hear(answer.text)
    assert stale.shape("messages") == fresh.shape("messages")
    assert "Some earlier lines are gone." in answer.text


async def test_a_connection_cut_between_the_resync_and_its_announcement_loses_nothing(
    scene: Scene,
) -> None:
    path = f"{scene.path}/events?once=1"
    announced, whole = events_of((await scene.ben.get(f"{path}&after=garbage")).text)
    again = await scene.ben.get(path, headers={"Last-Event-ID": announced.id})
    assert events_of(again.text) == [announced, whole]


async def test_a_member_who_leaves_sees_that_they_have_left(scene: Scene) -> None:
    page = await page_of(scene)
    async with scene.ben.listening(page.stream, HTMX) as stream:
        await scene.ben.post(f"{scene.path}/leave", BROWSER)
        page.hear(await stream.ended())
    assert "You have left this room." in page.document.text
    assert page.document.find("stream") is None
    assert page.document.find("messages") is None
    assert page.title.startswith("Gone")


ENDS = {
    "closed": "The host ended this room. It is gone.",
    "expired": "This room\N{RIGHT SINGLE QUOTATION MARK}s time was up. It is gone.",
}


@pytest.mark.parametrize("reason", ENDS)
async def test_the_end_of_the_room_takes_the_page_along(reason: str) -> None:
    scene = await set_scene(House(lifetime=300))
    page = await page_of(scene)
    async with scene.ben.listening(page.stream, HTMX) as stream:
        if reason == "closed":
            await scene.end_room()
        else:
            await scene.house.pass_time(300)
        page.hear(await stream.ended())
    assert ENDS[reason] in page.document.text
    assert page.document.find("stream") is None
    assert page.document.find("messages") is None
    assert page.title.startswith("Gone")


async def test_nothing_of_a_message_can_end_an_event_or_forge_another(scene: Scene) -> None:
    page = await page_of(scene)
    partial = "<hx-partial hx-target='#room' hx-swap='delete'></hx-partial>"
    forged = f"x\n\nevent: ping\ndata: {partial}\n\nid: 0-0"
    for text in (forged, forged.replace("\n", "\r"), forged.replace("\n", "\r\n")):
        assert (await scene.ada.say(scene.room, text)).status == 201
    answer = await scene.ben.get(f"{page.stream}&once=1")
    assert len(events_of(answer.text)) == 3
    page.hear(answer.text)
    assert page.document.find("room")
    assert page.document.text.count("event: ping\ndata: <hx-partial") == 3


async def test_outsiders_learn_nothing(scene: Scene) -> None:
    assert (await scene.ben.ask("HEAD", f"{scene.path}/events")).status == 200
    await scene.assert_closed_to_outsiders("GET", "/events")
    await scene.assert_closed_to_outsiders("HEAD", "/events")


async def test_own_and_other_messages_are_the_same_bytes_for_all(scene: Scene) -> None:
    await scene.ada.say(scene.room, "Hello")
    await scene.ben.say(scene.room, "Hello back")
    streams = [
        (await who.get(f"{scene.path}/events?once=1")).body for who in (scene.ada, scene.ben)
    ]
    assert streams[0] == streams[1]
    assert not re.search(rb"\b(mine|own|you(?! can do about))\b", streams[0])
