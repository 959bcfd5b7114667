"""What the person who runs Ephemera may choose, read strictly from EPHEMERA_* variables.

A setting is one field of `Settings`: its default, what it takes, and what it is for. The name of
its variable, `ephemera serve --help` and docs/settings.md follow from that.

A name that is not known or a value that does not fit stops the start with one sentence. No
sentence repeats a value: some are secret, and a secret is easily put under the wrong name.
"""

import difflib
import os
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

PREFIX: Final = "EPHEMERA_"
SHORTEST_SECRET: Final = 16
OF_A_SEAT: Final = "EPHEMERA_TOKEN"
"""What `ephemera send` and `join` read; a server has no business with it."""

Value = str | int | float | bool | bytes

_BIND: Final = re.compile(
    r"unix:/.+|(\[[0-9A-Fa-f:.]+(%[^\s\[\]%]+)?\]|[^\s:/\[\]]+):(?P<port>[0-9]{1,5})"
)
_HIGHEST_PORT: Final = 65_535
_ENGINE: Final = re.compile(
    r"memory|(redis|valkey)s?(\+sentinel|\+cluster)?://([^\s@/]*@)?[^\s@/]+(/\S*)?"
)


class SettingsError(Exception):
    """A setting is wrong; the message is one sentence for the person who set it."""


class Kind(NamedTuple):
    """What a setting takes: in words after "must be", and how it is read: None is a misfit."""

    wanted: str
    read: Callable[[str], Value | None]


class Setting(NamedTuple):
    """One thing that can be set, as people are told of it."""

    default: str
    kind: Kind
    purpose: str
    """What it is for; a colon and what it takes make a sentence of it."""
    is_secret: bool
    """Whether its value is never shown, and may come from a file."""


def _one_of(**values: bool) -> Kind:
    return Kind(" or ".join(values), values.get)


def _whole(least: int, most: int, unit: str) -> Kind:
    def read(text: str) -> int | None:
        # [0-9] because int() also takes signs, blanks, underscores and other scripts' digits.
        fits = re.fullmatch(r"[0-9]{1,12}", text) and least <= int(text) <= most
        return int(text) if fits else None

    return Kind(f"a whole number of {unit} from {least} to {most}", read)


def _decimal(least: float, most: float, unit: str) -> Kind:
    def read(text: str) -> float | None:
        fits = re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text) and least <= float(text) <= most
        return float(text) if fits else None

    return Kind(f"a number of {unit} from {least:g} to {most:g}", read)


def _bind(text: str) -> str | None:
    match = _BIND.fullmatch(text)
    return text if match and int(match["port"] or 0) <= _HIGHEST_PORT else None


def _engine(text: str) -> str | None:
    return text if _ENGINE.fullmatch(text) else None


def _secret(text: str) -> bytes | None:
    return os.fsencode(text) if len(text) >= SHORTEST_SECRET else None


