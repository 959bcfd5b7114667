"""POST /rooms/{id}/leave: give the seat up."""

import re

import pytest

from tests.support.asking import BROWSER, CURL, HTMX, PROGRAM, Kind, by_kind
from tests.support.cast import Answer, Scene


@pytest.mark.parametrize("kind", [PROGRAM, CURL], ids=["program", "curl"])
async def test_a_program_leaves_without_a_word(scene: Scene, kind: Kind) -> None:
    answer = await scene.ben.post(f"{scene.path}/leave", kind)
    assert (answer.status, answer.body) == (204, b"")


async def test_a_browser_is_sent_to_the_lobby(scene: Scene) -> None:
    answer = await scene.ben.post(f"{scene.path}/leave", BROWSER)
    assert answer.status == 303
    assert answer.headers["Location"] == "/"


async def test_htmx_sends_the_whole_page_to_the_lobby(scene: Scene) -> None:
    answer = await scene.ben.post(f"{scene.path}/leave", HTMX)
    assert (answer.status, answer.headers["HX-Redirect"], answer.body) == (200, "/", b"")
    assert "seat=;" in answer.headers["Set-Cookie"]


LAST = "You are the last one here. Leaving erases the room now."


def sure_of(answer: Answer) -> str:
    (sure,) = re.findall(r'name="sure" value="([^"]*)"', answer.text)
    return str(sure)


@pytest.mark.parametrize("kind", [BROWSER, HTMX], ids=["browser", "htmx"])
async def test_the_last_one_is_asked_before_the_room_is_erased(scene: Scene, kind: Kind) -> None:
    await scene.ben.post(f"{scene.path}/leave")
    question = await scene.ada.post(f"{scene.path}/leave", kind)
    assert question.status == 409
    assert LAST in question.text
    assert "Leave and erase the room" in question.text
    assert ("<html" in question.text) == (kind is BROWSER)
    assert "Set-Cookie" not in question.headers
    assert (await scene.ada.get(scene.path)).status == 200
    gone = await scene.ada.post(f"{scene.path}/leave", kind, {"sure": sure_of(question)})
    assert gone.status == (303 if kind is BROWSER else 200)
    assert await scene.house.engine.load(scene.room) is None


@pytest.mark.parametrize("kind", [BROWSER, HTMX], ids=["browser", "htmx"])
async def test_the_only_host_is_told_who_becomes_the_host(scene: Scene, kind: Kind) -> None:
    question = await scene.ada.post(f"{scene.path}/leave", kind)
    assert question.status == 409
    assert (
        'You are the only host. If you leave, <bdi translate="no">Ben</bdi> becomes the host.'
        in question.text
    )
    await scene.ada.post(f"{scene.path}/leave", kind, {"sure": sure_of(question)})
    assert (await scene.ada.get(scene.path)).status == 404
    assert (await scene.ben.post(f"{scene.path}/close")).status == 204


async def test_whoever_was_asked_about_something_else_is_asked_again(scene: Scene) -> None:
    question = await scene.ada.post(f"{scene.path}/leave", BROWSER)
    await scene.ben.post(f"{scene.path}/leave")
    again = await scene.ada.post(f"{scene.path}/leave", BROWSER, {"sure": sure_of(question)})
    assert (again.status, LAST in again.text) == (409, True)
    assert (await scene.ada.get(scene.path)).status == 200


async def test_a_program_is_asked_if_it_wants_to_be(scene: Scene) -> None:
    question = await scene.ada.post(f"{scene.path}/leave", PROGRAM, {"sure": "no"})
    assert question.status == 409
    assert question.json["error"] == {
        "reason": "leaving-hands-over",
        "message": "You are the only host. If you leave, Ben becomes the host.",
        "sure": "p2",
    }
    assert (await scene.ben.post(f"{scene.path}/leave", PROGRAM, {"sure": "no"})).status == 204
    question = await scene.ada.post(f"{scene.path}/leave", CURL, {"sure": "no"})
    assert (question.status, question.text) == (409, f"{LAST}\n")
    assert (await scene.ada.post(f"{scene.path}/leave", CURL, {"sure": "erases"})).status == 204


@by_kind
async def test_whoever_has_left_has_no_seat_any_more(scene: Scene, kind: Kind) -> None:
    assert (await scene.ben.get(scene.path)).status == 200
    await scene.ben.post(f"{scene.path}/leave", kind)
    assert (await scene.ben.get(scene.path)).status == 404
    assert (await scene.ben.post(f"{scene.path}/leave")).status == 404


async def test_the_others_hear_of_it_once(scene: Scene) -> None:
    await scene.ben.post(f"{scene.path}/leave")
    log = (await scene.ada.get(f"{scene.path}/raw?once=1")).text
    assert log.count("* Ben left.\n") == 1


async def test_the_longest_present_member_is_host_when_the_host_leaves(scene: Scene) -> None:
    await scene.join("Cleo")
    assert (await scene.ben.post(f"{scene.path}/close")).status == 403
    await scene.ada.post(f"{scene.path}/leave")
    log = (await scene.ben.get(f"{scene.path}/raw?once=1")).text
    assert "* Ben is the host now.\n" in log
    assert (await scene.ben.post(f"{scene.path}/close")).status == 204


async def test_the_room_ends_with_the_last_one_at_once(scene: Scene) -> None:
    await scene.ben.post(f"{scene.path}/leave")
    assert await scene.house.engine.load(scene.room)
    await scene.ada.post(f"{scene.path}/leave")
    assert await scene.house.engine.load(scene.room) is None
    assert await scene.house.engine.find(scene.code.replace("-", "")) is None


async def test_outsiders_cannot_leave(scene: Scene) -> None:
    await scene.assert_closed_to_outsiders("POST", "/leave")
    assert (await scene.ben.get(scene.path)).status == 200


async def test_what_is_sent_along_does_not_matter(scene: Scene) -> None:
    answer = await scene.ben.post(f"{scene.path}/leave", PROGRAM, {"member": "p1", "x": "\0"})
    assert answer.status == 204
    assert (await scene.ada.get(scene.path)).status == 200
