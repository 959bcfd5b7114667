"""What Ephemera writes about itself: one line per record, to stderr, never anything of a room.

An exception's message, a library's sentence or a task's repr may hold a path, an address or a
member's words. So of an exception only its type and the places in the code are written, and of
libraries only the sentences known to be harmless. Our own loggers (`ephemera…`) are trusted: their
sentences are constants, and what fills them is a count, a duration or the name of a class.
"""

import asyncio
import errno
import logging
import ssl
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any, TextIO

from ephemera.server.faults import EXHAUSTED, Seldom

OURS = "ephemera"

# Written as they are, though a library says them. They are constants, filled with nothing but the
# address this server listens on.
HARMLESS = (
    "Error in ASGI Framework",
    "ASGI Framework Lifespan error",
    "Running on http",
)
# A visitor's failed handshake, or one that takes too long or is broken off; the task of a stalled
# reader, cancelled at the end (Python 3.11).
HARMLESS_ERRORS = (
    ssl.SSLError,
    ConnectionAbortedError,
    ConnectionResetError,
    asyncio.CancelledError,
)
# A visitor who stalls or vanishes, as the kernel says it: Hypercorn does not expect these, and a
# line for each of them would let anybody fill the log.
LOST = {errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH}
WITHHELD = "what it says is withheld, it might hold something of a room"
# An exception that came by recursion needs no thousand places.
MOST_PLACES = 12

log = logging.getLogger("ephemera")


def set_up() -> None:
    """Send every logger, warning and uncaught exception of this process through our formatter.

    Must be called before the first request and after no other logging set-up.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    log.setLevel(logging.INFO)
    # A record that cannot be formatted would be printed raw, with its arguments.
    logging.raiseExceptions = False
    warnings.showwarning = _show_warning
    sys.excepthook = _on_uncaught
    sys.unraisablehook = _on_unraisable
    threading.excepthook = _on_thread_end


def on_loop_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what nobody awaited; an exception handler for event loops."""
    del loop
    exception = context.get("exception")
    if isinstance(exception, HARMLESS_ERRORS) or getattr(exception, "errno", None) in LOST:
        return
    if getattr(exception, "errno", None) in EXHAUSTED:
        if _exhausted.is_due():
            log.error("Out of descriptors or memory: new connections wait until others have ended.")
        return
    log.error("Something failed outside any request.", exc_info=exception)


_exhausted = Seldom()


class Formatter(logging.Formatter):
    """Writes the time, the level, the logger, a sentence, and the places of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, whatever the record holds."""
        parts = [self.formatTime(record), record.levelname, f"{record.name}:", sentence(record)]
        if record.exc_info and (exception := record.exc_info[1]):
            parts.append(f"[{places(exception)}]")
        return _on_one_line(" ".join(parts))


def sentence(record: logging.LogRecord) -> str:
    """Return what the record says, if it is known to be harmless."""
    ours = record.name == OURS or record.name.startswith(f"{OURS}.")
    message = _message(record)
    if ours or message.startswith(HARMLESS):
        return message
    return f"{WITHHELD} ({_short(record.pathname)}:{record.lineno} {record.funcName})"


def places(exception: BaseException) -> str:
    """Return the type of an exception, where it was raised, and the same of what led to it."""
    return "; because of ".join(_described(each) for each in _chain(exception))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 # arguments may have any __str__, and a log must not fail
        return WITHHELD


def _chain(exception: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [exception]
    while waiting:
        each = waiting.pop(0)
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += each.exceptions if isinstance(each, BaseExceptionGroup) else []
        waiting.append(each.__cause__ or (None if each.__suppress_context__ else each.__context__))


def _described(exception: BaseException) -> str:
    where = " < ".join(_frames(exception.__traceback__))
    return f"{type(exception).__name__} at {where}" if where else type(exception).__name__


def _frames(trace: TracebackType | None) -> list[str]:
    inwards = [_place(frame, line) for frame, line in traceback.walk_tb(trace)]
    return inwards[::-1][:MOST_PLACES]


def _place(frame: FrameType, line: int) -> str:
    code: CodeType = frame.f_code
    return f"{_short(code.co_filename)}:{line} {code.co_name}"


def _short(filename: str) -> str:
    """Leave out the folders above the package: they may name the person who runs it."""
    return "/".join(Path(filename).parts[-2:])


def _on_one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _show_warning(  # noqa: PLR0913, PLR0917 # the signature is Python's
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    del message, file, line
    log.warning("A %s was given at %s:%d.", category.__name__, _short(filename), lineno)


def _on_uncaught(
    kind: type[BaseException], exception: BaseException, trace: TracebackType | None
) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        log.critical("Ephemera stops.", exc_info=(kind, exception, trace))


def _on_unraisable(unraisable: "sys.UnraisableHookArgs") -> None:
    log.error("Something failed where it cannot be raised.", exc_info=unraisable.exc_value)


def _on_thread_end(ended: threading.ExceptHookArgs) -> None:
    log.error("A thread failed.", exc_info=ended.exc_value)
