"""What all streams have in common: cursors, ?once=1, HEAD, how many, and how they end."""

import json
from typing import Any

import pytest

from ephemera.web.routes import streams
from tests.support.asking import BROWSER, CURL, PROGRAM
from tests.support.cast import House, Person, Scene, set_scene
from tests.support.page import events_of

ALL = ("events", "json", "raw")
GARBAGE = (
    "garbage",
    "0-0",
    "-",
    "-1",
    "abcdef01",
    "abcdef01-",
    "abcdef01--1",
    "ABCDEF01-1",
    "abcdef01-1.5",
    "9" * 5_000,
    "%00",
    "%FF%FE",
    "%E2%80%AE",
    "%3Cscript%3E",
    "%0Adata:%20x%0A%0A",
    "\N{ARABIC-INDIC DIGIT ONE}".encode().hex(),
)


async def cursor_of(scene: Scene) -> str:
    snapshot = await scene.house.engine.load(scene.room)
    assert snapshot
    return str(snapshot.room.cursor)


def cursors(text: str) -> list[str]:
    return [json.loads(line)["cursor"] for line in text.splitlines()]


async def read(scene: Scene, query: str, **headers: str) -> list[dict[str, Any]]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await scene.ben.get(f"{scene.path}/json?once=1{query}", headers=sent)
    assert answer.status == 200
    return [json.loads(line) for line in answer.text.splitlines()]


# Where to start


async def test_after_a_cursor_come_the_events_behind_it_each_once_and_in_order(
    scene: Scene,
) -> None:
    whole = await read(scene, "")
    for place, event in enumerate(whole[:-1]):
        assert await read(scene, f"&after={event['cursor']}") == whole[place + 1 :]


async def test_the_header_wins_over_the_query(scene: Scene) -> None:
    whole = await read(scene, "")
    first, third = whole[0]["cursor"], whole[2]["cursor"]
    assert await read(scene, f"&after={first}") == whole[1:]
    assert await read(scene, f"&after={first}", Last_Event_ID=third) == whole[3:]
    assert (await read(scene, f"&after={first}", Last_Event_ID="garbage"))[0]["event"] == "resync"


async def test_an_empty_cursor_is_none(scene: Scene) -> None:
    whole = await read(scene, "")
    assert await read(scene, "&after=") == whole
    assert await read(scene, f"&after={whole[0]['cursor']}", Last_Event_ID="") == whole[1:]


@pytest.mark.parametrize("cursor", GARBAGE, ids=lambda cursor: cursor[:20])
async def test_a_cursor_that_can_be_none_of_ours_gives_one_resync(
    scene: Scene, cursor: str
) -> None:
    (resync,) = await read(scene, f"&after={cursor}")
    assert (resync["event"], resync["cursor"]) == ("resync", await cursor_of(scene))


@pytest.mark.parametrize("sequence", ["999", "999999999999999", "9999999999999999999999"])
async def test_a_cursor_of_the_future_gives_a_resync(scene: Scene, sequence: str) -> None:
    generation = (await cursor_of(scene)).split("-")[0]
    (resync,) = await read(scene, f"&after={generation}-{sequence}")
    assert resync["event"] == "resync"


async def test_a_cursor_of_another_generation_gives_a_resync(scene: Scene) -> None:
    other = await scene.house.engine.load(scene.next_door)
    assert other
    (resync,) = await read(scene, f"&after={other.room.cursor}")
    assert resync["event"] == "resync"


async def test_a_cursor_that_the_log_has_left_behind_gives_a_resync(scene: Scene) -> None:
    old = await cursor_of(scene)
    for number in range(200):
        assert (await scene.ada.say(scene.room, f"{number}")).status == 201
    assert len(await read(scene, f"&after={old}")) == 200, "the last that is inside"
    await scene.ada.say(scene.room, "one more")
    (resync,) = await read(scene, f"&after={old}")
    assert resync["event"] == "resync"
    assert len(resync["events"]) == 200
    assert resync["events"][-1]["text"] == "one more"


async def test_without_a_cursor_a_log_that_has_lost_its_beginning_gives_a_resync(
    scene: Scene,
) -> None:
    for number in range(200):
        await scene.ada.say(scene.room, f"{number}")
    (resync,) = await read(scene, "")
    assert resync["event"] == "resync"


