"""What people have really piped into `ephemera send`, and typed where `ephemera join` asks."""

from pathlib import Path

import pytest

from tests.server.test_send import lines_said, opened, read_until, room_of, send
from tests.support.corpus import (
    DEEDS,
    LINKS,
    NICKNAMES,
    NOTHING,
    NOTHING_DONE,
    REFUSED_NICKNAMES,
    STACKED,
    TEXTS,
)
from tests.support.server import RunningServer
from tests.support.sockets import Reader
from tests.support.tmux import ephemera_in_a_terminal
from tests.support.visitors import join, open_room, say, texts, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")

LAST = "the last line"


def on_one_line(typed: str) -> bool:
    return "\n" not in typed and "\r" not in typed


async def test_lines_of_a_log_are_said_without_what_was_meant_for_a_terminal(
    server: RunningServer,
) -> None:
    seat = await opened(server)
    said = {**TEXTS, **dict.fromkeys((*NOTHING, *NOTHING_DONE), ""), **DEEDS}
    said |= {text: text for text in (*LINKS, *STACKED.values())}
    lines = {typed: kept for typed, kept in said.items() if on_one_line(typed)}
    content = "".join(f"{typed}\n" for typed in (*lines, LAST)).encode()
    async with Reader(server.port, seat) as reader:
        assert await send(room_of(server, seat), content, token=seat.token) == (0, "")
        await read_until(reader, LAST)
        assert lines_said(reader) == [kept for kept in lines.values() if kept] + [LAST]


@pytest.mark.parametrize("typed", [text for text in TEXTS if not on_one_line(text)], ids=ascii)
async def test_so_is_an_input_that_is_sent_whole(server: RunningServer, typed: str) -> None:
    seat = await opened(server)
    async with Reader(server.port, seat) as reader:
        url = room_of(server, seat)
        assert await send(url, typed.encode(), "--whole", token=seat.token) == (0, "")
        await read_until(reader, TEXTS[typed].split("\n")[-1])
        assert texts(reader.events) == [TEXTS[typed]]


@pytest.mark.parametrize("typed", ["\u200b", "\x1b[0m\n\ufeff", "\u3164\n\u2800"], ids=ascii)
async def test_a_whole_input_that_shows_nothing_is_nothing_to_send(
    server: RunningServer, typed: str
) -> None:
    seat = await opened(server)
    url = room_of(server, seat)
    written = await send(url, typed.encode(), "--whole", token=seat.token)
    assert written == (1, "ephemera: There is nothing to send.\n")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        *((typed, NICKNAMES[typed]) for typed in ("山田\u3000太郎", "\u2068Ada\u2069")),
        *((typed, REFUSED_NICKNAMES[typed]) for typed in ("A\u200bda", "A\u2800da")),
        ("\u3164", "Choose a nickname."),
    ],
    ids=ascii,
)
async def test_a_terminal_takes_the_same_nicknames_and_says_the_same_of_others(
    server: RunningServer, tmp_path: Path, typed: str, shown: str
) -> None:
    async with visitor(server.url) as client:
        host = await open_room(client, "Host")
    link = f"{server.url}/join#{host.code}"
    options = ("--nickname", typed)
    async with ephemera_in_a_terminal(tmp_path, "join", link, *options) as terminal:
        await terminal.comes_to(lambda screen: shown in screen.replace("\n", " "))


async def test_a_terminal_shows_what_leaves_its_place_in_lines_of_its_own(
    server: RunningServer, tmp_path: Path
) -> None:
    async with visitor(server.url) as client:
        host = await open_room(client, "\ufdfd" * 24)
        member = await join(client, host.code, "Ben")
        for text in ("t" + "\u0301" * 320, "\u202egpj.exe"):
            await say(client, host, text)
        link = f"{server.url}{member.path}"
        token = member.token
        async with ephemera_in_a_terminal(tmp_path, "join", link, EPHEMERA_TOKEN=token) as terminal:
            screen = await terminal.shows(": gpj.exe", "in the room")
            assert [line for line in screen.splitlines() if ": t" in line]
