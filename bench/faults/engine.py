"""A real Redis of our own, set to forget, which can be paused and lose everything."""

import os
import signal
import socket
import subprocess
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any, Final

from redis import Redis
from redis.exceptions import RedisError

from bench.server import DIES_WITH_US, free_port

HOST: Final = "127.0.0.1"
FORGETFUL: Final = {
    "save": "",
    "appendonly": "no",
    "repl-diskless-sync": "yes",
    "repl-diskless-sync-delay": "0",
    "repl-diskless-load": "swapdb",
    "slowlog-log-slower-than": "-1",
    "slowlog-max-len": "0",
    "latency-monitor-threshold": "0",
    "crash-log-enabled": "no",
    "crash-memcheck-enabled": "no",
    "maxmemory": "1gb",
    "maxmemory-policy": "noeviction",
}
"""What docs/deploy/redis.conf sets, so that EPHEMERA_STRICT=1 takes the engine."""
SENTINEL: Final = """port {port}
bind {host}
sentinel monitor rooms {host} {master} 1
sentinel down-after-milliseconds rooms 60000
sentinel failover-timeout rooms 5000
"""
"""A pause of 20 s is no failover: that one comes when it is its turn."""
PATH: Final = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


class Server:
    """One process of redis-server, of whatever kind."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._arguments = [argument.format(port=self.port) for argument in arguments]
        self.start()

    @property
    def client(self) -> Any:  # noqa: ANN401 - redis-py's types allow for bytes where we have text
        """Return a client, which is connected when it is used."""
        return Redis(HOST, self.port, decode_responses=True, socket_timeout=5)

    @property
    def listens(self) -> bool:
        """Whether it answers."""
        with socket.socket() as probe:
            return not probe.connect_ex((HOST, self.port))

    @property
    def pid(self) -> int:
        """Return its process."""
        return self._process.pid

    def start(self) -> None:
        """Start it, on the same port as ever; do not wait for it."""
        command = [*DIES_WITH_US, "redis-server", *self._arguments]
        with (self._folder / f"redis-{self.port}.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self._folder, stdout=log, stderr=log, env={"PATH": PATH}
            )

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()


class Engine:
    """Where the rooms are: one Redis, or with a Sentinel two."""

    def __init__(self, folder: Path, *, sentinel: bool) -> None:
        settings = list(chain.from_iterable((f"--{k}", v) for k, v in FORGETFUL.items()))
        settings += ["--bind", HOST, "--port", "{port}"]
        self._master = Server(folder, *settings)
        self._servers = [self._master]
        self._sentinel: Server | None = None
        if sentinel:
            replica = Server(folder, *settings, "--replicaof", HOST, str(self._master.port))
            config, port = folder / "sentinel.conf", free_port()
            config.write_text(SENTINEL.format(port=port, host=HOST, master=self._master.port))
            self._sentinel = Server(folder, str(config), "--sentinel")
            self._sentinel.port = port
            self._servers += [replica, self._sentinel]

    @property
    def url(self) -> str:
        """Return what EPHEMERA_ENGINE is set to."""
        if self._sentinel:
            return f"redis+sentinel://{HOST}:{self._sentinel.port}/rooms"
        return f"redis://{HOST}:{self._master.port}"

    @property
    def is_ready(self) -> bool:
        """Whether everything that belongs to it is there."""
        if not all(server.listens for server in self._servers):
            return False
        if self._sentinel is None:
            return True
        info = self._master.client.info("replication")
        replicas = self._sentinel.client.execute_command("SENTINEL", "REPLICAS", "rooms")
        return len(replicas) == 1 and info.get("slave0", {}).get("state") == "online"

    @property
    def is_back(self) -> bool:
        """Whether it takes what is written again."""
        with suppress(RedisError):
            if self._sentinel:
                ask = ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "rooms")
                port = int(self._sentinel.client.execute_command(*ask)[1])
                named = [server for server in self._servers if server.port == port]
                if not named:  # it is still the one that was killed
                    return False
                self._master = named[0]
            return bool(self._master.client.role()[0] == "master")
        return False

    @property
    def pids(self) -> list[int]:
        """Return the processes that it is made of."""
        return [server.pid for server in self._servers]

    def pause(self) -> None:
        """Let it answer nobody."""
        self._master.signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on where it was."""
        self._master.signal(signal.SIGCONT)

    def deafen(self) -> int:
        """Kill the connections on which news are heard; return how many there were."""
        return int(self._master.client.execute_command("CLIENT", "KILL", "TYPE", "pubsub"))

    def lose_everything(self) -> None:
        """Kill it, and let an empty one, or with a Sentinel the replica, take its place."""
        if self._sentinel:
            ask = ("SENTINEL", "SET", "rooms", "down-after-milliseconds", "500")
            self._sentinel.client.execute_command(*ask)
            self._master.kill()
            self._servers.remove(self._master)
        else:
            self._master.kill()
            self._master.start()

    def left(self) -> list[str]:
        """Return the names of all keys but those that remember wiped rooms, or belong to none."""
        own = {"ephemera:layout", "ephemera:swept"}
        keys = self._master.client.keys("*")
        return [key for key in keys if ":gone:" not in key and key not in own]

    def stop(self) -> None:
        """End all of it."""
        for server in self._servers:
            server.kill()
