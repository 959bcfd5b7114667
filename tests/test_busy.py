"""The busy loops of `tools/busy.py` end with it, however that happens."""

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from os import kill
from pathlib import Path
from signal import SIG_DFL, SIG_IGN

import pytest

from tests.support.patience import PATIENCE
from tests.support.processes import comes
from tests.support.server import ROOT

LOOPS = 2


@asynccontextmanager
async def busy(*command: str, hangup: signal.Handlers = SIG_DFL) -> AsyncIterator[Process]:
    """Run the command; what a hangup comes to is settled, for this test may itself run by nohup."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ROOT / "tools/busy.py"), "-n", str(LOOPS), "--", *command),
        preexec_fn=partial(signal.signal, signal.SIGHUP, hangup),
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()


def children_of(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in told.split()]


def is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


async def ended(process: Process) -> int:
    return await asyncio.wait_for(process.wait(), PATIENCE)


@pytest.mark.parametrize(
    ("command", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 128 + 9)]
)
async def test_the_exit_code_of_the_command_is_passed_on(command: str, code: int) -> None:
    async with busy("sh", "-c", command) as process:
        assert await ended(process) == code


async def test_the_loops_keep_the_processor_busy_until_the_command_has_ended(
    tmp_path: Path,
) -> None:
    go_on = tmp_path / "go on"
    command = f"until [ -e '{go_on}' ]; do sleep 0.05; done"
    async with busy("sh", "-c", command) as process:
        await comes(lambda: len(children_of(process.pid)) == LOOPS + 1)
        *loops, _ = children_of(process.pid)
        await comes(lambda: all(seconds_used(loop) > 0.5 for loop in loops))
        go_on.touch()
        assert await ended(process) == 0
    assert not any(map(is_running, loops))


def seconds_used(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
async def test_whoever_ends_it_ends_the_loops(number: signal.Signals) -> None:
    async with busy("sleep", "1000") as process:
        await comes(lambda: len(children_of(process.pid)) == LOOPS + 1)
        *loops, command = children_of(process.pid)
        await comes(lambda: Path(f"/proc/{command}/comm").read_text(encoding="ascii") == "sleep\n")
        process.send_signal(number)
        code = await ended(process)
        assert code == (-number if number == signal.SIGKILL else 128 + number)
        await comes(lambda: not any(map(is_running, loops)))
        if number == signal.SIGKILL:  # nothing could be passed on
            kill(command, signal.SIGKILL)
        await comes(lambda: not is_running(command))


async def test_by_nohup_it_outlives_a_hangup() -> None:
    async with busy("sh", "-c", "kill -HUP $PPID; exit 7", hangup=SIG_IGN) as process:
        assert await ended(process) == 7
