"""What a member may say: the one door through which text enters a room."""

import re
import unicodedata
from typing import Final

from ephemera.domain.errors import Invalid

MOST_CHARACTERS: Final = 4_000
MOST_BYTES: Final = 16 * 1024
MOST_LINES: Final = 100
ACTION: Final = "/me "
"""What a text begins with that tells what its author does."""

_BLANK_START: Final = re.compile(r"\A(?:[^\S\n]*\n)+")
_LINE_END: Final = re.compile("\r\n|[\r\u2028\u2029]")


def read_text(typed: str) -> str:
    """Return the text of a message as it will be kept.

    Line ends become LF, control characters but newline and tab go, and so do
    blank lines around the text. Raises `Invalid` for field `text` when nothing
    is left or a limit is exceeded; the bytes are counted as typed.
    """
    if len(typed.encode("utf-8", "replace")) > MOST_BYTES:
        raise Invalid("text", "too-long")
    text = _without_controls(_with_plain_line_ends(typed))
    text = _BLANK_START.sub("", text).rstrip()
    if not text.strip():
        raise Invalid("text", "empty")
    if len(text) > MOST_CHARACTERS:
        raise Invalid("text", "too-long")
    if text.count("\n") >= MOST_LINES:
        raise Invalid("text", "too-many-lines")
    return text


def _with_plain_line_ends(typed: str) -> str:
    return _LINE_END.sub("\n", typed)


def _without_controls(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
