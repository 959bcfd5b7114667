"""How a server is reached: by which proxy, and trusting whom, as the environment says.

httpx reads the same variables by itself, and fails in words of its own when one of them is amiss.
"""

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

import httpx

from ephemera.terminal.mistakes import Mistake, Unreached

_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_WANTS_A_NAME: Final = ("407", "NO ACCEPTABLE METHODS", "Invalid username/password")
"""What httpcore says of it: by HTTP, and by SOCKS without and with a name."""
_SOCKS: Final = re.compile(r"\Asocks(?=://)", re.IGNORECASE)
"""As desktops name a proxy of the fifth version."""
_BRACKETED: Final = re.compile(r"\[([^\[\]]*)\](/[0-9]+)?(?::([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Passage:
    """The way to a server, and which variables of the environment made it so."""

    trust: ssl.SSLContext
    trusted_by: str = ""
    proxy: httpx.Proxy | None = None
    proxied_by: str = ""

    def failed(self, error: Exception, host: str) -> Exception:
        """Return what it means that a request failed."""
        told = str(error)
        if "CERTIFICATE_VERIFY_FAILED" in told:
            by = f" by what {self.trusted_by} has" if self.trusted_by else ""
            whose = f"{host}, or of the proxy," if self.is_proxied_secretly else host
            return Mistake(f"The certificate of {whose} cannot be verified{by}.")
        if self.proxied_by and any(reason in told for reason in _WANTS_A_NAME):
            return Mistake(self._wants_a_name())
        by = f" by the proxy that {self.proxied_by} names" if self.proxied_by else ""
        return Unreached(f"{host} cannot be reached{by}.")

    def answered_instead(self, host: str, status: int, seconds: float) -> Exception:
        """Return what it means that something on the way has answered, or no Ephemera."""
        if self.proxied_by and status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return Mistake(self._wants_a_name())
        by = f", but perhaps the proxy that {self.proxied_by} names" if self.proxied_by else ""
        return Unreached(f"No Ephemera answered at {host}{by} (status {status}).", seconds)

    @property
    def is_proxied_secretly(self) -> bool:
        """Whether the proxy itself is spoken to by TLS."""
        return self.proxy is not None and self.proxy.url.scheme == "https"

    def _wants_a_name(self) -> str:
        return f"The proxy that {self.proxied_by} names wants a name and a password."


def passage_to(origin: str, environ: Mapping[str, str] = os.environ) -> Passage:
    """Return how the server at that origin is reached. Raises `Mistake`, which names a variable."""
    parts = urlsplit(origin)
    named = _proxy_variable(parts.scheme, environ)
    if named and _goes_past(origin, environ):
        named = ""
    proxy = _proxy(named, environ[named]) if named else None
    by_tls = proxy is not None and proxy.url.scheme == "https"
    is_secret = parts.scheme == "https" or by_tls
    trust, trusted_by = _trust(environ) if is_secret else (_trust_nobody(), "")
    if proxy is not None and by_tls:
        proxy.ssl_context = trust
    return Passage(trust, trusted_by, proxy, named)


def _proxy_variable(scheme: str, environ: Mapping[str, str]) -> str:
    """Return the variable that names the proxy, as curl chooses it; nothing when there is none."""
    for name in (f"{scheme}_proxy", "all_proxy"):
        spelt = name if name in environ else name.upper()
        if environ.get(spelt, "").strip():
            return spelt
    return ""


def _proxy(name: str, told: str) -> httpx.Proxy:
    whole = told.strip() if "://" in told else f"http://{told.strip()}"
    try:
        proxy = httpx.Proxy(_SOCKS.sub("socks5", whole))
        urlsplit(whole).port  # noqa: B018 - it raises ValueError for what can be none
    except (ValueError, httpx.InvalidURL):
        proxy = None
    if proxy is None or not proxy.url.host:
        raise Mistake(
            f"{name} must be the address of a proxy: http://HOST:PORT or socks5://HOST:PORT."
        )
    return proxy


def _goes_past(origin: str, environ: Mapping[str, str]) -> bool:
    """Tell whether NO_PROXY has the server. What it has that can be no host stands for none."""
    listed = environ.get("no_proxy", environ.get("NO_PROXY", ""))
    url = httpx.URL(origin)
    hosts = {url.host.rstrip("."), url.raw_host.decode().rstrip(".")}
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    entries = (entry.rpartition("://")[2] for entry in re.split(r"[\s,]+", listed.lower()))
    return any(_has(entry, hosts, port) for entry in entries if entry)


def _has(entry: str, hosts: set[str], port: int) -> bool:
    """Tell whether an entry of NO_PROXY means one of these: `*`, a host and all below it, a block.

    With a port it means that one only; an address of IPv6 may stand in brackets, and then has one.
    """
    if entry == "*":
        return True
    name, given = _split(entry)
    if given and given != str(port):
        return False
    name = name.removeprefix("*").removeprefix(".").rstrip(".")
    return any(host == name or host.endswith(f".{name}") or _within(host, name) for host in hosts)


def _split(entry: str) -> tuple[str, str]:
    """Return the host, or block, of the entry, and its port if it has one."""
    if found := _BRACKETED.fullmatch(entry):
        return found[1] + (found[2] or ""), found[3] or ""
    name, _, port = entry.partition(":")
    return (name, port) if port.isdigit() else (entry, "")


def _within(host: str, block: str) -> bool:
    try:
        return ip_address(host) in ip_network(block, strict=False)
    except ValueError:
        return False


def _trust(environ: Mapping[str, str]) -> tuple[ssl.SSLContext, str]:
    """Return whose certificates are good, and the variables that say so."""
    file, folder = (environ.get(name) or None for name in _CERTIFICATES)
    if not (file or folder):
        return httpx.create_ssl_context(trust_env=False), ""
    try:
        context = ssl.create_default_context(cafile=file, capath=folder)
    except (OSError, ValueError):
        raise Mistake("SSL_CERT_FILE names no file of certificates that can be read.") from None
    return context, " and ".join(name for name in _CERTIFICATES if environ.get(name))


def _trust_nobody() -> ssl.SSLContext:
    """Return what trusts nobody, and need not: there is no certificate to verify."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
