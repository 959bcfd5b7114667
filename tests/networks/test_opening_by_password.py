"""docs/deploy/nginx.md: nginx asks for a password who opens a room, and nobody who joins one."""

import re
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest
import pytest_asyncio

from tests.support.edge import DEPLOY, Edge
from tests.support.proxies import running_nginx
from tests.support.server import running_server
from tests.support.visitors import AS_PROGRAM, join, say

pytestmark = pytest.mark.asyncio(loop_scope="module")

FRIEND: Final = httpx.BasicAuth("friends", "open sesame")
ADA: Final = {"nickname": "Ada"}


def example(kind: str, holds: str) -> str:
    """Return the example of the page that holds this."""
    page = (DEPLOY / "nginx.md").read_text(encoding="utf-8")
    (found,) = (
        text for text in re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL) if holds in text
    )
    return str(found)


def write_passwords(folder: Path) -> Path:
    """Write the file by the first command of the page; nobody is there to be asked for the word."""
    file = folder / "passwords"
    command = example("sh", "passwd -6").splitlines()[0]
    assert "passwd -6)" in command
    for part, here in {
        "passwd -6": "passwd -6 'open sesame'",
        "/etc/nginx/ephemera.passwords": str(file),
    }.items():
        command = command.replace(part, here)
    subprocess.run(["sh", "-c", command], check=True)
    file.chmod(0o644)  # in the place of the second, for workers of another account
    return file


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def edge() -> AsyncIterator[Edge]:
    with open_folder() as folder:
        async with asking(folder) as running:
            yield running


@contextmanager
def open_folder() -> Iterator[Path]:
    """Make a folder for workers of another account: those of pytest are closed to them."""
    with tempfile.TemporaryDirectory(prefix="ephemera-passwords-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@asynccontextmanager
async def asking(folder: Path) -> AsyncIterator[Edge]:
    """Run nginx as shipped, with the example in it."""
    passwords = str(write_passwords(folder))
    asks = example("nginx", "auth_basic").replace("/etc/nginx/ephemera.passwords", passwords)
    guarded = {"        location / {": f"{asks}\n        location / {{"}
    async with (
        running_server(EPHEMERA_TRUSTED_HOPS="1") as server,
        running_nginx(server.port, guarded) as running,
    ):
        yield running


async def test_nobody_opens_a_room_without_the_password_however_the_path_is_written(
    edge: Edge,
) -> None:
    async with edge.visitor("127.66.0.2") as client:
        for path in ("/rooms", "//rooms", "/%72ooms", "/./rooms", "/x/../rooms", "/rooms?a=b"):
            answer = await client.post(f"{edge.url}{path}", data=ADA, headers=AS_PROGRAM)
            assert answer.status_code == httpx.codes.UNAUTHORIZED, path
            assert "Basic" in answer.headers["WWW-Authenticate"]
        for path in ("/rooms/", "/Rooms", "/rooms%20", "/rooms;x"):
            answer = await client.post(path, data=ADA, headers=AS_PROGRAM)
            assert answer.status_code in {404, 405}, path
        wrong = httpx.BasicAuth("friends", "abracadabra")
        answer = await client.post("/rooms", data=ADA, headers=AS_PROGRAM, auth=wrong)
        assert answer.status_code == httpx.codes.UNAUTHORIZED


async def test_who_knows_it_opens_and_whoever_has_the_code_joins_without(edge: Edge) -> None:
    async with edge.visitor("127.66.0.3") as client, edge.visitor("127.66.0.4") as other:
        opened = await client.post("/rooms", data=ADA, headers=AS_PROGRAM, auth=FRIEND)
        assert opened.status_code == httpx.codes.CREATED
        ben = await join(other, opened.json()["room"]["code"])
        await say(other, ben, "dusk and paper")
        for path in ("/", "/join", "/about", "/health/live"):
            assert (await other.get(path)).status_code == httpx.codes.OK


async def test_the_place_with_a_password_has_the_headers_of_the_server(edge: Edge) -> None:
    """Links begin with https://, and a visitor is known by an address that is not its to choose."""
    async with edge.visitor("127.66.0.5") as client, edge.visitor("127.66.0.6") as other:
        for number, status in enumerate([201] * 5 + [429]):
            forged = {**AS_PROGRAM, "X-Forwarded-For": f"203.0.113.{number}"}
            answer = await client.post("/rooms", data=ADA, headers=forged, auth=FRIEND)
            assert answer.status_code == status
            if status == httpx.codes.CREATED:
                assert answer.json()["room"]["url"].startswith(f"{edge.url}/rooms/")
        answer = await other.post("/rooms", data=ADA, headers=AS_PROGRAM, auth=FRIEND)
        assert answer.status_code == httpx.codes.CREATED


async def test_a_browser_that_goes_on_sending_the_password_has_its_seat(edge: Edge) -> None:
    async with edge.visitor("127.66.0.7", auth=FRIEND, follow_redirects=True) as browser:
        page = await browser.post("/rooms", data=ADA, headers={"Accept": "text/html"})
        assert page.status_code == httpx.codes.OK
        assert "/rooms/" in str(page.url)
        assert "Ada" in page.text
