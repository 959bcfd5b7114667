"""What the person who runs Ephemera may choose, and how it is read, strictly.

A setting is one field of `Settings`: its default, what it takes, and what it is for. The name of
its variable, `ephemera serve --help`, `--check` and docs/settings.md follow from that.

It comes from a variable or from a file of settings. A name that is not known or a value that does
not fit stops the start with one sentence. No sentence repeats a value: some are secret, and a
secret is easily put under the wrong name.
"""

import logging
import os
import secrets
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from ephemera.hints import hint
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
    one_of,
    opening,
    path,
    secret,
    text_at,
    whole,
)

PREFIX: Final = "EPHEMERA_"
FILE: Final = "EPHEMERA_CONFIG"
"""Names a file of settings, in TOML."""
OF_A_SEAT: Final = "EPHEMERA_TOKEN"
"""What `ephemera send` and `join` read; a server has no business with it."""

_IN_WORDS: Final[Mapping[bool, tuple[str, ...]]] = {True: ("on", "1"), False: ("off", "0")}
"""What TOML calls true and false, as settings call it."""

logger = logging.getLogger(__name__)


class SettingsError(Exception):
    """A setting is wrong; the message is one sentence for the person who set it."""


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

    @property
    def site_and_lifetime(self) -> tuple[str, str, str, str, float]:
        """What pages tell of who runs the site, and of how long a room lives."""
        return self.site, self.contact, self.banner, self.operator, self.lifetime


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


class Given(NamedTuple):
    """What was chosen for a setting, as it is written, and where."""

    text: str
    origin: str


def configured(given: Mapping[str, Given]) -> Settings:
    """Return the settings as they were chosen; raise `SettingsError` for the first misfit."""
    values = {_key_of(name): _read(name, each.text) for name, each in given.items()}
    if values.get("engine", "memory") != "memory" and "secret" not in values:
        raise SettingsError(
            "EPHEMERA_SECRET must be set, the same for each process that shares an engine."
        )
    if ("tls_certificate" in values) != ("tls_key" in values):
        raise SettingsError("EPHEMERA_TLS_CERTIFICATE and EPHEMERA_TLS_KEY belong together.")
    return Settings(**values)


def told_of(given: Mapping[str, Given]) -> Iterator[str]:
    """Yield a line for each setting: its value, but of no secret, and where that stands."""
    for name, setting in SETTINGS.items():
        text, origin = given.get(name, Given(setting.default, "default"))
        is_told = name not in given or not setting.is_secret
        yield f"{name} = {text} ({origin})" if is_told else f"{name} is set ({origin})"


def given_in(environ: Mapping[str, str] = os.environ) -> dict[str, Given]:
    """Return what was chosen, by the name of the variable; raise `SettingsError`.

    A variable counts for more than the file of settings.
    """
    variables = {name: text for name, text in environ.items() if name.startswith(PREFIX)}
    file = variables.pop(FILE, None)
    _refuse_unknown(variables)
    return {
        **(_given(_settings_in(file), file) if file is not None else {}),
        **_given(variables, "environment"),
    }


def _given(texts: Mapping[str, str], origin: str) -> dict[str, Given]:
    given = {name: Given(texts[name], origin) for name in SETTINGS if name in texts}
    for name, setting in SETTINGS.items():
        holder = f"{name}_FILE"
        if not setting.is_secret or holder not in texts:
            continue
        if name in given:
            raise SettingsError(f"{name} and {holder} are both set; keep one.")
        text = _text_in(texts[holder], holder).rstrip("\r\n")
        given[name] = Given(text, f"the file that {holder} names")
    return given


def _settings_in(file: str) -> dict[str, str]:
    """Return what a file of settings sets, as variables would."""
    try:
        members = tomllib.loads(_text_in(file, FILE))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{FILE} names a file that is no TOML{_place_of(error)}.") from None
    known = [_key_of(one) for name in SETTINGS for one in names_of(name)]
    for key, value in members.items():
        if isinstance(value, dict) or (isinstance(value, list) and not _takes_several(key)):
            raise SettingsError(f"{FILE}: {key} is no setting; each is one line, {known[0]} = …")
        if key not in known:
            raise SettingsError(f"{FILE}: {key} is not a setting of Ephemera{hint(key, known)}")
    if any(setting.is_secret and _key_of(name) in members for name, setting in SETTINGS.items()):
        warn_if_open(file, FILE)
    return {PREFIX + key.upper(): _written(key, value) for key, value in members.items()}


def _written(key: str, value: object) -> str:
    """Return a value of TOML as a variable would have it."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if not isinstance(value, bool):
        return str(value)
    setting = SETTINGS.get(PREFIX + key.upper())
    fitting = (one for one in _IN_WORDS[value] if setting and setting.kind.read(one) is not None)
    return next(fitting, str(value).lower())


def _takes_several(key: str) -> bool:
    setting = SETTINGS.get(PREFIX + key.upper())
    return setting is not None and setting.kind.takes_several


def _key_of(name: str) -> str:
    return name.removeprefix(PREFIX).lower()


def _place_of(error: tomllib.TOMLDecodeError) -> str:
    """Return in which line it stumbled: what stands there may be secret."""
    _, found, place = str(error).rpartition("(at line ")
    return f" (line {place.partition(',')[0]})" if found else ""


def _text_in(file: str, name: str) -> str:
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise SettingsError(f"{name} names a file that cannot be read as text.") from None
    if name != FILE:
        warn_if_open(file, name)
    return text


def warn_if_open(file: str, name: str) -> None:
    """Say so, if the secret in the file that this name names is everybody's."""
    if Path(file).stat().st_mode & stat.S_IROTH:
        logger.warning("Everybody on this machine can read the secret in the file of %s.", name)


def _refuse_unknown(given: Iterable[str]) -> None:
    known = [FILE, *(one for name in SETTINGS for one in names_of(name))]
    for name in sorted(set(given).difference(known)):
        if name == OF_A_SEAT:
            raise SettingsError(f"{name} is for `ephemera send` and `join`; serve without it.")
        raise SettingsError(f"{name} is not a setting of Ephemera{hint(name, known)}")


def _read(name: str, text: str) -> Any:  # noqa: ANN401 - what its field takes
    kind = SETTINGS[name].kind
    value = kind.read(text)
    if value is None:
        raise SettingsError(f"{name} must be {kind.wanted}.")
    return value
