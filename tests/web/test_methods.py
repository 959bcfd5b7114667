"""What holds for every address: it takes its own methods only, and a room that ended never was."""

from typing import Final

import pytest

from tests.support.asking import CURL
from tests.support.cast import NEVER, House, Scene

ROOM: Final = "/rooms/<room_id>"
ANYTHING: Final = {
    "member": "p2",
    "message": "m-1",
    "invitation": "i1",
    "knock": "k1",
    "text": "Hello",
    "state": "on",
    "sign": "yes",
    "grace": "30",
}
"""A form with what each of these addresses wants."""
READ: Final = {"GET", "HEAD", "OPTIONS"}
POSTED: Final = {"POST", "OPTIONS"}
METHODS: Final = {
    **dict.fromkeys(
        (
            "/",
            "/about",
            "/operator",
            "/.well-known/security.txt",
            "/ended/<ending>",
            "/<join:code>",
            "/static/<path:name>",
        ),
        READ,
    ),
    **dict.fromkeys(("/health/live", "/health/ready", "/metrics"), READ),
    "/join": READ | POSTED,
    "/rooms": POSTED,
    ROOM: READ,
    **{
        f"{ROOM}/{noun}": methods
        for nouns, methods in {
            "events json raw live waiting knock roster members mine.css qr.svg": READ,
            "messages composer options": READ | POSTED,
            "close leave return edits deletions reactions writing": POSTED,
            "removals mutes hosts resignations": POSTED,
            "lock code invitations revocations admissions": POSTED,
        }.items()
        for noun in nouns.split()
    },
}


def test_these_are_all_addresses_there_are(house: House) -> None:
    rules = list(house.app.url_map.iter_rules())
    assert {rule.rule for rule in rules} == METHODS.keys()
    for rule in rules:
        assert rule.methods
        assert rule.methods <= METHODS[rule.rule], rule


@pytest.mark.parametrize("rule", METHODS)
async def test_another_method_is_answered_with_those_there_are(house: House, rule: str) -> None:
    path = (
        rule.replace("<room_id>", NEVER)
        .replace("<join:code>", "join/x")
        .replace("<path:name>", "x")
    )
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} - METHODS[rule]:
        answer = await house.ask(method, path, CURL)
        assert answer.status == 405, (method, answer)
        assert {name.strip() for name in answer.headers["Allow"].split(",")} == METHODS[rule]


@pytest.mark.parametrize(
    ("method", "tail"),
    [
        (method, rule.removeprefix(ROOM))
        for rule, methods in METHODS.items()
        if rule.startswith(ROOM)
        for method in sorted(methods & {"GET", "POST"})
    ],
)
async def test_a_room_that_has_ended_is_one_that_never_was(
    scene: Scene, method: str, tail: str
) -> None:
    query = "?once=1&member=p2&message=m-1" if method == "GET" else ""
    await scene.assert_gone(method, tail + query, ANYTHING if method == "POST" else None)
