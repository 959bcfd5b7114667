"""Serving and stopping: Hypercorn with our own listening socket, and our own way to end.

Hypercorn alone never ends while a stream is open (Python 3.12 and later), so a stop goes like this:
on SIGTERM, SIGINT or SIGHUP the application drains (admits nobody, ends every stream), then
Hypercorn closes, and a thread stands by to end the process should a stalled reader hold that up.
"""

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
import threading
import tomllib
from collections.abc import Awaitable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from hypercorn.config import Config

from ephemera.certificates import CertificateError, certify
from ephemera.logs import on_loop_error
from ephemera.server import garbage
from ephemera.server.accepting import ListeningConfig
from ephemera.server.bounds import Bounds
from ephemera.server.forwarded import behind_proxies
from ephemera.server.handed import handed_over
from ephemera.server.listening import ListenError, listening, url_of
from ephemera.server.notifying import notify
from ephemera.server.serving import Server
from ephemera.settings import Settings

# From the signal to the end, in seconds: service managers and the README are promised five.
LAST_MOMENT = 4.0
# What a shell says of a program that was interrupted.
INTERRUPTED = 130
# Descriptors that streams leave to others: those who post, load pages, or are told to come later.
SPARED = 64
# The same as a share of all, for where there are many streams there are many others.
SPARED_OF = 8

HERE = Path(__file__).resolve().parent

REFUSED = {
    "accesslog": "it would write addresses and room ids",
    "bind": "use EPHEMERA_BIND or --bind",
    "insecure_bind": "use EPHEMERA_BIND or --bind",
    "alt_svc_headers": "there is no HTTP/3 here",
    "max_requests": "all rooms would end with the process",
    "read_timeout": "it would end streams",
    "root_path": "Ephemera takes a host name to itself",
    "server_names": "a proxy in front can choose by name",
    "statsd_host": "/metrics has it",
    "quic_bind": "use EPHEMERA_BIND or --bind",
}

log = logging.getLogger(__name__)


class ServingError(Exception):
    """Serving cannot begin; the message is one sentence."""


class Application(Protocol):
    """An ASGI application that can be asked to end its streams."""

    @property
    def hot(self) -> Collection[tuple[str, str]]:
        """The requests to a room that are hot, by method and last part of the path."""

    def __call__(self, scope: Any, receive: Any, send: Any, /) -> Awaitable[None]:  # noqa: ANN401 # ASGI's own types are unions of dictionaries
        """Answer one request, as ASGI says."""

    async def prepare(self) -> None:
        """Get ready to serve. Raises `EngineUnfit`."""

    async def drain(self) -> None:
        """Admit nobody any more and end every stream; must return within a second or two."""


def serve(app: Application, settings: Settings) -> None:
    """Serve until told to stop; raise ServingError when that cannot begin."""
    config = load_config(config_file(), settings)
    try:
        with _listeners(settings, config.backlog) as listeners:
            asyncio.run(_serve(app, settings, config, listeners))
    except ListenError as reason:
        raise ServingError(f"Ephemera {reason}") from None


@contextlib.contextmanager
def _listeners(settings: Settings, backlog: int) -> Iterator[list[socket.socket]]:
    """Take what a service manager hands over; without that, listen as the settings say."""
    user_timeout = settings.tcp_user_timeout_ms
    if handed := handed_over(os.environ, user_timeout=user_timeout):
        if settings.bind != Settings().bind:
            log.warning("EPHEMERA_BIND is not heeded, for sockets were handed over.")
        yield handed
        return
    with listening(
        settings.bind, backlog=backlog, user_timeout=user_timeout, mode=settings.socket_mode
    ) as made:
        yield made


def in_words(places: Sequence[str]) -> str:
    """Return places, as they are named in a sentence."""
    *others, last = places
    return f"{', '.join(others)} and {last}" if others else last


def config_file() -> Path:
    """Return hypercorn.toml: the one in the installed package, else the one beside it."""
    for folder in (HERE, HERE.parent):
        if (file := folder / "hypercorn.toml").is_file():
            return file
    raise ServingError("hypercorn.toml is neither in the package nor beside it.")


def load_config(file: Path, settings: Settings) -> Config:
    """Read hypercorn.toml strictly: Hypercorn itself takes a misspelt key without a word."""
    try:
        mapping = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ServingError(f"{file.name} cannot be read as TOML.") from None
    for key in mapping:
        _check_key(key, file.name)
    _check_logging(mapping.get("logconfig_dict", {}), file.name)
    config = ListeningConfig.from_mapping(mapping)
    if config.workers != 1 and settings.engine == "memory":
        raise ServingError(
            f"{file.name}: workers must be 1, for each worker of the memory engine "
            "would hold other rooms."
        )
    try:
        certify(config, settings, file.name)
    except CertificateError as unfit:
        raise ServingError(str(unfit)) from None
    _use_our_logs(config)
    return config


