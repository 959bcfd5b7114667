"""The URLs that a person may give: of a room, or of an invitation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

import httpx

from ephemera.domain.pasted import followed, plainly, read_pasted
from ephemera.terminal.mistakes import Mistake

TOKEN: Final = "EPHEMERA_TOKEN"  # noqa: S105 - its name

_URL: Final = re.compile(r"(?=(https?://[^\s<>\"'`]+))", re.IGNORECASE)
_ROOM: Final = re.compile(r"(?i:/rooms)/([A-Za-z0-9]{1,64})/?[^A-Za-z0-9/]*")
_JOIN: Final = re.compile(r"(?i:/join)((?:[/#?][^/]*)?)/?[^A-Za-z0-9/]*")
_NOT_WHOLE: Final = "The URL must be whole: https://host/rooms/… or https://host/join#…."
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
    """Return what the URL leads to. Raises `Mistake`; no sentence repeats the URL or its code.

    It is read as people paste it: with words or brackets around, broken, or held by another one.
    """
    text = plainly(url)
    is_url = False
    for reading in (text, "".join(text.split()), plainly(followed(url))):
        for found in _URL.finditer(reading):
            is_url = True
            if place := _place(found[1], url):
                return place
    if not is_url:
        raise Mistake(_NOT_WHOLE)
    raise Mistake("The URL must be that of a room (/rooms/…) or of an invitation (/join#…).")


def read_token(environ: Mapping[str, str]) -> str:
    """Return the seat's token from the environment. Raises `Mistake`."""
    token = environ.get(TOKEN, "").strip()
    if not token:
        raise Mistake(f"Put the token of your seat into {TOKEN}.")
    if not _PRINTABLE.fullmatch(token):
        raise Mistake(f"{TOKEN} holds something that can be no token.")
    return token


def _place(url: str, typed: str) -> RoomPlace | JoinPlace | None:
    parts = _parts(url)
    origin, path = f"{parts.scheme}://{parts.netloc}", unquote(parts.path)
    if room := _ROOM.fullmatch(path):
        return RoomPlace(origin, room[1])
    if join := _JOIN.fullmatch(path):
        return JoinPlace(origin, _code(typed, join[1] + parts.fragment))
    return None


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_whole = parts.hostname and parts.port != 0
        httpx.URL(f"{parts.scheme}://{parts.netloc}")
    except (ValueError, httpx.InvalidURL):
        is_whole = False
    if not is_whole:
        raise Mistake(_NOT_WHOLE)
    if "@" in parts.netloc:
        raise Mistake("The URL must not hold a name or a password.")
    return parts


def _code(typed: str, left: str) -> str | None:
    """Return the code, or nothing when there is `left` nothing in the place for it."""
    code = str(read_pasted(typed))
    if not code and any(map(str.isalnum, left)):
        raise Mistake("The code in that URL is not whole: it has ten letters and digits.")
    return code or None
