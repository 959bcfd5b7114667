"""Lines of `/raw` and of the terminal, read back as docs/http.md says how they are made."""

import json
import re
from typing import Final, NamedTuple

NAME: Final = r'("(?:[^"\\]|\\.)*"|[^\s"*(:][^\s():]*)'
"""A name in a sentence: in quotes as JSON has them, or a single word."""

_SPEAKER: Final = re.compile(
    r'("(?:[^"\\]|\\.)*"|[^"*:].*?)((?: \((?:"(?:[^"\\]|\\.)*"|[^")])*\))*): (.*)', re.DOTALL
)


class Line(NamedTuple):
    """What a line says: who speaks (nobody in a notice), what is told of it, and what is said."""

    speaker: str
    marks: str
    text: str


def read_line(line: str) -> Line:
    """Return what the line says, which has its further lines indented."""
    whole = line.replace("\n  ", "\n")
    if whole.startswith("* "):
        return Line("", "", whole[2:])
    found = _SPEAKER.fullmatch(whole)
    assert found, line
    return Line(read_name(found[1]), found[2], found[3])


def read_name(written: str) -> str:
    """Return what somebody is called."""
    return str(json.loads(written)) if written.startswith('"') else written
