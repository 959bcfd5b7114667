"""What the kernel knows of a process, and waiting for it to change."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.support.patience import PATIENCE

LOOKS_AGAIN_AFTER = 0.05


def descriptors(pid: int) -> int:
    """Return how many descriptors the process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def children(pid: int) -> list[int]:
    """Return the processes that the process has started, in that order."""
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in told.split()]


def resident(pid: int) -> int:
    """Return how much memory of the process is in RAM, in bytes."""
    return _status(pid, "VmRSS")


def most_resident(pid: int) -> int:
    """Return how much of its memory ever was in RAM at once, since `forget_peak`, in bytes."""
    return _status(pid, "VmHWM")


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


async def until(holds: Callable[[], Awaitable[bool]], within: float) -> float:
    """Wait until the condition holds; return how long it took, or fail at the deadline."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    async with asyncio.timeout(within):
        while not await holds():  # noqa: ASYNC110 # other processes set no event
            await asyncio.sleep(LOOKS_AGAIN_AFTER)
    return loop.time() - start


async def comes(holds: Callable[[], object], within: float = PATIENCE) -> None:
    """Wait until what others do in this process has come about."""

    async def now() -> bool:
        return bool(holds())

    await until(now, within)


def _status(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"The kernel does not tell {name}")
