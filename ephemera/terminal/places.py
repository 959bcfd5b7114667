"""The URLs that a person may give: of a room, or of an invitation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from ephemera.domain.codes import read_code
from ephemera.domain.words import read_word
from ephemera.terminal.mistakes import Mistake

TOKEN: Final = "EPHEMERA_TOKEN"  # noqa: S105 - its name

_ROOM: Final = re.compile(r"/rooms/([A-Za-z0-9]{1,64})/?")
_JOIN: Final = re.compile(r"/join(?:/([^/]*))?/?")
_PRINTABLE: Final = re.compile(r"[!-~]{1,512}")


@dataclass(frozen=True, slots=True)
class RoomPlace:
    """A room on a server; `origin` is `https://host`."""

    origin: str
    room_id: str

    @property
    def url(self) -> str:
        """The URL of the room."""
        return f"{self.origin}/rooms/{self.room_id}"


@dataclass(frozen=True, slots=True)
class JoinPlace:
    """A way into a room on a server: a code, or the word of an invitation; None: to be typed."""

    origin: str
    code: str | None = field(repr=False)


def read_room(url: str) -> RoomPlace:
    """Return the room of the URL. Raises `Mistake`."""
    place = read_place(url)
    if isinstance(place, JoinPlace):
        raise Mistake(f"That is an invitation: join with it, then send with the seat's {TOKEN}.")
    return place


def read_place(url: str) -> RoomPlace | JoinPlace:
    """Return what the URL leads to. Raises `Mistake`; no sentence repeats the URL or its code."""
    parts = _parts(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    if room := _ROOM.fullmatch(parts.path):
        return RoomPlace(origin, room[1])
    if join := _JOIN.fullmatch(parts.path):
        return JoinPlace(origin, _code(unquote(join[1] or parts.fragment)))
    raise Mistake("The URL must be that of a room (/rooms/…) or of an invitation (/join#…).")


def read_token(environ: Mapping[str, str]) -> str:
    """Return the seat's token from the environment. Raises `Mistake`."""
    token = environ.get(TOKEN, "").strip()
    if not token:
        raise Mistake(f"Put the token of your seat into {TOKEN}.")
    if not _PRINTABLE.fullmatch(token):
        raise Mistake(f"{TOKEN} holds something that can be no token.")
    return token


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        is_whole = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        is_whole = False
    if not is_whole:
        raise Mistake("The URL must be whole: https://host/rooms/… or https://host/join#….")
    if "@" in parts.netloc:
        raise Mistake("The URL must not hold a name or a password.")
    return parts


def _code(typed: str) -> str | None:
    if not typed:
        return None
    if read_code(typed) is None and read_word(typed) is None:
        raise Mistake("The code in that URL is not whole: it has ten letters and digits.")
    return typed
