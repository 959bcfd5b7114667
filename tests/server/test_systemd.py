"""What systemd does with it: hands over sockets, and is told how far it is."""

import asyncio
import os
import re
import socket
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.support.patience import PATIENCE
from tests.support.server import ROOT, RunningServer, environment, running, running_server
from tests.support.sockets import exchange

DEPLOY: Final = ROOT / "docs" / "deploy"
UNITS: Final = ("ephemera.service", "ephemera@.service", "ephemera.socket")

# Does what systemd does between fork and exec.
HANDS_OVER: Final = """
import fcntl, os, sys
count, *given = map(int, sys.argv[1].split())
kept = [fcntl.fcntl(each, fcntl.F_DUPFD, 100) for each in given]
for place, each in enumerate(kept, 3):
    os.dup2(each, place)
os.environ.update({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(count)})
os.execv(sys.executable, [sys.executable, "-m", "ephemera", "serve"])
"""
REQUEST: Final = b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
NO_LISTENER: Final = "which was handed over: it is no stream socket that listens."


def handing_over(*given: int, count: int | None = None) -> list[str]:
    number = len(given) if count is None else count
    return [sys.executable, "-c", HANDS_OVER, " ".join(map(str, [number, *given]))]


def serving_on(*given: socket.socket, **environ: str) -> AbstractAsyncContextManager[RunningServer]:
    descriptors = [each.fileno() for each in given]
    return running(handing_over(*descriptors), environ=environ, descriptors=descriptors)


async def refusal(command: Sequence[str], *given: int, **environ: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment(environ), stdout=PIPE, stderr=PIPE, pass_fds=given
    )
    stdout, stderr = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, stdout) == (1, b"")
    return stderr.decode()


# Sockets that are handed over


async def test_sockets_that_are_handed_over_are_served_in_the_place_of_others(
    tmp_path: Path,
) -> None:
    path, name = tmp_path / "socket", f"ephemera-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as unix,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        unix.bind(str(path))
        abstract.bind(f"\0{name}")
        unix.listen()
        abstract.listen()
        port = tcp.getsockname()[1]
        waiting = asyncio.create_task(exchange(port, REQUEST))
        async with serving_on(tcp, unix, abstract) as server:
            places = f"http://127.0.0.1:{port}, unix:{path} and unix:@{name}"
            assert server.stdout == f"Ephemera is open at {places}\n"
            assert (await waiting).startswith(b"HTTP/1.1 200"), "it came before the server did"
            for uds in (str(path), f"\0{name}"):
                transport = httpx.AsyncHTTPTransport(uds=uds)
                async with httpx.AsyncClient(transport=transport, timeout=PATIENCE) as client:
                    answer = await client.get("http://localhost/health/ready")
                    assert answer.status_code == httpx.codes.OK
            assert not server.stderr
        assert path.exists(), "it is not ours"


async def test_who_comes_between_two_servers_is_served_by_the_next() -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp:
        async with serving_on(tcp) as first:
            assert await first.terminate() == 0
        waiting = asyncio.create_task(exchange(tcp.getsockname()[1], REQUEST))
        async with serving_on(tcp):
            assert (await waiting).startswith(b"HTTP/1.1 200")


async def test_a_reader_of_a_socket_that_was_handed_over_is_cut_like_any_other() -> None:
    """What must be set before anybody is accepted, is."""
    with socket.create_server(("127.0.0.1", 0)) as tcp:
        async with serving_on(tcp, EPHEMERA_TCP_USER_TIMEOUT_MS="4000"):
            level = socket.IPPROTO_TCP
            assert tcp.getsockopt(level, socket.TCP_USER_TIMEOUT) == 4000, "we share it"
            assert tcp.getsockopt(level, socket.TCP_NODELAY)


async def test_a_bind_that_is_set_beside_a_socket_that_is_handed_over_is_warned_of() -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp:
        async with serving_on(tcp, EPHEMERA_BIND="127.0.0.1:1") as server:
            assert server.url == f"http://127.0.0.1:{tcp.getsockname()[1]}"
            warned = "EPHEMERA_BIND is not heeded, for sockets were handed over."
            assert server.stderr.rstrip().endswith(warned)


async def test_sockets_for_another_process_are_left_alone() -> None:
    async with running_server(LISTEN_PID="1", LISTEN_FDS="1") as server:
        assert server.url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("kind", ["datagrams", "connection", "file", "closed"])
async def test_what_is_handed_over_and_does_not_listen_is_refused(
    kind: str, tmp_path: Path
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.create_connection(tcp.getsockname()) as connection,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        (tmp_path / "file").open("w") as file,
    ):
        others = {
            "datagrams": [datagrams.fileno()],
            "connection": [connection.fileno()],
            "file": [file.fileno()],
            "closed": [],
        }
        given = [tcp.fileno(), *others[kind]]
        written = await refusal(handing_over(*given, count=2), *given)
    assert written == f"ephemera: Ephemera cannot listen on descriptor 4, {NO_LISTENER}\n"


@pytest.mark.parametrize("count", ["", "-1", "two", "٣", "99999"])
async def test_a_number_of_sockets_that_is_none_is_refused(count: str) -> None:
    start = HANDS_OVER.replace("str(count)", repr(count))
    written = await refusal([sys.executable, "-c", start, "0"])
    assert written == "ephemera: Ephemera cannot listen: LISTEN_FDS must be a number.\n"


# What it is told


async def test_systemd_is_told_when_it_is_open_and_when_it_ends(tmp_path: Path) -> None:
    place = tmp_path / "notify"
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(place))
        manager.setblocking(False)  # noqa: FBT003 - it takes no name
        async with asyncio.timeout(PATIENCE), running_server(NOTIFY_SOCKET=str(place)) as server:
            told = await loop.sock_recv(manager, 1000)
            assert told.decode() == f"READY=1\nSTATUS=Open at {server.url}"
            await server.terminate()
            told = await loop.sock_recv(manager, 1000)
            assert told == b"STOPPING=1\nSTATUS=Ending every stream"
            assert not server.stderr


async def test_a_start_that_fails_never_says_that_it_is_open(tmp_path: Path) -> None:
    place = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(place))
        manager.setblocking(False)  # noqa: FBT003 - it takes no name
        command = [sys.executable, "-m", "ephemera", "serve", "--bind", "nowhere.invalid:0"]
        assert await refusal(command, NOTIFY_SOCKET=str(place))
        with pytest.raises(BlockingIOError):
            manager.recv(1000)


async def test_a_manager_that_is_not_there_is_warned_of() -> None:
    async with running_server(NOTIFY_SOCKET="/nonexistent/notify") as server:
        assert "What NOTIFY_SOCKET names takes no word from us." in server.stderr


# The units as shipped


def test_the_services_wait_until_it_says_that_it_is_open() -> None:
    for name in UNITS[:2]:
        assert "\nType=notify\n" in (DEPLOY / name).read_text("utf-8")


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for name in UNITS:
        text = (DEPLOY / name).read_text("utf-8")
        # It looks for the program, and for the units that come before.
        text = text.replace("/opt/ephemera/bin/ephemera", "/bin/true")
        (tmp_path / name.replace("@", "@8001")).write_text(text, encoding="utf-8")
    names = [str(tmp_path / name.replace("@", "@8001")) for name in UNITS]
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names],
        capture_output=True, check=False, text=True, timeout=PATIENCE,
    )  # fmt: skip
    ours = re.findall(r"^.*ephemera.*$", verified.stderr, re.MULTILINE)
    assert not ours, verified.stderr
    assert verified.returncode == 0, verified.stderr
