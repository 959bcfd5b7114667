"""What libraries read of the environment works, or ends in a sentence that names it."""

import re
import sys
from asyncio import StreamReader, StreamWriter
from pathlib import Path

import pytest

from tests.server.test_send import opened, room_of
from tests.support.proxied import Socks, answering, listening
from tests.support.server import RunningServer, outcome_of, running
from tests.support.sockets import Reader
from tests.support.tmux import ephemera_in_a_terminal
from tests.support.visitors import Seat, texts

pytestmark = pytest.mark.asyncio(loop_scope="module")

WANTS = "wants a name and a password"
NOWHERE = "127.0.0.1:9"


async def sent(url: str, token: str, **environ: str) -> tuple[int, str]:
    """Send a word in this environment; return the exit code and what was written."""
    return await outcome_of(
        b"hello", "send", "--patience", "0", url, EPHEMERA_TOKEN=token, **environ
    )


async def assert_arrives(server: RunningServer, seat: Seat, url: str, **environ: str) -> None:
    async with Reader(server.port, seat) as reader:
        assert await sent(url, seat.token, **environ) == (0, "")
        await reader.until(lambda events: bool(texts(events)))
    assert texts(reader.events) == ["hello"]


@pytest.mark.parametrize(
    "environ",
    [
        {"NO_PROXY": "[::1]"},
        {"no_proxy": "[::1"},
        {"NO_PROXY": "http://["},
        {"NO_PROXY": "\udcfc"},
        {"NO_PROXY": "127.0.0.1", "HTTP_PROXY": f"http://{NOWHERE}"},
        {"HTTPS_PROXY": "foo://x"},
        {"HTTP_PROXY": "  "},
        {"SSL_CERT_FILE": "/nonexistent.pem"},
        {"SSL_CERT_DIR": "/nonexistent"},
        {"SSLKEYLOGFILE": "/nonexistent/keys"},
        {"CONFUSABLE_DATA": "/nonexistent"},
        {"NETRC": "/nonexistent"},
        {"TERM": "\udcfc"},
        {"LC_ALL": "xx_XX"},
        {"PYTHONIOENCODING": "ascii"},
    ],
    ids=str,
)
async def test_what_has_nothing_to_do_with_a_server_does_no_harm(
    server: RunningServer, environ: dict[str, str]
) -> None:
    seat = await opened(server)
    await assert_arrives(server, seat, room_of(server, seat), **environ)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_PROXY", f"http://{NOWHERE}"),
        ("http_proxy", NOWHERE),
        ("ALL_PROXY", f"socks5://{NOWHERE}"),
        ("all_proxy", f"socks5h://{NOWHERE}"),
        ("ALL_PROXY", f"https://{NOWHERE}"),
        ("HTTP_PROXY", "foo://x"),
        ("HTTP_PROXY", "http://127.0.0.1:99999"),
        ("HTTP_PROXY", "http://[::1"),
        ("HTTP_PROXY", "http://\udcfc"),
        ("HTTP_PROXY", "http://a..b"),
        ("ALL_PROXY", "socks4://127.0.0.1:1"),
    ],
)
async def test_a_proxy_that_leads_nowhere_is_told_by_its_variable(
    server: RunningServer, name: str, value: str
) -> None:
    seat = await opened(server)
    code, written = await sent(room_of(server, seat), seat.token, **{name: value})
    assert (code, written.count("\n")) == (1, 1)
    assert re.match(rf"ephemera: .*\b{name}\b.*\.", written)
    assert value not in written


async def test_keys_of_a_connection_are_written_nowhere(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    url = "https://127.0.0.1:9/rooms/abc"
    code, written = await sent(url, "x" * 43, SSLKEYLOGFILE=str(keys))
    assert (code, "cannot be reached" in written) == (1, True)
    assert not keys.exists()


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "HTTPS_PROXY"])
async def test_an_https_server_needs_what_the_environment_names(name: str) -> None:
    url, value = (
        "https://127.0.0.1:9/rooms/abc",
        {"SSL_CERT_FILE": "/x.pem", "HTTPS_PROXY": "foo://x"},
    )
    code, written = await sent(url, "x" * 43, **{name: value[name]})
    assert (code, written.count("\n")) == (1, 1)
    assert written.startswith(f"ephemera: {name} ")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n", WANTS),
        (b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "status 403"),
        (b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "status 404"),
        (b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", "status 503"),
        (b"HTTP/1.1 200 Welcome\r\nContent-Length: 4\r\n\r\nhere", "status 200"),
        (b"HTTP/1.1 302 There\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n", "status 302"),
        (b"SSH-2.0-x\r\n", "cannot be reached"),
        (b"", "cannot be reached"),
        (b"\5\0", "cannot be reached"),
    ],
)
async def test_a_proxy_that_answers_itself_is_not_taken_for_the_server(
    server: RunningServer, answer: bytes, told: str
) -> None:
    seat = await opened(server)
    async with answering(answer) as port:
        environ = {"http_proxy": f"http://127.0.0.1:{port}"}
        code, written = await sent(room_of(server, seat), seat.token, **environ)
    assert (code, written.count("\n")) == (1, 1)
    assert told in written
    assert "proxy that http_proxy names" in written


