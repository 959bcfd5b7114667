"""All that a room holds is shown from a budget of the seat, which no normal reader ever meets."""

import pytest

from ephemera.lobby.limits import READS_OF_A_SEAT
from ephemera.web.routes.streams import MOST_CAUGHT_UP_FREELY
from tests.support.asking import BROWSER, CURL, HTMX, PROGRAM
from tests.support.cast import House, Person, Scene

BURST = READS_OF_A_SEAT.burst


@pytest.fixture
def house() -> House:
    return House(rate_limits=True)


async def talk(scene: Scene, messages: int) -> str:
    """Let Ada say so many things, not too fast; return the cursor of the last."""
    cursor = ""
    for number in range(messages):
        scene.house.clock.turn(1)
        cursor = (await scene.ada.say(scene.room, f"number {number}", PROGRAM)).json["cursor"]
    return str(cursor)


async def spend_all(scene: Scene, who: Person, path: str = "") -> None:
    """Look at the room until the budget is empty."""
    for _ in range(BURST):
        assert (await who.get(scene.path + path, BROWSER)).status == 200


@pytest.mark.parametrize("path", ["", "?reply=m-1", "/qr.svg", "/options"])
async def test_who_looks_too_often_is_told_when_to_look_again(scene: Scene, path: str) -> None:
    await spend_all(scene, scene.ada, path)
    answer = await scene.ada.get(scene.path + path, BROWSER)
    assert answer.status == 429
    assert answer.headers["Retry-After"] == "1"
    assert "Try again in 1 second" in answer.text
    scene.house.clock.turn(1)
    assert (await scene.ada.get(scene.path + path, BROWSER)).status == 200


async def test_the_budget_is_of_a_seat_and_of_no_other(scene: Scene) -> None:
    await spend_all(scene, scene.ada)
    assert (await scene.ada.get(scene.path, BROWSER)).status == 429
    assert (await scene.ben.get(scene.path, BROWSER)).status == 200


@pytest.mark.parametrize("kind", ["events", "json", "raw", "live"])
async def test_a_stream_from_the_start_of_a_long_log_is_spent_from_it(
    scene: Scene, kind: str
) -> None:
    newest = await talk(scene, MOST_CAUGHT_UP_FREELY + 1)
    await spend_all(scene, scene.ben)
    path = f"{scene.path}/{kind}?once=1"
    for after in ("", "&after=nonsense", "&after=0-0"):
        answer = await scene.ben.get(path + after, HTMX)
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
    await talk(scene, 1)
    assert (await scene.ben.get(f"{path}&after={newest}", CURL)).status == 200


async def test_to_catch_up_with_a_few_events_costs_nothing(scene: Scene) -> None:
    cursor = await talk(scene, 1)
    await talk(scene, MOST_CAUGHT_UP_FREELY)
    for _ in range(BURST + 1):
        answer = await scene.ben.get(f"{scene.path}/events?once=1&after={cursor}", HTMX)
        assert answer.status == 200
        assert f"number {MOST_CAUGHT_UP_FREELY - 1}" in answer.text


async def test_a_message_that_is_refused_on_a_whole_page_is_never_lost(scene: Scene) -> None:
    form = {"text": "these are my words" + "x" * 4_000}
    path = f"{scene.path}/messages"
    await spend_all(scene, scene.ada)
    answer = await scene.ada.post(path, BROWSER, form)
    assert answer.status == 429
    assert "these are my words" in answer.text
    assert (await scene.ada.post(path, HTMX, form)).status == 422


async def test_no_normal_reader_meets_it(scene: Scene) -> None:
    """Three tabs that reload every ten seconds, and pages without scripts beside them."""
    await talk(scene, MOST_CAUGHT_UP_FREELY + 1)
    for second in range(60):
        scene.house.clock.turn(1)
        paths = [""] * 3 if second % 10 == 0 else []
        paths += ["/roster"] if second % 10 == 5 else []
        paths += ["/live?once=1"] * 3 if second % 2 == 0 else []
        for path in paths:
            assert (await scene.ben.get(scene.path + path, BROWSER)).status == 200


async def test_without_limits_nobody_counts() -> None:
    house = House(rate_limits=False)
    ada = Person(house)
    opened = (await ada.post("/rooms", PROGRAM, {"nickname": "Ada"})).json
    ada.token = opened["token"]
    for _ in range(BURST + 5):
        assert (await ada.get(f"/rooms/{opened['room']['id']}", BROWSER)).status == 200
