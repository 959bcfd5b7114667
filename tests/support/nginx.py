"""Starts Debian's nginx with the very file of docs/deploy/, and stops it."""

import asyncio
import os
import shutil
import socket
import ssl
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import ROOT, STARTS_WITHIN, STOPS_WITHIN

SHIPPED = ROOT / "docs" / "deploy" / "nginx.conf"
SUBJECT = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]


@dataclass(frozen=True)
class RunningNginx:
    """A proxy in front of a server; its folder holds all that it could write to."""

    url: str
    certificate: Path
    folder: Path
    process: Process

    @property
    def pid(self) -> int:
        return self.process.pid

    def spooled(self) -> list[Path]:
        """Return every file in the folders where nginx would keep bodies and answers."""
        return [path for path in (self.folder / "spool").rglob("*") if path.is_file()]

    def trust(self) -> ssl.SSLContext:
        """Return what a client needs to believe the certificate."""
        return ssl.create_default_context(cafile=self.certificate)


@asynccontextmanager
async def running_nginx(*upstreams: int | str) -> AsyncIterator[RunningNginx]:
    """Run nginx as shipped, on a free port, before servers, which take turns.

    They are told by their ports, or as nginx names them.
    """
    with tempfile.TemporaryDirectory(prefix="ephemera-nginx-") as name:
        folder, (https, http) = Path(name), free_ports(2)
        await _make_certificate(folder)
        conf = _write_conf(folder, adapted(folder, upstreams, https, http))
        command = [program(), "-e", "stderr", "-p", name, "-c", conf, "-g", "daemon off;"]
        process = await asyncio.create_subprocess_exec(*command, stderr=PIPE)
        try:
            await _until_it_listens(process, https)
            url = f"https://127.0.0.1:{https}"
            yield RunningNginx(url, folder / "fullchain.pem", folder, process)
        finally:
            await _stop(process)


def adapted(folder: Path, upstreams: Sequence[int | str], https: int, http: int) -> str:
    """Return the shipped file with the placeholders that its first lines name replaced."""
    text = SHIPPED.read_text(encoding="utf-8")
    places = [f"127.0.0.1:{each}" if isinstance(each, int) else each for each in upstreams]
    for placeholder, value in {
        "listen 443 ": f"listen 127.0.0.1:{https} ",
        "listen 80;": f"listen 127.0.0.1:{http};",
        "server 127.0.0.1:8000": "; ".join(f"server {place}" for place in places),
        "/etc/ssl/ephemera": str(folder),
        "/var/lib/nginx": str(folder / "spool"),
        "/run/nginx.pid": str(folder / "nginx.pid"),
    }.items():
        assert placeholder in text, f"{SHIPPED} has lost its placeholder {placeholder}"
        text = text.replace(placeholder, value)
    return text


def program() -> str:
    """Return where nginx is; Debian keeps it where only root's PATH looks."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert found, "nginx is missing: run tools/system_packages.py"
    return found


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _write_conf(folder: Path, text: str) -> str:
    folder.chmod(0o711)  # nginx's workers are another account
    (folder / "spool").mkdir()
    conf = folder / "nginx.conf"
    conf.write_text(text, encoding="utf-8")
    return str(conf)


async def _make_certificate(folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-days", "2", *SUBJECT,
        "-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem"),
        stderr=PIPE,
    )  # fmt: skip
    _, stderr = await asyncio.wait_for(process.communicate(), STARTS_WITHIN)
    assert process.returncode == 0, stderr.decode()


async def _until_it_listens(process: Process, port: int) -> None:
    async with asyncio.timeout(STARTS_WITHIN):
        while not await _connects(port):
            assert process.returncode is None, await _complaint(process)


async def _connects(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def _complaint(process: Process) -> str:
    assert process.stderr
    return (await process.stderr.read()).decode()


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    await asyncio.wait_for(process.communicate(), STOPS_WITHIN)
