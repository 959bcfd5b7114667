"""Starts Debian's proxies with the very files of docs/deploy/, and stops them.

Each `running_…` takes the port of a server and `shorter`: texts of the shipped file with what is to
stand there instead, as somebody would who wants other time-outs.
"""

import re
import shlex
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.support.edge import Edge, workshop
from tests.support.nginx import adapted as adapted_nginx
from tests.support.nginx import free_ports
from tests.support.server import ROOT

DEPLOY = ROOT / "docs" / "deploy"
NOTHING: Mapping[str, str] = {}

Running = Callable[..., AbstractAsyncContextManager[Edge]]


@asynccontextmanager
async def running_nginx(upstream: int, shorter: Mapping[str, str] = NOTHING) -> AsyncIterator[Edge]:
    """Run nginx as shipped in front of a server on the port `upstream`."""
    https, http = free_ports(2)
    async with workshop("nginx") as shop:
        (shop.folder / "spool").mkdir()
        text = adapted_nginx(shop.folder, [upstream], https, http)
        conf = shop.write("nginx.conf", replaced(text, shorter))
        await shop.start(
            "nginx", "-e", "stderr", "-p", str(shop.folder), "-c", conf, "-g", "daemon off;"
        )
        yield await shop.open(https, http)


@asynccontextmanager
async def running_haproxy(
    upstream: int, shorter: Mapping[str, str] = NOTHING
) -> AsyncIterator[Edge]:
    """Run HAProxy as shipped in front of a server on the port `upstream`."""
    https, http = free_ports(2)
    async with workshop("haproxy") as shop:
        conf = shop.adapt("haproxy.cfg", shorter, {
            "bind :443 ": f"bind 127.0.0.1:{https} ",
            "bind :80": f"bind 127.0.0.1:{http}",
            "server one 127.0.0.1:8000": f"server one 127.0.0.1:{upstream}",
            "/etc/ssl/ephemera/both.pem": str(shop.folder / "both.pem"),
        })  # fmt: skip
        await shop.start("haproxy", "-db", "-f", conf)
        yield await shop.open(https, http)


@asynccontextmanager
async def running_onion_haproxy(
    upstream: int, shorter: Mapping[str, str] = NOTHING
) -> AsyncIterator[Edge]:
    """Run HAProxy with the file that stands between Tor and Ephemera."""
    (port,) = free_ports(1)
    async with workshop("onion") as shop:
        conf = shop.adapt("onion.cfg", shorter, {
            "bind 127.0.0.1:8100 ": f"bind 127.0.0.1:{port} ",
            "server one 127.0.0.1:8000": f"server one 127.0.0.1:{upstream}",
        })  # fmt: skip
        await shop.start("haproxy", "-db", "-f", conf)
        yield await shop.open(port, secure=False)


@asynccontextmanager
async def running_apache(
    upstream: int, shorter: Mapping[str, str] = NOTHING
) -> AsyncIterator[Edge]:
    """Run Apache httpd as shipped in front of a server on the port `upstream`."""
    https, http = free_ports(2)
    async with workshop("apache") as shop:
        conf = shop.adapt("apache.conf", shorter, {
            "Listen 443": f"Listen 127.0.0.1:{https}",
            "*:443": f"*:{https}",
            "Listen 80": f"Listen 127.0.0.1:{http}",
            "*:80": f"*:{http}",
            "http://127.0.0.1:8000": f"http://127.0.0.1:{upstream}",
            "/etc/ssl/ephemera": str(shop.folder),
            "/run/apache2": str(shop.folder),
        })  # fmt: skip
        await shop.start("apache2", "-f", conf, "-D", "FOREGROUND")
        yield await shop.open(https, http)


@asynccontextmanager
async def running_caddy(upstream: int, shorter: Mapping[str, str] = NOTHING) -> AsyncIterator[Edge]:
    """Run Caddy as shipped in front of a server on the port `upstream`."""
    https, http = free_ports(2)
    async with workshop("caddy") as shop:
        conf = shop.adapt("Caddyfile", shorter, {
            "https://:443": f"https://127.0.0.1:{https}",
            "http://:80": f"http://127.0.0.1:{http}",
            "reverse_proxy 127.0.0.1:8000": f"reverse_proxy 127.0.0.1:{upstream}",
            "/etc/ssl/ephemera": str(shop.folder),
            "/var/lib/caddy": str(shop.folder / "storage"),
        })  # fmt: skip
        await shop.start("caddy", "run", "--config", conf, "--adapter", "caddyfile")
        yield await shop.open(https, http)


