"""The only writer of stream bytes: server-sent events, JSON lines, text lines.

Server-sent events follow the HTML standard, section 9.2.6
(https://html.spec.whatwg.org/multipage/server-sent-events.html): LF only, and
every line of the data gets its own `data:`, so that no text can end an event
early or forge another one.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from ephemera.domain.cursors import Cursor
from ephemera.domain.terminals import terminal_safe

_LINE_END: Final = re.compile("\r\n|\r|\n")


def event_bytes(
    data: str, cursor: Cursor | None, name: str | None = None, retry: float | None = None
) -> bytes:
    """Return one server-sent event.

    Without a `name` it is a `message`. `retry` in seconds is how long the
    client should wait before it connects again.
    """
    fields = f"id: {cursor}\n" if cursor else ""
    if name:
        fields += f"event: {name}\n"
    if retry is not None:
        fields += f"retry: {round(retry * 1000)}\n"
    lines = _LINE_END.sub("\ndata: ", data)
    return f"{fields}data: {lines}\n\n".encode()


def json_bytes(fields: Mapping[str, Any]) -> bytes:
    """Return one line of JSON."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def text_bytes(text: str) -> bytes:
    """Return lines of plain text that are safe to show in a terminal."""
    return terminal_safe(text).encode() + b"\n"
