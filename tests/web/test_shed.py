"""While the server cannot keep up: what is refused at once, what never is, and in which words."""

import pytest

from ephemera.app import _read_once
from ephemera.web.front import Front, HandedOn
from ephemera.web.scopes import Receive, Scope, Send
from ephemera.web.shed import Shed
from tests.support.cast import (
    BROWSER,
    CURL,
    HTMX,
    KINDS,
    NAMES_OF_KINDS,
    NEVER,
    PROGRAM,
    Answer,
    House,
    Kind,
    Person,
    Scene,
)

READABLE = ("events", "json", "raw", "live")
WITHOUT_A_PAGE = (HTMX, PROGRAM, CURL)


class Guarded:
    """The application behind a guard that a test tells when it is too much."""

    def __init__(self, house: House) -> None:
        self.is_too_much = False
        self._app = house.app.asgi_app
        ways = {(method, kind): self._serve for method in ("GET", "HEAD") for kind in READABLE}
        ways["POST", "messages"] = self._serve
        guarded = Shed(lambda: self.is_too_much, _read_once()[1]).guard(ways)
        house.app.asgi_app = Front(self._app, guarded)  # type: ignore[assignment,method-assign] # as app.py does

    async def _serve(
        self, _room_id: str, scope: Scope, receive: Receive, send: Send
    ) -> HandedOn | None:
        await self._app(scope, receive, send)  # type: ignore[arg-type] # Quart's own types for ASGI
        return None


@pytest.fixture
def guarded(house: House) -> Guarded:
    return Guarded(house)


def without(answer: Answer, *names: str) -> tuple[int, set[tuple[str, str]], bytes]:
    """Return the answer without these headers; names of headers in lower case."""
    lines = {(name.lower(), value) for name, value in answer.lines}
    return answer.status, {line for line in lines if line[0] not in names}, answer.body


@pytest.mark.parametrize("kind", KINDS, ids=NAMES_OF_KINDS)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_answer_is_that_of_a_process_that_is_full(
    guarded: Guarded, scene: Scene, kind: Kind, scheme: str
) -> None:
    full = Person(House(max_streams=0), scheme=scheme)
    expected = await full.get("/health/ready", kind)
    assert expected.status == 503
    guarded.is_too_much = True
    scene.ben.scheme = scheme
    answer = await scene.ben.get(f"{scene.path}/json", kind)
    differs = ("retry-after", "refresh")
    assert without(answer, *differs) == without(expected, *differs)


@pytest.mark.parametrize("kind", KINDS, ids=NAMES_OF_KINDS)
@pytest.mark.parametrize("way", READABLE)
async def test_a_stream_is_refused_for_a_few_seconds(
    guarded: Guarded, scene: Scene, kind: Kind, way: str
) -> None:
    guarded.is_too_much = True
    for _ in range(20):
        answer = await scene.ben.get(f"{scene.path}/{way}", kind)
        assert answer.status == 503
        assert 1 <= int(answer.headers["Retry-After"]) <= 5
    guarded.is_too_much = False
    async with scene.ben.listening(f"{scene.path}/{way}", kind) as stream:
        assert stream.status_code == 200


async def test_a_document_that_nobody_reloads_comes_back_by_itself(
    guarded: Guarded, scene: Scene
) -> None:
    guarded.is_too_much = True
    answer = await scene.ben.get(f"{scene.path}/live", BROWSER)
    assert answer.headers["Refresh"] == answer.headers["Retry-After"]


@pytest.mark.parametrize("kind", WITHOUT_A_PAGE)
async def test_a_refused_message_is_not_said_and_the_same_one_is_said_later(
    guarded: Guarded, scene: Scene, kind: Kind
) -> None:
    guarded.is_too_much = True
    assert (await scene.ben.say(scene.room, "hello", kind, key="once")).status == 503
    assert "hello" not in (await scene.ada.get(scene.path, BROWSER)).text
    guarded.is_too_much = False
    for _ in range(2):
        assert (await scene.ben.say(scene.room, "hello", kind, key="once")).status in {200, 201}
    assert (await scene.ada.get(scene.path, BROWSER)).text.count("hello") == 1


async def test_a_form_without_scripts_is_taken_for_it_has_nowhere_to_keep_the_words(
    guarded: Guarded, scene: Scene
) -> None:
    guarded.is_too_much = True
    assert (await scene.ben.say(scene.room, "hello", BROWSER)).status == 303
    assert "hello" in (await scene.ada.get(scene.path, BROWSER)).text


async def test_nobody_learns_whether_a_room_exists(guarded: Guarded, scene: Scene) -> None:
    guarded.is_too_much = True
    for kind in KINDS:
        answers = [
            without(await who.get(f"{path}/json", kind), "retry-after", "refresh")
            for who in (scene.ben, *scene.outsiders)
            for path in (scene.path, f"/rooms/{NEVER}")
        ]
        assert all(answer == answers[0] for answer in answers)


async def test_leaving_and_looking_are_never_refused(guarded: Guarded, scene: Scene) -> None:
    guarded.is_too_much = True
    assert (await scene.ben.get(scene.path, BROWSER)).status == 200
    assert (await scene.ben.post(f"{scene.path}/leave")).status == 204
    assert (await scene.ada.post(f"{scene.path}/close")).status == 204
    assert (await scene.mallory.get("/health/ready")).status == 200


async def test_the_body_of_what_is_refused_is_read_to_its_end(
    guarded: Guarded, scene: Scene
) -> None:
    guarded.is_too_much = True
    long = "x" * 200_000
    assert (await scene.ben.say(scene.room, long)).status == 503
    too_long = "x" * 400_000
    assert (await scene.ben.say(scene.room, too_long)).status == 503
