"""What can be said to `ephemera`, read out of the parser that reads it.

`--help`, the manual and the completion of three shells have this one source, so that none of them
can lack what another one has. argparse has no public way to tell what it was given: its private
parts are looked at here, and nowhere else.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

OF_A_FILE: Final = "FILE"
"""How an argument is called that is the path of a file."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An option, by its names, or a word that stands by itself and has none."""

    names: tuple[str, ...]
    value: str
    """What follows an option, or how the word is called; nothing when nothing follows."""
    help: str
    choices: tuple[str, ...]

    @property
    def is_file(self) -> bool:
        """Whether it is the path of a file."""
        return self.value == OF_A_FILE


@dataclass(frozen=True, slots=True)
class Command:
    """A command, and what may follow it."""

    path: tuple[str, ...]
    """The words that lead here, without the name of the program."""
    help: str
    usage: str
    epilog: str
    arguments: tuple[Argument, ...]
    commands: tuple["Command", ...]

    def all(self) -> Iterator["Command"]:
        """Yield this command and all below it."""
        yield self
        for command in self.commands:
            yield from command.all()

    def options(self) -> Iterator[Argument]:
        """Yield what begins with a dash."""
        return (argument for argument in self.arguments if argument.names)

    def words(self) -> Iterator[Argument]:
        """Yield what stands by itself."""
        return (argument for argument in self.arguments if not argument.names)


def grammar_of(
    parser: argparse.ArgumentParser, path: tuple[str, ...] = (), told: str = ""
) -> Command:
    """Return what the parser takes; `told` is what is said of it one level above."""
    arguments: list[Argument] = []
    commands: list[Command] = []
    for action in parser._actions:  # noqa: SLF001 - nothing public tells it
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - nothing public tells it
            commands += _below(action, path)
        elif action.help != argparse.SUPPRESS:
            arguments.append(_argument(parser, action))
    return Command(
        path,
        told or parser.description or "",
        parser.format_usage().removeprefix("usage: ").strip(),
        parser.epilog or "",
        tuple(arguments),
        tuple(commands),
    )


def _below(
    action: "argparse._SubParsersAction[argparse.ArgumentParser]", path: tuple[str, ...]
) -> Iterator[Command]:
    for told in action._choices_actions:  # noqa: SLF001 - nothing public tells it
        yield grammar_of(action.choices[told.dest], (*path, told.dest), told.help or "")


def _argument(parser: argparse.ArgumentParser, action: argparse.Action) -> Argument:
    shown = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    formatter = parser._get_formatter()  # noqa: SLF001 - nothing public tells it
    return Argument(
        tuple(action.option_strings),
        "" if action.nargs == 0 else shown,
        formatter._expand_help(action) if action.help else "",  # noqa: SLF001 - nothing public tells it
        tuple(str(choice) for choice in action.choices or ()),
    )
