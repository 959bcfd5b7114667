"""Lines of /json, read tolerantly: what is not understood is left out, not complained of."""

import json
from typing import Any, Final

from ephemera.domain.cursors import Cursor, message_id
from ephemera.domain.terminals import terminal_safe
from ephemera.terminal.mistakes import Unreached

Event = dict[str, Any]

LONGEST_LINE: Final = 4 * 1024 * 1024
"""Bytes; the longest one of ours, a resync, is far below."""


class Parser:
    """Cuts bytes into lines at LF only (a text may hold other line ends) and reads each."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> list[Event]:
        """Return the events that are whole now. Raises `Unreached` for a line without end."""
        self._rest += chunk
        lines = self._take_lines() if b"\n" in chunk else []
        if len(self._rest) > LONGEST_LINE:
            raise Unreached("The server sends a line that does not end.")
        return [event for line in lines if (event := _read(line)) is not None]

    def _take_lines(self) -> list[bytes]:
        """Return the lines that are whole: a long one in many parts is looked through only once."""
        *lines, rest = bytes(self._rest).split(b"\n")
        self._rest = bytearray(rest)
        return lines


def kind_of(event: Event) -> str:
    """Return the name of the event."""
    return text_of(event, "event")


def text_of(event: Event, name: str) -> str:
    """Return a field that is a text; an empty one when it is none."""
    value = event.get(name)
    return value if isinstance(value, str) else ""


def inline(words: str) -> str:
    """Return the words safe for a terminal, and on one line."""
    return terminal_safe(" ".join(words.split()))


def number_of(event: Event, name: str) -> float:
    """Return a field that is a number; 0 when it is none."""
    value = event.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 10**12 else 0.0  # type: ignore[arg-type] # is_number


def list_of(event: Event, name: str) -> list[Event]:
    """Return a field that is a list of objects; what is no object is left out."""
    value = event.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts_of(event: Event, name: str) -> list[str]:
    """Return a field that is a list of texts; what is none is left out."""
    value = event.get(name)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def within(event: Event, name: str) -> Event:
    """Return a field that is an object; an empty one when it is none."""
    value = event.get(name)
    return value if isinstance(value, dict) else {}


def cursor_of(event: Event) -> str:
    """Return the cursor of the event when it has one that can be asked for again."""
    text = text_of(event, "cursor")
    return text if Cursor.read(text) else ""


def kept_since(resync: Event, cursor: str) -> list[Event]:
    """Return what a resync holds that a reader at the cursor has not seen; all of another log.

    Messages come as they are now: what changed those among them is no news.
    """
    news = [event for event in list_of(resync, "events") if _is_after(event, cursor)]
    said = {own_id(event) for event in news if kind_of(event) == "message-posted"}
    return [event for event in news if not (_changes(event) and text_of(event, "message") in said)]


def own_id(message: Event) -> str:
    """Return the id by which later events name this message."""
    cursor = Cursor.read(cursor_of(message))
    return message_id(cursor.sequence) if cursor else ""


def _changes(event: Event) -> bool:
    return kind_of(event) in ("message-edited", "message-reacted")


def _is_after(event: Event, cursor: str) -> bool:
    mine, known = Cursor.read(cursor_of(event)), Cursor.read(cursor)
    if mine is None or known is None or mine.generation != known.generation:
        return True
    return mine.sequence > known.sequence


def _read(line: bytes) -> Event | None:
    try:
        event = json.loads(line.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None
