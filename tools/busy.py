"""Runs a command on a machine that does something else besides.

`python tools/busy.py -- make test` runs busy loops beside `make test`, one on each core or as many
as `-n` says. They end with this process, however it ends; its exit code is that of the command.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

# A loop ends by itself when its parent is gone: nobody else could stop it after a SIGKILL.
LOOP: Final = """
import os, sys
while os.getppid() == int(sys.argv[1]):
    for _ in range(1_000_000):
        pass
"""
PASSED_ON: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Run the command beside the loops and return its exit code, as a shell would tell it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=os.cpu_count() or 1, help="how many loops")
    parser.add_argument("command", nargs="+")
    chosen = parser.parse_args()
    with _loops(chosen.n):
        return _run(chosen.command)


@contextmanager
def _loops(count: int) -> Iterator[None]:
    command = [sys.executable, "-S", "-c", LOOP, str(os.getpid())]
    loops = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def _run(command: Sequence[str]) -> int:
    """Run it to its end; whoever wants us to stop wants the command to stop."""
    running: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def pass_on(number: int, _: FrameType | None = None) -> None:
        if not running:
            early.append(number)
            return
        with suppress(ProcessLookupError):
            running[0].send_signal(number)

    for number in PASSED_ON:
        if signal.getsignal(number) != signal.SIG_IGN:  # by nohup, and the command ignores it, too
            signal.signal(number, pass_on)
    running.append(subprocess.Popen(command))
    for missed in early:
        pass_on(missed)
    code = running[0].wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
