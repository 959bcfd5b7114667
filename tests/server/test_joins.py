"""Everybody wants in at once."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.support.server import running_server
from tests.support.sockets import calling
from tests.support.visitors import AS_PROGRAM, Seat, is_seated, open_room, visitor

JOINS = 2_000
AT_ONCE = 100
FORM = "application/x-www-form-urlencoded"

Answer = tuple[int, dict[str, Any]]


async def test_2000_concurrent_joins_to_a_room_of_8_give_exactly_8_seats() -> None:
    asyncio.get_running_loop().set_debug(False)  # twice as fast, and nothing of ours runs in it
    async with (
        running_server(EPHEMERA_RATE_LIMITS="off") as server,
        visitor(server.url) as client,
    ):
        ada = await open_room(client, capacity=8)
        names = iter([f"Ben{number}" for number in range(JOINS)])
        queues = [names] * AT_ONCE  # each connection takes the next name
        answers = await asyncio.gather(*(join_in_turn(server.port, ada, each) for each in queues))
        joined = [answer for part in answers for answer in part]
        statuses = Counter(status for status, _ in joined)
        assert statuses == {httpx.codes.CREATED: 7, httpx.codes.CONFLICT: JOINS - 7}
        admitted = [told for status, told in joined if status == httpx.codes.CREATED]
        tokens = {ada.token, *(told["token"] for told in admitted)}
        members = {ada.member, *(told["member"]["id"] for told in admitted)}
        assert len(tokens) == len(members) == 8
        for token in tokens:
            assert await is_seated(client, Seat(ada.room, ada.code, "", "", token))
        log = await client.get(f"{ada.path}/json?once=1", headers=ada.headers)
        assert log.text.count('"member-joined"') == 8


async def join_in_turn(port: int, ada: Seat, names: Iterator[str]) -> list[Answer]:
    """Join again and again on one connection, as long as there are names."""
    async with calling(port) as caller:
        return [
            await caller.post(
                "/join", urlencode({"nickname": name, "code": ada.code}), FORM, AS_PROGRAM
            )
            for name in names
        ]
