"""GET /rooms/{id}/json: one JSON object on a line for each event."""

import json
from dataclasses import fields
from typing import Any

import pytest

from ephemera.domain.events import EVENTS, SIGNALS, Event, Signal, StreamClosed, StreamOpened
from ephemera.web.rendering.fields import _TOLD, _TOLD_OF
from tests.support.asking import Kind, by_kind
from tests.support.cast import Scene


def lines_of(text: str) -> list[dict[str, Any]]:
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


OPENED = (
    "Ada opened the room for up to 8 people. A seat is kept for 2 minutes after its page is closed."
)


async def test_the_log_from_the_beginning(scene: Scene) -> None:
    said = await scene.ada.say(scene.room, 'Say "hi"\nin two lines')
    answer = await scene.ben.get(f"{scene.path}/json?once=1")
    assert answer.status == 200
    assert answer.type == "application/x-ndjson; charset=utf-8"
    generation = said.json["cursor"].split("-")[0]
    at = scene.house.clock.now
    ada = {"member": "p1", "nickname": "Ada", "role": "host"}
    ben = {"member": "p2", "nickname": "Ben", "role": "member"}
    eve = {"member": "p3", "nickname": "Eve", "role": "member"}
    told: list[dict[str, Any]] = [
        {
            "event": "room-opened",
            "member": "p1",
            "nickname": "Ada",
            "capacity": 8,
            "grace": 120,
            "ask": False,
            "newcomers": "all",
            "vanish": 0,
            "line": OPENED,
        },
        {"event": "member-joined", **ada},
        {"event": "member-joined", **ben, "line": "Ben joined."},
        {"event": "member-joined", **eve, "line": "Eve joined."},
        {"event": "member-left", **eve, "reason": "left", "line": "Eve left."},
        {
            "event": "message-posted",
            "member": "p1",
            "nickname": "Ada",
            "text": 'Say "hi"\nin two lines',
        },
    ]
    assert lines_of(answer.text) == [
        {"cursor": f"{generation}-{place}", "at": at, **fields}
        for place, fields in enumerate(told, 1)
    ]


async def test_cursor_and_event_come_first_on_the_line(scene: Scene) -> None:
    answer = await scene.ben.get(f"{scene.path}/json?once=1")
    for line in answer.text.splitlines():
        assert list(json.loads(line))[:2] == ["cursor", "event"]


async def test_presence_and_the_change_of_the_host_are_told(scene: Scene) -> None:
    await scene.house.pass_time(60)
    await scene.ben.get(scene.path)
    await scene.house.pass_time(60)
    await scene.ben.get(scene.path)
    events = lines_of((await scene.ben.get(f"{scene.path}/json?once=1")).text)
    told = [(event["event"], event.get("nickname"), event.get("reason")) for event in events[5:]]
    assert told == [
        ("member-went-away", "Ada", None),
        ("member-went-away", "Ben", None),
        ("member-returned", "Ben", None),
        ("member-left", "Ada", "away"),
        ("host-changed", "Ben", None),
        ("member-went-away", "Ben", None),
        ("member-returned", "Ben", None),
    ]


async def test_a_ping_has_neither_cursor_nor_fields(scene: Scene) -> None:
    async with scene.ben.listening(f"{scene.path}/json") as stream:
        heard = await stream.until("\n")
    assert lines_of(heard.split("\n")[0] + "\n") == [{"event": "ping"}]


async def test_outside_the_log_a_resync_has_the_members_and_all_that_is_kept(scene: Scene) -> None:
    said = (await scene.ada.say(scene.room, "Hello")).json
    whole = lines_of((await scene.ben.get(f"{scene.path}/json?once=1")).text)
    (resync,) = lines_of((await scene.ben.get(f"{scene.path}/json?once=1&after=0-0")).text)
    assert resync == {
        "cursor": said["cursor"],
        "event": "resync",
        "line": "resync: earlier lines are not kept any more",
        "members": [
            {"id": "p1", "nickname": "Ada", "role": "host", "away": False, "muted": False},
            {"id": "p2", "nickname": "Ben", "role": "member", "away": False, "muted": False},
        ],
        "knocks": [],
        "code": scene.code,
        "locked": False,
        "options": {
            "capacity": 8,
            "grace": 120,
            "ask": False,
            "newcomers": "all",
            "vanish": 0,
        },
        "events": whole,
    }


async def test_the_end_of_the_room_is_the_last_line(scene: Scene) -> None:
    async with scene.ben.listening(f"{scene.path}/json") as stream:
        await stream.until("member-left")
        await scene.end_room()
        last = lines_of(await stream.ended())[-1]
    assert (last["event"], last["reason"]) == ("room-wiped", "closed")


async def test_the_leaving_of_a_member_is_the_last_line_they_get(scene: Scene) -> None:
    async with scene.ben.listening(f"{scene.path}/json") as stream:
        await stream.until("member-left")
        await scene.ben.post(f"{scene.path}/leave")
        last = lines_of(await stream.ended())[-1]
    assert (last["event"], last["member"], last["reason"]) == ("member-left", "p2", "left")


@by_kind
async def test_no_line_holds_a_secret(scene: Scene, kind: Kind) -> None:
    answer = await scene.ben.get(f"{scene.path}/json?once=1", kind)
    resync = await scene.ben.get(f"{scene.path}/json?once=1&after=0-0", kind)
    assert scene.ada.token
    assert scene.ben.token
    for secret in (scene.ada.token, scene.ben.token):
        assert secret not in answer.text + resync.text
    for code in (scene.code, scene.code.replace("-", "")):
        assert code not in answer.text
    assert "digest" not in answer.text + resync.text


async def test_outsiders_learn_nothing(scene: Scene) -> None:
    assert (await scene.ben.ask("HEAD", f"{scene.path}/json")).status == 200
    await scene.assert_closed_to_outsiders("GET", "/json")
    await scene.assert_closed_to_outsiders("HEAD", "/json")


FACTS: dict[str, type[Event | Signal]] = {**EVENTS, **SIGNALS}


@pytest.mark.parametrize("kind", FACTS.values(), ids=FACTS)
def test_of_each_field_of_an_event_it_is_said_what_programs_see(kind: type[Event | Signal]) -> None:
    told = {name for name in _TOLD if (kind, name) not in _TOLD_OF}
    told |= {name for of, name in _TOLD_OF if of is kind}
    untold = {one.name for one in fields(kind)} - told - {"at"}
    for_processes_only = {StreamOpened, StreamClosed}
    assert untold == ({"stream"} if kind in for_processes_only else set())
