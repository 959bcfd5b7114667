"""A proxy that runs: the folder it may write to, what it has printed, the way in for visitors."""

import asyncio
import os
import shutil
import ssl
import tempfile
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.support.patience import PATIENCE
from tests.support.processes import until
from tests.support.server import ROOT, STARTS_WITHIN, STOPS_WITHIN
from tests.support.tracing import children

DEPLOY = ROOT / "docs" / "deploy"
# Where Debian keeps servers, and where only root's PATH looks.
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
SUBJECT = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]


@dataclass(frozen=True)
class Edge:
    """Where visitors come in.

    `plain_url` is the plain HTTP that only sends on to HTTPS. `forward` is the port of a proxy
    that the visitor's own side has chosen.
    """

    url: str
    shop: "Workshop"
    plain_url: str = ""
    certificate: Path | None = None
    forward: int | None = None

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def trust(self) -> ssl.SSLContext | None:
        """Return what a client needs to believe the certificate; each changes its own."""
        return ssl.create_default_context(cafile=self.certificate) if self.certificate else None

    def visitor(
        self,
        address: str = "127.0.0.1",
        *,
        http2: bool = True,
        **options: Any,  # noqa: ANN401 # httpx has them
    ) -> httpx.AsyncClient:
        """Return a client that comes from `address`, by HTTP/2 where there is TLS."""
        transport = httpx.AsyncHTTPTransport(
            verify=self.trust() or False,
            http2=http2 and self.certificate is not None,
            proxy=f"http://127.0.0.1:{self.forward}" if self.forward else None,
            local_address=None if self.forward else address,
            limits=httpx.Limits(max_connections=None, keepalive_expiry=2),
        )
        return httpx.AsyncClient(
            base_url=self.url, transport=transport, timeout=PATIENCE, **options
        )

    @asynccontextmanager
    async def connection(
        self, address: str = "127.0.0.1"
    ) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
        """Keep a bare connection for HTTP/1.1, as a browser would have it, until the block ends."""
        port = self.forward or self.port
        reader, writer = await asyncio.open_connection(
            "127.0.0.1",
            port,
            local_addr=(address, 0),
            ssl=None if self.forward else self.trust(),
        )
        try:
            if self.forward and self.certificate:
                await self._tunnel(reader, writer)
            yield reader, writer
        finally:
            writer.transport.abort()  # a polite end would trip over bytes that nobody read

    def target(self, path: str) -> str:
        """Return what stands in the request line of HTTP/1.1 on such a connection."""
        return f"{self.url}{path}" if self.forward and not self.certificate else path

    async def _tunnel(self, reader: StreamReader, writer: StreamWriter) -> None:
        place = f"127.0.0.1:{self.port}"
        writer.write(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        trust = self.trust()
        assert trust
        await writer.start_tls(trust, server_hostname="127.0.0.1")


@dataclass
class Workshop:
    """Where a proxy is set up: its folder, its processes, a file with all that they print."""

    folder: Path
    said: Path
    processes: list[Process] = field(default_factory=list)

    def write(self, name: str, text: str) -> str:
        """Write a file of the proxy; return its path."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def adapt(self, name: str, shorter: Mapping[str, str], placeholders: Mapping[str, str]) -> str:
        """Write a shipped file, the placeholders that its first lines name replaced."""
        text = (DEPLOY / name).read_text(encoding="utf-8")
        for part, value in {**placeholders, **shorter}.items():
            assert part in text, f"{name} has lost {part!r}"
            text = text.replace(part, value)
        return self.write(name, text)

    async def start(self, program: str, *arguments: str) -> None:
        """Start a program that stays in the foreground; what it prints goes into one file."""
        found = shutil.which(program, path=PATH)
        assert found, f"{program} is missing: run tools/system_packages.py"
        with self.said.open("ab") as said:
            process = await asyncio.create_subprocess_exec(
                found, *arguments,
                cwd=self.folder, env=self._environment(), stdin=DEVNULL, stdout=said, stderr=said,
            )  # fmt: skip
        self.processes.append(process)

    async def open(self, port: int, plain: int | None = None, *, secure: bool = True) -> Edge:
        """Wait until the proxy listens, and return the way in."""
        await self.until_listening(port)
        if not secure:
            return self.edge(f"http://127.0.0.1:{port}")
        urls = (f"https://127.0.0.1:{port}", f"http://127.0.0.1:{plain}")
        return self.edge(*urls, certificate=self.folder / "fullchain.pem")

    def edge(self, url: str, plain_url: str = "", **options: Any) -> Edge:  # noqa: ANN401 # Edge has them
        """Return the way in at `url`."""
        return Edge(url, self, plain_url, **options)

    async def until_listening(self, port: int) -> None:
        """Wait until somebody listens on the port; fail when a program has ended instead."""

        async def listens() -> bool:
            assert all(process.returncode is None for process in self.processes), self.printed()
            return await _connects(port)

        await until(listens, STARTS_WITHIN)

    def printed(self) -> bytes:
        """Return all that the programs have printed."""
        return self.said.read_bytes()

    def written(self) -> bytes:
        """Return all that is in any file of the proxy's folder."""
        files = (path for path in sorted(self.folder.rglob("*")) if path.is_file())
        return b"\0".join(path.read_bytes() for path in files)

    def pids(self) -> list[int]:
        """Return every process of the proxy."""
        found = [process.pid for process in self.processes]
        for pid in found:
            found += children(pid)
        return found

    async def stop(self) -> None:
        """Stop the programs, the last first."""
        for process in reversed(self.processes):
            if process.returncode is None:
                process.terminate()
            await asyncio.wait_for(process.wait(), STOPS_WITHIN)

    def _environment(self) -> dict[str, str]:
        places = ("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
        return {"PATH": PATH, **dict.fromkeys(places, str(self.folder / "home"))}


@asynccontextmanager
async def workshop(name: str) -> AsyncIterator[Workshop]:
    """Set up a folder with a certificate; stop what was started in it when the block ends."""
    with tempfile.TemporaryDirectory(prefix=f"ephemera-{name}-") as root:
        shop = Workshop(Path(root) / "folder", Path(root) / "said")
        (shop.folder / "home").mkdir(parents=True)
        for place, mode in (
            (Path(root), 0o711),
            (shop.folder, 0o711),
            (shop.folder / "home", 0o777),
        ):
            place.chmod(mode)  # many proxies work under another account
        await make_certificate(shop.folder)
        try:
            yield shop
        finally:
            await shop.stop()


async def make_certificate(folder: Path) -> None:
    """Write fullchain.pem, privkey.pem, and both.pem with the two."""
    chain, key = folder / "fullchain.pem", folder / "privkey.pem"
    process = await asyncio.create_subprocess_exec(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-days", "2", *SUBJECT, "-keyout", str(key), "-out", str(chain),
        stderr=PIPE,
    )  # fmt: skip
    _, stderr = await asyncio.wait_for(process.communicate(), STARTS_WITHIN)
    assert process.returncode == 0, stderr.decode()
    (folder / "both.pem").write_bytes(chain.read_bytes() + key.read_bytes())


async def _connects(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.transport.abort()
    return True
