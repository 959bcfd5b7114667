"""Lines of an input, and which of them become one message."""

import asyncio
import codecs
import re
from collections import deque
from typing import Final

from ephemera.domain.errors import Invalid
from ephemera.domain.texts import MOST_CHARACTERS, MOST_LINES, read_text, without_controls

MOST_WAITING: Final = 500_000
"""Characters read ahead; then whoever writes into our pipe has to wait."""
_LONGEST_SEQUENCE: Final = 64
"""Characters of one that only colours."""

_LINE_END: Final = re.compile("\r\n|[\n\r\u2028\u2029]")


class Splitter:
    """Turns bytes into lines that fit into a message; bytes that are not UTF-8 become `�`.

    Blank lines say nothing and are left out. The rest of a line that is too long is the next line.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, chunk: bytes, *, final: bool = False) -> list[str]:
        """Return the lines that are whole now; at the end, the last one too."""
        *whole, self._rest = _LINE_END.split(self._rest + self._decoder.decode(chunk, final))
        if final:
            whole, self._rest = [*whole, self._rest], ""
        elif len(self._rest) > MOST_CHARACTERS:
            kept = len(self._rest) % MOST_CHARACTERS or MOST_CHARACTERS
            cut = _before_a_sequence(self._rest, len(self._rest) - kept)
            whole.append(self._rest[:cut])
            self._rest = self._rest[cut:]
        pieces = (piece for line in whole for piece in _pieces(without_controls(line)))
        return [piece for piece in pieces if _says_something(piece)]


class Backlog:
    """Lines that have been read and not been posted, in order."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque()
        self._characters = 0
        self._ended = False
        self._changed = asyncio.Condition()

    def __len__(self) -> int:
        return len(self._lines)

    async def put(self, lines: list[str], *, last: bool = False) -> None:
        """Add lines, and wait until there is room for more."""
        async with self._changed:
            self._lines.extend(lines)
            self._characters += sum(map(len, lines))
            self._ended = last
            self._changed.notify_all()
            await self._changed.wait_for(lambda: last or self._characters < MOST_WAITING)

    async def next(self) -> tuple[str, ...]:
        """Wait for a line and take it; an empty answer is the end."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._lines or self._ended)
            self._changed.notify_all()
            return (self._take(),) if self._lines else ()

    def fill(self, lines: tuple[str, ...]) -> tuple[str, ...]:
        """Return these lines and as many of the next as still fit into one message."""
        filled, characters = list(lines), sum(map(len, lines)) + len(lines) - 1
        while self._lines and len(filled) < MOST_LINES:
            characters += 1 + len(self._lines[0])
            if characters > MOST_CHARACTERS:
                break
            filled.append(self._take())
        return tuple(filled)

    def _take(self) -> str:
        line = self._lines.popleft()
        self._characters -= len(line)
        return line


def _before_a_sequence(text: str, cut: int) -> int:
    """Return where to cut instead, when an escape sequence may have begun just before."""
    begun = text.rfind("\x1b", max(cut - _LONGEST_SEQUENCE, 0), cut)
    return begun if begun > 0 else cut


def _pieces(line: str) -> list[str]:
    return [line[at : at + MOST_CHARACTERS] for at in range(0, len(line), MOST_CHARACTERS)]


def _says_something(line: str) -> bool:
    try:
        return bool(read_text(line))
    except Invalid:
        return False
