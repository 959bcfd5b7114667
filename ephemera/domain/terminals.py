"""Text for terminals: what they would obey is gone, and no line can pass for another."""

import re
from typing import Final

_LINE_END: Final = re.compile("\r\n|\r|\n")
_UNSAFE_IN_A_TERMINAL: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
"""Control characters but tab and newline, those that reorder text, and lone surrogates."""


def terminal_safe(text: str) -> str:
    """Return the text without what a terminal would obey instead of showing it.

    Continuation lines are indented: no text can pretend to be the next message.
    """
    safe = _UNSAFE_IN_A_TERMINAL.sub("", _LINE_END.sub("\n", text))
    return safe.replace("\n", "\n  ")


def speaker(nickname: str) -> str:
    """Return the nickname so that a line which starts with it cannot pass for a notice."""
    return "\N{ASTERISK OPERATOR}" + nickname[1:] if nickname.startswith("*") else nickname
