"""A real Redis of our own: on a free port, without a file, stopped by its pid."""

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from redis import Redis

from ephemera.engine.redis import checking
from tests.support.patience import PATIENCE
from tests.support.server import ROOT

STARTS_WITHIN: Final = PATIENCE
HOST: Final = "127.0.0.1"
SLOTS: Final = 16_384
PATH: Final = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
IS_VALKEY: Final = b"Valkey" in subprocess.check_output(
    ["redis-server", "--version"], env={"PATH": PATH}
)
FORGETFUL: Final = tuple(
    chain.from_iterable(
        (f"--{name}", wanted)
        for name, (wanted, _) in checking.FORGETFUL.items()
        if IS_VALKEY or not name.startswith("commandlog")  # Valkey's alone
    )
)
PASSWORD: Final = "of-ephemera"
SHIPPED: Final = ROOT / "docs" / "deploy" / "redis.conf"


def guarded() -> tuple[str, ...]:
    """Return what makes Ephemera's user of docs/deploy/redis.conf, who may do what it needs."""
    line = re.search(r"^user (ephemera .*)$", SHIPPED.read_text(encoding="utf-8"), re.MULTILINE)
    assert line
    return ("--user", *line[1].replace("ENGINE-SECRET", PASSWORD).split())


class RunningRedis:
    """One process of Redis; it can be stopped, and started again on its port without its rooms."""

    def __init__(self, folder: str, settings: Sequence[str] = FORGETFUL) -> None:
        self.port, self.bus_port = free_port(), free_port()
        self._folder = folder
        self._settings = settings
        self.process = self._start()

    @property
    def url(self) -> str:
        user = f"ephemera:{PASSWORD}@" if "--user" in self._settings else ""
        return f"redis://{user}127.0.0.1:{self.port}"

    def flush(self) -> None:
        self.client().flushall()

    def client(self) -> Any:  # noqa: ANN401 - redis-py's types allow for bytes where we have text
        return Redis(port=self.port, decode_responses=True)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        places = {"--port": str(self.port), "--bind": "127.0.0.1"}
        if "--cluster-enabled" in self._settings:
            places["--cluster-port"] = str(self.bus_port)
        command = ["redis-server", *chain.from_iterable(places.items()), *self._settings]
        with Path(self._folder, "redis.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=self._folder, stdout=log, stderr=log, env={"PATH": PATH}
            )
        _wait_for(self.port, process)
        return process


class RunningCluster:
    """Three nodes of a cluster, each with a third of the slots."""

    def __init__(self, nodes: Sequence[RunningRedis]) -> None:
        self.nodes = nodes
        first, *others = nodes
        for place, node in enumerate(nodes):
            start, end = SLOTS * place // len(nodes), SLOTS * (place + 1) // len(nodes) - 1
            node.client().execute_command("CLUSTER", "ADDSLOTSRANGE", start, end)
        for node in others:
            node.client().execute_command(
                "CLUSTER", "MEET", "127.0.0.1", first.port, first.bus_port
            )
        deadline = time.monotonic() + STARTS_WITHIN
        while not all(self._is_whole(node) for node in nodes):
            assert time.monotonic() < deadline, "the nodes do not find together"
            time.sleep(0.05)

    @property
    def url(self) -> str:
        places = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"redis+cluster://ephemera:{PASSWORD}@{places}"

    def flush(self) -> None:
        for node in self.nodes:
            node.client().flushall()

    def _is_whole(self, node: RunningRedis) -> bool:
        known = node.client().cluster("info")
        whole = {"cluster_state": "ok", "cluster_known_nodes": str(len(self.nodes))}
        return bool(whole.items() <= known.items())


@contextmanager
def running_cluster() -> Iterator[RunningCluster]:
    """Run a cluster of three until the end of the block."""
    with ExitStack() as stack:
        settings = [*FORGETFUL, "--cluster-enabled", "yes", *guarded()]
        nodes = (running_redis(settings) for _ in range(3))
        yield RunningCluster([stack.enter_context(node) for node in nodes])


@contextmanager
def running_redis(settings: Sequence[str] = FORGETFUL) -> Iterator[RunningRedis]:
    """Run a Redis until the end of the block."""
    with TemporaryDirectory() as folder:
        redis = RunningRedis(folder, settings)
        try:
            yield redis
        finally:
            redis.stop()


class RunningSentinel:
    """One Sentinel that watches over a Redis, and decides by itself."""

    def __init__(self, folder: str, redis: RunningRedis) -> None:
        self.port = free_port()
        settings = f"""port {self.port}
            bind {HOST}
            sentinel monitor rooms {HOST} {redis.port} 1
            sentinel down-after-milliseconds rooms 500
            sentinel failover-timeout rooms 5000
        """
        config = Path(folder, "sentinel.conf")
        config.write_text(settings, encoding="ascii")
        command = ["redis-server", str(config), "--sentinel"]
        with Path(folder, "sentinel.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, stdout=log, stderr=log, env={"PATH": PATH}
            )
        _wait_for(self.port, self.process)

    @property
    def url(self) -> str:
        return f"redis+sentinel://{HOST}:{self.port}/rooms"

    async def knows_a_replica(self) -> bool:
        client: Any = Redis(port=self.port, decode_responses=True)
        return len(client.execute_command("SENTINEL", "REPLICAS", "rooms")) == 1


@contextmanager
def running_sentinel(redis: RunningRedis) -> Iterator[RunningSentinel]:
    """Run a Sentinel until the end of the block."""
    with TemporaryDirectory() as folder:
        sentinel = RunningSentinel(folder, redis)
        try:
            yield sentinel
        finally:
            sentinel.process.kill()
            sentinel.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        assert process.poll() is None, "Redis ended early"
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.02)
    raise AssertionError("Redis does not listen")
