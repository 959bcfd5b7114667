"""How a setting is declared: what it takes, and how that is read."""

import os
import re
from collections.abc import Callable
from dataclasses import field
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, NamedTuple

SHORTEST_SECRET: Final = 16
LONGEST_SENTENCE: Final = 500
LARGEST_TEXT: Final = 65_536
"""In bytes."""

Value = str | int | float | bool | bytes | tuple[str, ...] | tuple[str | None, Path | None]

_BIND: Final = re.compile(
    r"unix:/[^\s,]+|(\[[0-9A-Fa-f:.]+(%[^\s,\[\]%]+)?\]|[^\s,:/\[\]]+):(?P<port>[0-9]{1,5})"
)
_CONTACT: Final = re.compile(
    r"[^\s@<>\"'/:?&#]{1,64}@[^\s@<>\"'/:?&#]{1,255}|https://[^\s<>\"']{1,500}"
)
_HIGHEST_PORT: Final = 65_535
_ENGINE: Final = re.compile(
    r"memory|(redis|valkey)s?(\+sentinel|\+cluster)?://([^\s@/]*@)?[^\s@/]+(/\S*)?"
)


class Kind(NamedTuple):
    """What a setting takes: in words after "must be", and how it is read: None is a misfit."""

    wanted: str
    read: Callable[[str], Value | None]
    takes_several: bool = False
    """Whether it may be a list in a file of settings."""


class Setting(NamedTuple):
    """One thing that can be set, as people are told of it."""

    default: str
    kind: Kind
    purpose: str
    """What it is for; a colon and what it takes make a sentence of it."""
    is_secret: bool
    """Whether its value is never shown, and may come from a file."""


def one_of(**values: bool) -> Kind:
    """Take one of these words."""
    return Kind(" or ".join(values), values.get)


def whole(least: int, most: int, unit: str) -> Kind:
    """Take a whole number within these bounds."""

    def read(text: str) -> int | None:
        # [0-9] because int() also takes signs, blanks, underscores and other scripts' digits.
        fits = re.fullmatch(r"[0-9]{1,12}", text) and least <= int(text) <= most
        return int(text) if fits else None

    return Kind(f"a whole number of {unit} from {least} to {most}", read)


def decimal(least: float, most: float, unit: str) -> Kind:
    """Take a number within these bounds, with decimals or without."""

    def read(text: str) -> float | None:
        fits = re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text) and least <= float(text) <= most
        return float(text) if fits else None

    return Kind(f"a number of {unit} from {least:g} to {most:g}", read)


def binds(text: str) -> tuple[str, ...] | None:
    """Return where to listen, if that is it."""
    found = tuple(re.split(r"[, \t]+", text))
    return found if all(map(_is_bind, found)) and len({*found}) == len(found) else None


def networks(text: str) -> tuple[str, ...] | None:
    """Return networks in the notation of CIDR, if that is what they are."""
    found = tuple(re.split(r"[, \t]+", text))
    try:
        for each in found:
            ip_network(each)
    except ValueError:
        return None
    return found


def mode(text: str) -> int | None:
    """Return the mode of a file that its owner can read and write, if that is it.

    So TOML's 0o660 is no other mode by mistake: it comes here as 432.
    """
    return int(text, 8) if re.fullmatch(r"0?[67][0-7]{2}", text) else None


def _is_bind(text: str) -> bool:
    match = _BIND.fullmatch(text)
    return bool(match and int(match["port"] or 0) <= _HIGHEST_PORT)


def engine(text: str) -> str | None:
    """Return where rooms live, if that is it."""
    return text if _ENGINE.fullmatch(text) else None


def path(text: str) -> str | None:
    """Return the path of a file, if it can be one."""
    return text if text and "\0" not in text else None


def opening(text: str) -> tuple[str | None, Path | None] | None:
    """Return who may open a room, if that says it."""
    if text == "anyone":
        return None, None
    word, _, rest = text.partition(":")
    rest = rest.strip()
    if word == "nobody" and len(rest) <= LONGEST_SENTENCE and rest.isprintable():
        return rest, None
    return (None, Path(rest)) if word == "keys" and rest.startswith("/") else None


def line(most: int) -> Kind:
    """Take a line of text."""

    def read(text: str) -> str | None:
        return text if 0 < len(text) <= most and text.isprintable() else None

    return Kind(f"a line of at most {most} characters", read)


def contact(text: str) -> str | None:
    """Return where somebody is reached, if that is it."""
    return text if _CONTACT.fullmatch(text) else None


def text_at(path: str) -> str | None:
    """Return the text of a file, if it is one and not too large."""
    if not Path(path).is_file():  # of a pipe we would wait for who writes
        return None
    try:
        with Path(path).open("rb") as file:
            read = file.read(LARGEST_TEXT + 1)
        return read.decode().replace("\r\n", "\n") if len(read) <= LARGEST_TEXT else None
    except (OSError, ValueError):
        return None


def secret(text: str) -> bytes | None:
    """Return the secret, if it is long enough."""
    return os.fsencode(text) if len(text) >= SHORTEST_SECRET else None


def declared(
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
