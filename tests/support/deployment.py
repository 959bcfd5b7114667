"""Several processes on one engine behind nginx, with the very files of docs/deploy/."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from redis.asyncio import Redis

from tests.support.edge import Edge, Workshop, workshop
from tests.support.nginx import free_ports
from tests.support.proxies import NOTHING
from tests.support.server import RunningServer, running_server
from tests.support.visitors import gauges, visitor

SECRET: Final = "shared-by-all-processes"
USERS: Final = ("ephemera", "watcher", "replica", "sentinel", "asking", "peers")
PASSWORDS: Final = {name: f"of-{name}" for name in USERS}
AT_RANDOM: Final = {"        hash $room_key consistent;": "        #"}
"""What to replace in nginx-cluster.conf so that each request may go to any process."""


@dataclass(frozen=True)
class ShippedEngine:
    """A Redis with docs/deploy/redis.conf; `folder` is where it would put files."""

    port: int
    shop: Workshop
    folder: Path

    @property
    def url(self) -> str:
        return f"redis://ephemera:{PASSWORDS['ephemera']}@127.0.0.1:{self.port}"

    @property
    def process(self) -> asyncio.subprocess.Process:
        return self.shop.processes[0]

    def client(self, user: str) -> Any:  # noqa: ANN401 - redis-py's types allow for bytes where we have text
        """Return a client for one of the users of the file; it is the caller's to close."""
        return Redis(port=self.port, username=user, password=PASSWORDS[user], decode_responses=True)


@dataclass(frozen=True)
class Deployment:
    """What an operator has after following docs/deploy/cluster.md."""

    engine: ShippedEngine
    servers: list[RunningServer]
    edge: Edge

    async def streams(self) -> list[int]:
        """Return how many streams are open in each of the processes."""
        return [await streams_of(server) for server in self.servers]


async def streams_of(server: RunningServer) -> int:
    """Return how many streams are open in the process."""
    async with visitor(server.url) as client:
        return (await gauges(client))["streams"]


@asynccontextmanager
async def running_engine(changes: Mapping[str, str] = NOTHING) -> AsyncIterator[ShippedEngine]:
    """Run redis-server as shipped, on a free port and with passwords."""
    (port,) = free_ports(1)
    async with workshop("engine") as shop:
        folder = shop.folder / "engine"
        folder.mkdir()
        conf = shop.adapt("redis.conf", changes, {
            "bind 127.0.0.1 -::1": "bind 127.0.0.1",
            "\nport 6379": f"\nport {port}",
            "dir /run/redis": f"dir {folder}",
            "ENGINE-SECRET": PASSWORDS["ephemera"],
            "WATCHER-SECRET": PASSWORDS["watcher"],
            "REPLICA-SECRET": PASSWORDS["replica"],
            "SENTINEL-SECRET": PASSWORDS["sentinel"],
        })  # fmt: skip
        await shop.start("redis-server", conf)
        await shop.until_listening(port)
        yield ShippedEngine(port, shop, folder)


@asynccontextmanager
async def running_nginx(servers: list[RunningServer], *, by_room: bool) -> AsyncIterator[Edge]:
    """Run nginx as shipped in front of three processes."""
    https, http = free_ports(2)
    async with workshop("cluster") as shop:
        (shop.folder / "spool").mkdir()
        conf = shop.adapt("nginx-cluster.conf", NOTHING if by_room else AT_RANDOM, {
            "listen 443 ": f"listen 127.0.0.1:{https} ",
            "listen 80;": f"listen 127.0.0.1:{http};",
            **{
                f"server 127.0.0.1:800{number}": f"server 127.0.0.1:{server.port}"
                for number, server in enumerate(servers, 1)
            },
            "/etc/ssl/ephemera": str(shop.folder),
            "/var/lib/nginx": str(shop.folder / "spool"),
            "/run/nginx.pid": str(shop.folder / "nginx.pid"),
        })  # fmt: skip
        await shop.start(
            "nginx", "-e", "stderr", "-p", str(shop.folder), "-c", conf, "-g", "daemon off;"
        )
        yield await shop.open(https, http)


@asynccontextmanager
async def deployed(*, by_room: bool = True) -> AsyncIterator[Deployment]:
    """Run an engine, three processes and nginx; `by_room`: each room's requests go to one."""
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(running_engine())
        settings: dict[str, Any] = {
            "EPHEMERA_ENGINE": engine.url,
            "EPHEMERA_SECRET": SECRET,
            "EPHEMERA_STRICT": "1",
            "EPHEMERA_TRUSTED_HOPS": "1",
        }
        servers = await asyncio.gather(
            *(stack.enter_async_context(running_server(**settings)) for _ in range(3))
        )
        edge = await stack.enter_async_context(running_nginx(servers, by_room=by_room))
        yield Deployment(engine, servers, edge)
