"""POST /rooms/{id}/close: the host ends the room for all."""

import pytest

from tests.support.asking import BROWSER, CURL, HTMX, PROGRAM, Kind, by_kind
from tests.support.cast import Scene


@pytest.mark.parametrize("kind", [PROGRAM, CURL], ids=["program", "curl"])
async def test_a_program_that_is_host_ends_the_room_without_a_word(
    scene: Scene, kind: Kind
) -> None:
    answer = await scene.ada.post(f"{scene.path}/close", kind)
    assert (answer.status, answer.body) == (204, b"")


@pytest.mark.parametrize("kind", [BROWSER, HTMX], ids=["browser", "htmx"])
async def test_a_browser_is_sent_to_the_lobby(scene: Scene, kind: Kind) -> None:
    answer = await scene.ada.post(f"{scene.path}/close", kind)
    assert answer.status == 303
    assert answer.headers["Location"] == "/"


@by_kind
async def test_a_member_who_is_not_the_host_may_not(scene: Scene, kind: Kind) -> None:
    answer = await scene.ben.post(f"{scene.path}/close", kind)
    assert answer.status == 403
    assert "Only a host may do that." in answer.text
    assert (await scene.ben.get(scene.path)).status == 200


async def test_a_program_is_told_why_in_a_stable_word(scene: Scene) -> None:
    answer = await scene.ben.post(f"{scene.path}/close", PROGRAM)
    assert answer.json == {"error": {"reason": "not-host", "message": "Only a host may do that."}}


async def test_nothing_of_the_room_is_left(scene: Scene) -> None:
    await scene.ada.post(f"{scene.path}/close")
    assert await scene.house.engine.load(scene.room) is None
    assert await scene.house.engine.read(scene.room, None) is None
    assert await scene.house.engine.find(scene.code.replace("-", "")) is None


async def test_outsiders_cannot_end_a_room(scene: Scene) -> None:
    await scene.assert_closed_to_outsiders("POST", "/close")
    assert (await scene.ben.get(scene.path)).status == 200
