"""Starts the real program, as a person would, and stops it."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent.parent

STARTS_WITHIN = PATIENCE
STOPS_WITHIN = PATIENCE

_OPEN = re.compile(r"^Ephemera is open at (.+)\n", re.MULTILINE)
_BETWEEN = re.compile(r", | and ")


@dataclass
class RunningServer:
    """A server in a process of its own, with everything that it has written so far."""

    process: Process
    url: str = ""
    _written: dict[str, bytearray] = field(
        default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()}
    )
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def urls(self) -> list[str]:
        """Where it says that it is open; the first one is `url`."""
        match = _OPEN.search(self.stdout)
        return _BETWEEN.split(match[1]) if match else []

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def stdout(self) -> str:
        return self._written["stdout"].decode()

    @property
    def stderr(self) -> str:
        return self._written["stderr"].decode()

    async def terminate(self, within: float = STOPS_WITHIN) -> int:
        """Send SIGTERM and return the exit code; fail when that takes longer than `within`."""
        self.send(signal.SIGTERM)
        return await self.ended(within)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ended(self, within: float = STOPS_WITHIN) -> int:
        return await asyncio.wait_for(self.process.wait(), within)

    async def written(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Wait until standard output holds `pattern`; fail with all that was written instead."""
        while not (match := pattern.search(self.stdout)):
            self._heard.clear()
            if self.process.returncode is not None:
                raise AssertionError(f"The server ended early: {self.stdout}{self.stderr}")
            await self._heard.wait()
        return match

    async def _listen(self, name: str, pipe: asyncio.StreamReader | None) -> None:
        assert pipe
        while chunk := await pipe.read(65_536):
            self._written[name] += chunk
            self._heard.set()
        await self.process.wait()
        self._heard.set()


@asynccontextmanager
async def running_server(
    *, python: str = sys.executable, folder: Path = ROOT, bind: str = "127.0.0.1:0", **environ: str
) -> AsyncIterator[RunningServer]:
    """Serve on a free port with these EPHEMERA_* variables until the block ends."""
    command = [python, "-m", "ephemera", "serve", "--bind", bind]
    async with running(command, folder, environ) as server:
        await _until_ready(server)
        yield server


@asynccontextmanager
async def running(
    command: Sequence[str],
    folder: Path = ROOT,
    environ: Mapping[str, str] | None = None,
    descriptors: Sequence[int] = (),
) -> AsyncIterator[RunningServer]:
    """Run a program that says `Ephemera is open at …` until the block ends."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environment(environ or {}), stdout=PIPE, stderr=PIPE,
        pass_fds=descriptors,
    )  # fmt: skip
    server = RunningServer(process)
    listening = asyncio.gather(
        server._listen("stdout", process.stdout), server._listen("stderr", process.stderr)
    )
    try:
        async with asyncio.timeout(STARTS_WITHIN):
            await server.written(_OPEN)
            server.url = server.urls[0]
        yield server
    finally:
        await _stop(server)
        await listening


async def outcome(*arguments: str, **environ: str) -> tuple[int, str]:
    """Run `ephemera` with these arguments to its end; return the exit code and what it wrote."""
    return await outcome_of(None, *arguments, **environ)


async def outcome_of(given: bytes | None, *arguments: str, **environ: str) -> tuple[int, str]:
    """Do the same with these bytes as its standard input."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ephemera", *arguments,
        cwd=ROOT, env=environment(environ), stdout=PIPE, stderr=PIPE,
        stdin=None if given is None else PIPE,
    )  # fmt: skip
    stdout, stderr = await asyncio.wait_for(process.communicate(given), STARTS_WITHIN)
    assert process.returncode is not None
    return process.returncode, (stdout + stderr).decode()


def environment(chosen: Mapping[str, str]) -> dict[str, str]:
    """Return this environment with no EPHEMERA_* but the chosen ones, and no debugging."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("EPHEMERA_") and name != "PYTHONASYNCIODEBUG"
    }
    return {**inherited, **chosen}


async def _until_ready(server: RunningServer) -> None:
    if not server.url.startswith("http"):
        return
    async with (
        asyncio.timeout(STARTS_WITHIN),
        httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as client,
    ):
        while (await client.get("/health/ready")).status_code != httpx.codes.OK:
            pass


async def _stop(server: RunningServer) -> None:
    if server.process.returncode is not None:
        return
    server.send(signal.SIGTERM)
    try:
        await server.ended()
    except TimeoutError:
        server.process.kill()
        await server.process.wait()
