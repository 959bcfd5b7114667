"""Processes of Ephemera on one engine: to be asked, killed, stopped, and started again."""

import os
import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from bench.server import DIES_WITH_US, free_port
from bench.soak.calls import CLOSED, Answer, Calls, Then
from bench.soak.loop import Loop

FAULT: Final = " ERROR "
"""What stands in a line of the log about something that nobody had foreseen."""


class Process:
    """One `ephemera serve`, always on the same port."""

    def __init__(self, loop: Loop, folder: Path, engine: str) -> None:
        self.calls = Calls(loop, free_port())
        self._written = folder / f"ephemera-{self.port}.log"
        self._environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("EPHEMERA_", "PYTHON"))
        }
        self._environ |= {
            "EPHEMERA_ENGINE": engine,
            "EPHEMERA_STRICT": "1",
            "EPHEMERA_SECRET": "the same for all processes of a run",
            "EPHEMERA_RATE_LIMITS": "off",
        }

    @property
    def port(self) -> int:
        """Return where it listens."""
        return self.calls.port

    @property
    def listens(self) -> bool:
        """Whether it takes connections."""
        with socket.socket() as probe:
            return not probe.connect_ex(("127.0.0.1", self.port))

    @property
    def has_ended(self) -> bool:
        """Whether there is no such process now."""
        return self._process.poll() is not None

    @property
    def faults(self) -> list[str]:
        """Return what it wrote about its own faults."""
        written = self._written.read_text("utf-8", "replace")
        return [line for line in written.splitlines() if FAULT in line or "Traceback" in line]

    def start(self) -> None:
        """Start it; do not wait for it."""
        bind = f"127.0.0.1:{self.port}"
        command = [*DIES_WITH_US, sys.executable, "-m", "ephemera", "serve", "--bind", bind]
        with self._written.open("ab") as written:
            self._process = subprocess.Popen(
                command,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
            )

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def stop(self) -> None:
        """End it at once."""
        self.signal(signal.SIGKILL)
        self._process.wait()


class Processes:
    """All processes, those that have just ended too: who asks does not know."""

    def __init__(self, loop: Loop, folder: Path, engine: str, count: int, dice: Random) -> None:
        self._loop = loop
        self._dice = dice
        self.each = [Process(loop, folder, engine) for _ in range(count)]

    def any_but(self, other: Process | None = None) -> Process:
        """Return one of them, without affinity to anything; another one than that."""
        return self._dice.choice([process for process in self.each if process is not other])

    def ask(self, process: Process, then: Then, path: str, token: str = "", **fields: str) -> None:
        """Send a form to a process."""
        try:
            process.calls.send(process.calls.form(path, token, **fields), then)
        except ConnectionError:
            self._loop.after(0, partial(then, Answer(CLOSED, b"")))
