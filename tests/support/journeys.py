"""The whole life of a room over HTTP, with everything that goes wrong on the way."""

import secrets
from dataclasses import dataclass, field

import httpx

from tests.support.visitors import AS_PROGRAM, Seat, join, leave, open_room, say

WRONG_CODE = "ZZZZZ-ZZZZZ"
AS_BROWSER = {"Accept": "text/html"}
TOO_LARGE = "x" * 100_000

UNREAD = (
    {"Content-Type": "multipart/form-data; boundary=b"},
    {"Content-Type": "application/json"},
    {"Content-Type": "application/xml"},
    {"Content-Encoding": "gzip"},
)
"""What a body is said to be that is none of these."""


@dataclass
class Secrets:
    """All words that nobody may find anywhere afterwards."""

    ada: str = field(default_factory=lambda: f"Ada{secrets.token_hex(6)}")
    ben: str = field(default_factory=lambda: f"Ben{secrets.token_hex(6)}")
    text: str = field(default_factory=lambda: f"said{secrets.token_hex(12)}")
    junk: str = field(default_factory=lambda: f"junk{secrets.token_hex(12)}")
    seats: list[Seat] = field(default_factory=list)

    def words(self) -> set[str]:
        told = {
            word
            for seat in self.seats
            for word in (seat.room, seat.token, seat.code, seat.code.replace("-", ""))
        }
        return {self.ada, self.ben, self.text, self.junk, WRONG_CODE} | told


async def live_through(client: httpx.AsyncClient, words: Secrets) -> None:
    """Open a room, talk, make every mistake, and leave it."""
    ada = await open_room(client, words.ada, capacity=2)
    ben = await join(client, ada.code, words.ben)
    words.seats += [ada, ben]
    await talk(client, ada, ben, words)
    await look_around(client, ada)
    for answer in [*await mistakes(client, words), *await mistakes_in(client, ada, words)]:
        assert 400 <= answer.status_code < 500, (answer.request.method, answer.status_code)
    await leave(client, ada)
    await leave(client, ben)
    gone = await client.get(ada.path, headers=ada.headers)
    assert gone.status_code == httpx.codes.NOT_FOUND


async def talk(client: httpx.AsyncClient, ada: Seat, ben: Seat, words: Secrets) -> None:
    path = f"{ben.path}/json"
    async with client.stream("GET", path, headers=ben.headers) as stream:
        await say(client, ada, words.text)
        async for line in stream.aiter_lines():
            if words.text in line:
                break
    for way in ("events", "json", "raw"):
        polled = await client.get(f"{ada.path}/{way}?once=1", headers=ada.headers)
        assert words.text in polled.text


async def look_around(client: httpx.AsyncClient, ada: Seat) -> None:
    for path in ("/", "/about", "/join", f"/join/{ada.code}", ada.path, f"{ada.path}/mine.css"):
        for accept in (AS_BROWSER, AS_PROGRAM):
            answer = await client.get(path, headers={**ada.headers, **accept})
            assert answer.status_code == httpx.codes.OK, path


async def mistakes(client: httpx.AsyncClient, words: Secrets) -> list[httpx.Response]:
    """Do wrong what can be done wrong without a seat."""
    answers = []
    for headers in (AS_PROGRAM, AS_BROWSER, {"Accept": "*/*"}):
        for path, fields in (
            ("/rooms", {"nickname": words.junk * 5}),
            ("/rooms", {"nickname": words.ada, "capacity": words.junk}),
            ("/rooms", {"nickname": words.ada, "grace": words.junk}),
            ("/join", {"nickname": words.ben, "code": WRONG_CODE}),
            ("/join", {"nickname": words.ben, "code": words.junk}),
            ("/rooms", {"nickname": TOO_LARGE + words.junk}),
            (f"/rooms/{words.junk}/messages", {"text": words.text}),
            (f"/rooms/{words.junk}/leave", {}),
        ):
            answers.append(await client.post(path, data=fields, headers=headers))
        unknown = (f"/{words.junk}", f"/rooms/{words.junk}", f"/rooms/{words.junk}/events")
        answers += [await client.get(path, headers=headers) for path in unknown]
        answers.append(await client.put(f"/rooms/{words.junk}", headers=headers))
        foreign = {**headers, "Origin": f"https://{words.junk}.example"}
        answers.append(await client.post("/rooms", data={"nickname": words.ada}, headers=foreign))
        unread = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        answers.append(await client.post("/rooms", content=b"nickname=\xff", headers=unread))
    return answers


async def mistakes_in(client: httpx.AsyncClient, ada: Seat, words: Secrets) -> list[httpx.Response]:
    """Do wrong what can be done wrong in a room."""
    answers = []
    full = {"nickname": words.junk[:20], "code": ada.code}
    for accept in (AS_PROGRAM, AS_BROWSER, {"Accept": "*/*"}):
        headers = {**ada.headers, **accept}
        path = f"{ada.path}/messages"
        bad = ("", words.text * 200, f"{words.text}\n" * 101, TOO_LARGE + words.text)
        answers += [await client.post(path, data={"text": each}, headers=headers) for each in bad]
        key = {"text": words.text, "key": words.junk * 9}
        answers.append(await client.post(path, data=key, headers=headers))
        for unread in UNREAD:
            content = f'--b\r\n{{"text": "{words.text}'.encode()
            answers.append(await client.post(path, content=content, headers=headers | unread))
        named = {"message": words.text}  # a form, but none with a text
        answers.append(await client.post(path, data=named, headers=headers))
        answers.append(await client.put(path, content=words.text, headers=headers))
        answers.append(await client.post("/join", data=full, headers=accept))
        stranger = {
            **accept,
            "Authorization": f"Bearer {words.junk}",
            "Cookie": f"seat={words.junk}",
        }
        answers.append(await client.get(ada.path, headers=stranger))
    return answers
