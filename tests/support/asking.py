"""Who asks: a browser, htmx, a program or curl, told apart by their headers."""

from collections.abc import Mapping
from typing import Final

import pytest

Kind = Mapping[str, str]
"""The headers by which we tell who asks."""

BROWSER: Final[Kind] = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
HTMX: Final[Kind] = {"Accept": "text/html, text/event-stream", "HX-Request": "true"}
PROGRAM: Final[Kind] = {"Accept": "application/json"}
CURL: Final[Kind] = {"Accept": "*/*"}
KINDS: Final = (BROWSER, HTMX, PROGRAM, CURL)
by_kind: Final = pytest.mark.parametrize("kind", KINDS, ids=["browser", "htmx", "program", "curl"])
