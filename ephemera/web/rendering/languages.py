"""What we say, in the reader's language: marked where it stands, looked up when it is shown.

Nothing knows by itself which language is meant: whoever shows a sentence says so, by its locale.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from gettext import NullTranslations
from typing import Final, Union

from markupsafe import Markup, escape
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from ephemera.domain.terminals import named

ENGLISH: Final = "en"
"""The locale of the source, and of whoever has not said what they read."""

CATALOGUES: Final[dict[str, NullTranslations]] = {ENGLISH: NullTranslations()}
"""What we speak, by locale: no other locale may reach whoever shows a sentence."""

MOST_LANGUAGE_CHARACTERS: Final = 500
"""Of `Accept-Language`: whoever says more than a browser ever would reads English."""
_NUMBERS_OF_EACH_KIND: Final = range(103)
"""No language has a form of words that none of these numbers needs."""
_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_PLACE: Final = re.compile(r"%\((\w+)\)s")


def locale_for(accept_language: str) -> str:
    """Return which of our locales suits best what a reader says of theirs (RFC 9110, 12.5.4)."""
    if len(CATALOGUES) == 1 or len(accept_language) > MOST_LANGUAGE_CHARACTERS:
        return ENGLISH
    read = parse_accept_header(accept_language, LanguageAccept)
    return read.best_match(CATALOGUES, ENGLISH) or ENGLISH


class Name(str):
    """What somebody is called: set apart from the words around it, however each is written."""

    __slots__ = ()


Part = Union[str, int, "Sentence", tuple["Part", ...]]
"""What stands in a sentence beside its words; several parts are listed with commas."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A whole sentence, in no language yet. With `many`, its part `n` decides between the two."""

    words: str
    many: str = ""
    parts: Mapping[str, Part] = field(default_factory=dict)

    def plain(self, locale: str) -> str:
        """Return the sentence as text."""
        return self._in(locale) % {name: _plain(part, locale) for name, part in self.parts.items()}

    def html(self, locale: str) -> Markup:
        """Return the sentence as HTML, with names set apart and nothing of it markup by itself."""
        parts = {name: _html(part, locale) for name, part in self.parts.items()}
        return escape(self._in(locale)) % parts

    def _in(self, locale: str) -> str:
        if self.many:
            return CATALOGUES[locale].ngettext(self.words, self.many, self._number)
        return CATALOGUES[locale].gettext(self.words)

    @property
    def _number(self) -> int:
        number = self.parts["n"]
        assert isinstance(number, int)  # noqa: S101 # `counted` made it
        return number


def said(words: str, **parts: Part) -> Sentence:
    """Mark a sentence. Each part has its place in the words, as `%(name)s`."""
    return Sentence(words, parts=parts)


def counted(one: str, many: str, n: int, **parts: Part) -> Sentence:
    """Mark a sentence that goes otherwise for other numbers: `one` for 1, `many` for most."""
    return Sentence(one, many, {"n": n, **parts})


def duration(seconds: float) -> Sentence:
    """Return a length of time in words, in its largest whole unit up to hours."""
    if seconds >= _HOUR:
        return counted("%(n)s hour", "%(n)s hours", int(seconds // _HOUR))
    if seconds >= _MINUTE:
        return counted("%(n)s minute", "%(n)s minutes", int(seconds // _MINUTE))
    return counted("%(n)s second", "%(n)s seconds", int(seconds))


def in_days(seconds: float) -> Sentence:
    """Return a length of time in words, in days from two on."""
    if seconds >= 2 * _DAY:
        return counted("%(n)s day", "%(n)s days", int(seconds // _DAY))
    return duration(seconds)


def plural_forms(locale: str, one: str, many: str) -> dict[int, str]:
    """Return each form of a sentence for scripts, `{n}` for `%(n)s`, by a number it is right for.

    Which other numbers go like that one, every browser knows (`Intl.PluralRules`).
    """
    forms: dict[str, int] = {}
    for n in _NUMBERS_OF_EACH_KIND:
        forms.setdefault(CATALOGUES[locale].ngettext(one, many, n), n)
    return {n: _PLACE.sub(r"{\1}", words) for words, n in forms.items()}


def _plain(part: Part, locale: str) -> str:
    match part:
        case Sentence():
            return part.plain(locale)
        case int():
            between = CATALOGUES[locale].pgettext("between thousands", ",")
            return f"{part:,}".replace(",", between)
        case tuple():
            return ", ".join(_plain(each, locale) for each in part)
        case Name():
            return named(part)
        case _:
            return part


def _html(part: Part, locale: str) -> str:
    return (
        Markup('<bdi translate="no">%s</bdi>') % part
        if isinstance(part, Name)
        else _plain(part, locale)
    )
