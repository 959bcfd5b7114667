"""The onion service of docs/deploy/: Tor's and HAProxy's files, circuits, plain HTTP."""

import asyncio
import json
import re
import shutil
import tempfile
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio

from tests.support.edge import DEPLOY, PATH, Edge
from tests.support.proxies import REVERSE, replaced, running_onion_haproxy
from tests.support.server import STARTS_WITHIN, running_server
from tests.support.sockets import read_all

pytestmark = pytest.mark.asyncio(loop_scope="module")

ONION = "xyzabcdefghijklmnopqrstuvwxyz234567xyzabcdefghijklmnopqr.onion"
FORM = "application/x-www-form-urlencoded"

# Before what in a shipped file each of its lines for Onion-Location goes.
BEFORE = {
    "nginx": ["    upstream ephemera {", "        location / {"],
    "haproxy": ["    # An upgrade to h2c", "    default_backend ephemera\n"],
    "apache": ["    ProxyPreserveHost On\n"],
    "caddy": ["\t# There is no `encode`"],
    "varnish": ["    unset resp.http.Age;\n"],
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def onion() -> AsyncIterator[Edge]:
    """Run HAProxy as between Tor and a server with limits."""
    async with (
        running_server(EPHEMERA_TRUSTED_HOPS="1") as server,
        running_onion_haproxy(server.port) as edge,
    ):
        yield edge


async def ask(
    edge: Edge, circuit: str, path: str, fields: dict[str, str], headers: str = ""
) -> bytes:
    """Post a form as Tor hands it on from a circuit; return the whole answer."""
    body = urlencode(fields)
    async with edge.connection() as (reader, writer), asyncio.timeout(STARTS_WITHIN):
        writer.write(
            f"PROXY TCP6 fc00:dead:beef:4dad::{circuit} ::1 65535 80\r\n"
            f"POST {path} HTTP/1.1\r\nHost: {ONION}\r\nConnection: close\r\n{headers}"
            f"Content-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        return await read_all(reader)


def status(answer: bytes) -> int:
    return int(answer.split()[1])


async def test_each_circuit_has_limits_of_its_own(onion: Edge) -> None:
    forged = "X-Forwarded-For: 203.0.113.9\r\n"
    for circuit in ("0:1", "0:2"):
        answers = [
            await ask(onion, circuit, "/rooms", {"nickname": "Mallory"}, forged) for _ in range(6)
        ]
        assert [status(answer) for answer in answers] == [201] * 5 + [429]


async def test_who_does_not_speak_as_tor_does_is_not_heard(onion: Edge) -> None:
    async with onion.connection() as (reader, writer), asyncio.timeout(STARTS_WITHIN):
        writer.write(f"GET / HTTP/1.1\r\nHost: {ONION}\r\nConnection: close\r\n\r\n".encode())
        assert not await read_all(reader)


async def test_links_name_the_onion_and_cookies_work_without_tls(onion: Edge) -> None:
    as_program = "Accept: application/json\r\n"
    answer = await ask(onion, "0:3", "/rooms", {"nickname": "Ada"}, as_program)
    room = json.loads(answer.partition(b"\r\n\r\n")[2])["room"]
    assert room["url"] == f"http://{ONION}/rooms/{room['id']}"
    browser = f"Accept: text/html\r\nOrigin: http://{ONION}\r\n"
    joined = await ask(onion, "0:3", "/join", {"nickname": "Ben", "code": room["code"]}, browser)
    assert status(joined) == httpx.codes.SEE_OTHER
    cookies = re.findall(rb"(?im)^set-cookie: (.*)\r$", joined)
    assert cookies
    for cookie in cookies:
        assert cookie.startswith(b"seat")
        assert b"HttpOnly" in cookie
        assert b"Secure" not in cookie
    assert b"strict-transport-security" not in joined.lower()
    (seat,) = {cookie.partition(b";")[0].decode() for cookie in cookies if b"/rooms/" in cookie}
    said = await ask(
        onion, "0:4", f"/rooms/{room['id']}/messages", {"text": "x"}, f"{browser}Cookie: {seat}\r\n"
    )
    assert status(said) == httpx.codes.SEE_OTHER


@pytest.mark.parametrize(
    "stranger", [f"Origin: https://{ONION}.evil.example\r\n", "Origin: null\r\n"]
)
async def test_a_form_of_another_site_is_refused(onion: Edge, stranger: str) -> None:
    """The same form from the onion's own page is taken."""
    own = f"Origin: http://{ONION}\r\n"
    assert status(await ask(onion, "0:5", "/rooms", {"nickname": "Ada"}, own)) in {201, 303}
    answer = await ask(onion, "0:5", "/rooms", {"nickname": "Ada"}, stranger)
    assert status(answer) == httpx.codes.FORBIDDEN


async def test_tor_takes_the_shipped_file() -> None:
    code, said = await verify(lambda text: text)
    assert code == 0, said
    assert "Configuration was valid" in said


async def test_tor_would_refuse_a_file_with_a_mistake() -> None:
    code, said = await verify(
        lambda text: text.replace("ExportCircuitID haproxy", "ExportCircuitID h")
    )
    assert code != 0, said


async def verify(change: Callable[[str], str]) -> tuple[int, str]:
    """Let tor check the shipped file; nothing is started and nobody is called."""
    with tempfile.TemporaryDirectory(prefix="ephemera-tor-") as name:
        text = replaced((DEPLOY / "torrc").read_text(encoding="utf-8"), {"/var/lib/tor": name})
        file = Path(name) / "torrc"
        file.write_text(change(text), encoding="utf-8")
        program = shutil.which("tor", path=PATH)
        assert program, "tor is missing: run tools/system_packages.py"
        process = await asyncio.create_subprocess_exec(
            program, "--verify-config", "-f", str(file), stdout=PIPE, stderr=STDOUT
        )
        said, _ = await asyncio.wait_for(process.communicate(), STARTS_WITHIN)
        assert process.returncode is not None
        return process.returncode, said.decode()


@pytest.mark.parametrize("name", BEFORE)
async def test_the_onion_is_named_in_the_lobby_and_nowhere_else(name: str, onion: Edge) -> None:
    lines = zip(onion_location(name), BEFORE[name], strict=True)
    added = {place: f"{line}\n{place}" for line, place in lines}
    async with REVERSE[name](upstream_of(onion), added) as edge, edge.visitor() as client:
        lobby = await client.get("/")
        assert lobby.headers["Onion-Location"] == "http://xyz.onion/"
        for path in ("/join", "/join/ABCDE-FGHJK", "/rooms/0123456789abcdef0123", "/about"):
            assert "Onion-Location" not in (await client.get(path)).headers


def onion_location(name: str) -> list[str]:
    """Return the lines that onion.md gives for a proxy."""
    text = (DEPLOY / "onion.md").read_text(encoding="utf-8")
    row = re.search(rf"(?mi)^\| {name}[^|]*\|(.*)\|$", text)
    assert row
    return re.findall(r"`([^`]+)`", row[1])


def upstream_of(onion: Edge) -> int:
    conf = (onion.shop.folder / "onion.cfg").read_text(encoding="utf-8")
    found = re.search(r"server one 127\.0\.0\.1:(\d+)", conf)
    assert found
    return int(found[1])
