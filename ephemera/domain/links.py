"""The links in what somebody said, and how many bytes words may become where they are shown."""

import re
import unicodedata
from itertools import takewhile
from typing import Final

from ephemera.domain.characters import IGNORABLE, is_ignorable
from ephemera.domain.lookalikes import look

MOST_LINKS: Final = 20
"""Of one text so many can be clicked, the first ones; more is no message but a list."""
LINK_BYTES: Final = 80
"""What makes a link of a link, besides saying it twice."""

_START: Final = re.compile("https?://", re.IGNORECASE)
_PLAIN_AUTHORITY: Final = re.compile(
    r"(?=[^\W_])[\w.-]{1,253}(?::\d{1,5})?(?=[/?#\s]|\Z)", re.ASCII
)
"""What most links have, and nothing behind it that could hide another one."""
_ADDRESS_OF_SIX: Final = re.compile(r"\[[\da-f:.]+\]", re.IGNORECASE)
_PORT: Final = re.compile(r":\d{1,5}(?![^\W_])", re.ASCII)
_REST_OF_AUTHORITY: Final = re.compile(r"[^\s/?#]*")
_JOINING: Final = "\u200c\u200d\ufe00-\ufe0f"
"""Emoji and Persian need it in a path; all else that shows nothing ends a link."""
_ENDING: Final = (
    rf"(?![{_JOINING}])[{IGNORABLE}]|[\s<>\"'`\\\x00-\x1f\x7f"
    "\u00ab\u00bb\u2014\u2015\u2018-\u201f\u2039\u203a"  # quotes and dashes
    "\u3001-\u3003\u3008-\u3011\u3014-\u301f"  # stops and brackets of East Asia
    "\uff01\uff08\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff3b\uff3d\uff5b\uff5d\uff5f-\uff64]"
)
_PIECE: Final = re.compile(rf"(?:(?!{_ENDING})[^()\[\]{{}}])+|[()\[\]{{}}]")
_OPENED_BY: Final = {")": "(", "]": "[", "}": "{"}
_OPENING: Final = ("(", "[", "{")
_BEGIN_A_PATH: Final = ("/", "?", "#")
_OF_A_SENTENCE: Final = ".,;:!?\N{HORIZONTAL ELLIPSIS}([{|"
_MARKUP: Final = "*_~"
_WRAPPING: Final = ("**", "__", "~~", "*")
_OF_A_HOST: Final = "-._\N{MIDDLE DOT}\N{KATAKANA MIDDLE DOT}"
_LONGEST_HOST: Final = 253
_SPELT_OUT: Final = "&<>\"'"
_MOST_MORE_BYTES: Final = 4
"""What has a meaning of its own where words are shown is spelt out there, in five bytes at most."""


def links_in(text: str) -> list[tuple[int, str]]:
    """Return the links that can be clicked, each with its place in the text.

    A link opens what it shows. It ends where a person would end it: before the punctuation, the
    quotes, brackets and markup around it, and before what cannot be seen.
    """
    links: list[tuple[int, str]] = []
    if "://" not in text:
        return links
    place = 0
    while len(links) < MOST_LINKS and (found := _START.search(text, place)):
        start, place = found.span()
        host, place = place, _end_of_authority(text, place)
        if place > host:
            place = _end_of_path(text, place)
            links.append((start, text[start : _trimmed(text, start, place)]))
    return links


def shown_bytes(text: str) -> int:
    """Return how many bytes the text becomes at most where it is shown, its links included."""
    size = _spelt_out_bytes(text)
    if "://" in text:
        size += sum(LINK_BYTES + _spelt_out_bytes(link) for _, link in links_in(text))
    return size


def _spelt_out_bytes(text: str) -> int:
    return len(text.encode()) + _MOST_MORE_BYTES * sum(map(text.count, _SPELT_OUT))


def _end_of_authority(text: str, start: int) -> int:
    """Return where the host and its port end, or the start when there is none that is honest."""
    if plain := _PLAIN_AUTHORITY.match(text, start):
        return plain.end()
    of_six = _ADDRESS_OF_SIX.match(text, start)
    end = of_six.end() if of_six else start + len(_host(text[start : start + _LONGEST_HOST + 1]))
    if port := _PORT.match(text, end):
        end = port.end()
    return start if _goes_on(_rest(text, end)) else end


def _rest(text: str, end: int) -> str:
    found = _REST_OF_AUTHORITY.match(text, end)
    assert found  # noqa: S101 # it matches nothing, too
    return found[0]


def _goes_on(rest: str) -> bool:
    """Tell whether a host goes on behind what looks like one: before an @, a %, a false slash."""
    if "@" in rest or rest.startswith("%"):
        return True
    return unicodedata.category(rest[:1] or " ")[0] == "S" and "." in rest.rstrip(_OF_A_SENTENCE)


def _host(text: str) -> str:
    """Return the name that the text begins with, if it is one and no other one looks like it."""
    host = "".join(takewhile(_may_be_in_a_host, text))
    if not host.isascii() and look(host).isascii():
        return ""
    *_, last = labels = host.split(".")
    if len(labels) > 1 and last[:1].isascii():  # then so is all of it: the rest is a sentence
        host = host[: len(host) - len(last)] + "".join(takewhile(str.isascii, last))
    return host if host[:1].isalnum() and len(host) <= _LONGEST_HOST else ""


def _may_be_in_a_host(character: str) -> bool:
    if character.isascii():
        return character.isalnum() or character in _OF_A_HOST
    is_letter = character.isalnum() or unicodedata.category(character)[0] == "M"
    return (is_letter and not is_ignorable(character)) or character in _OF_A_HOST


def _end_of_path(text: str, start: int) -> int:
    """Return where a path ends, if one begins, or a query: each bracket in it was opened in it."""
    end, opened = start, ""
    if text[start : start + 1] not in _BEGIN_A_PATH:
        return end
    while piece := _PIECE.match(text, end):
        bracket = piece[0]
        if bracket in _OPENED_BY:
            if opened[-1:] != _OPENED_BY[bracket]:
                break
            opened = opened[:-1]
        elif bracket in _OPENING:
            opened += bracket
        end = piece.end()
    return end


def _trimmed(text: str, start: int, end: int) -> int:
    """Return where a link ends without the markup and the punctuation of the sentence around it."""
    if text.endswith(_WRAPPING, 0, start):
        mark = next(mark for mark in _WRAPPING if text.endswith(mark, 0, start))
        end = text.find(mark, start, end) if mark in text[start:end] else end
    if (cell := text.find("|", start, end)) > 0 and "|" in text[:start].rpartition("\n")[2]:
        end = cell
    if text[end - 1].isalnum():
        return end
    marks = "".join(mark for mark in _MARKUP if text.find(mark, 0, start) >= 0)
    while text[end - 1] in _OF_A_SENTENCE + marks or _is_foreign_punctuation(text[end - 1]):
        end -= 1
    return end


def _is_foreign_punctuation(character: str) -> bool:
    return not character.isascii() and unicodedata.category(character)[0] == "P"
