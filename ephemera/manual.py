"""The manual page ephemera(1), drawn from what can be said to `ephemera`."""

import re
from collections.abc import Iterator
from typing import Final

from ephemera.grammar import Argument, Command

_HEAD: Final = r""".\" Made by `ephemera manual`.
.TH EPHEMERA 1 "" "Ephemera {version}" ""
.SH NAME
ephemera \- {what}
.SH SYNOPSIS
.B ephemera
.I COMMAND
.RI [ OPTION \&.\|.\|.]
.SH DESCRIPTION
Ephemera serves chatrooms that are gone, with everything that was said in them,
when the last one has left.
.SH OPTIONS
{options}
.SH COMMANDS
"""
_FOOT: Final = r""".SH EXIT STATUS
0 when it was done, 1 when it could not be, which is said in one sentence, and
2 when what was asked for was not understood.
"""


def manual(top: Command, version: str) -> str:
    """Return the page, for man(1)."""
    head = _HEAD.format(
        version=_plain(version),
        what=_plain(top.help.rstrip(".")),
        options="\n".join(_arguments(top)),
    )
    commands = (line for command in top.all() if command.path for line in _command(command))
    return head + "\n".join(commands) + "\n" + _FOOT


def _command(command: Command) -> Iterator[str]:
    yield f".SS {_plain(' '.join(command.path))}"
    yield _plain(f"{command.help[:1].upper()}{command.help[1:]}.")
    yield ".PP"
    yield f".B {_plain(' '.join(command.usage.split()))}"
    yield from _arguments(command)
    yield from _told(command.epilog)


def _arguments(command: Command) -> Iterator[str]:
    for argument in (*command.words(), *command.options()):
        yield ".TP"
        yield f".B {_plain(_heading(argument))}"
        yield _plain(argument.help) or r"\&"


def _heading(argument: Argument) -> str:
    if not argument.names:
        return argument.value
    names = ", ".join(argument.names)
    return f"{names} {argument.value}" if argument.value else names


def _told(epilog: str) -> Iterator[str]:
    """Yield what stands below the options: what is indented is a list."""
    for line in epilog.splitlines():
        if re.match(r" {2}\S", line):
            yield ".TP"
            yield f".B {_plain(line.strip())}"
        elif line.startswith("    "):
            yield _plain(line.strip())
        elif line:
            yield ".PP"
            yield _plain(f"{line[:1].upper()}{line[1:]}")


def _plain(text: str) -> str:
    """Return it so that troff takes nothing of it for a command."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("\n", " ")
    return f"\\&{text}" if text.startswith((".", "'")) else text
