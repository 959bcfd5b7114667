"""The prompt: what is typed, byte by byte, and the keys that are not for the room."""

import codecs
import sys
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.input.posix_utils import PosixStdinReader
from prompt_toolkit.input.vt100 import Vt100Input

from ephemera.terminal import looks
from ephemera.terminal.paper import paper


class Keys(Vt100Input):
    """The keyboard of a terminal. What is no text of its encoding is read as `�`, and seen so.

    prompt_toolkit would hand it on as half characters, of which no message can be made.
    """

    def __init__(self) -> None:
        super().__init__(sys.stdin)
        # Whoever says that there is only ASCII has no other encoding: UTF-8 is the same and more.
        told = codecs.lookup(sys.stdin.encoding).name
        encoding = "utf-8" if told == "ascii" else told
        self.stdin_reader = PosixStdinReader(self.fileno(), errors="replace", encoding=encoding)


def prompt(question: str, **more: Any) -> PromptSession[str]:  # noqa: ANN401 - what a session takes
    """Return a prompt that asks this. Ctrl-Z suspends it, as it does any program."""
    return PromptSession(
        question,
        input=Keys(),
        output=paper(),
        color_depth=looks.color_depth(),
        enable_suspend=True,
        **more,
    )
