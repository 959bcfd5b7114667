"""Where it listens: several places, paths for other accounts."""

import asyncio
import errno
import os
import socket
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.support.nginx import running_nginx
from tests.support.patience import PATIENCE
from tests.support.server import ROOT, outcome, running, running_server

UNIT: Final = (ROOT / "docs" / "deploy" / "ephemera.service").read_text("utf-8")


def reaching(url: str) -> httpx.AsyncClient:
    """Return a client of what the ready line names."""
    uds = url.removeprefix("unix:") if url.startswith("unix:") else None
    transport = httpx.AsyncHTTPTransport(uds=uds)
    base = url if uds is None else "http://localhost"
    return httpx.AsyncClient(transport=transport, base_url=base, timeout=PATIENCE)


async def test_serving_at_several_places_names_all_of_them_and_answers_there(
    tmp_path: Path,
) -> None:
    path = tmp_path / "socket"
    async with running_server(bind=f"127.0.0.1:0, [::1]:0 unix:{path}") as server:
        ipv4, ipv6, unix = server.urls
        assert server.stdout == f"Ephemera is open at {ipv4}, {ipv6} and {unix}\n"
        assert ipv4.startswith("http://127.0.0.1:")
        assert ipv6.startswith("http://[::1]:")
        assert unix == f"unix:{path}"
        for url in server.urls:
            async with reaching(url) as client:
                assert (await client.get("/health/ready")).status_code == httpx.codes.OK


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Make a folder that every account may enter, unlike those that pytest makes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


CONNECT = """
import os, socket, sys
os.setgid(65534), os.setuid(65534)
sys.exit(socket.socket(socket.AF_UNIX).connect_ex(sys.argv[1]))
"""


async def can_connect(path: Path) -> bool:
    """Tell whether another account, such as that of a proxy, can connect."""
    other = await asyncio.create_subprocess_exec(sys.executable, "-S", "-c", CONNECT, str(path))
    code = await asyncio.wait_for(other.wait(), PATIENCE)
    assert code in {0, errno.EACCES}
    return code == 0


@pytest.mark.parametrize(("mode", "is_for_all"), [("", True), ("0660", False), ("0666", True)])
async def test_a_proxy_of_another_account_reaches_a_path_under_the_umask_of_the_unit(
    open_folder: Path, mode: str, *, is_for_all: bool
) -> None:
    path = open_folder / "socket"
    assert "UMask=0077" in UNIT, "the premise"
    serve = f"umask 0077; exec {sys.executable} -m ephemera serve --bind unix:{path}"
    environ = {"EPHEMERA_SOCKET_MODE": mode} if mode else {}
    async with running(["/bin/sh", "-c", serve], environ=environ):
        assert stat.S_IMODE(path.stat().st_mode) == int(mode or "0666", 8)
        if os.getuid() == 0:
            assert await can_connect(path) == is_for_all


@pytest.mark.parametrize(("mode", "status"), [("0666", 200), ("0600", 502)])
async def test_nginx_as_shipped_reaches_a_path_unless_its_mode_forbids_it(
    open_folder: Path, mode: str, status: int
) -> None:
    path = open_folder / "socket"
    async with (
        running_server(bind=f"unix:{path}", EPHEMERA_SOCKET_MODE=mode),
        running_nginx(f"unix:{path}") as nginx,
        httpx.AsyncClient(verify=nginx.trust(), timeout=PATIENCE) as client,
    ):
        answer = await client.get(f"{nginx.url}/health/live")
        # Only root can give the workers of nginx another account.
        assert answer.status_code == (status if os.getuid() == 0 else httpx.codes.OK)


async def test_one_place_that_is_taken_is_named_and_no_path_is_left(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        code, written = await outcome("serve", EPHEMERA_BIND=f"127.0.0.1:0,unix:{path},{bind}")
    assert (code, path.exists()) == (1, False)
    assert written == f"ephemera: Ephemera cannot listen on {bind}: something else listens there.\n"


async def test_a_start_that_an_engine_stops_leaves_no_path(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    environ = {"EPHEMERA_ENGINE": "redis://127.0.0.1:1", "EPHEMERA_SECRET": "x" * 16}
    code, written = await outcome("serve", "--bind", f"unix:{path}", **environ)
    assert (code, path.exists()) == (1, False)
    assert written.count("\n") == 1
