"""Which characters can be seen, by rules of the standard that no later version of it changes.

A phone is newer than any table of ours: what a table does not know yet is taken for something that
can be seen. What is to be ignored has its ranges once and for all, with places for what is to come.
"""

import re
import unicodedata
from typing import Final

from wcwidth import wcwidth

IGNORABLE: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Default_Ignorable_Code_Point (UAX 44), for a class of a regular expression."""
EMPTY: Final = "\u2800\U0001d159"
"""Signs whose picture is empty, though they are no blanks: in Braille, and among notes."""

_PERHAPS_SEEN: Final = re.compile(rf"[^\s{EMPTY}{IGNORABLE}]")
_IGNORABLE: Final = re.compile(f"[{IGNORABLE}]")
_SHOWN_WITHOUT_WIDTH: Final = ("Lo", "Mc")
"""They are counted with what is before them, and show by themselves, too."""


def first_seen(text: str) -> int:
    """Return the place of the first character that can be seen, or -1 when there is nothing.

    A mark without anything to stand on is nothing.
    """
    if "!" <= text[:1] <= "~":  # as most do
        return 0
    for found in _PERHAPS_SEEN.finditer(text):
        character = found[0]
        if wcwidth(character) > 0 or unicodedata.category(character) in _SHOWN_WITHOUT_WIDTH:
            return found.start()
    return -1


def is_ignorable(character: str) -> bool:
    """Tell whether it shows nothing by itself, wherever it stands."""
    return _IGNORABLE.match(character) is not None


def is_mark(character: str) -> bool:
    """Tell whether it is drawn above, below or around what is before it, and can be stacked."""
    category = unicodedata.category(character)
    if category == "Cn":  # a table that is newer may know better
        return wcwidth(character) == 0
    return category in ("Mn", "Me")


def is_character(character: str) -> bool:
    """Tell whether it is one at all, or one of the 66 that never will be (section 23.7)."""
    number = ord(character)
    return number & 0xFFFE != 0xFFFE and not 0xFDD0 <= number <= 0xFDEF  # noqa: PLR2004 - these are they
