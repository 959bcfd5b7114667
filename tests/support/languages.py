"""A language that nobody speaks, to see what is said in the reader's."""

from collections.abc import Iterator
from contextlib import contextmanager
from gettext import NullTranslations
from typing import Final

from ephemera.web.rendering.languages import CATALOGUES

PSEUDO: Final = "qps"


class Pseudo(NullTranslations):
    """Puts every sentence between brackets; it has a form of its own for 2."""

    def gettext(self, message: str) -> str:
        return f"[{message}]"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"[{msgid1}]" if n == 1 else f"[two: {msgid2}]" if n == 2 else f"[{msgid2}]"


@contextmanager
def pseudo_spoken() -> Iterator[str]:
    """Speak it for the while; yield its locale."""
    CATALOGUES[PSEUDO] = Pseudo()
    yield PSEUDO
    del CATALOGUES[PSEUDO]