async def test_on_goes_a_client_from_a_resync_without_a_hole(scene: Scene) -> None:
    (resync,) = await read(scene, "&after=garbage")
    said = (await scene.ada.say(scene.room, "Hello")).json
    (event,) = await read(scene, f"&after={resync['cursor']}")
    assert (event["cursor"], event["text"]) == (said["cursor"], "Hello")


# ?once=1


@pytest.mark.parametrize("kind", ALL)
async def test_a_finite_stream_waits_for_the_first_event_and_ends(scene: Scene, kind: str) -> None:
    path = f"{scene.path}/{kind}?once=1&after={await cursor_of(scene)}"
    async with scene.ben.listening(path) as stream:
        await scene.ada.say(scene.room, "Hello")
        heard = await stream.ended()
    assert heard == (await scene.ben.get(path)).text
    assert heard.count("Hello") == 1


async def test_a_finite_stream_on_which_nothing_happens_ends_with_a_ping(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert streams.FINITE_SECONDS == 20
    monkeypatch.setattr(streams, "FINITE_SECONDS", 0.01)
    cursor = await cursor_of(scene)
    (event,) = events_of((await scene.ben.get(f"{scene.path}/events?once=1&after={cursor}")).text)
    assert (event.name, event.id) == ("ping", cursor)
    answer = await scene.ben.get(f"{scene.path}/json?once=1&after={cursor}")
    assert answer.json == {"event": "ping"}


@pytest.mark.parametrize(
    "query", ["once=0", "once=true", "once=", "once", "once=1&once=1", "ONCE=1"]
)
async def test_only_once_1_makes_a_stream_finite(scene: Scene, query: str) -> None:
    async with scene.ben.listening(f"{scene.path}/raw?{query}") as stream:
        await stream.until("* Eve left.\n")
        await scene.ada.say(scene.room, "Still there?")
        await stream.until("Still there?")
        assert not stream.has_ended


# HEAD


@pytest.mark.parametrize("kind", ALL)
async def test_a_look_at_the_head_opens_no_stream(scene: Scene, kind: str) -> None:
    answer = await scene.ben.ask("HEAD", f"{scene.path}/{kind}")
    assert (answer.status, answer.body) == (200, b"")
    assert len(scene.house.app.hub) == 0
    async with scene.ben.listening(f"{scene.path}/{kind}") as stream:
        await stream.until("Eve")
        assert stream.headers
        # Quart's test client counts the bytes of the body itself.
        assert [*stream.headers.items(), ("Content-Length", "0")] == [*answer.lines]
        assert len(scene.house.app.hub) == 1


# How many


@pytest.mark.parametrize("kind", ALL)
async def test_the_fourth_stream_of_a_seat_sends_the_oldest_to_finite_ones(
    scene: Scene, kind: str
) -> None:
    path = f"{scene.path}/{kind}"
    async with (
        scene.ben.listening(path) as oldest,
        scene.ben.listening(path) as second,
        scene.ben.listening(path) as third,
    ):
        for stream in (oldest, second, third):
            await stream.until("Eve")
        assert len(scene.house.app.hub) == 3
        async with scene.ben.listening(path) as fourth:
            await fourth.until("Eve")
            last = await oldest.ended()
            await scene.ada.say(scene.room, "Hello")
            for stream in (second, third, fourth):
                await stream.until("Hello")
    assert "Hello" not in last
    match kind:
        case "events":
            assert events_of(last)[-1].name == "finite"
        case "json":
            assert json.loads(last.splitlines()[-1])["event"] == "finite"
        case _:
            assert "?once=1&after=" in last.splitlines()[-1]


async def test_finite_streams_and_those_of_other_seats_do_not_count(scene: Scene) -> None:
    path = f"{scene.path}/raw"
    finite = f"{path}?once=1&after={await cursor_of(scene)}"
    async with (
        scene.ben.listening(path) as oldest,
        scene.ben.listening(path),
        scene.ben.listening(path),
        scene.ben.listening(finite),
        scene.ada.listening(path) as adas,
    ):
        await adas.until("Eve")
        await scene.ada.say(scene.room, "Hello")
        await oldest.until("Hello")
        assert not oldest.has_ended


async def test_a_full_process_says_when_to_come_back_but_only_to_members() -> None:
    scene = await set_scene(House(max_streams=1))
    async with scene.ada.listening(f"{scene.path}/raw") as adas:
        await adas.until("Eve")
        for kind in ALL:
            for method in ("GET", "HEAD"):
                answer = await scene.ben.ask(method, f"{scene.path}/{kind}", PROGRAM)
                assert answer.status == 503
                assert answer.headers["Retry-After"] == "10"
            never = await scene.mallory.get(f"/rooms/0/{kind}", PROGRAM)
            assert never.status == 404
            assert await scene.mallory.get(f"{scene.path}/{kind}", PROGRAM) == never
        assert answer.headers["Content-Type"] == "application/json"
    assert (await scene.ben.get(f"{scene.path}/raw?once=1")).status == 200


# How they end


@pytest.mark.parametrize("kind", ALL)
async def test_a_stream_that_has_lived_long_asks_its_reader_to_come_back(kind: str) -> None:
    scene = await set_scene(House(stream_lifetime=0))
    last = (await scene.ben.get(f"{scene.path}/{kind}")).text
    match kind:
        case "events":
            event = events_of(last)[-1]
            assert event.name == "reconnect"
            assert 1000 <= int(event.retry) <= 5000
            assert event.id == await cursor_of(scene)
        case "json":
            line = json.loads(last.splitlines()[-1])
            assert (line["event"], line["cursor"]) == ("reconnect", await cursor_of(scene))
            assert 1 <= line["retry"] <= 5
        case _:
            assert last.endswith("* the stream ends here; open it again in a few seconds\n")


async def test_a_draining_process_ends_its_streams_and_takes_no_more(scene: Scene) -> None:
    async with scene.ben.listening(f"{scene.path}/events") as stream:
        await stream.until("Eve")
        await scene.house.app.drain()
        assert events_of(await stream.ended())[-1].name == "reconnect"
    answer = await scene.ben.get(f"{scene.path}/events?once=1")
    assert answer.status == 503
    assert answer.headers["Retry-After"]


async def test_a_client_that_leaves_is_forgotten_at_once(scene: Scene) -> None:
    async with scene.ben.listening(f"{scene.path}/raw") as stream:
        await stream.until("Eve")
        assert len(scene.house.app.hub) == 1
    assert len(scene.house.app.hub) == 0


async def test_a_released_seat_cannot_stream_again_with_its_old_token(scene: Scene) -> None:
    await scene.house.pass_time(60)
    await scene.ada.get(scene.path)
    assert (await scene.ben.ask("HEAD", f"{scene.path}/raw")).status == 200
    await scene.house.pass_time(61)
    for kind in ALL:
        assert (await scene.ben.get(f"{scene.path}/{kind}", CURL)).status == 404
    assert (await scene.ada.get(f"{scene.path}/raw?once=1")).status == 200


async def test_opening_a_stream_is_a_sign_of_life(scene: Scene) -> None:
    for _ in range(3):
        await scene.house.pass_time(100)
        assert (await scene.ben.get(f"{scene.path}/raw?once=1")).status == 200
    assert (await scene.ada.get(scene.path)).status == 404


async def test_one_seat_streams_in_a_browser_and_in_a_terminal_at_once(scene: Scene) -> None:
    async with (
        scene.ben.listening(f"{scene.path}/events", BROWSER) as page,
        scene.ben.listening(f"{scene.path}/raw", CURL) as terminal,
    ):
        await scene.ada.say(scene.room, "Hello")
        await page.until("Hello</div>")
        await terminal.until("Ada: Hello\n")


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer ", "Bearer x y", "bearer \xfc", "Bearer " + "x" * 8_000, "Token x", ""],
)
async def test_a_token_that_is_none_opens_nothing(scene: Scene, authorization: str) -> None:
    never = await scene.mallory.get(f"{scene.path}/json")
    for kind in ALL:
        answer = await Person(scene.house).get(
            f"{scene.path}/{kind}", headers={"Authorization": authorization}
        )
        assert answer == never


async def test_a_query_of_very_many_fields_is_not_read(scene: Scene) -> None:
    many = "&".join(["a=1"] * 40)
    answer = await scene.ben.get(f"{scene.path}/json?{many}", CURL)
    assert answer.status == 400
    stranger = await scene.mallory.get(f"{scene.path}/json?{many}", CURL)
    assert stranger.status == 404
