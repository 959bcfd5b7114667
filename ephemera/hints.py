"""What is said of a setting that is none: which one was meant, or why there is none."""

import difflib
from collections.abc import Iterable
from typing import Final

_OF_A_PATH: Final = frozenset({"base_path", "root_path", "path_prefix", "url_prefix", "base_url"})
"""What others call the path of a site under which they can live."""


def hint(name: str, known: Iterable[str]) -> str:
    """Return the end of the sentence."""
    if name.lower().removeprefix("ephemera_") in _OF_A_PATH:
        return ": it takes a host name to itself, and cannot live under a path of another site."
    similar = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {similar[0]}?" if similar else "."
