"""What programs write for a terminal to obey, and where it ends (ECMA-48, section 5)."""

import re
from typing import Final

_SEQUENCE: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # control: colours, where to go, what to erase
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x00-\x1f\x7f-\x9f]*(?:\x1b\\|[\x07\x9c])"  # strings
    r"|\x1b\][^\x00-\x1f\x7f-\x9f]*(?:\x1b\\|[\x07\x9c])"  # to the system: titles, links
    r"|\x1b\]\d+;[^\x00-\x1f\x7f-\x9f]*"  # cut short
    r"|\x9d\d*;[^\x00-\x1f\x7f-\x9f]*(?:\x1b\\|[\x07\x9c])"
    r"|\x1b[ -/]*[0-~]"  # all others
)
"""No string goes on beyond another control character: of what is cut short, no words are lost.

So each character is looked at a few times at most.
"""


def without_sequences(text: str) -> str:
    """Return the text without whole escape sequences, in 7 bits or 8; lone controls stay."""
    return text if text.isprintable() else _SEQUENCE.sub("", text)
