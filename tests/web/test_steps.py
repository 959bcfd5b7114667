"""The same steps for a stranger, whether a room lives or never was: time tells nothing."""

import inspect
from collections.abc import Callable, Coroutine
from typing import Any, Final

import pytest

from ephemera.engine.memory import MemoryEngine
from tests.support.asking import BROWSER, CURL, HTMX, PROGRAM, Kind
from tests.support.cast import NEVER, House, Person, Scene, set_scene
from tests.web.test_methods import ANYTHING, METHODS, ROOM

ASKED: Final = [
    (method, rule.removeprefix(ROOM))
    for rule, methods in METHODS.items()
    if rule.startswith(ROOM)
    for method in sorted(methods & {"GET", "POST"})
]


WATCHED_OVER: Final = "watch load"
"""What is asked when an answer is not there after `SLOW_SECONDS` (`hub/in_flight.py`)."""


class Noting(MemoryEngine):
    """An engine that notes what it is asked, whoever asks."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[str] = []
        for name, ask in inspect.getmembers(self, inspect.iscoroutinefunction):
            setattr(self, name, self._noting(name, ask))

    def _noting(
        self, name: str, ask: Callable[..., Coroutine[Any, Any, Any]]
    ) -> Callable[..., Coroutine[Any, Any, Any]]:
        async def noted(*asked: object) -> object:
            self.questions.append(name)
            return await ask(*asked)

        return noted


@pytest.fixture
async def noted() -> tuple[Scene, Noting]:
    engine = Noting()
    return await set_scene(House(engine)), engine


def of_the_answer(questions: list[str]) -> list[str]:
    """Return the questions without those about an answer that took long: the machine is busy."""
    told = " ".join(questions)
    return told.replace(WATCHED_OVER, "").split()


def strangers(scene: Scene) -> list[Person]:
    """Return who shows nothing, who shows anything, and who has a seat somewhere else."""
    house = scene.house
    return [Person(house), Person(house, "x" * 43), *scene.outsiders]


@pytest.mark.parametrize("kind", [BROWSER, HTMX, PROGRAM, CURL])
async def test_the_engine_is_asked_the_same_about_a_room_that_lives_and_one_that_never_was(
    noted: tuple[Scene, Noting], kind: Kind
) -> None:
    scene, engine = noted
    for stranger in strangers(scene):
        for method, tail in ASKED:
            questions = []
            for room_id in (scene.room, NEVER):
                engine.questions.clear()
                path = f"/rooms/{room_id}{tail}?once=1&member=p2&message=m-1&fresh=proof"
                await stranger.ask(method, path, kind, ANYTHING if method == "POST" else None)
                questions.append(of_the_answer(engine.questions))
            assert questions[0] == questions[1], (method, tail)


@pytest.mark.parametrize("kind", [BROWSER, PROGRAM])
async def test_who_shows_nothing_costs_the_engine_nothing(
    noted: tuple[Scene, Noting], kind: Kind
) -> None:
    scene, engine = noted
    for method, tail in ASKED:
        engine.questions.clear()
        await Person(scene.house).ask(
            method, f"{scene.path}{tail}?once=1", kind, ANYTHING if method == "POST" else None
        )
        assert of_the_answer(engine.questions) == [], (method, tail)
