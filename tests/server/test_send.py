"""`ephemera send` against a real server: every line once, in order, at the room's pace."""

import asyncio
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.support import no_utf8
from tests.support.patience import PATIENCE
from tests.support.processes import until
from tests.support.server import ROOT, RunningServer, environment, outcome, running, running_server
from tests.support.sockets import Reader
from tests.support.visitors import Seat, gauges, join, open_room, texts, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENDS_WITHIN = PATIENCE
GONE = "ephemera: There is no such room any more, or this token opens no seat in it."
WITHOUT_THE_EXTRA = (
    "import sys; sys.modules['httpx'] = sys.modules['prompt_toolkit'] = None; "
    "from ephemera.cli import main; main()"
)


@asynccontextmanager
async def sending(url: str, *options: str, token: str) -> AsyncIterator[Process]:
    """Run `ephemera send` with a pipe to write into."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ephemera", "send", *options, url,
        cwd=ROOT, env=environment({"EPHEMERA_TOKEN": token}), stdin=PIPE, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def send(url: str, content: bytes, *options: str, token: str) -> tuple[int, str]:
    """Pipe the content into `ephemera send`; return the exit code and all that it wrote."""
    async with sending(url, *options, token=token) as process:
        return await ended(process, content)


async def ended(process: Process, content: bytes | None = None) -> tuple[int, str]:
    async with asyncio.timeout(ENDS_WITHIN):
        stdout, stderr = await process.communicate(content)
    assert process.returncode is not None
    return process.returncode, (stdout + stderr).decode()


async def opened(server: RunningServer) -> Seat:
    async with visitor(server.url) as client:
        return await open_room(client)


def room_of(server: RunningServer, seat: Seat) -> str:
    return f"{server.url}{seat.path}"


def lines_said(reader: Reader) -> list[str]:
    return [line for text in texts(reader.events) for line in text.split("\n")]


async def read_until(reader: Reader, last: str) -> None:
    async with asyncio.timeout(ENDS_WITHIN):
        while last not in lines_said(reader):
            if not await reader.read():
                await reader.connect()


def numbered(count: int) -> list[str]:
    return [f"line {number}" for number in range(count)]


def as_input(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


async def test_a_thousand_lines_arrive_once_and_in_order(server: RunningServer) -> None:
    seat, lines = await opened(server), numbered(1_000)
    async with Reader(server.port, seat) as reader:
        reading = asyncio.create_task(read_until(reader, lines[-1]))
        assert await send(room_of(server, seat), as_input(lines), token=seat.token) == (0, "")
        await reading
        assert texts(reader.events) == lines


@pytest.mark.parametrize("options", [(), ("--whole",)])
async def test_bytes_that_are_no_utf8_are_said_as_such(
    server: RunningServer, options: tuple[str, ...]
) -> None:
    seat, content = await opened(server), b"\n".join([*no_utf8.LINES, b"end"])
    async with Reader(server.port, seat) as reader:
        assert await send(room_of(server, seat), content, *options, token=seat.token) == (0, "")
        await read_until(reader, "end")
        assert lines_said(reader) == content.decode(errors="replace").split("\n")


async def test_with_rate_limits_lines_pile_up_into_fewer_messages() -> None:
    async with running_server() as server:
        seat, lines = await opened(server), numbered(150)
        async with Reader(server.port, seat) as reader:
            reading = asyncio.create_task(read_until(reader, lines[-1]))
            assert await send(room_of(server, seat), as_input(lines), token=seat.token) == (0, "")
            await reading
            assert lines_said(reader) == lines
            assert len(texts(reader.events)) < 20


async def test_the_whole_input_is_one_message(server: RunningServer) -> None:
    seat = await opened(server)
    async with Reader(server.port, seat) as reader:
        url = room_of(server, seat)
        assert await send(url, b"\none\n\n  two\n", "--whole", token=seat.token) == (0, "")
        await read_until(reader, "  two")
        assert texts(reader.events) == ["one\n\n  two"]


@pytest.mark.parametrize("content", [b"x" * 4_001, b"x\n" * 101, b"x" * 1_000_000, b"\n \n"])
async def test_a_whole_input_that_is_no_message_is_refused(
    server: RunningServer, content: bytes
) -> None:
    seat = await opened(server)
    code, written = await send(room_of(server, seat), content, "--whole", token=seat.token)
    assert code == 1
    assert written.startswith("ephemera: ")
    assert written.count("\n") == 1
    async with Reader(server.port, seat) as reader:
        await reader.until_live()
        assert texts(reader.events) == []


async def test_a_token_that_opens_nothing_ends_in_a_sentence(server: RunningServer) -> None:
    seat = await opened(server)
    code, written = await send(room_of(server, seat), b"one\ntwo\n", token="x" * 43)
    assert (code, written) == (1, f"{GONE} 2 lines may not have arrived.\n")


async def test_a_missing_token_ends_in_a_sentence() -> None:
    code, written = await outcome("send", "http://127.0.0.1:1/rooms/0123456789abcdef0123")
    assert (code, written) == (1, "ephemera: Put the token of your seat into EPHEMERA_TOKEN.\n")


async def test_a_server_that_dies_ends_in_a_sentence_that_counts_what_is_lost(
    mortal_server: RunningServer,
) -> None:
    seat = await opened(mortal_server)
    async with (
        Reader(mortal_server.port, seat) as reader,
        sending(room_of(mortal_server, seat), "--patience", "2", token=seat.token) as process,
    ):
        assert process.stdin
        process.stdin.write(b"one\n")
        await read_until(reader, "one")
        mortal_server.send(signal.SIGKILL)
        await mortal_server.ended()
        code, written = await ended(process, b"two\nthree\n")
    assert code == 1
    # The reader may hear of the first line before the sender does.
    sentence = r"ephemera: 127\.0\.0\.1 cannot be reached\. [23] lines may not have arrived\.\n"
    assert re.fullmatch(sentence, written)


async def test_a_server_that_starts_anew_knows_nothing_of_the_room(
    mortal_server: RunningServer,
) -> None:
    seat = await opened(mortal_server)
    bind = mortal_server.url.removeprefix("http://")
    assert await mortal_server.terminate() == 0
    async with sending(room_of(mortal_server, seat), token=seat.token) as process:
        assert process.stdin
        process.stdin.write(b"one\n")
        async with running_server(bind=bind):
            assert await ended(process) == (1, f"{GONE} 1 line may not have arrived.\n")


async def test_a_silent_pipe_keeps_the_seat_and_ends_with_the_room(server: RunningServer) -> None:
    async with visitor(server.url) as client:
        host = await open_room(client)
        guest = await join(client, host.code)
        async with sending(room_of(server, guest), token=guest.token) as process:
            await until_it_streams(client)
            assert process.returncode is None
            assert (await client.post(f"{host.path}/close", headers=host.headers)).is_success
            async with asyncio.timeout(ENDS_WITHIN):
                assert await process.wait() == 1
            assert process.stderr
            assert (await process.stderr.read()).decode() == f"{GONE}\n"


REMOVED = "ephemera: Ada has removed you from the room. You cannot come back."


async def act(client: httpx.AsyncClient, seat: Seat, noun: str, **fields: str) -> None:
    answer = await client.post(f"{seat.path}/{noun}", data=fields, headers=seat.headers)
    assert answer.is_success, answer.text


async def test_who_is_muted_is_told_so_with_the_lines_that_are_left(server: RunningServer) -> None:
    async with visitor(server.url) as client:
        host = await open_room(client)
        guest = await join(client, host.code)
        await act(client, host, "mutes", member=guest.member)
    code, written = await send(room_of(server, guest), b"one\ntwo\n", token=guest.token)
    sentence = "ephemera: A host has muted you: you can read, but not speak."
    assert (code, written) == (1, f"{sentence} 2 lines may not have arrived.\n")


async def test_who_is_removed_while_the_pipe_is_silent_is_told_so(server: RunningServer) -> None:
    async with visitor(server.url) as client:
        host = await open_room(client)
        guest = await join(client, host.code)
        async with sending(room_of(server, guest), token=guest.token) as process:
            await until_it_streams(client)
            await act(client, host, "removals", member=guest.member)
            assert process.stderr
            async with asyncio.timeout(ENDS_WITHIN):
                assert (await process.stderr.read()).decode() == f"{REMOVED}\n"
                assert await process.wait() == 1


async def test_who_is_removed_while_lines_come_in_is_told_so(server: RunningServer) -> None:
    async with visitor(server.url) as client:
        host = await open_room(client)
        guest = await join(client, host.code)
        async with sending(room_of(server, guest), token=guest.token) as process:
            await until_it_streams(client)
            process.send_signal(signal.SIGSTOP)
            await act(client, host, "removals", member=guest.member)
            assert process.stdin
            process.stdin.write(b"one\ntwo\n")
            await process.stdin.drain()
            process.send_signal(signal.SIGCONT)
            code, written = await ended(process)
    assert code == 1
    # The stream may tell of the removal before the lines are read at all.
    assert re.fullmatch(re.escape(REMOVED) + r"( [12] lines? may not have arrived\.)?\n", written)


async def until_it_streams(client: httpx.AsyncClient) -> None:
    async def holds_a_stream() -> bool:
        return (await gauges(client))["streams"] == 1

    await until(holds_a_stream, ENDS_WITHIN)


async def test_an_interruption_is_clean(server: RunningServer) -> None:
    seat = await opened(server)
    async with (
        Reader(server.port, seat) as reader,
        sending(room_of(server, seat), token=seat.token) as process,
    ):
        assert process.stdin
        process.stdin.write(b"one\n")
        await read_until(reader, "one")
        process.send_signal(signal.SIGINT)
        code, written = await ended(process)
    assert code == 130
    # The reader may hear of the line before the sender does.
    assert re.fullmatch(r"(ephemera: Stopped\. 1 line may not have arrived\.)?\n", written)


@pytest.mark.parametrize("closed", [">&- 2>&-", "| true", "2>&1 | true"])
async def test_nobody_needs_to_listen_to_it(server: RunningServer, closed: str) -> None:
    seat = await opened(server)
    program = (
        f"printf 'one\\n' | {sys.executable} -m ephemera send {room_of(server, seat)} {closed}"
    )
    shell = await asyncio.create_subprocess_exec(
        "bash", "-o", "pipefail", "-c", program,
        cwd=ROOT, env=environment({"EPHEMERA_TOKEN": seat.token}), stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    assert await ended(shell) == (0, "")
    async with Reader(server.port, seat) as reader:
        await read_until(reader, "one")


async def test_an_input_that_is_closed_ends_in_a_sentence(server: RunningServer) -> None:
    seat = await opened(server)
    program = f"{sys.executable} -m ephemera send {room_of(server, seat)} <&-"
    shell = await asyncio.create_subprocess_exec(
        "bash", "-c", program,
        cwd=ROOT, env=environment({"EPHEMERA_TOKEN": seat.token}), stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    assert await ended(shell) == (1, "ephemera: There is no standard input.\n")


async def test_a_file_can_be_sent(server: RunningServer, tmp_path: Path) -> None:
    seat, file = await opened(server), tmp_path / "log"
    file.write_bytes(b"one\ntwo")
    with file.open("rb") as content:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ephemera", "send", room_of(server, seat),
            cwd=ROOT, env=environment({"EPHEMERA_TOKEN": seat.token}),
            stdin=content, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        assert await ended(process) == (0, "")
    async with Reader(server.port, seat) as reader:
        await read_until(reader, "two")
        assert texts(reader.events) == ["one", "two"]


# Serving


async def test_a_server_refuses_a_seats_token() -> None:
    code, written = await outcome("serve", EPHEMERA_TOKEN="hunter2hunter2")
    assert (code, written) == (
        1,
        "ephemera: EPHEMERA_TOKEN is for `ephemera send` and `join`; serve without it.\n",
    )


@pytest.mark.parametrize("command", ["send", "join"])
async def test_without_the_extra_a_sentence_says_what_to_install(command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WITHOUT_THE_EXTRA, command, "http://127.0.0.1:1/rooms/abc",
        cwd=ROOT, env=environment({}), stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    assert await ended(process) == (
        1,
        "ephemera: This needs httpx, socksio and prompt_toolkit: docs/install.md says how.\n",
    )


async def test_serving_needs_no_extra() -> None:
    serve = [sys.executable, "-c", WITHOUT_THE_EXTRA, "serve", "--bind", "127.0.0.1:0"]
    async with running(serve) as server:
        assert server.url
