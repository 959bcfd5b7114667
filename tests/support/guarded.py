"""Engines and Sentinels behind TLS and passwords, by the files and commands of docs/deploy/."""

import re
import shlex
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from redis.asyncio import Redis

from tests.support.deployment import PASSWORDS
from tests.support.edge import DEPLOY, Workshop, workshop
from tests.support.nginx import free_ports

LOCAL: Final = "127.0.0.1"
TLS_LINES: Final = (
    "tls-cert-file",
    "tls-key-file",
    "tls-ca-cert-file",
    "tls-auth-clients",
    "tls-replication",
)
OF_REPLICAS: Final = ("masteruser replica", "masterauth", "user replica on", "user sentinel on")
SECRETS: Final = {f"{name.upper()}-SECRET": word for name, word in PASSWORDS.items()}


@dataclass(frozen=True)
class Guarded:
    """An engine or a Sentinel that speaks TLS only; the folder has its certificate."""

    port: int
    shop: Workshop

    @property
    def authority(self) -> Path:
        return self.shop.folder / "authority.pem"

    @property
    def url(self) -> str:
        return self.at(f"rediss://ephemera:{PASSWORDS['ephemera']}@{LOCAL}:{self.port}")

    def at(self, address: str) -> str:
        """Return the address with the authority in it."""
        return f"{address}{'&' if '?' in address else '?'}ssl_ca_certs={self.authority}"

    def client(self, user: str) -> Any:  # noqa: ANN401 - redis-py's types allow for bytes where we have text
        """Return a client for one of the users; it is the caller's to close."""
        return Redis(
            port=self.port, username=user, password=PASSWORDS[user], decode_responses=True,
            ssl=True, ssl_ca_certs=str(self.authority),
        )  # fmt: skip


def certify(folder: Path) -> None:
    """Make an authority and a certificate by the commands of cluster.md."""
    page = (DEPLOY / "cluster.md").read_text(encoding="utf-8")
    commands = re.findall(r"^openssl .*$", page, re.MULTILINE)
    assert [command.split()[1] for command in commands] == ["req", "req", "x509"]
    for command in commands:
        subprocess.run(shlex.split(command), cwd=folder, check=True, capture_output=True)


def trusted_by(folder: Path, authority: Path) -> None:
    """Let a folder have the certificate of another: the authority is one for all of them."""
    for name in ("authority.pem", "fullchain.pem", "privkey.pem"):
        (folder / name).write_bytes((authority.parent / name).read_bytes())


@asynccontextmanager
async def running_guarded(like: Guarded | None = None) -> AsyncIterator[Guarded]:
    """Run redis-server as shipped, with the lines for TLS and for replicas."""
    (port,) = free_ports(1)
    async with workshop("guarded") as shop:
        _let_in(shop, like)
        conf = shop.adapt("redis.conf", _with_lines(*TLS_LINES, *OF_REPLICAS), {
            "bind 127.0.0.1 -::1": f"bind {LOCAL}",
            "\nport 6379": "\nport 0",
            "#   tls-port 6379": f"tls-port {port}",
            "dir /run/redis": f"dir {shop.folder}",
            "/etc/redis/tls": str(shop.folder),
            **_secrets("EPHEMERA", "WATCHER", "REPLICA", "SENTINEL"),
        })  # fmt: skip
        await shop.start("redis-server", conf)
        await shop.until_listening(port)
        yield Guarded(port, shop)


@asynccontextmanager
async def running_sentinels(master: Guarded, count: int = 3) -> AsyncIterator[Sequence[int]]:
    """Run Sentinels as shipped, which find each other; yield their ports."""
    ports = free_ports(count)
    async with workshop("sentinels") as shop:
        trusted_by(shop.folder, master.authority)
        for port in ports:
            conf = shop.adapt("sentinel.conf", {"rooms 5000": "rooms 900"}, {
                "bind 127.0.0.1 -::1": f"bind {LOCAL}",
                "tls-port 26379": f"tls-port {port}",
                "dir /run/redis": f"dir {shop.folder}",
                "/etc/redis/tls": str(shop.folder),
                "H1 6379 2": f"{LOCAL} {master.port} 2",
                **_secrets("ASKING", "PEERS", "SENTINEL"),
            })  # fmt: skip
            own = shutil.copy(conf, shop.folder / f"sentinel-{port}.conf")
            await shop.start("redis-server", str(own), "--sentinel")
            await shop.until_listening(port)
        yield ports


def _let_in(shop: Workshop, like: Guarded | None) -> None:
    if like:
        trusted_by(shop.folder, like.authority)
    else:
        certify(shop.folder)


def _with_lines(*beginnings: str) -> Mapping[str, str]:
    return {f"#   {line}": line for line in beginnings}


def _secrets(*names: str) -> Mapping[str, str]:
    given = {**SECRETS, "ENGINE-SECRET": PASSWORDS["ephemera"]}
    wanted = [f"{'ENGINE' if name == 'EPHEMERA' else name}-SECRET" for name in names]
    return {name: given[name] for name in wanted}
