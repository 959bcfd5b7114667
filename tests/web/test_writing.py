"""POST /rooms/{id}/writing: a signal that somebody types, kept nowhere."""

import json
from typing import Final

import pytest

from tests.support.asking import BROWSER, Kind, by_kind
from tests.support.page import Page, events_of
from tests.support.powers import Stage

TAIL: Final = "/writing"


async def type_(stage: Stage) -> None:
    assert (await stage.ben.post(stage.path + TAIL)).status == 204


@by_kind
async def test_a_program_hears_who_writes(stage: Stage, kind: Kind) -> None:
    async with stage.mona.listening(f"{stage.path}/json") as stream:
        await stream.until('"event":"ping"')
        answer = await stage.ben.post(stage.path + TAIL, kind)
        assert (answer.status, answer.body) == (204, b"")
        heard = await stream.until('"event":"writing"')
    line = json.loads(heard.splitlines()[-1])
    assert line == {"event": "writing", "member": "p2", "nickname": "Ben", "role": "member"}


async def test_a_page_hears_who_writes_and_its_place_does_not_move(stage: Stage) -> None:
    page = Page((await stage.mona.get(stage.path, BROWSER)).text)
    async with stage.mona.listening(page.stream) as stream:
        await stream.until("event: ping")
        await type_(stage)
        heard = await stream.until('id="writing-p2"')
    page.hear(heard)
    assert page.ids("writing") == ["writing-p2"]
    assert "Ben" in str(page.shape("writing"))
    signal = events_of(heard)[-1]
    assert (signal.id, signal.name) == ("", "")


async def test_it_is_told_once_in_three_seconds_though_rates_are_off(stage: Stage) -> None:
    async with stage.mona.listening(f"{stage.path}/json") as stream:
        await stream.until('"event":"ping"')
        for _ in range(5):
            await type_(stage)
        await stage.message_of(stage.ben, "one")
        assert (await stream.until('"one"')).count('"event":"writing"') == 1
        stage.house.clock.turn(2.9)
        await type_(stage)
        await stage.message_of(stage.ben, "two")
        assert (await stream.until('"two"')).count('"event":"writing"') == 1
        stage.house.clock.turn(0.2)
        await type_(stage)
        await stage.message_of(stage.ben, "three")
        assert (await stream.until('"three"')).count('"event":"writing"') == 2


async def test_nothing_of_it_is_kept(stage: Stage) -> None:
    before = await stage.known()
    async with stage.mona.listening(f"{stage.path}/json") as stream:
        await stream.until('"event":"ping"')
        await type_(stage)
        await stream.until('"event":"writing"')
    assert await stage.known() == before
    assert "writing" not in (await stage.mona.get(f"{stage.path}/json?once=1")).text


@pytest.mark.parametrize(
    "path", ["/raw", "/live", "/json?once=1&after={}", "/events?once=1&after={}"]
)
async def test_lines_documents_and_finite_streams_hear_nothing_of_it(
    stage: Stage, path: str
) -> None:
    path = stage.path + path.format((await stage.now()).cursor)
    async with (
        stage.mona.listening(f"{stage.path}/json") as other,
        stage.mona.listening(path) as stream,
    ):
        await other.until('"event":"ping"')
        await type_(stage)
        await other.until('"event":"writing"')
        assert not stream.has_ended
        await stage.message_of(stage.ada, "after it")
        heard = await stream.until("after it")
    assert "writing" not in heard.replace('id="writing"', "")
    assert "Ben" not in heard.split("after it")[0].rsplit("removed", 1)[-1]


async def test_who_is_muted_types_for_themselves(stage: Stage) -> None:
    async with stage.ada.listening(f"{stage.path}/json") as stream:
        await stream.until('"event":"ping"')
        assert (await stage.mona.post(stage.path + TAIL)).status == 204
        await type_(stage)
        heard = await stream.until('"event":"writing"')
    assert heard.count('"event":"writing"') == 1
    assert '"nickname":"Ben"' in heard.splitlines()[-1]


async def test_whoever_has_no_seat_tells_nobody(stage: Stage) -> None:
    await stage.assert_closed_to_the_cast(TAIL, {})
    async with stage.ada.listening(f"{stage.path}/json") as stream:
        await stream.until('"event":"ping"')
        for outsider in stage.outsiders:
            assert (await outsider.post(stage.path + TAIL)).status == 404
        await stage.act(stage.ada, "/lock", {})
        assert "writing" not in await stream.until("room-locked")
