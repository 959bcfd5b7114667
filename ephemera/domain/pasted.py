"""What somebody typed, pasted or followed to come in: which code is in it, or which word.

Keyboards, messengers, mail programs and browsers change both on their way. What is obviously the
code is read; nothing is read that is not there, so that nobody gets in who would not otherwise.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import unquote

from ephemera.domain.characters import EMPTY, is_ignorable
from ephemera.domain.codes import read_code, show_code
from ephemera.domain.words import Word, read_word

MOST_TYPED_CHARACTERS: Final = 2_000
"""A link that was led through others twice has some hundreds; what is longer is no link to us."""

_DASHES: Final = frozenset("\u0640\u1173\u2043\u2212\u30fc")
"""What keyboards have for a dash, and the standard has for a letter, a bullet or a minus."""
_LINK: Final = re.compile(
    r"(?<![^\W_])join(?=[/?#])/*([^/?#&]*)[^?#]*(?:\?[^#]*)?(?:#([^/?#&]*))?", re.IGNORECASE
)
"""A link to us, by its path, whatever stands before it; what follows in the path, and behind #."""
_QUERY: Final = re.compile(r"[?&][^\s#]+")
_ADDRESS: Final = re.compile(r"(?<![^\s/?#])[^\s/?#]*(?://[^\s/?#]*|/(?=[^\s/?#]))")
"""What stands before the last part of a path: the host, too, may have the shape of a code."""


class Pasted(NamedTuple):
    """What was found: a code, the word of an invitation, or nothing."""

    code: str | None = None
    word: Word | None = None

    def __str__(self) -> str:
        """Return it as we show it; nothing when nothing was found."""
        return str(self.word or (self.code and show_code(self.code)) or "")

    def __repr__(self) -> str:
        return "Pasted(…)"


def read_pasted(typed: str) -> Pasted:
    """Return the code or the word in what was typed, which may be a link, or have words around."""
    text = plainly(followed(typed))
    for part in _parts(text):
        if word := read_word(part):
            return Pasted(word=word)
        if code := read_code(part):
            return Pasted(code=code)
    return Pasted()


def plainly(typed: str) -> str:
    """Return it without what cannot be seen, with one form of each character and of the dash.

    What is too long for a link becomes nothing.
    """
    if len(typed) > MOST_TYPED_CHARACTERS:
        return ""
    text = "".join(map(_plain, typed))
    return text if len(text) <= MOST_TYPED_CHARACTERS else ""


def followed(link: str) -> str:
    """Return the link without percent signs, also that of a link that another one holds."""
    return unquote(unquote(link)) if len(link) <= MOST_TYPED_CHARACTERS else ""


def _plain(character: str) -> str:
    if character.isascii():
        return character
    form = unicodedata.normalize("NFKC", character)
    if is_ignorable(character) or character in EMPTY or unicodedata.category(character) == "Cf":
        return ""
    if form in _DASHES or unicodedata.category(form[0]) == "Pd":
        return "-"
    # An accent that stands alone comes apart into a blank and a mark: it is a quotation mark here.
    return character if any(map(unicodedata.combining, form)) else form


def _parts(text: str) -> Iterator[str]:
    """Yield what may hold the code: of links to us first, then of what else there is."""
    for link in _LINK.finditer(text):
        yield from filter(None, link.groups())
    rest = _ADDRESS.sub("", _QUERY.sub("", text))
    yield from reversed(rest.split("#"))
    yield rest
