"""A whole journey, directly and through nginx as shipped: no file is opened for writing."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import httpx

from tests.support.journeys import Secrets, live_through
from tests.support.nginx import RunningNginx, running_nginx
from tests.support.patience import PATIENCE
from tests.support.processes import until
from tests.support.server import running_server
from tests.support.tracing import changes, children, tracing
from tests.support.visitors import visitor

# Waits for a line on its input, then does to files what nobody here may do.
WRITER = """
import os, sys, tempfile
print("ready", flush=True)
sys.stdin.readline()
with tempfile.TemporaryFile() as file:
    file.write(b"spooled")
open(sys.argv[1], "w").close()
os.rename(sys.argv[1], sys.argv[1] + "2")
os.unlink(sys.argv[1] + "2")
open("/dev/null", "w").close()
open("/proc/self/status").close()
print("done", flush=True)
sys.stdin.readline()
"""


async def test_the_tracer_sees_every_way_to_write(tmp_path: Path) -> None:
    """The premise of what follows."""
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(tmp_path / "file"), stdin=PIPE, stdout=PIPE
    )
    assert writer.stdin
    assert writer.stdout
    assert await writer.stdout.readline() == b"ready\n"
    async with tracing(writer.pid) as changed:
        writer.stdin.write(b"go\n")
        assert await writer.stdout.readline() == b"done\n"
    await writer.communicate(b"end\n")
    seen = "\n".join(changed)
    assert "O_TMPFILE" in seen
    assert "O_CREAT" in seen
    assert "rename" in seen
    assert "unlink" in seen
    assert "/dev/null" not in seen
    assert "/proc/self" not in seen


def test_what_only_looks_at_files_is_no_change() -> None:
    assert not list(changes('7 openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3\n'))
    assert not list(changes('7 newfstatat(3, "", {st_mode=S_IFREG|0644}, AT_EMPTY_PATH) = 0\n'))
    assert list(changes('7 openat(AT_FDCWD, "/a", O_RDWR <unfinished ...>\n'))
    assert list(changes('7 mkdir("/a", 0777) = 0\n'))


async def test_a_whole_journey_opens_no_file_for_writing() -> None:
    """Nothing is excepted but /dev/null."""
    async with (
        running_server(EPHEMERA_RATE_LIMITS="off") as server,
        visitor(server.url) as client,
        tracing(server.pid) as changed,
    ):
        await live_through(client, Secrets())
        assert await server.terminate() == 0, "the end is part of it"
    assert not changed


async def test_a_whole_journey_through_nginx_as_shipped_opens_no_file_for_writing() -> None:
    """From the moment nginx listens: its pid file and its empty folders are made before."""
    behind = running_server(EPHEMERA_TRUSTED_HOPS="1", EPHEMERA_RATE_LIMITS="off")
    async with behind as server, running_nginx(server.port) as nginx:
        await until(lambda: has_all_workers(nginx), within=PATIENCE)
        async with (
            httpx.AsyncClient(
                base_url=nginx.url, verify=nginx.trust(), http2=True, timeout=PATIENCE
            ) as client,
            tracing(server.pid, nginx.pid, *children(nginx.pid)) as changed,
        ):
            await live_through(client, Secrets())
        assert not changed
        assert not nginx.spooled()


async def has_all_workers(nginx: RunningNginx) -> bool:
    """It listens before it has made them; as shipped there is one for each processor."""
    return len(children(nginx.pid)) == os.cpu_count()
