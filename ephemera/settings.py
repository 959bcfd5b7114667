"""What the person who runs Ephemera may choose, read strictly from EPHEMERA_* variables.

A name that is not known or a value that does not fit stops the start with one sentence. No
sentence repeats a value: some are secret, and a secret is easily put under the wrong name.
"""

import difflib
import os
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

PREFIX = "EPHEMERA_"
SHORTEST_SECRET = 16
OF_A_SEAT = "EPHEMERA_TOKEN"
"""What `ephemera send` and `join` read; a server has no business with it."""

Value = str | int | float | bool | bytes
Parser = Callable[[str], Value]

# HOST:PORT, [IPV6]:PORT or unix:/PATH
_BIND = re.compile(r"unix:/.+|(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):(?P<port>[0-9]{1,5})")


_ENGINE = re.compile(r"(redis|valkey)s?(\+sentinel|\+cluster)?://([^\s@/]*@)?[^\s@/]+(/\S*)?")


class SettingsError(Exception):
    """A setting is wrong; the message is one sentence for the person who set it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set; immutable, so that no part of the program can disagree.

    bind: HOST:PORT, [IPV6]:PORT or unix:/PATH to listen on; port 0 takes a free one.
    engine: where rooms live: memory, or the URL of Redis or Valkey.
    strict: whether an engine must be set to write nothing to disk.
    secret: the pepper of keyed hashes; random for each start unless given.
    rate_limits: whether rates are limited (sizes always are).
    lifetime: hard maximum age of a room, in seconds.
    trusted_hops: proxies in front whose X-Forwarded-* headers are believed.
    max_rooms: as many rooms as there may be, those of other processes on the engine included.
    max_streams: as many streams as this process holds.
    heartbeat: silence on a stream before a ping, in seconds.
    stream_lifetime: age at which a stream is ended, to be opened again, in seconds.
    tcp_user_timeout: how long a reader may stall before its connection is cut, in milliseconds.
    connections_per_address: as many connections as an address may have; 0 for any number.
    http2_on_plain_ports: whether HTTP/2 is spoken without TLS, too.
    """

    bind: str = "127.0.0.1:8000"
    engine: str = field(default="memory", repr=False)  # its URL may hold a password
    strict: bool = False
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    rate_limits: bool = True
    lifetime: int = 86_400
    trusted_hops: int = 0
    max_rooms: int = 20_000
    max_streams: int = 10_000
    heartbeat: float = 15.0
    stream_lifetime: int = 1_800
    tcp_user_timeout: int = 20_000
    connections_per_address: int = 512
    http2_on_plain_ports: bool = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the EPHEMERA_* variables of `environ`; raise SettingsError on the first misfit."""
        given = {name: text for name, text in environ.items() if name.startswith(PREFIX)}
        _refuse_unknown(given)
        texts = {name: _text_of(name, given) for name in _VARIABLES if _is_given(name, given)}
        values = {_VARIABLES[name].field: _parse(name, text) for name, text in texts.items()}
        if values.get("engine", "memory") != "memory" and "secret" not in values:
            raise SettingsError(
                "EPHEMERA_SECRET must be set, the same for each process that shares an engine."
            )
        return cls(**values)  # type: ignore[arg-type] # a test checks that the table fits


class _MisfitError(ValueError):
    """What a value must be, to follow the name of its variable."""


@dataclass(frozen=True, slots=True)
class _Variable:
    """How one variable becomes one field."""

    field: str
    parse: Parser
    may_be_a_file: bool = False


def _refuse_unknown(given: Iterable[str]) -> None:
    known = {*_VARIABLES, *(f"{name}_FILE" for name, v in _VARIABLES.items() if v.may_be_a_file)}
    for name in sorted(set(given) - known):
        if name == OF_A_SEAT:
            raise SettingsError(f"{name} is for `ephemera send` and `join`; serve without it.")
        similar = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {similar[0]}?" if similar else "."
        raise SettingsError(f"{name} is not a setting of Ephemera{hint}")


def _is_given(name: str, given: Mapping[str, str]) -> bool:
    return name in given or f"{name}_FILE" in given


def _text_of(name: str, given: Mapping[str, str]) -> str:
    file = f"{name}_FILE"
    if file not in given:
        return given[name]
    if name in given:
        raise SettingsError(f"{name} and {file} are both set; keep one.")
    try:
        return Path(given[file]).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError):
        raise SettingsError(f"{file} names a file that cannot be read as text.") from None


def _parse(name: str, text: str) -> Value:
    try:
        return _VARIABLES[name].parse(text)
    except _MisfitError as misfit:
        raise SettingsError(f"{name} {misfit}.") from None


def _bind(text: str) -> str:
    match = _BIND.fullmatch(text)
    if not match or int(match["port"] or 0) > 65_535:  # noqa: PLR2004 # the highest port
        raise _MisfitError("(or --bind) must be HOST:PORT, [IPV6]:PORT or unix:/PATH")
    return text


def _engine(text: str) -> str:
    if text != "memory" and not _ENGINE.fullmatch(text):
        raise _MisfitError(
            "must be memory, redis://HOST[:PORT], rediss:// for TLS, "
            "redis+sentinel://HOST,HOST/NAME or redis+cluster://HOST,HOST"
        )
    return text


def _secret(text: str) -> bytes:
    if len(text) < SHORTEST_SECRET:
        raise _MisfitError(f"must have at least {SHORTEST_SECRET} characters")
    return os.fsencode(text)


def _switch(text: str) -> bool:
    if text not in {"on", "off"}:
        raise _MisfitError("must be on or off")
    return text == "on"


def _yes(text: str) -> bool:
    if text not in {"0", "1"}:
        raise _MisfitError("must be 0 or 1")
    return text == "1"


def _whole(least: int, most: int, unit: str) -> Parser:
    def parse(text: str) -> int:
        # [0-9] because int() also takes signs, blanks, underscores and other scripts' digits.
        if not re.fullmatch(r"[0-9]{1,12}", text) or not least <= int(text) <= most:
            raise _MisfitError(f"must be a whole number of {unit} from {least} to {most}")
        return int(text)

    return parse


def _decimal(least: float, most: float, unit: str) -> Parser:
    def parse(text: str) -> float:
        if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text) or not least <= float(text) <= most:
            raise _MisfitError(f"must be a number of {unit} from {least:g} to {most:g}")
        return float(text)

    return parse


_VARIABLES = {
    "EPHEMERA_BIND": _Variable("bind", _bind),
    "EPHEMERA_ENGINE": _Variable("engine", _engine, may_be_a_file=True),
    "EPHEMERA_STRICT": _Variable("strict", _yes),
    "EPHEMERA_SECRET": _Variable("secret", _secret, may_be_a_file=True),
    "EPHEMERA_RATE_LIMITS": _Variable("rate_limits", _switch),
    "EPHEMERA_LIFETIME": _Variable("lifetime", _whole(60, 604_800, "seconds")),
    "EPHEMERA_TRUSTED_HOPS": _Variable("trusted_hops", _whole(0, 10, "proxies")),
    "EPHEMERA_MAX_ROOMS": _Variable("max_rooms", _whole(1, 1_000_000, "rooms")),
    "EPHEMERA_MAX_STREAMS": _Variable("max_streams", _whole(1, 1_000_000, "streams")),
    "EPHEMERA_HEARTBEAT": _Variable("heartbeat", _decimal(0.2, 60, "seconds")),
    "EPHEMERA_STREAM_LIFETIME": _Variable("stream_lifetime", _whole(1, 86_400, "seconds")),
    "EPHEMERA_TCP_USER_TIMEOUT_MS": _Variable(
        "tcp_user_timeout", _whole(100, 600_000, "milliseconds")
    ),
    "EPHEMERA_CONNECTIONS_PER_ADDRESS": _Variable(
        "connections_per_address", _whole(0, 1_000_000, "connections")
    ),
    "EPHEMERA_HTTP2_ON_PLAIN_PORTS": _Variable("http2_on_plain_ports", _switch),
}
