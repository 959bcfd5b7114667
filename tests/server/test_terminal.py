"""`ephemera join` in a real terminal (tmux), against a real server."""

import os
import re
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.support import no_utf8
from tests.support.server import RunningServer, outcome, running_server
from tests.support.sockets import Reader
from tests.support.tmux import Terminal, ephemera_in_a_terminal, shell_in_a_terminal
from tests.support.visitors import Seat, join, kinds, leave, open_room, say, texts, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")

READY = "in the room  /who"
SGR = r"(?:\x1b\[[0-9;]*m)*"
COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-8]|9[0-7])[0-9;]*m")


def _has_the_draft_below_the_last_message(screen: str) -> bool:
    """Look at the whole foot at once: a terminal can be read in the middle of being painted."""
    *_, last, draft, status = ["", "", "", *screen.rstrip().splitlines()]
    return (
        last.endswith("Ada: message 59")
        and draft == "> half a 0 10 20 30 40 50"
        and READY in status
    )


@pytest_asyncio.fixture(loop_scope="module")
async def client(server: RunningServer) -> AsyncIterator[httpx.AsyncClient]:
    async with visitor(server.url) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def ada(client: httpx.AsyncClient) -> Seat:
    return await open_room(client, "Ada")


@pytest_asyncio.fixture(loop_scope="module")
async def ben(server: RunningServer, ada: Seat, tmp_path: Path) -> AsyncIterator[Terminal]:
    async with joined(server, ada, tmp_path) as terminal:
        yield terminal


@asynccontextmanager
async def joined(server: RunningServer, ada: Seat, folder: Path) -> AsyncIterator[Terminal]:
    """Let Ben join Ada's room from a terminal."""
    link = f"{server.url}/join#{ada.code}"
    async with ephemera_in_a_terminal(folder, "join", link, COLORTERM="truecolor") as terminal:
        await terminal.shows("Nickname:")
        await terminal.enter("Ben")
        await terminal.shows("* Ben joined", READY)
        yield terminal


async def act(client: httpx.AsyncClient, seat: Seat, noun: str, **fields: str) -> None:
    answer = await client.post(f"{seat.path}/{noun}", data=fields, headers=seat.headers)
    assert answer.is_success, answer.text


async def test_two_terminals_do_not_share_a_server_of_tmux(tmp_path: Path) -> None:
    async with ephemera_in_a_terminal(tmp_path, "--help") as first:
        async with ephemera_in_a_terminal(tmp_path, "join", "--help") as second:
            await second.shows("ended with 0")
        screen = await first.shows("ended with 0")
    assert first.socket != second.socket
    assert "usage: ephemera [-h]" in screen


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
    screen = await ben.comes_to(_has_the_draft_below_the_last_message)
    assert screen.count("half a") == 1
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


async def test_leaving_asks_when_it_erases_the_room(
    client: httpx.AsyncClient, ada: Seat, ben: Terminal
) -> None:
    await leave(client, ada)
    await ben.enter("/leave")
    await ben.shows("You are the last one here.", "/leave again to do it.")
    await ben.enter("/leave")
    await ben.shows("You have left the room.", "ended with 0")


@pytest.mark.parametrize("way", ["/quit", "C-d"])
async def test_quitting_keeps_the_seat_and_shows_no_token(
    client: httpx.AsyncClient, ada: Seat, ben: Terminal, way: str
) -> None:
    await ben.press(*([way] if way == "C-d" else [way, "Enter"]))
    screen = await ben.shows("Your seat is kept for 1 hour.", "ended with 0")
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
    mortal_server: RunningServer, tmp_path: Path
) -> None:
    async with visitor(mortal_server.url) as client:
        ada = await open_room(client)
    async with joined(mortal_server, ada, tmp_path) as ben:
        await ben.type("half a thought")
        mortal_server.send(signal.SIGKILL)
        await mortal_server.ended()
        await ben.shows("> half a thought", "reconnecting…")
        async with running_server(bind=mortal_server.url.removeprefix("http://")):
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
    await ben.shows(
        "* The host ended this room. It is gone.",
        "The room is gone, and everything",
        "ended with 0",
    )


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


# Bytes that are no UTF-8, and the keys of a shell


async def test_bytes_that_are_no_utf8_are_shown_and_said_as_such(
    server: RunningServer, ada: Seat, ben: Terminal
) -> None:
    wanted = [no_utf8.read(line) for line in no_utf8.LINES]
    async with Reader(server.port, ada) as reader:
        for line, shown in zip(no_utf8.LINES, wanted, strict=True):
            await ben.type_bytes(line)
            await ben.type("|")
            await ben.shows(f"> {shown}|")
            await ben.press("BSpace", "Enter")
            await ben.shows(f"Ben: {shown}")
        await reader.until(lambda events: len(texts(events)) == len(wanted))
    assert texts(reader.events) == wanted


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
async def test_whatever_encoding_is_said_nothing_that_is_typed_or_heard_fails(
    server: RunningServer, client: httpx.AsyncClient, ada: Seat, tmp_path: Path, encoding: str
) -> None:
    arguments = ("join", "--nickname", "Ben", f"{server.url}/join#{ada.code}")
    async with ephemera_in_a_terminal(tmp_path, *arguments, PYTHONIOENCODING=encoding) as ben:
        await ben.shows("* Ben joined", READY)
        await say(client, ada, "Grüße \N{BUTTERFLY} from me")
        await ben.shows("from me")
        async with Reader(server.port, ada) as reader:
            await ben.type_bytes("Grün".encode())
            await ben.press("Enter")
            await reader.until(lambda events: bool(texts(events)[1:]))
        await ben.enter("/quit")
        await ben.shows("ended with 0")
    said = "Grün".encode().decode("latin-1") if encoding == "latin-1" else "Grün"
    assert texts(reader.events)[1:] == [said]


