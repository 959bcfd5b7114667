"""The links in what somebody said, and how many bytes words may become where they are shown."""

import re
from typing import Final

MOST_LINKS: Final = 20
"""Of one text so many can be clicked, the first ones; more is no message but a list."""
LINK_BYTES: Final = 80
"""What makes a link of a link, besides saying it twice."""

_LINK: Final = re.compile(
    r"https?://(?=\w|\[[\da-f:.]+\])[^\s<>\"'`\u00ab\u00bb\u201c\u201d]+", re.IGNORECASE
)
_TRAILING: Final = ".,;:!?)]}…"
_SPELT_OUT: Final = "&<>\"'"
_MOST_MORE_BYTES: Final = 4
"""What has a meaning of its own where words are shown is spelt out there, in five bytes at most."""


def links_in(text: str) -> list[tuple[int, str]]:
    """Return the links that can be clicked, each with its place in the text."""
    links: list[tuple[int, str]] = []
    if "://" not in text:
        return links
    for found in _LINK.finditer(text):
        if len(links) == MOST_LINKS:
            break
        links.append((found.start(), _without_trailing(found[0])))
    return links


def shown_bytes(text: str) -> int:
    """Return how many bytes the text becomes at most where it is shown, its links included."""
    size = _spelt_out_bytes(text)
    if "://" in text:
        size += sum(LINK_BYTES + _spelt_out_bytes(link) for _, link in links_in(text))
    return size


def _spelt_out_bytes(text: str) -> int:
    return len(text.encode()) + _MOST_MORE_BYTES * sum(map(text.count, _SPELT_OUT))


def _without_trailing(url: str) -> str:
    """Return the link without the punctuation of the sentence around it.

    Of the closing parentheses at the end those stay that were opened in it.
    """
    bare = url.rstrip(_TRAILING)
    trail = url[len(bare) :]
    kept = trail.count(")") - max(url.count(")") - url.count("("), 0)
    return url.removesuffix(trail.split(")", kept)[kept]) if kept > 0 else bare
