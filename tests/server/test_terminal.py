"""`ephemera join` in a real terminal (tmux), against a real server."""

import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.server import RunningServer, outcome, running_server
from tests.support.sockets import Reader
from tests.support.tmux import Terminal, ephemera_in_a_terminal
from tests.support.visitors import Seat, kinds, open_room, say, texts, visitor

READY = "in the room  /who"
SGR = r"(?:\x1b\[[0-9;]*m)*"
COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-8]|9[0-7])[0-9;]*m")


@pytest.fixture
async def server() -> AsyncIterator[RunningServer]:
    async with running_server(EPHEMERA_RATE_LIMITS="off") as running:
        yield running


@pytest.fixture
async def client(server: RunningServer) -> AsyncIterator[httpx.AsyncClient]:
    async with visitor(server.url) as client:
        yield client


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Seat:
    return await open_room(client, "Ada")


@pytest.fixture
async def ben(server: RunningServer, ada: Seat, tmp_path: Path) -> AsyncIterator[Terminal]:
    """Ben, who has joined Ada's room from a terminal."""
    link = f"{server.url}/join#{ada.code}"
    async with ephemera_in_a_terminal(tmp_path, "join", link, COLORTERM="truecolor") as terminal:
        await terminal.shows("Nickname:")
        await terminal.enter("Ben")
        await terminal.shows("* Ben joined", READY)
        yield terminal


async def test_each_hears_the_other(
    server: RunningServer, client: httpx.AsyncClient, ada: Seat, ben: Terminal
) -> None:
    async with Reader(server.port, ada) as reader:
        await say(client, ada, "Hello Ben")
        await ben.shows("Ada: Hello Ben")
        await ben.enter("Hello Ada")
        screen = await ben.shows("Ben: Hello Ada")
        await reader.until(lambda events: "Hello Ada" in texts(events))
    assert texts(reader.events) == ["Hello Ben", "Hello Ada"]
    assert screen.count("Hello Ada") == 1
    assert screen.count("Hello Ben") == 1


async def test_what_is_being_typed_stays_at_the_bottom_while_messages_arrive(
    client: httpx.AsyncClient, ada: Seat, ben: Terminal
) -> None:
    await ben.type("half a ")
    for number in range(60):
        await say(client, ada, f"message {number}")
        if number % 10 == 0:
            await ben.type(f"{number} ")
    screen = await ben.shows("Ada: message 59", "> half a 0 10 20 30 40 50")
    assert screen.count("half a") == 1
    assert screen.rstrip().splitlines()[-2].startswith("> half a")
    said = re.findall(r"Ada: message (\d+)", screen)
    assert said == [str(number) for number in range(60 - len(said), 60)]
    await ben.press("Enter")
    await ben.shows("Ben: half a 0 10 20 30 40 50")


async def test_members_have_colours_and_notices_are_dim(
    client: httpx.AsyncClient, ada: Seat, ben: Terminal
) -> None:
    await say(client, ada, "Hello")
    await ben.shows("Ada: Hello")
    screen = await ben.screen(colours=True)
    assert re.search(rf"38;2;53;155;117m{SGR}Ada", screen), screen
    assert re.search(rf"90m{SGR}[0-9:]+ {SGR}\* Ben joined", screen), screen


async def test_without_colours_there_are_none(
    server: RunningServer, ada: Seat, tmp_path: Path
) -> None:
    arguments = ("join", "--nickname", "Ben", f"{server.url}/join/{ada.code}")
    async with ephemera_in_a_terminal(
        tmp_path, *arguments, COLORTERM="truecolor", NO_COLOR="1"
    ) as ben:
        await ben.shows("* Ben joined", READY)
        await ben.enter("Hello")
        await ben.shows("Ben: Hello")
        assert not COLOUR.search(await ben.screen(colours=True))


async def test_text_that_would_turn_the_line_round_does_not(
    client: httpx.AsyncClient, ada: Seat, ben: Terminal
) -> None:
    await say(client, ada, "a\u202eb\nBen: c")
    screen = await ben.shows("Ada: ab")
    assert "\u202e" not in screen
    assert "\n  Ben: c\n" in screen


async def test_who_lists_the_roster(ben: Terminal) -> None:
    await ben.enter("/who")
    await ben.shows("  Ada (host)\n", "  Ben (you)\n")


async def test_an_unknown_command_is_not_lost(ben: Terminal) -> None:
    await ben.enter("/wo")
    await ben.shows("* no such command", "\n> /wo\n")
    await ben.press("C-u")
    await ben.enter("//wo")
    await ben.shows("Ben: /wo")