async def test_a_nickname_that_is_typed_in_bytes_that_are_no_utf8_is_seen_before_it_is_taken(
    server: RunningServer, ada: Seat, tmp_path: Path
) -> None:
    arguments = ("join", f"{server.url}/join#{ada.code}")
    async with ephemera_in_a_terminal(tmp_path, *arguments) as terminal:
        await terminal.shows("Nickname:")
        await terminal.type_bytes(b"Gr\xfcn")
        await terminal.shows("Nickname: Gr\N{REPLACEMENT CHARACTER}n")
        await terminal.press("C-u")
        await terminal.enter("Ben")
        await terminal.shows("* Ben joined", READY)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--nickname", "Gr\udcfcn", "http://127.0.0.1:1/join#00000-00000"), "The nickname"),
        (("http://127.0.0.1:1/join#00000-0000\udcfc",), "The code in that URL"),
        (("http://\udcfc:1/join#00000-00000",), "The URL must be whole"),
        (("http://127.0.0.1:1/rooms/\udcfc",), "The URL must be that of a room"),
        (("http://127.0.0.1:\udcfc/rooms/a",), "The URL must be whole"),
        (("\udcfc",), "The URL must be whole"),
    ],
)
async def test_an_argument_that_is_no_utf8_ends_in_a_sentence(
    arguments: tuple[str, ...], sentence: str
) -> None:
    code, written = await outcome("join", *arguments)
    assert (code, written.count("\n")) == (1, 1)
    assert written.startswith(f"ephemera: {sentence}")


@pytest.mark.parametrize("from_outside", [False, True])
async def test_control_z_suspends_and_fg_brings_back_what_was_there(
    server: RunningServer,
    client: httpx.AsyncClient,
    ada: Seat,
    tmp_path: Path,
    from_outside: bool,  # noqa: FBT001 - pytest gives it by its name
) -> None:
    program = [sys.executable, "-m", "ephemera", "join", "--nickname", "Ben"]
    async with shell_in_a_terminal(tmp_path) as shell:
        await shell.enter(shlex.join([*program, f"{server.url}/join#{ada.code}"]))
        await shell.shows("* Ben joined", READY)
        await shell.type("half a thought")
        await shell.shows("> half a thought")
        if from_outside:
            os.kill(await shell.child(), signal.SIGTSTP)
            await shell.shows("Stopped")
            await shell.enter("clear")
        else:
            await shell.press("C-z")
        await shell.comes_to(lambda screen: "ready" in screen and READY not in screen)
        await shell.enter("echo the shell $((40 + 2))")
        await shell.shows("the shell 42")
        if not from_outside:  # what is said draws the prompt anew, too
            await say(client, ada, "meanwhile")
        await shell.enter("fg")
        await shell.shows(
            "\n> half a thought\n", READY, *([] if from_outside else ["Ada: meanwhile"])
        )
        await shell.press("Enter")
        await shell.shows("Ben: half a thought")


async def test_control_z_suspends_while_a_nickname_is_asked_for(
    server: RunningServer, ada: Seat, tmp_path: Path
) -> None:
    program = [sys.executable, "-m", "ephemera", "join", f"{server.url}/join#{ada.code}"]
    async with shell_in_a_terminal(tmp_path) as shell:
        await shell.enter(shlex.join(program))
        await shell.shows("Nickname:")
        await shell.type("Be")
        await shell.press("C-z")
        await shell.shows("Stopped")
        await shell.enter("fg")
        await shell.shows("\nNickname: Be")
        await shell.enter("n")
        await shell.shows("* Ben joined", READY)


# What hosts and others do


async def test_an_invitation_leads_in(client: httpx.AsyncClient, ada: Seat, tmp_path: Path) -> None:
    answer = await client.post(f"{ada.path}/invitations", headers=ada.headers)
    link = answer.json()["invitation"]["url"]
    async with ephemera_in_a_terminal(tmp_path, "join", "--nickname", "Ben", link) as ben:
        await ben.shows("* Ben joined", READY)
    async with ephemera_in_a_terminal(tmp_path, "join", "--nickname", "Cleo", link) as cleo:
        await cleo.shows("ephemera: That code opens no room.", "ended with 1")


