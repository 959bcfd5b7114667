"""Watches running processes by strace: which files do they write to, make, move or remove?"""

import asyncio
import re
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.server import STARTS_WITHIN, STOPS_WITHIN

# Calls that take a file's name and change nothing.
_HARMLESS = re.compile(
    r"(stat|lstat|newfstatat|statx|statfs|access|faccessat2?|readlink|readlinkat|getcwd|chdir)\("
)
_OPENS = re.compile(r"(open|openat|openat2)\(")
_FOR_WRITING = re.compile(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)|__O_TMPFILE")
_CALL = re.compile(r"^\d+ +(?P<call>[a-z_0-9]+\(.*)$")


@asynccontextmanager
async def tracing(*pids: int) -> AsyncIterator[list[str]]:
    """Collect the calls by which these processes and their children touch files to change them.

    The list is filled when the block ends. Not followed: what goes into descriptors that were
    open before (standard output and error, sockets).
    """
    found: list[str] = []
    with tempfile.TemporaryDirectory(prefix="ephemera-trace-") as name:
        log = Path(name) / "calls"
        processes = [part for pid in pids for part in ("-p", str(pid))]
        tracer = await asyncio.create_subprocess_exec(
            "strace", "-f", "-e", "trace=%file", "-e", "signal=none", "-o", str(log), *processes,
            stderr=PIPE,
        )  # fmt: skip
        try:
            await _until_attached(tracer, len(pids))
            yield found
        finally:
            await _detach(tracer)
            found += changes(log.read_text(encoding="utf-8", errors="replace"))


def changes(text: str) -> Iterator[str]:
    """Yield the lines of a trace that may change a file system."""
    for line in text.splitlines():
        call = _CALL.match(line)
        if call and "/dev/null" not in line and not _only_looks(call["call"]):
            yield line


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(each) for each in text.split()]


def _only_looks(call: str) -> bool:
    if _OPENS.match(call):
        return not _FOR_WRITING.search(call)
    return bool(_HARMLESS.match(call))


async def _until_attached(tracer: Process, count: int) -> None:
    assert tracer.stderr
    async with asyncio.timeout(STARTS_WITHIN):
        while count:
            line = await tracer.stderr.readline()
            assert b" attached" in line, f"strace cannot attach: {line.decode()}"
            count -= 1


async def _detach(tracer: Process) -> None:
    if tracer.returncode is None:
        tracer.terminate()
    await asyncio.wait_for(tracer.communicate(), STOPS_WITHIN)
