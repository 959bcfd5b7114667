"""`ephemera health`: one sentence and an exit code, from wherever a server listens."""

import asyncio
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import pytest_asyncio

from ephemera.asking import Place, UnwellError, ask, places
from tests.support.nginx import running_nginx
from tests.support.server import RunningServer, outcome, running_server
from tests.support.stopwatch import seconds_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

WELL = (0, "Ephemera is well: it takes whoever comes.\n")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[RunningServer]:
    async with running_server() as running:
        yield running


@asynccontextmanager
async def saying(*pieces: bytes, ends: bool = True) -> AsyncIterator[int]:
    """Listen, and say this to whoever has asked; yield the port."""

    told: list[StreamWriter] = []

    async def tell(reader: StreamReader, writer: StreamWriter) -> None:
        told.append(writer)
        await reader.read(1)
        for piece in pieces:
            writer.write(piece)
        if ends:
            writer.close()

    async with await asyncio.start_server(tell, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1]
    for writer in told:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def unwell(port: int, patience: float = 5) -> str:
    with pytest.raises(UnwellError) as told:
        await asyncio.to_thread(ask, Place("127.0.0.1", port), patience)
    return str(told.value)


async def test_a_server_is_asked_by_its_url_and_by_where_it_listens(server: RunningServer) -> None:
    for where in (server.url, f"{server.url}/", f"127.0.0.1:{server.port}"):
        assert await outcome("health", where) == WELL
    assert await outcome("health", EPHEMERA_BIND=f"127.0.0.1:{server.port}") == WELL


async def test_what_listens_everywhere_is_asked_here(server: RunningServer) -> None:
    assert places("0.0.0.0:8000, [::]:8001") == [Place("127.0.0.1", 8000), Place("::1", 8001)]
    assert await outcome("health", f"0.0.0.0:{server.port}") == WELL


async def test_the_place_may_stand_in_a_file_of_settings(
    server: RunningServer, tmp_path: Path
) -> None:
    file = tmp_path / "ephemera.toml"
    file.write_text(f'bind = "127.0.0.1:{server.port}"\n', encoding="utf-8")
    assert await outcome("health", EPHEMERA_CONFIG=str(file)) == WELL


async def test_a_server_at_a_path_is_asked_there(tmp_path: Path) -> None:
    bind = f"unix:{tmp_path / 'socket'}"
    async with running_server(bind=bind):
        assert await outcome("health", bind) == WELL
        assert await outcome("health", EPHEMERA_BIND=bind) == WELL
    code, told = await outcome("health", bind)
    assert (code, told) == (1, f"ephemera: Nobody answers at {bind}.\n")


async def test_of_several_places_each_must_answer(server: RunningServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    both = f"127.0.0.1:{server.port} 127.0.0.1:{free}"
    assert await outcome("health", both) == (1, f"ephemera: Nobody answers at 127.0.0.1:{free}.\n")


async def test_through_a_proxy_with_tls_nobody_need_trust_its_certificate_here(
    server: RunningServer,
) -> None:
    async with running_nginx(server.port) as nginx:
        assert await outcome("health", nginx.url) == WELL


async def test_a_server_that_is_full_is_not_well() -> None:
    async with running_server(EPHEMERA_MAX_STREAMS="1") as server:
        assert await outcome("health", server.url) == WELL
    async with saying(b"HTTP/1.1 503 \r\n\r\nfull\n") as port:
        assert (await unwell(port)).endswith("takes nobody just now: it is full, or stops.")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n<p>Welcome", "is not Ephemera (status 200)."),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "is not Ephemera (status 404)."),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000, "is not Ephemera (status 200)."),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP."),
        (b"", "does not speak HTTP."),
    ],
)
async def test_whatever_else_answers_is_no_ephemera(answer: bytes, sentence: str) -> None:
    async with saying(answer) as port:
        assert (await unwell(port)).endswith(sentence)


async def test_who_says_nothing_or_never_comes_to_an_end_is_not_waited_for() -> None:
    async with saying(b"HTTP/1.1 200 OK\r\n", ends=False) as port:
        seconds = await seconds_of(unwell(port, patience=0.2))
    assert seconds < 4


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("somewhere", "Say where: a URL"),
        ("127.0.0.1:", "Say where: a URL"),
        ("unix:relative", "Say where: a URL"),
        ("127.0.0.1:0", "Port 0 is a free one"),
        ("ftp://localhost", "That is no URL"),
        ("http://", "That is no URL"),
        ("http://[", "That is no URL"),
        ("http://h:99999", "That is no URL"),
        ("http://h/a b", "That is no URL"),
        ("127.0.0.1:99999", "Nobody answers"),
        ("\N{ESTIMATED SYMBOL}:80", "Say where: a URL"),
    ],
)
async def test_what_is_no_place_is_said_in_a_sentence(where: str, sentence: str) -> None:
    code, told = await outcome("health", where)
    assert code == 1
    assert told.startswith(f"ephemera: {sentence}")
    assert told.count("\n") == 1
