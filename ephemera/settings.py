"""What the person who runs Ephemera may choose.

A setting is one field of `Settings`: its default, what it takes, and what it is for. The name of
its variable, `ephemera serve --help`, `--check` and docs/settings.md follow from that.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Final

from ephemera.kinds import (
    SHORTEST_SECRET,
    Kind,
    Setting,
    binds,
    contact,
    decimal,
    declared,
    engine,
    line,
    mode,
    networks,
    one_of,
    opening,
    path,
    secret,
    text_at,
    whole,
)

PREFIX: Final = "EPHEMERA_"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set; immutable, so that no part of the program can disagree."""

    bind: tuple[str, ...] = declared(
        "127.0.0.1:8000",
        Kind(
            "HOST:PORT, [IPV6]:PORT or unix:/PATH, or several with commas or blanks between them, "
            "each once",
            binds,
            takes_several=True,
        ),
        "Where to listen (port 0: a free one)",
    )
    engine: str = declared(
        "memory",
        Kind(
            "memory, redis://HOST[:PORT], rediss:// for TLS, "
            "redis+sentinel://HOST,HOST/NAME or redis+cluster://HOST,HOST",
            engine,
        ),
        "Where rooms live",
        is_secret=True,  # its URL may hold a password
    )
    strict: bool = declared(
        "0",
        one_of(**{"0": False, "1": True}),
        "Whether a start is refused on an engine that would write what is said to a disk or a log",
    )
    secret: bytes = declared(
        "random for each start",
        Kind(f"at least {SHORTEST_SECRET} characters", secret),
        "The pepper of keyed hashes, the same for each process that shares an engine",
        is_secret=True,
        made_by=partial(secrets.token_bytes, 32),
    )
    rate_limits: bool = declared(
        "on", one_of(on=True, off=False), "Whether rates are limited (sizes always are)"
    )
    lifetime: int = declared(
        "86400", whole(60, 604_800, "seconds"), "Age at which a room is wiped, whoever is there"
    )
    trusted_hops: int = declared(
        "0", whole(0, 10, "proxies"), "Proxies in front whose X-Forwarded-* headers are believed"
    )
    max_rooms: int = declared(
        "20000",
        whole(1, 1_000_000, "rooms"),
        "As many rooms as there may be, those of other processes on the engine included",
    )
    max_streams: int = declared(
        "10000", whole(1, 1_000_000, "streams"), "As many streams as this process holds"
    )
    heartbeat: float = declared(
        "15", decimal(0.2, 60, "seconds"), "Silence on a stream before a ping"
    )
    stream_lifetime: int = declared(
        "1800",
        whole(1, 86_400, "seconds"),
        "Age at which a stream is ended, to be opened again",
    )
    tcp_user_timeout_ms: int = declared(
        "20000",
        whole(100, 600_000, "milliseconds"),
        "How long a reader may take nothing before its connection is cut",
    )
    connections_per_address: int = declared(
        "512",
        whole(0, 1_000_000, "connections"),
        "As many connections as an address may have (0: any number), "
        "while no proxy is trusted and rates are limited",
    )
    http2_on_plain_ports: bool = declared(
        "off",
        one_of(on=True, off=False),
        "Whether HTTP/2 is spoken without TLS, too, by prior knowledge or upgrade",
    )
    socket_mode: int = declared(
        "0666",
        Kind("three octal digits, the first 6 or 7, such as 0660", mode),
        "Who may connect to a Unix socket, whatever the umask: the mode of its file",
    )
    tls_certificate: str = declared(
        "none",
        Kind("the path of a file, read at the start", path),
        "The certificate of HTTPS, and those between it and its authority, in PEM",
        made_by=str,
    )
    tls_key: str = declared(
        "none",
        Kind("the path of a file without a password, read at the start", path),
        "The key of the certificate, in PEM",
        made_by=str,
    )
    opening: tuple[str | None, Path | None] = declared(
        "anyone",
        Kind(
            "anyone, nobody, nobody: and a sentence that says why, or keys:/PATH of a file with "
            "a name and a key in each line",
            opening,
        ),
        "Who may open a room (whoever knows its code may join in any case)",
    )
    exempt_networks: tuple[str, ...] = declared(
        "none",
        Kind(
            "networks such as 192.0.2.0/24 or 2001:db8::/48, with commas or blanks between them",
            networks,
            takes_several=True,
        ),
        "Whose addresses pay for no room, no join and no wrong code",
        made_by=tuple,
    )
    site: str = declared(
        "none", line(100), "Who runs this site: a name for the foot of pages", made_by=str
    )
    contact: str = declared(
        "none",
        Kind("an e-mail address or an https address", contact),
        "How to reach who runs this site",
        made_by=str,
    )
    banner: str = declared("none", line(500), "What stands atop pages (of no room)", made_by=str)
    operator: str = declared(
        "none",
        Kind("the path of a text in UTF-8, of at most 64 KiB", text_at),
        "Imprint, privacy notice and rules, for /operator (what stands behind # is a heading)",
        made_by=str,
    )


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
