"""What a member may say: the one door through which text enters a room."""

import re
import unicodedata
from typing import Final

from ephemera.domain.characters import first_seen
from ephemera.domain.errors import Invalid
from ephemera.domain.sequences import without_sequences

MOST_CHARACTERS: Final = 4_000
MOST_BYTES: Final = 16 * 1024
MOST_LINES: Final = 100
ACTION: Final = "/me "
"""What a text begins with that tells what its author does."""

_LINE_END: Final = re.compile("\r\n|[\r\u2028\u2029]")
_DEED: Final = re.compile(r"/me[^\S\n]")
_GONE: Final = ("Cc", "Cs")
_SIGNATURE: Final = "\ufeff"
"""What some programs put before all that they write (a byte order mark); it means nothing else."""


def read_text(typed: str) -> str:
    """Return the text of a message as it will be kept.

    Line ends become LF; escape sequences, control characters but newline and tab, and byte order
    marks go, and so do lines around the text that show nothing. Raises `Invalid` for field `text`
    when nothing is left that can be seen, or a limit is exceeded; the bytes are counted as typed.
    """
    if len(typed.encode("utf-8", "replace")) > MOST_BYTES:
        raise Invalid("text", "too-long")
    text = typed if typed.isprintable() else without_controls(_LINE_END.sub("\n", typed))
    seen = first_seen(text)
    if seen > 0:
        text = text[text.rfind("\n", 0, seen) + 1 :]
    if seen < 0 or (text[:1] == "/" and _does_nothing(text)):
        raise Invalid("text", "empty")
    text = text.rstrip()
    if len(text) > MOST_CHARACTERS:
        raise Invalid("text", "too-long")
    if text.count("\n") >= MOST_LINES:
        raise Invalid("text", "too-many-lines")
    return text


def deed_in(text: str) -> str:
    """Return what somebody does who types `/me`, any blank and that; else nothing."""
    return text[len(ACTION) :].strip() if _DEED.match(text) else ""


def _does_nothing(text: str) -> bool:
    return bool(_DEED.match(text)) and first_seen(text[len(ACTION) :]) < 0


def without_controls(text: str) -> str:
    """Return the text as it is kept, but for its ends: its lines end with LF already."""
    # A terminal passes over NUL wherever it stands.
    bare = without_sequences(text.replace("\0", "")).replace(_SIGNATURE, "")
    return "".join(c for c in bare if c in "\n\t" or unicodedata.category(c) not in _GONE)
