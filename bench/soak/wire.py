"""What a stream brings: HTTP's chunks taken away, and server-sent events taken apart."""

import re
from typing import Final, NamedTuple

_EVENT: Final = re.compile(
    rb"id: ([a-z0-9]+)-(\d+)\n(?:event: ([a-z-]+)\n)?(?:retry: (\d+)\n)?data:"
)


class Heard(NamedTuple):
    """One event. A stream's ordinary ones have no name; `retry` in seconds, where it is said."""

    generation: str
    sequence: int
    name: str
    retry: float
    block: bytes


class Wire:
    """Turns bytes into events, wherever they are cut."""

    __slots__ = ("_chunks", "_text", "is_over")

    def __init__(self) -> None:
        self._chunks = b""
        self._text = b""
        self.is_over = False

    def take(self, data: bytes) -> list[bytes]:
        """Return the events that are complete now; what is left waits for more."""
        self._text += self._unchunked(data)
        *blocks, self._text = self._text.split(b"\n\n")
        return blocks

    def _unchunked(self, data: bytes) -> bytes:
        """Return the content of whole chunks (RFC 9112, section 7.1)."""
        framed, contents, start = self._chunks + data, [], 0
        while (line := framed.find(b"\r\n", start)) >= 0:
            size = int(framed[start:line], 16)
            after = line + 2 + size + 2
            if not size or after > len(framed):
                self.is_over = not size
                break
            contents.append(framed[line + 2 : after - 2])
            start = after
        self._chunks = framed[start:]
        return b"".join(contents)


def read(block: bytes) -> Heard | None:
    """Return the event, or None when it is none that a soak may meet."""
    found = _EVENT.match(block)
    if found is None:
        return None
    name, retry = (found[3] or b"").decode(), int(found[4] or 0) / 1000
    return Heard(found[1].decode(), int(found[2]), name, retry, block)
