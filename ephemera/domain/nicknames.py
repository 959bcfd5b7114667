"""What a member may be called, and which names look alike."""

import re
import unicodedata
from itertools import groupby
from typing import Final

from wcwidth import iter_graphemes, wcwidth

from ephemera.domain.characters import (
    EMPTY,
    IGNORABLE,
    first_seen,
    is_character,
    is_ignorable,
    is_mark,
)
from ephemera.domain.errors import Invalid, Unshowable
from ephemera.domain.lookalikes import look
from ephemera.domain.sequences import without_sequences

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
_SELECTORS: Final = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""They choose between forms of the character before them, as emoji need, or do nothing."""
_TAGS: Final = "\U000e0030-\U000e0039\U000e0061-\U000e007f"
_BEFORE: Final = re.compile(f"[ {EMPTY}{IGNORABLE}]+")
"""What a keyboard, a clipboard or an address book leaves at the ends of a name; at the end, the
last ones may belong to what is before them."""
_BELONGS: Final = re.compile(f"[{_SELECTORS}{_TAGS}]")
_SELECTOR: Final = re.compile(f"[{_SELECTORS}]")
_FLAG: Final = re.compile(
    "\U0001f3f4[\U000e0061-\U000e007a]{2}[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,4}\U000e007f"
)
"""The flag of a part of a country: the one sequence of tags that UTS 51 has."""
_SHOWS_NOTHING: Final = re.compile(
    "(\U0001f3f4\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074"
    f"|\U000e0077\U000e006c\U000e0073)\U000e007f)|[{IGNORABLE}]"
)
"""Group 1 does show: the flags that every phone has, of England, Scotland and Wales."""
_FORBIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cs", "Co"})


def read_nickname(typed: str) -> str:
    """Return the nickname that a person typed, in NFC with single spaces.

    Any blank is a blank, and what cannot be seen is dropped at the ends. Raises `Invalid` for
    field `nickname` with the problem `empty`, `too-long`, `unprintable` (that is an `Unshowable`)
    or `too-many-marks`.
    """
    single_spaced = " ".join(without_sequences(typed).split())
    if len(single_spaced) > MOST_TYPED_CHARACTERS:
        raise Invalid("nickname", "too-long")
    nickname = unicodedata.normalize("NFC", _without_ends(single_spaced))
    if first_seen(nickname) < 0:
        raise Invalid("nickname", "empty")
    if len(nickname) > MOST_CHARACTERS or _count_graphemes(nickname) > MOST_GRAPHEMES:
        raise Invalid("nickname", "too-long")
    _ensure_showable(nickname)
    if _most_marks_in_a_row(nickname) > MOST_MARKS_IN_A_ROW:
        raise Invalid("nickname", "too-many-marks")
    return nickname


def faces(nickname: str) -> frozenset[str]:
    """Return the keys under which no two members of a room may meet.

    Two names that differ in case only share a key, and so do two names that
    look the same on the screen.
    """
    seen = _SHOWS_NOTHING.sub(r"\1", nickname)
    folded = unicodedata.normalize("NFKC", seen).casefold()
    return frozenset({f"fold:{folded}", f"look:{look(seen)}", f"look:{look(folded)}"})


def _without_ends(name: str) -> str:
    before = _BEFORE.match(name)
    start, end = before.end() if before else 0, len(name)
    while end > start and _BEFORE.match(name, end - 1) and not _BELONGS.match(name, end - 1):
        end -= 1
    return name[start:end]


def _count_graphemes(nickname: str) -> int:
    return sum(1 for _ in iter_graphemes(nickname))


def _ensure_showable(nickname: str) -> None:
    """Raise `Unshowable` for the first character that cannot be shown where it stands."""
    flags = {place for flag in _FLAG.finditer(nickname) for place in range(*flag.span())}
    for place, character in enumerate(nickname):
        if place not in flags and _is_forbidden(nickname, place):
            raise Unshowable(character, place + 1)


def _is_forbidden(nickname: str, place: int) -> bool:
    character = nickname[place]
    if character in _JOINERS:
        return not _joins(nickname, place)
    if is_ignorable(character):
        return not _SELECTOR.match(character)
    category = unicodedata.category(character)
    if category == "Cf":  # some show a sign of their own, as those of Arabic numbers do
        return wcwidth(character) == 0
    return category in _FORBIDDEN_CATEGORIES or character in EMPTY or not is_character(character)


def _joins(nickname: str, place: int) -> bool:
    """Tell whether a joiner stands between two visible characters, as emoji and Persian need."""
    before, after = nickname[place - 1 : place], nickname[place + 1 : place + 2]
    return not (before in f"{_JOINERS} " or after in f"{_JOINERS} " or is_ignorable(after))


def _most_marks_in_a_row(nickname: str) -> int:
    """Return how many marks are stacked; what shows nothing between them parts no stack."""
    decomposed = [c for c in unicodedata.normalize("NFD", nickname) if not is_ignorable(c)]
    runs = groupby(decomposed, key=is_mark)
    return max((len(list(run)) for marks, run in runs if marks), default=0)
