"""Faults of our own in front of Quart: answered like any refusal, logged, and no draft is lost."""

import logging

import pytest

from ephemera.domain.log import Snapshot
from ephemera.engine.base import Change
from ephemera.engine.memory import MemoryEngine
from tests.support.asking import BROWSER, HTMX, PROGRAM, Kind, by_kind
from tests.support.cast import Answer, House, Scene, set_scene

TYPED = "please lose none of this"


class Faulty(MemoryEngine):
    """An engine that fails where it is told to, with all that it knows in the exception."""

    fails_at = ""

    async def load(self, room_id: str) -> Snapshot | None:
        if self.fails_at == "load":
            raise RuntimeError(room_id)
        return super().recall(room_id)

    def recall(self, room_id: str) -> Snapshot | None:
        return None if self.fails_at == "load" else super().recall(room_id)

    async def commit(self, change: Change) -> int:
        if self.fails_at == "commit":
            raise RuntimeError(change)
        return await super().commit(change)


@pytest.fixture
def engine() -> Faulty:
    return Faulty()


@pytest.fixture
async def scene(engine: Faulty) -> Scene:
    return await set_scene(House(engine))


def faults(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name.startswith("ephemera.")]


def assert_broken(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    assert answer.status == 500
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"]
    assert "RuntimeError" not in answer.text
    assert answer.text
    assert faults(caplog)
    for record in faults(caplog):
        assert record.getMessage() == "a request could not be answered"
        assert record.exc_info


@by_kind
async def test_a_message_that_cannot_be_posted_is_answered_and_the_fault_is_logged(
    engine: Faulty, scene: Scene, kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    engine.fails_at = "commit"
    answer = await scene.ben.say(scene.room, TYPED, kind, key="once")
    assert_broken(answer, caplog)
    assert len(faults(caplog)) == 1
    if kind is PROGRAM:
        assert answer.json["error"]["reason"] == "broken"
    if kind in (BROWSER, HTMX):
        assert f">\n{TYPED}</textarea>" in answer.text
        assert 'name="key" value="once"' in answer.text


@by_kind
async def test_what_was_typed_is_kept_even_when_nothing_of_the_room_can_be_found(
    engine: Faulty, scene: Scene, kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    engine.fails_at = "load"
    answer = await scene.ben.say(scene.room, TYPED, kind)
    assert_broken(answer, caplog)
    if kind is BROWSER:
        assert TYPED in answer.text


@by_kind
@pytest.mark.parametrize("way", ["events", "json", "raw", "live", "waiting"])
async def test_a_stream_that_cannot_be_opened_is_answered_and_the_fault_is_logged(
    engine: Faulty, scene: Scene, kind: Kind, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    engine.fails_at = "load"
    answer = await scene.ben.get(f"{scene.path}/{way}?once=1", kind)
    assert_broken(answer, caplog)


async def test_when_it_works_again_the_same_message_is_said_once(
    engine: Faulty, scene: Scene
) -> None:
    engine.fails_at = "commit"
    assert (await scene.ben.say(scene.room, TYPED, key="once")).status == 500
    engine.fails_at = ""
    for _ in range(2):
        assert (await scene.ben.say(scene.room, TYPED, key="once")).status == 201
    assert (await scene.ada.get(scene.path, BROWSER)).text.count(TYPED) == 1
