"""The terminal as something to write on, which is never asked where its cursor is.

Its answer can come after more lines were written. prompt_toolkit would then take the prompt for
higher up than it is, make it fill the screen, and so push the conversation out of sight.
"""

import os
import sys

from prompt_toolkit.output.vt100 import Vt100_Output


class Paper(Vt100_Output):
    """A terminal that claims to know where its cursor is, as some others really do."""

    def get_rows_below_cursor_position(self) -> int:
        """Return that there is room for one line, which makes the prompt as low as it can be."""
        return 1


def paper() -> Paper:
    """Return standard output, which must be a terminal."""
    made = Paper.from_pty(sys.stdout, term=os.environ.get("TERM"))
    assert isinstance(made, Paper)  # noqa: S101 # its type says less than it does
    return made
