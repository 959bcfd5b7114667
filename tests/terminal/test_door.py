"""Waiting at the door ends with an answer, whatever the network does on the way."""

import asyncio

import pytest

from ephemera.terminal.client import Client
from ephemera.terminal.door import wait_at_the_door
from ephemera.terminal.mistakes import Gone, Mistake
from ephemera.terminal.places import read_room
from tests.support.patience import PATIENCE
from tests.support.processes import until
from tests.support.scripted import CUT, Scripted, answer, scripted


def state(word: str) -> bytes:
    return answer(200, body=f'{{"state":"{word}"}}'.encode())


async def waiting(server: Scripted) -> None:
    async with Client(read_room(server.url), "token") as client, asyncio.timeout(PATIENCE):
        await wait_at_the_door(client)


async def test_who_is_let_in_waits_no_longer() -> None:
    too_fast = answer(429, "Retry-After: 1\r\n")
    async with scripted(state("waiting"), CUT, answer(503), too_fast, state("admitted")) as server:
        await waiting(server)
    assert len(server.asked) == 5
    assert {asked.line.split()[0] for asked in server.asked} == {"GET"}


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("declined", r"You were not let in\."),
        ("expired", r"Nobody let you in\. You can knock again\."),
        ("invented", r"The server does not say who may come in\."),
    ],
)
async def test_who_is_not_let_in_is_told_so(word: str, sentence: str) -> None:
    async with scripted(state("waiting"), state(word)) as server:
        with pytest.raises(Mistake, match=f"^{sentence}$"):
            await waiting(server)


async def test_a_room_that_ends_meanwhile_ends_it() -> None:
    async with scripted(state("waiting"), answer(404)) as server:
        with pytest.raises(Gone):
            await waiting(server)


async def test_who_stops_waiting_gives_the_place_up() -> None:
    async with scripted(*[state("waiting")] * 2, answer(204), *[state("waiting")] * 9) as server:
        task = asyncio.create_task(waiting(server))

        async def asks_again() -> bool:
            return len(server.asked) > 1

        await until(asks_again, PATIENCE)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert server.asked[-1].line.startswith("POST /rooms/0123456789abcdef0123/leave ")