# SOCKS


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks"])
@pytest.mark.parametrize("name", ["ALL_PROXY", "http_proxy"])
async def test_a_name_that_only_a_socks_proxy_knows_is_asked_of_it_alone(
    server: RunningServer, scheme: str, name: str
) -> None:
    seat, socks = await opened(server), Socks(server.port)
    onion = f"{'a' * 56}.onion"
    async with listening(socks.handle) as port:
        url = f"http://{onion}{seat.path}"
        await assert_arrives(server, seat, url, **{name: f"{scheme}://127.0.0.1:{port}"})
    assert set(socks.asked_for) == {onion.encode()}


async def test_one_joins_by_a_socks_proxy(server: RunningServer, tmp_path: Path) -> None:
    seat, socks = await opened(server), Socks(server.port)
    arguments = ("join", "--nickname", "Ben", f"http://chat.onion/join#{seat.code}")
    async with (
        listening(socks.handle) as port,
        ephemera_in_a_terminal(
            tmp_path, *arguments, ALL_PROXY=f"socks5h://127.0.0.1:{port}"
        ) as ben,
    ):
        await ben.shows("* Ben joined", "in the room  /who")
        await ben.enter("Hello by SOCKS")
        await ben.shows("Ben: Hello by SOCKS")


@pytest.mark.parametrize(
    ("given", "told"), [("ada:hunter2@", ""), ("", WANTS), ("ada:wrong@", WANTS)]
)
async def test_a_socks_proxy_may_want_a_password(
    server: RunningServer, given: str, told: str
) -> None:
    seat, socks = await opened(server), Socks(server.port, b"ada", b"hunter2")
    async with listening(socks.handle) as port:
        environ = {"ALL_PROXY": f"socks5://{given}127.0.0.1:{port}"}
        code, written = await sent(room_of(server, seat), seat.token, **environ)
    assert code == bool(told)
    assert told in written
    assert "hunter2" not in written


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad\r\n\r\n",
        b"\5\xff",
        b"\5",
        b"",
        b"\5\7",
        b"\4\0",
        b"\5\0\5\1\0\1\0\0\0\0\0\0",
    ],
)
async def test_what_is_no_socks_proxy_is_told_by_its_variable(
    server: RunningServer, answer: bytes
) -> None:
    seat = await opened(server)
    async with answering(answer) as port:
        environ = {"ALL_PROXY": f"socks5://127.0.0.1:{port}"}
        code, written = await sent(room_of(server, seat), seat.token, **environ)
    assert (code, written.count("\n")) == (1, 1)
    assert "proxy that ALL_PROXY names" in written


async def refuse(reader: StreamReader, writer: StreamWriter) -> None:
    """Speak SOCKS, and reach nobody, as Tor says of an onion service that is away."""
    await reader.read(3)
    writer.write(b"\5\0")
    await reader.read(1)
    writer.write(b"\5\xf2\0\1\0\0\0\0\0\0")
    await writer.drain()


async def test_a_socks_proxy_that_cannot_reach_the_server_is_told_by_its_variable(
    server: RunningServer,
) -> None:
    seat = await opened(server)
    async with listening(refuse) as port:
        environ = {"ALL_PROXY": f"socks5://127.0.0.1:{port}"}
        code, written = await sent(room_of(server, seat), seat.token, **environ)
    assert (code, written.count("\n")) == (1, 1)
    assert "cannot be reached by the proxy that ALL_PROXY names." in written


# Serving


@pytest.mark.parametrize(
    "environ",
    [
        {"CONFUSABLE_DATA": "/nonexistent"},
        {"PROMETHEUS_MULTIPROC_DIR": "/nonexistent"},
        {"QUART_DEBUG": "1"},
        {"SSLKEYLOGFILE": "/nonexistent/keys"},
        {"OPENSSL_CONF": "/etc/passwd"},
        {"HTTP_PROXY": "foo://x"},
        {"NO_PROXY": "[::1]"},
        {"TZ": "\udcfc"},
        {"LC_ALL": "xx_XX"},
        {"PYTHONIOENCODING": "ascii"},
    ],
    ids=str,
)
async def test_a_server_needs_nothing_that_its_libraries_would_read(
    environ: dict[str, str],
) -> None:
    serve = [sys.executable, "-m", "ephemera", "serve", "--bind", "127.0.0.1:0"]
    async with running(serve, environ=environ) as server:
        seat = await opened(server)
        await assert_arrives(server, seat, room_of(server, seat))