@asynccontextmanager
async def running_varnish(
    upstream: int, shorter: Mapping[str, str] = NOTHING
) -> AsyncIterator[Edge]:
    """Run Varnish with hitch before it, as shipped, in front of a server on the port `upstream`."""
    https, http, between = free_ports(3)
    async with workshop("varnish") as shop:
        vcl = shop.adapt("varnish.vcl", shorter, {
            '.host = "127.0.0.1"; .port = "8000";': f'.host = "127.0.0.1"; .port = "{upstream}";',
        })  # fmt: skip
        hitch = shop.adapt("hitch.conf", NOTHING, {
            "[*]:443": f"[127.0.0.1]:{https}",
            "[127.0.0.1]:6086": f"[127.0.0.1]:{between}",
            "/etc/ssl/ephemera/both.pem": str(shop.folder / "both.pem"),
        })  # fmt: skip
        await shop.start(*shipped_command("varnish.md", "varnishd", {
            "/etc/varnish/varnish.vcl": vcl,
            "/run/varnish/ephemera": str(shop.folder / "varnish"),
            "plain=:80": f"plain=127.0.0.1:{http}",
            "tls=127.0.0.1:6086": f"tls=127.0.0.1:{between}",
        }))  # fmt: skip
        await shop.until_listening(between)
        await shop.start(*shipped_command("varnish.md", "hitch", {"/etc/hitch/hitch.conf": hitch}))
        yield await shop.open(https, http)


@asynccontextmanager
async def running_squid(
    upstream: int, shorter: Mapping[str, str] = NOTHING, certificate: Path | None = None
) -> AsyncIterator[Edge]:
    """Run Squid as shipped, between a visitor and whoever is on the port `upstream`."""
    (port,) = free_ports(1)
    async with workshop("squid") as shop:
        conf = shop.adapt("squid.conf", shorter, {
            "http_port 3128": f"http_port 127.0.0.1:{port}",
            "dstdomain chat.example.org": "dst 127.0.0.1",
            "Safe_ports port 80 443": f"Safe_ports port {upstream}",
            "/run/squid": str(shop.folder),
            "shutdown_lifetime 1 second": "shutdown_lifetime 0 seconds",
        })  # fmt: skip
        await shop.start("squid", "-N", "-f", conf)
        await shop.until_listening(port)
        scheme = "https" if certificate else "http"
        url = f"{scheme}://127.0.0.1:{upstream}"
        yield shop.edge(url, certificate=certificate, forward=port)


@asynccontextmanager
async def running_squid_tunnel(
    upstream: int, shorter: Mapping[str, str] = NOTHING
) -> AsyncIterator[Edge]:
    """Run Squid as shipped before an HAProxy as shipped: the visitor asks it to CONNECT."""
    async with AsyncExitStack() as stack:
        edge = await stack.enter_async_context(running_haproxy(upstream))
        yield await stack.enter_async_context(running_squid(edge.port, shorter, edge.certificate))


def replaced(text: str, replacements: Mapping[str, str]) -> str:
    """Return the text with these parts replaced, each of which must be there."""
    for part, value in replacements.items():
        assert part in text, f"{part!r} is not in the file any more"
        text = text.replace(part, value)
    return text


def shipped_command(page: str, program: str, replacements: Mapping[str, str]) -> list[str]:
    """Return the command line that a page of docs/deploy/ gives for a program."""
    text = (DEPLOY / page).read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.search(rf"^{program} .*$", text, re.MULTILINE)
    assert found, f"{page} has no command for {program}"
    return shlex.split(replaced(found[0], replacements))


REVERSE: Mapping[str, Running] = {
    "nginx": running_nginx,
    "haproxy": running_haproxy,
    "apache": running_apache,
    "caddy": running_caddy,
    "varnish": running_varnish,
}
FORWARD: Mapping[str, Running] = {"squid": running_squid, "squid-tunnel": running_squid_tunnel}
PROXIES: Mapping[str, Running] = {**REVERSE, **FORWARD}