def _setting(
    default: str,
    kind: Kind,
    purpose: str,
    *,
    is_secret: bool = False,
    made_by: Callable[[], Value] | None = None,
) -> Any:  # noqa: ANN401 - a field of the type that stands before it
    """Return the field: its default is what the text says, unless it is made for each start."""
    told = {"setting": Setting(default, kind, purpose, is_secret)}
    make = made_by or partial(kind.read, default)
    return field(default_factory=make, repr=not is_secret, metadata=told)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set; immutable, so that no part of the program can disagree."""

    bind: str = _setting(
        "127.0.0.1:8000",
        Kind("HOST:PORT, [IPV6]:PORT or unix:/PATH, as for --bind", _bind),
        "Where to listen (port 0: a free one)",
    )
    engine: str = _setting(
        "memory",
        Kind(
            "memory, redis://HOST[:PORT], rediss:// for TLS, "
            "redis+sentinel://HOST,HOST/NAME or redis+cluster://HOST,HOST",
            _engine,
        ),
        "Where rooms live",
        is_secret=True,  # its URL may hold a password
    )
    strict: bool = _setting(
        "0",
        _one_of(**{"0": False, "1": True}),
        "Whether a start is refused on an engine that would write what is said to a disk or a log",
    )
    secret: bytes = _setting(
        "random for each start",
        Kind(f"at least {SHORTEST_SECRET} characters", _secret),
        "The pepper of keyed hashes, the same for each process that shares an engine",
        is_secret=True,
        made_by=partial(secrets.token_bytes, 32),
    )
    rate_limits: bool = _setting(
        "on", _one_of(on=True, off=False), "Whether rates are limited (sizes always are)"
    )
    lifetime: int = _setting(
        "86400", _whole(60, 604_800, "seconds"), "Age at which a room is wiped, whoever is there"
    )
    trusted_hops: int = _setting(
        "0", _whole(0, 10, "proxies"), "Proxies in front whose X-Forwarded-* headers are believed"
    )
    max_rooms: int = _setting(
        "20000",
        _whole(1, 1_000_000, "rooms"),
        "As many rooms as there may be, those of other processes on the engine included",
    )
    max_streams: int = _setting(
        "10000", _whole(1, 1_000_000, "streams"), "As many streams as this process holds"
    )
    heartbeat: float = _setting(
        "15", _decimal(0.2, 60, "seconds"), "Silence on a stream before a ping"
    )
    stream_lifetime: int = _setting(
        "1800",
        _whole(1, 86_400, "seconds"),
        "Age at which a stream is ended, to be opened again",
    )
    tcp_user_timeout_ms: int = _setting(
        "20000",
        _whole(100, 600_000, "milliseconds"),
        "How long a reader may take nothing before its connection is cut",
    )
    connections_per_address: int = _setting(
        "512",
        _whole(0, 1_000_000, "connections"),
        "As many connections as an address may have (0: any number), "
        "while no proxy is trusted and rates are limited",
    )
    http2_on_plain_ports: bool = _setting(
        "off",
        _one_of(on=True, off=False),
        "Whether HTTP/2 is spoken without TLS, too, by prior knowledge or upgrade",
    )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the EPHEMERA_* variables of `environ`; raise SettingsError on the first misfit."""
        given = {name: text for name, text in environ.items() if name.startswith(PREFIX)}
        _refuse_unknown(given)
        values = {
            name.removeprefix(PREFIX).lower(): _read(name, setting, given)
            for name, setting in SETTINGS.items()
            if not given.keys().isdisjoint(names_of(name))
        }
        if values.get("engine", "memory") != "memory" and "secret" not in values:
            raise SettingsError(
                "EPHEMERA_SECRET must be set, the same for each process that shares an engine."
            )
        return cls(**values)


SETTINGS: Final[Mapping[str, Setting]] = {
    PREFIX + each.name.upper(): each.metadata["setting"] for each in fields(Settings)
}
"""All of them, by the names of their variables."""


def names_of(name: str) -> tuple[str, ...]:
    """Return the variables that set it: its own, and the one that names a file with a secret."""
    return (name, f"{name}_FILE") if SETTINGS[name].is_secret else (name,)


def sentence_of(setting: Setting) -> str:
    """Return what it is for, and what it takes."""
    return f"{setting.purpose}: {setting.kind.wanted}."


def _refuse_unknown(given: Iterable[str]) -> None:
    known = [one for name in SETTINGS for one in names_of(name)]
    for name in sorted(set(given).difference(known)):
        if name == OF_A_SEAT:
            raise SettingsError(f"{name} is for `ephemera send` and `join`; serve without it.")
        similar = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {similar[0]}?" if similar else "."
        raise SettingsError(f"{name} is not a setting of Ephemera{hint}")


def _read(name: str, setting: Setting, given: Mapping[str, str]) -> Any:  # noqa: ANN401 - what its field takes
    value = setting.kind.read(_text_of(name, given))
    if value is None:
        raise SettingsError(f"{name} must be {setting.kind.wanted}.")
    return value


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
