"""Runs curl, the other browser."""

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.patience import PATIENCE

LISTENS_WITHIN = PATIENCE


@dataclass
class Listener:
    """A `curl -N` with every line that it has printed so far."""

    lines: list[str] = field(default_factory=list)
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, line: str) -> None:
        """Wait until this line is there; fail with all that is there instead."""
        try:
            async with asyncio.timeout(LISTENS_WITHIN):
                while line not in self.lines:
                    self._heard.clear()
                    await self._heard.wait()
        except TimeoutError:
            raise AssertionError(f"{line!r} is not among {self.lines}") from None

    async def listen(self, pipe: asyncio.StreamReader) -> None:
        while line := await pipe.readline():
            self.lines.append(line.decode().rstrip("\n"))
            self._heard.set()


@asynccontextmanager
async def listening(url: str, token: str, certificate: Path) -> AsyncIterator[Listener]:
    """Read a stream with `curl -N` until the block ends."""
    bearer = f"Authorization: Bearer {token}"
    process = await asyncio.create_subprocess_exec(
        "curl", "-sSN", "--cacert", str(certificate), "-H", bearer, url, stdout=PIPE
    )
    assert process.stdout
    listener = Listener()
    reading = asyncio.create_task(listener.listen(process.stdout))
    try:
        yield listener
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        await reading


async def post(url: str, certificate: Path, *arguments: str) -> str:
    """POST with curl and return the answer; fail when it is a refusal."""
    process = await asyncio.create_subprocess_exec(
        "curl", "-sS", "--fail-with-body", "--cacert", str(certificate), *arguments, url,
        stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    stdout, stderr = await asyncio.wait_for(process.communicate(), LISTENS_WITHIN)
    assert process.returncode == 0, (stdout + stderr).decode()
    return stdout.decode()