@pytest_asyncio.fixture(loop_scope="module")
async def dan(
    server: RunningServer, client: httpx.AsyncClient, ada: Seat, tmp_path: Path
) -> AsyncIterator[Terminal]:
    """Dan, who waits at the door of Ada's room, where newcomers see only what comes."""
    await act(client, ada, "options", ask="yes", newcomers="later")
    arguments = ("join", "--nickname", "Dan", f"{server.url}/join#{ada.code}")
    async with ephemera_in_a_terminal(tmp_path, *arguments) as terminal:
        await terminal.shows("You have knocked:")
        yield terminal


async def test_who_knocks_waits_until_somebody_lets_them_in(
    client: httpx.AsyncClient, ada: Seat, dan: Terminal
) -> None:
    await say(client, ada, "before Dan")
    assert READY not in await dan.screen()
    await act(client, ada, "admissions", knock="k1")
    screen = await dan.shows("* Ada let Dan in", "* Dan joined", "2 people in the room")
    assert "before Dan" not in screen
    assert "resync" not in screen
    await dan.enter("/who")
    await dan.shows("  Ada (host)\n", "  Dan (you)\n")
    await dan.enter("/quit")
    await dan.shows("Your seat is kept for 1 hour.", "--show-token", "ended with 0")


async def test_who_is_turned_away_is_told_so(
    client: httpx.AsyncClient, ada: Seat, dan: Terminal
) -> None:
    await act(client, ada, "admissions", knock="k1", answer="decline")
    await dan.shows("ephemera: You were not let in.", "ended with 1")


async def test_who_stops_waiting_is_not_left_standing_at_the_door(
    server: RunningServer, ada: Seat, dan: Terminal
) -> None:
    async with Reader(server.port, ada) as reader:
        await dan.press("C-c")
        await dan.shows("ended with 130")
        await reader.until(lambda events: "knock-ended" in kinds(events))
    assert reader.events[-1]["reason"] == "withdrawn"


async def test_a_removed_member_is_told_so_and_keeps_the_words(
    client: httpx.AsyncClient, ada: Seat, ben: Terminal
) -> None:
    await ben.type("half a thought")
    await ben.shows("> half a thought")
    await act(client, ada, "removals", member="p2")
    await ben.shows(
        "* Ada removed Ben",
        "* not sent: half a thought",
        "ephemera: Ada has removed you from the room. You cannot come back.",
        "ended with 1",
    )


async def test_who_sees_another_removed_stays(
    client: httpx.AsyncClient, ada: Seat, ben: Terminal
) -> None:
    cleo = await join(client, ada.code, "Cleo")
    await act(client, ada, "removals", member=cleo.member)
    await ben.shows("* Ada removed Cleo", "* Ada changed the code", "2 people in the room")
    await ben.enter("still here")
    await ben.shows("Ben: still here")


async def test_a_muted_member_is_told_so_and_no_word_is_lost_silently(
    client: httpx.AsyncClient, ada: Seat, ben: Terminal
) -> None:
    await act(client, ada, "mutes", member="p2")
    await ben.shows("* Ada muted Ben", "* You can read, but not speak.\n", "/help  You can read")
    await ben.enter("may I?")
    await ben.shows("* not sent: may I?", "A host has muted you")
    await act(client, ada, "mutes", member="p2", state="off")
    await ben.comes_to(
        lambda screen: "lets Ben speak again" in screen and "/help  You" not in screen
    )
    await ben.enter("thank you")
    await ben.shows("Ben: thank you")


async def test_what_becomes_of_messages_is_shown(
    client: httpx.AsyncClient, ada: Seat, ben: Terminal
) -> None:
    message = f"m-{(await say(client, ada, 'Hello Bne')).rpartition('-')[2]}"
    await act(client, ada, "edits", message=message, text="Hello Ben")
    await ben.shows("Ada: Hello Bne", "Ada (edited): Hello Ben")
    await act(client, ada, "reactions", message=message, sign="laugh")
    await act(client, ada, "messages", text="Me again", reply=message)
    await ben.shows('* Ada reacted to "Hello Ben": laugh', 'Ada (to Ada: "Hello Ben"): Me again')
    await act(client, ada, "deletions", message=message)
    await ben.shows("* Ada took a message back.\n")
    await ben.enter("/me waves")
    screen = await ben.shows("Ben: /me waves")
    assert "no such command" not in screen


async def test_who_joins_sees_messages_as_they_are_now(
    server: RunningServer, client: httpx.AsyncClient, ada: Seat, tmp_path: Path
) -> None:
    kept, deleted = [
        f"m-{(await say(client, ada, text)).rpartition('-')[2]}" for text in ("Hello", "secret")
    ]
    await act(client, ada, "edits", message=kept, text="Hello all")
    await act(client, ada, "reactions", message=kept, sign="yes")
    await act(client, ada, "deletions", message=deleted)
    arguments = ("join", "--nickname", "Ben", f"{server.url}/join#{ada.code}")
    async with ephemera_in_a_terminal(tmp_path, *arguments) as ben:
        screen = await ben.shows("Ada (edited, yes 1): Hello all", "* Ben joined", READY)
    assert screen.count("Hello") == 1
    assert screen.count("* Ada took a message back.") == 1
    assert "secret" not in screen
