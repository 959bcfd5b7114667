"""Starts one server in a process of its own, on a free port of this machine, and stops it."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from bench import proc
from bench.entrants import Entrant
from bench.errors import BenchError

STARTS_WITHIN: Final = 20.0
STOPS_WITHIN: Final = 5.0
BETWEEN_TRIES: Final = 0.02
DIES_WITH_US: Final = ["setpriv", "--pdeathsig", "TERM", "--"]
"""Should the benchmark be killed, its servers end too."""
_ALLOWED: Final = sorted(os.sched_getaffinity(0))
SERVER_CORE: Final = _ALLOWED[0]
LOAD_CORE: Final = _ALLOWED[-1]
"""Another core than the server's, where there are two."""


class Server:
    """A server that runs."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, written: Path) -> None:
        self.port = port
        self._process = process
        self._written = written
        self._pids: list[int] = []

    def wait_until_open(self) -> None:
        """Wait until it listens."""
        deadline = time.monotonic() + STARTS_WITHIN
        while not self._listens():
            with suppress(subprocess.TimeoutExpired):
                code = self._process.wait(BETWEEN_TRIES)
                raise BenchError(f"the server ended with {code}: {self.last_words()}")
            if time.monotonic() > deadline:
                raise BenchError("the server did not listen in time")
        self._pids = proc.family(self._process.pid)

    def cpu_seconds(self) -> float:
        """Return the processor time used by now, in seconds."""
        return proc.cpu_seconds(self._pids)

    def memory_kib(self) -> int:
        """Return the memory that is its own (PSS), in KiB."""
        return proc.memory_kib(self._pids)

    def last_words(self) -> str:
        """Return the end of what it wrote."""
        return self._written.read_text("utf-8", "replace")[-500:].strip()

    def stop(self) -> None:
        """Ask it to end; make it end if it does not."""
        family = proc.family(self._process.pid) if self._process.poll() is None else []
        self._process.terminate()
        try:
            self._process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            for pid in family:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait(STOPS_WITHIN)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


@contextmanager
def running(entrant: Entrant, heartbeat: float) -> Iterator[Server]:
    """Run a server until the block ends; `heartbeat` is its interval in seconds."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, port = Path(name), free_port()
        server = Server(_start(entrant, folder, port, heartbeat), port, folder / "written")
        try:
            server.wait_until_open()
            yield server
        finally:
            server.stop()


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _start(entrant: Entrant, folder: Path, port: int, beat: float) -> subprocess.Popen[bytes]:
    values = {"port": str(port), "heartbeat": f"{beat:g}", "folder": str(folder)}
    command = [part.format(**values) for part in entrant.command]
    on_its_core = ["taskset", "--cpu-list", str(SERVER_CORE)]
    with (folder / "written").open("wb") as written:
        return subprocess.Popen(
            [*DIES_WITH_US, *on_its_core, *command],
            cwd=entrant.folder,
            env=_environment({k: v.format(**values) for k, v in entrant.environ.items()}),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
        )


def _environment(chosen: dict[str, str]) -> dict[str, str]:
    """Leave out what would change the servers: our own settings, and asyncio's debug mode."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("EPHEMERA_", "PYTHON", "NODE_"))
    }
    return {**kept, **chosen}
