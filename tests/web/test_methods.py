"""Every address takes its own methods and no other."""

from typing import Final

import pytest

from tests.support.asking import CURL
from tests.support.cast import NEVER, House

READ: Final = {"GET", "HEAD", "OPTIONS"}
POSTED: Final = {"POST", "OPTIONS"}
METHODS: Final = {
    **dict.fromkeys(("/", "/about", "/join/<code>", "/static/<path:name>"), READ),
    **dict.fromkeys(("/health/live", "/health/ready", "/metrics"), READ),
    "/join": READ | POSTED,
    "/rooms": POSTED,
    "/rooms/<room_id>": READ,
    **{
        f"/rooms/<room_id>/{noun}": methods
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
    path = rule.replace("<room_id>", NEVER).replace("<code>", "x").replace("<path:name>", "x")
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} - METHODS[rule]:
        answer = await house.ask(method, path, CURL)
        assert answer.status == 405, (method, answer)
        assert {name.strip() for name in answer.headers["Allow"].split(",")} == METHODS[rule]
