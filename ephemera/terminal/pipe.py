"""Reads standard input beside the event loop: a file, a pipe or a terminal alike."""

import asyncio
import os
import sys
import threading
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Final

from ephemera.domain.errors import Invalid
from ephemera.domain.texts import MOST_BYTES, read_text
from ephemera.terminal.lines import Backlog, Splitter
from ephemera.terminal.mistakes import Mistake

STDIN: Final = 0
_CHUNK: Final = 16_384


def ensure_input() -> None:
    """Raise `Mistake` when there is no standard input: its number may stand for anything else."""
    if sys.stdin is None:
        raise Mistake("There is no standard input.")


def start_reading(backlog: Backlog) -> None:
    """Feed the backlog until the input ends.

    The thread may wait in `os.read` for ever, so it is a daemon; it holds no lock of Python's
    own stdin that the interpreter would wait for when it ends.
    """
    loop = asyncio.get_running_loop()
    threading.Thread(target=_read, args=(backlog, loop), daemon=True).start()


def read_whole() -> str:
    """Return all of the input as the text of one message. Raises `Mistake`."""
    content = b""
    while len(content) <= MOST_BYTES and (chunk := os.read(STDIN, _CHUNK)):
        content += chunk
    try:
        return read_text(content.decode(errors="replace"))
    except Invalid as invalid:
        raise Mistake(_SENTENCES[invalid.problem]) from None


_SENTENCES: Final = {
    "empty": "There is nothing to send.",
    "too-long": "A message has at most 4,000 characters; without --whole, each line is one.",
    "too-many-lines": "A message has at most 100 lines; without --whole, each line is one.",
}


def _read(backlog: Backlog, loop: asyncio.AbstractEventLoop) -> None:
    splitter, chunk = Splitter(), b" "
    # The loop has ended, and with it the command: there is nobody left to read for.
    with suppress(RuntimeError, CancelledError):
        while chunk:
            chunk = _next_chunk()
            lines = splitter.feed(chunk, final=not chunk)
            asyncio.run_coroutine_threadsafe(backlog.put(lines, last=not chunk), loop).result()


def _next_chunk() -> bytes:
    try:
        return os.read(STDIN, _CHUNK)
    except OSError:  # closed, or a terminal that has gone
        return b""
