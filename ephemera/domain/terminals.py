"""Text for terminals: what they would obey is gone, and no line can pass for another."""

import json
import re
from typing import Final

from ephemera.domain.links import links_in

_LINE_END: Final = re.compile("\r\n|[\r\n\u2028\u2029]")
_UNSAFE_IN_A_TERMINAL: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
"""Control characters but tab and newline, those that reorder text, and lone surrogates."""

_LIKE_A_COLON: Final = (
    "\u02d0\u02f8\u0589\u05c3\u0703\u0704\u0903\u0a83\u16ec\u1803\u1809\u205a\u2236\ua4fd\ua789"
    "\ufe13\ufe30\ufe55\uff1a"
)
_LIKE_A_STAR: Final = "*\u066d\u204e\u2217\ufe61\uff0a\U0001031f"
"""Both as UTS 39 has them, and the compatibility forms: a person may take one for the other."""
_STRUCTURE_OF_A_LINE: Final = re.compile(
    rf'\A["\uff02{_LIKE_A_STAR}]|[:;,\uff1b\uff0c]|[{_LIKE_A_COLON}](?:\s|\Z)|\s\(|\A\Z'
)
"""What a line has around a speaker: `* `, `: `, ` (`, and the quotes themselves; and what would let
a name be read as one thing after another."""
_STRUCTURE_OF_A_SENTENCE: Final = re.compile(
    rf'[\s"\uff02*,:;()]|\A[{_LIKE_A_STAR}]|[{_LIKE_A_COLON}]\Z|\A\Z'
)
"""What a sentence has around a name. Of several words somebody could make a sentence of ours."""


def terminal_safe(text: str) -> str:
    """Return the text without what a terminal would obey instead of showing it.

    Continuation lines are indented: no text can pretend to be the next message. What ended a link
    still ends it: many terminals make links of their own.
    """
    safe = _UNSAFE_IN_A_TERMINAL.sub("", _LINE_END.sub("\n", _with_links_apart(text)))
    return safe.replace("\n", "\n  ")


def _with_links_apart(text: str) -> str:
    for place, link in reversed(links_in(text)):
        end = place + len(link)
        if _UNSAFE_IN_A_TERMINAL.match(text, end):
            text = f"{text[:end]} {text[end:]}"
    return text


def speaker(nickname: str) -> str:
    """Return the nickname as the start of a line: where it ends is seen, whatever is in it."""
    return quoted(nickname) if _STRUCTURE_OF_A_LINE.search(nickname) else nickname


def named(nickname: str) -> str:
    """Return the nickname as a part of a sentence: what it is called, and what we say of it."""
    return quoted(nickname) if _STRUCTURE_OF_A_SENTENCE.search(nickname) else nickname


def quoted(words: str) -> str:
    """Return the words in quotes, which end where they end: as JSON has a string."""
    return json.dumps(words, ensure_ascii=False)
