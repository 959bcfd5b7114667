"""What the kernel says about a server: processor time and memory, of it and its children."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
TICKS: Final = os.sysconf("SC_CLK_TCK")
# proc(5): fields of /proc/PID/stat behind the name of the program, counted from the state.
PARENT: Final = 1
USER: Final = 11
SYSTEM: Final = 12


def family(pid: int) -> list[int]:
    """Return the process and all its descendants."""
    parents = dict(_parents())
    found = [pid]
    for member in found:  # grows while we walk
        found += [child for child, parent in parents.items() if parent == member]
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the processor time that the processes have used, in seconds."""
    return sum(_ticks(_stat(pid)) for pid in pids) / TICKS


def memory_kib(pids: Iterable[int]) -> int:
    """Return the PSS of the processes in KiB: what is shared is divided by who shares it."""
    return sum(_pss(pid) for pid in pids)


def _parents() -> Iterator[tuple[int, int]]:
    for folder in PROC.iterdir():
        if folder.name.isdecimal():
            pid = int(folder.name)
            try:
                yield pid, int(_stat(pid)[PARENT])
            except OSError:  # it has ended meanwhile
                continue


def _stat(pid: int) -> list[str]:
    return (PROC / str(pid) / "stat").read_text("utf-8").rpartition(")")[2].split()


def _ticks(stat: list[str]) -> int:
    return int(stat[USER]) + int(stat[SYSTEM])


def _pss(pid: int) -> int:
    rollup = (PROC / str(pid) / "smaps_rollup").read_text("utf-8")
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
