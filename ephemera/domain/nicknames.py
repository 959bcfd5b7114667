"""What a member may be called, and which names look alike."""

import unicodedata
from functools import lru_cache
from itertools import groupby
from typing import Final

from confusable_homoglyphs.confusables import confusables_data
from wcwidth import iter_graphemes

from ephemera.domain.errors import Invalid

MOST_GRAPHEMES: Final = 24
MOST_CHARACTERS: Final = 120
"""A grapheme may be long (a family emoji has seven characters), a name must not."""
MOST_TYPED_CHARACTERS: Final = 4 * MOST_CHARACTERS
"""What a nickname may be before it is composed. No character decomposes into more than four, so
what is longer is too long in any form. It must not be composed to know it: to bring marks into
their order takes a time that grows with the square of their number."""
MOST_MARKS_IN_A_ROW: Final = 3
"""Enough for every living script; more is stacking for its own sake (zalgo)."""

_JOINERS: Final = "\u200c\u200d"
_LRM: Final = "\u200e"
"""Left-to-right mark."""
_SELECTORS: Final = frozenset(
    map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
"""They choose between forms of the character before them, as emoji need, or do nothing."""
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters, marks and symbols that show nothing (Default_Ignorable_Code_Point, UAX 44)."""
_FORBIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def read_nickname(typed: str) -> str:
    """Return the nickname that a person typed, in NFC with single spaces.

    Raises `Invalid` for field `nickname` with the problem `empty`, `too-long`,
    `unprintable` (control, bidi, private or invisible characters) or
    `too-many-marks`.
    """
    single_spaced = " ".join(word for word in typed.split(" ") if word)
    if not single_spaced:
        raise Invalid("nickname", "empty")
    if len(single_spaced) > MOST_TYPED_CHARACTERS:
        raise Invalid("nickname", "too-long")
    nickname = unicodedata.normalize("NFC", single_spaced)
    if len(nickname) > MOST_CHARACTERS or _count_graphemes(nickname) > MOST_GRAPHEMES:
        raise Invalid("nickname", "too-long")
    if not _is_printable(nickname):
        raise Invalid("nickname", "unprintable")
    if _most_marks_in_a_row(nickname) > MOST_MARKS_IN_A_ROW:
        raise Invalid("nickname", "too-many-marks")
    return nickname


def faces(nickname: str) -> frozenset[str]:
    """Return the keys under which no two members of a room may meet.

    Two names that differ in case only share a key, and so do two names that
    look the same on the screen (the skeleton of UTS 39, section 4).
    """
    seen = "".join(c for c in nickname if c not in _JOINERS and c not in _SELECTORS)
    folded = unicodedata.normalize("NFKC", seen).casefold()
    return frozenset({f"fold:{folded}", f"look:{_look(seen)}", f"look:{_look(folded)}"})


def _count_graphemes(nickname: str) -> int:
    return sum(1 for _ in iter_graphemes(nickname))


def _is_printable(nickname: str) -> bool:
    return not any(_is_forbidden(nickname, place) for place in range(len(nickname))) and any(
        unicodedata.category(c)[0] in "LNPS" for c in nickname
    )


def _is_forbidden(nickname: str, place: int) -> bool:
    character = nickname[place]
    if character in _JOINERS:
        return not _joins(nickname, place)
    if character in _INVISIBLE or unicodedata.category(character) in _FORBIDDEN_CATEGORIES:
        return True
    return unicodedata.category(character) == "Zs" and character != " "


def _joins(nickname: str, place: int) -> bool:
    """Tell whether a joiner stands between two visible characters, as emoji and Persian need."""
    around = nickname[place - 1 : place] + nickname[place + 1 : place + 2]
    return len(around) == 2 and not any(c in _JOINERS or c == " " for c in around)  # noqa: PLR2004 - both sides


def _most_marks_in_a_row(nickname: str) -> int:
    decomposed = unicodedata.normalize("NFD", nickname)
    runs = groupby(decomposed, key=lambda c: unicodedata.category(c) in ("Mn", "Me"))
    return max((len(list(run)) for marks, run in runs if marks), default=0)


def _look(name: str) -> str:
    """Return the skeleton without its case: a prototype may be a capital (0 looks like O)."""
    return _skeleton(name).casefold()


def _skeleton(name: str) -> str:
    looks = "".join(_prototype(c) for c in unicodedata.normalize("NFD", name))
    return unicodedata.normalize("NFD", looks)


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
