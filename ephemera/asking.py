"""`ephemera health`: asks a server how it is, as a health check does every few seconds.

It needs the standard library alone, reads a few hundred bytes, and is done within its time
whatever is sent to it.
"""

import re
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

PATIENCE: Final = 5.0
RESOURCE: Final = "/health/ready"
UNIX: Final = "unix:"

_MOST: Final = 16_384
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (?P<status>[0-9]{3})\b")
_OF_OURS: Final = b"\r\n\r\nready\n"
_ANYWHERE: Final[Mapping[str, str]] = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where it listens, not we
_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}


class UnwellError(Exception):
    """A server is not well; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server is asked: at a path of this machine, or by a host and its port."""

    host: str
    port: int = 0
    base: str = ""
    secure: bool | None = None
    """Whether by TLS; None when it does not say: then the server's answer does."""

    @property
    def is_near(self) -> bool:
        """Whether nobody can stand between: then the name in a certificate does not matter."""
        if not self.port or self.host == "localhost":
            return True
        try:
            return ip_address(self.host.partition("%")[0]).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        """Return it as a person would write it."""
        if not self.port:
            return f"{UNIX}{self.host}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class _Answer(NamedTuple):
    """What came back, as far as it was read; nothing when it was no HTTP."""

    status: int
    is_ours: bool


def places(text: str) -> list[Place]:
    """Return what is named: a URL, or one or several places to listen at. Raises `UnwellError`."""
    if "://" in text:
        return [_at_url(text)]
    return [_at_bind(each) for each in re.split(r"[,\s]+", text.strip())]


def ask(place: Place, patience: float = PATIENCE) -> None:
    """Return when the server says that it is ready. Raises `UnwellError`."""
    deadline = time.monotonic() + patience
    try:
        answer = _asked(place, deadline)
    except ssl.SSLCertVerificationError:
        raise UnwellError(f"The certificate at {place} is not trusted here.") from None
    except TimeoutError:
        raise UnwellError(f"Nobody answers at {place} within {patience:g} s.") from None
    except (OSError, OverflowError, UnicodeError):  # no such port, or no host has such a name
        raise UnwellError(f"Nobody answers at {place}.") from None
    if answer is None:
        raise UnwellError(f"What answers at {place} does not speak HTTP.")
    if answer.status == 503:  # noqa: PLR2004 - the number is its name
        raise UnwellError(f"The server at {place} takes nobody just now: it is full, or stops.")
    if not answer.is_ours:
        raise UnwellError(f"What answers at {place} is not Ephemera (status {answer.status}).")


def _at_url(text: str) -> Place:
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise UnwellError("That is no URL: http:// or https://, and a host.") from None
    is_plain = re.fullmatch(r"[!-~]+", url.netloc + url.path)
    if url.scheme not in _PORTS or not (url.hostname and is_plain):
        raise UnwellError("That is no URL: http:// or https://, and a host.")
    secure = url.scheme == "https"
    return Place(url.hostname, port or _PORTS[url.scheme], url.path.rstrip("/"), secure)


def _at_bind(text: str) -> Place:
    if text.startswith(f"{UNIX}/"):
        return Place(text.removeprefix(UNIX))
    host, _, port = text.rpartition(":")
    if not (re.fullmatch(r"[!-.0-~]+", host) and re.fullmatch(r"[0-9]{1,5}", port)):
        raise UnwellError("Say where: a URL, HOST:PORT, [IPV6]:PORT or unix:/PATH.")
    if not int(port):
        raise UnwellError("Port 0 is a free one, drawn at each start: say which it got.")
    host = host.strip("[]")
    return Place(_ANYWHERE.get(host, host), int(port))


def _asked(place: Place, deadline: float) -> _Answer | None:
    if place.secure is not None:
        return _answer(place, deadline, secure=place.secure)
    if not place.port:
        return _answer(place, deadline, secure=False)
    return _answer(place, deadline, secure=False) or _by_tls_after_all(place, deadline)


def _by_tls_after_all(place: Place, deadline: float) -> _Answer | None:
    """Ask again: a server that was given a certificate does not answer in the clear."""
    try:
        return _answer(place, deadline, secure=True)
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError:
        return None


def _answer(place: Place, deadline: float, *, secure: bool) -> _Answer | None:
    """Ask by HTTP/1.1, and read what comes until enough is known."""
    with _connected(place, deadline) as plain:
        line = _wrapped(plain, place) if secure else plain
        with line:
            line.sendall(_request(place))
            heard = _heard(line, deadline)
    found = _STATUS.match(heard)
    return _Answer(int(found["status"]), heard.endswith(_OF_OURS)) if found else None


def _connected(place: Place, deadline: float) -> socket.socket:
    left = _left(deadline)
    if place.port:
        return socket.create_connection((place.host, place.port), left)
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(left)
    try:
        line.connect(place.host)
    except OSError:
        line.close()
        raise
    return line


def _wrapped(line: socket.socket, place: Place) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    if place.is_near:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context.wrap_socket(line, server_hostname=place.host)


def _request(place: Place) -> bytes:
    host = re.sub(r"%.*\]", "]", str(place)) if place.port else "localhost"  # no zone: RFC 6874
    lines = (f"GET {place.base}{RESOURCE} HTTP/1.1", f"Host: {host}", "Connection: close", "", "")
    return "\r\n".join(lines).encode("ascii")


def _heard(line: socket.socket, deadline: float) -> bytes:
    """Return what is said, up to the end or a bound; a line that breaks off has ended."""
    heard = bytearray()
    while len(heard) < _MOST and not heard.endswith(_OF_OURS):
        line.settimeout(_left(deadline))
        try:
            piece = line.recv(4096)
        except ConnectionError:
            break
        if not piece:
            break
        heard += piece
    return bytes(heard)


def _left(deadline: float) -> float:
    if (left := deadline - time.monotonic()) <= 0:
        raise TimeoutError
    return left