async def test_a_text_that_is_too_long_stays_in_the_prompt(
    server: RunningServer, ada: Seat, ben: Terminal
) -> None:
    async with Reader(server.port, ada) as reader:
        await ben.type("x" * 4_000)
        await ben.enter("y")
        await ben.shows("A message has at most 4,000 characters.")
        await ben.press("BSpace", "Enter")
        await reader.until(lambda events: bool(texts(events)))
    assert texts(reader.events) == ["x" * 4_000]


async def test_a_long_conversation_is_joined_at_what_is_kept_of_it(
    server: RunningServer, client: httpx.AsyncClient, ada: Seat, tmp_path: Path
) -> None:
    for number in range(210):
        await say(client, ada, f"message {number}")
    arguments = ("join", "--nickname", "Ben", f"{server.url}/join#{ada.code}")
    async with ephemera_in_a_terminal(tmp_path, *arguments) as ben:
        screen = await ben.shows("Ada: message 209", "* Ben joined", READY)
        assert screen.count("message 209") == 1
        await ben.enter("/who")
        await ben.shows("  Ada (host)\n", "  Ben (you)\n")


async def test_leaving_gives_the_seat_up(server: RunningServer, ada: Seat, ben: Terminal) -> None:
    async with Reader(server.port, ada) as reader:
        await ben.enter("/leave")
        await ben.shows("You have left the room.", "ended with 0")
        await reader.until(lambda events: "member-left" in kinds(events))
    assert reader.events[-1]["reason"] == "left"


@pytest.mark.parametrize("way", ["/quit", "C-d"])
async def test_quitting_keeps_the_seat_and_shows_no_token(
    client: httpx.AsyncClient, ada: Seat, ben: Terminal, way: str
) -> None:
    await ben.press(*([way] if way == "C-d" else [way, "Enter"]))
    screen = await ben.shows("Your seat is kept for 2 minutes.", "ended with 0")
    assert "--show-token" in screen
    assert not re.search(r"[\w-]{40,}", screen.replace(ada.room, ""))
    page = await client.get(ada.path, headers={**ada.headers, "Accept": "text/html"})
    assert "Ben" in page.text


async def test_a_shown_token_leads_back(server: RunningServer, ada: Seat, tmp_path: Path) -> None:
    arguments = ("join", "--show-token", "--nickname", "Ben", f"{server.url}/join#{ada.code}")
    async with ephemera_in_a_terminal(tmp_path, *arguments) as first:
        await first.shows("* Ben joined", READY)
        await first.enter("/quit")
        screen = await first.shows(f"ephemera join {server.url}{ada.path}", "ended with 0")
    token = re.findall(r"^token (\S+)$", screen, re.MULTILINE)[0]
    again = ("join", f"{server.url}{ada.path}")
    async with ephemera_in_a_terminal(tmp_path, *again, EPHEMERA_TOKEN=token) as second:
        await second.shows(READY)
        await second.enter("back again")
        screen = await second.shows("Ben: back again")
        assert screen.count("Ben joined") == 1
        assert token not in screen


async def test_a_lost_server_is_seen_and_the_draft_kept(
    server: RunningServer, ben: Terminal
) -> None:
    await ben.type("half a thought")
    server.send(signal.SIGKILL)
    await server.ended()
    await ben.shows("> half a thought", "reconnecting…")
    async with running_server(bind=server.url.removeprefix("http://")):
        await ben.shows("* not sent: half a thought", "There is no such room", "ended with 1")


async def test_a_server_that_pauses_costs_nothing(
    server: RunningServer, client: httpx.AsyncClient, ada: Seat, ben: Terminal
) -> None:
    server.send(signal.SIGSTOP)
    await ben.enter("into the pause")
    server.send(signal.SIGCONT)
    screen = await ben.shows("Ben: into the pause")
    await say(client, ada, "and out of it")
    assert screen.count("into the pause") == 1
    await ben.shows("Ada: and out of it")


async def test_the_end_of_the_room_is_said(
    client: httpx.AsyncClient, ada: Seat, ben: Terminal
) -> None:
    assert (await client.post(f"{ada.path}/close", headers=ada.headers)).is_success
    await ben.shows("* the room is gone", "The room is gone, and everything", "ended with 0")


async def test_a_code_that_opens_nothing_ends_in_a_sentence(
    server: RunningServer, tmp_path: Path
) -> None:
    arguments = ("join", "--nickname", "Ben", f"{server.url}/join#00000-00000")
    async with ephemera_in_a_terminal(tmp_path, *arguments) as terminal:
        await terminal.shows("ephemera: That code opens no room.", "ended with 1")


async def test_joining_needs_a_terminal() -> None:
    code, written = await outcome("join", "http://127.0.0.1:1/join#00000-00000")
    assert (code, written) == (
        1,
        "ephemera: join needs a terminal; in a pipe, use `ephemera send`.\n",
    )
