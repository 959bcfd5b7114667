"""The greatest page: whatever is said in a room, what shows all of it stays below a size.

`python -m tests.growth.test_page` prints what each of the rooms costs.
"""

import asyncio
import time
from typing import Final

import pytest

from ephemera.domain.log import LOG_BYTES, LOG_EVENTS
from tests.growth.test_cost import counting
from tests.support.asking import BROWSER, CURL, PROGRAM
from tests.support.cast import House, Person
from tests.support.parsers import TEXT

MOST_BYTES: Final = 700 * 1024
MOST_STEPS: Final = 100_000
"""Calls; a plain message takes some 20, a line that is drawn by Jinja some 300."""
LONG_NAME: Final = "\N{WOMAN}\u0300\N{COMBINING OVERLINE}\u0323" * 24
MANY: Final = LOG_EVENTS + 20

SAID: Final[dict[str, str]] = {
    "closed parentheses": "http://a" + ")" * (TEXT - 8),
    "short links": "http://a " * (TEXT // 9),
    "a long link": "http://a" + "&" * (TEXT - 8),
    "ampersands": "&" * TEXT,
    "quotes": "\"'" * (TEXT // 2),
    "great letters": "\N{PILE OF POO}" * TEXT,
    "line ends": "x" + "\ny" * 99,
    "next to nothing": "x",
    "next to nothing, and links": "http://a " * 20,
}


class Crowd:
    """Eight with the longest names in a room."""

    def __init__(self) -> None:
        self.house = House(rate_limits=False)
        self.people: list[Person] = []
        self.room = ""

    async def come(self) -> None:
        form = {"nickname": LONG_NAME, "capacity": "8"}
        opened = (await Person(self.house).post("/rooms", PROGRAM, form)).json
        self.room = opened["room"]["id"]
        self.people = [Person(self.house, opened["token"])]
        for number in range(1, 8):
            form = {"nickname": f"{number}{LONG_NAME[4:]}", "code": opened["room"]["code"]}
            joined = (await Person(self.house).post("/join", PROGRAM, form)).json
            self.people.append(Person(self.house, joined["token"]))

    async def say(self, text: str) -> None:
        for number in range(min(MANY, LOG_BYTES // len(text) + 8)):
            assert (await self.people[number % 8].say(self.room, text)).status == 201

    async def react(self) -> None:
        """Reply to one another, and let everybody put a sign of their own on each message."""
        signs = ("yes", "no", "love", "laugh", "wow", "sad", "yes", "no")
        said = ""
        for number in range(MANY // 3):
            person = self.people[number % 8]
            form = {"text": "\"'" * 60} | ({"reply": said} if said else {})
            told = await person.post(f"/rooms/{self.room}/messages", PROGRAM, form)
            said = told.json["id"]
            for other, sign in zip(self.people, signs, strict=True):
                react = {"message": said, "sign": sign}
                path = f"/rooms/{self.room}/reactions"
                assert (await other.post(path, PROGRAM, react)).status == 204

    async def read(self, path: str = "") -> int:
        answer = await self.people[0].get(
            f"/rooms/{self.room}{path}", BROWSER if not path else CURL
        )
        assert answer.status == 200
        return len(answer.body)


async def crowd(name: str) -> Crowd:
    """Return a crowd that has filled its log with the worst of that name."""
    one = Crowd()
    await one.come()
    if name in SAID:
        await one.say(SAID[name])
    else:
        await one.react()
    return one


NAMES: Final = (*SAID, "reactions")


@pytest.mark.parametrize("name", NAMES)
async def test_no_page_is_greater_than_that_nor_takes_more_steps(name: str) -> None:
    asyncio.get_running_loop().set_debug(False)
    room = await crowd(name)
    await room.read()
    with counting() as calls:
        assert await room.read() < MOST_BYTES
    assert calls() < MOST_STEPS
    for path in ("/live", "/events", "/json"):
        assert await room.read(f"{path}?once=1&after=0-0") < MOST_BYTES


async def _print() -> None:
    for name in NAMES:
        room = await crowd(name)
        sizes = await room.read()
        begun = time.thread_time()
        await room.read()
        took = round((time.thread_time() - begun) * 1e3)
        print(f"| {name} | {sizes // 1024} KiB | {took} ms |")  # noqa: T201 - what it is for


if __name__ == "__main__":
    asyncio.run(_print())
