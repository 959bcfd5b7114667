"""What looks alike on a screen: the skeleton of UTS 39, section 4 (ADR 0013)."""

import unicodedata
from functools import lru_cache
from typing import Final

from confusable_homoglyphs.confusables import confusables_data

_LRM: Final = "\u200e"
"""Left-to-right mark."""


def look(words: str) -> str:
    """Return the skeleton without its case: a prototype may be a capital (0 looks like O)."""
    looks = "".join(_prototype(c) for c in unicodedata.normalize("NFD", words))
    return unicodedata.normalize("NFD", looks).casefold()


@lru_cache(maxsize=4096)
def _prototype(character: str) -> str:
    """Return the one character (or few) that stands for all that look like this one.

    The data lists each look-alike under its prototype and each prototype under
    its look-alikes; a pair that knows only each other is represented by the
    smaller of the two.
    """
    alike = _look_alikes(character)
    if len(alike) != 1:
        return character
    return min(character, alike[0]) if len(_look_alikes(alike[0])) == 1 else alike[0]


def _look_alikes(character: str) -> list[str]:
    """Return what the data lists beside the character; right-to-left ones stand between marks."""
    marked = confusables_data.get(f"{_LRM}{character}{_LRM}", ())
    return [entry["c"].strip(_LRM) for entry in confusables_data.get(character, marked)]
