"""Who takes part. A new peer is one program in bench/peers/ and one entry here."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.load.dialect import Dialect
from bench.load.nchan import Nchan
from bench.load.socketio import PING, SocketIo
from bench.load.sse import Sse

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
PYTHON: Final = str(HERE / ".venv" / "bin" / "python")
NCHAN: Final = HERE / ".modules" / "usr" / "lib" / "nginx" / "modules" / "ngx_nchan_module.so"

OURS: Final = "ephemera"
REFERENCE: Final = "flask-socketio threading"
"""Ratios are taken to this one: the toy that Ephemera replaces was of that kind."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """One server that is measured.

    command: how it is started; {port}, {heartbeat} (seconds) and {folder} are filled in.
    heartbeat: the bytes that a reader finds in each heartbeat.
    packages: what it is made of, for the list of versions.
    needs: programs without which it cannot take part.
    ours: whether it is Ephemera, and can be asked what only Ephemera has.
    most_streams: more are not tried.
    """

    name: str
    command: Sequence[str]
    dialect: Dialect
    heartbeat: bytes
    packages: Sequence[str] = ()
    needs: Sequence[str] = ()
    folder: Path = ROOT
    environ: Mapping[str, str] = field(default_factory=dict)
    ours: bool = False
    most_streams: int = 8_000


def ephemera(name: str = OURS, folder: Path = ROOT) -> Entrant:
    """Return the real application, as in a checkout, all guards on but the rates."""
    return Entrant(
        name,
        [sys.executable, "-m", "ephemera", "serve", "--bind", "127.0.0.1:{port}"],
        Sse(),
        b"event: ping",
        folder=folder,
        environ={"EPHEMERA_RATE_LIMITS": "off", "EPHEMERA_HEARTBEAT": "{heartbeat}"},
        ours=True,
    )


def _python(module: str, *more: str) -> list[str]:
    return [PYTHON, "-m", f"bench.peers.{module}", *_WHERE, *more]


def _node(program: str) -> list[str]:
    return ["node", f"bench/peers/{program}", *_WHERE]


_WHERE: Final = ["--port", "{port}", "--heartbeat", "{heartbeat}"]
_FLASK: Final = ["flask-socketio", "python-socketio", "python-engineio", "flask", "werkzeug"]
_STARLETTE: Final = ["sse-starlette", "starlette", "uvicorn"]

PEERS: Final = (
    Entrant(
        REFERENCE,
        _python("flask_socketio_chat", "--mode", "threading"),
        SocketIo(),
        PING,
        [*_FLASK, "simple-websocket"],
        most_streams=2_000,  # each takes four threads; 6,000 were more than one core could start
    ),
    Entrant(
        "flask-socketio gevent",
        _python("flask_socketio_chat", "--mode", "gevent"),
        SocketIo(),
        PING,
        [*_FLASK, "gevent", "gevent-websocket"],
    ),
    Entrant(
        "sse-starlette",
        _python("sse_starlette_chat", "--loop", "asyncio", "--http", "h11"),
        Sse(),
        b": ping",
        [*_STARLETTE, "h11"],
    ),
    Entrant(
        "sse-starlette uvloop",
        _python("sse_starlette_chat", "--loop", "uvloop", "--http", "httptools"),
        Sse(),
        b": ping",
        [*_STARLETTE, "uvloop", "httptools"],
    ),
    Entrant(
        "aiohttp-sse",
        _python("aiohttp_sse_chat"),
        Sse(),
        b": ping",
        ["aiohttp-sse", "aiohttp"],
    ),
    Entrant(
        "node socket.io",
        _node("socketio_chat.mjs"),
        SocketIo(),
        PING,
        ["socket.io", "ws"],
        ["node"],
    ),
    Entrant(
        "node better-sse", _node("better_sse_chat.mjs"), Sse(), b":\n\n", ["better-sse"], ["node"]
    ),
    Entrant(
        "nginx nchan",
        _python("nchan_chat", "--folder", "{folder}"),
        Nchan(),
        b": ping",
        needs=["nginx", str(NCHAN)],
    ),
    Entrant("bare asyncio", _python("bare_chat"), Sse(), b"event: ping"),
)


def field_of(names: str, against: Path | None) -> list[Entrant]:
    """Return who takes part: those named (with commas), or everybody."""
    everybody = [ephemera(), *PEERS]
    if against:
        everybody.insert(1, ephemera(f"ephemera at {against.name}", against.resolve()))
    wanted = {name.strip() for name in names.split(",") if name.strip()}
    known = {entrant.name for entrant in everybody}
    if unknown := sorted(wanted - known):
        raise SystemExit(f"There is no {', '.join(unknown)}: choose of {', '.join(sorted(known))}.")
    return [entrant for entrant in everybody if not wanted or entrant.name in wanted]


def is_possible(entrant: Entrant) -> bool:
    """Tell whether this machine has what the entrant needs."""
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
    return all(shutil.which(need, os.R_OK, path) for need in entrant.needs)