def known_keys() -> set[str]:
    """Return every key that Hypercorn heeds."""
    return {"application_path"} | {name for name in dir(Config) if _can_be_set(name)}


def bounds_of(settings: Settings) -> Bounds:
    """Return the bounds of every connection. Behind a proxy all have one address."""
    limits = settings.rate_limits and not settings.trusted_hops
    return Bounds(
        stalled_seconds=settings.tcp_user_timeout_ms / 1000,
        connections_per_address=settings.connections_per_address if limits else 0,
        http2_on_plain_ports=settings.http2_on_plain_ports,
    )


def raise_descriptor_limit() -> None:
    """Allow as many descriptors as the system lets us: every stream takes one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):  # a kernel may refuse "unlimited"
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def fit_to_descriptors(settings: Settings) -> Settings:
    """Return settings with no more streams than there are descriptors for.

    A stream that is refused can be told so; a connection that cannot be accepted can not. So some
    descriptors are spared for connections that are no streams.
    """
    raise_descriptor_limit()
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = max(allowed - max(SPARED, allowed // SPARED_OF), 1)
    if allowed == resource.RLIM_INFINITY or settings.max_streams <= most:
        return settings
    log.warning(
        "The system allows %d descriptors (`ulimit -Hn`): streams are limited to %d instead of %d.",
        allowed,
        most,
        settings.max_streams,
    )
    return replace(settings, max_streams=most)


def _check_key(key: str, file: str) -> None:
    if key in REFUSED:
        raise ServingError(f"{file}: {key} is not allowed here, {REFUSED[key]}.")
    if key not in known_keys():
        raise ServingError(f"{file}: Hypercorn has no setting called {key}.")


def _check_logging(table: Mapping[str, Any], file: str) -> None:
    """Refuse a setting that was appended to the file, and fell into the table at its end."""
    for key in table:
        if key in known_keys():
            raise ServingError(f"{file}: {key} belongs above the first [table].")


def _can_be_set(name: str) -> bool:
    attribute = getattr(Config, name)
    if isinstance(attribute, property):
        return attribute.fset is not None
    return not name.startswith("_") and not callable(attribute)


def _use_our_logs(config: Config) -> None:
    config.logconfig_dict = None
    config.errorlog = logging.getLogger("hypercorn.error")


async def _serve(
    app: Application, settings: Settings, config: Config, listeners: Sequence[socket.socket]
) -> None:
    asyncio.get_running_loop().set_exception_handler(on_loop_error)
    await app.prepare()
    urls = in_words([url_of(each, secure=config.ssl_enabled) for each in listeners])
    config.bind = [f"fd://{each.detach()}" for each in listeners]
    asgi = behind_proxies(app, settings.trusted_hops)
    server = Server(asgi, config, app.hot, bounds_of(settings))
    await server.serve(partial(_open_until_told, app, settings, urls, _stop_signal()))


async def _open_until_told(
    app: Application, settings: Settings, urls: str, told: asyncio.Event
) -> None:
    """Hypercorn's shutdown trigger: begins when it listens, and ends it by returning."""
    garbage.settle()
    print(f"Ephemera is open at {urls}", flush=True)
    notify("READY=1", f"STATUS=Open at {urls}")
    if not settings.rate_limits:
        log.warning("Rate limits are off: for tests and measurements only.")
    await told.wait()
    notify("STOPPING=1", "STATUS=Ending every stream")
    await app.drain()


def _stop_signal() -> asyncio.Event:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
            loop.add_signal_handler(number, _on_signal, number, told)
    return told


def _on_signal(number: signal.Signals, told: asyncio.Event) -> None:
    if not told.is_set():
        told.set()
        _end_at_the_last_moment()
    elif number == signal.SIGINT:  # somebody at a terminal has lost patience
        os._exit(INTERRUPTED)


def _end_at_the_last_moment() -> None:
    """Make sure that the process ends.

    A reader that stalls keeps its connection's task waiting, even when that is cancelled, and
    Hypercorn waits for the task. By then everybody else has been told and nothing is on disk, so
    there is nothing left to lose: the process just ends, and that is no failure. A thread does it,
    because a timer of the loop would hang with the loop; os._exit does it, because sys.exit in a
    thread ends only the thread. No output is lost: it is flushed line by line.
    """
    timer = threading.Timer(LAST_MOMENT, os._exit, args=[0])
    timer.daemon = True  # an end in good time does not wait for it
    timer.start()
