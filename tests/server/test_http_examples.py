"""The examples of docs/http.md, run in one shell from top to bottom against a real server."""

import asyncio
import re
from asyncio.subprocess import PIPE
from dataclasses import dataclass
from pathlib import Path

import pytest

from ephemera.domain.errors import Refusal
from ephemera.domain.events import EVENTS, Superseded
from ephemera.web.rendering import refusals
from ephemera.web.routes.acts import ACTS
from tests.support.patience import PATIENCE
from tests.support.server import running_server

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "http.md"
WRITTEN_FOR = "http://127.0.0.1:8000"
# Printed after every command, before its output ends and the next begins.
MARK = "\x1e"
ENDS_WITHIN = 4 * PATIENCE

_BLOCK = re.compile(r"^```(console|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A command as it stands in the document, and what it shows there."""

    command: str
    shown: str

    def fits(self, output: str) -> bool:
        """Tell whether this is what the document shows; `…` there stands for anything.

        A heartbeat of /raw, an empty line, may come at any moment and is not shown.
        """
        pattern = ".+?".join(re.escape(part) for part in self.shown.split("…"))
        beats = re.compile(r"^\n", re.MULTILINE)
        return re.fullmatch(beats.sub("", pattern), beats.sub("", output)) is not None


def examples(document: str) -> list[Example]:
    """Return the examples of a document, in order."""
    found: list[Example] = []
    for kind, block in _BLOCK.findall(document):
        if kind == "sh":
            found.append(Example(block.rstrip("\n"), ""))
        else:
            found += [_example(part) for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    return found


def _example(text: str) -> Example:
    command, _, shown = text.partition("\n")
    return Example(command, shown)


async def outputs(commands: list[str]) -> list[str]:
    """Run the commands in one shell; return what each has written."""
    script = "".join(f"{command}\nprintf '{MARK}'\n" for command in commands)
    shell = await asyncio.create_subprocess_exec("bash", "-s", stdin=PIPE, stdout=PIPE, stderr=PIPE)
    stdout, stderr = await asyncio.wait_for(shell.communicate(script.encode()), ENDS_WITHIN)
    assert not stderr, stderr.decode()
    written = stdout.decode().split(MARK)
    assert written.pop() == ""
    return written


async def test_every_example_of_the_document_does_what_it_shows() -> None:
    written = DOCUMENT.read_text(encoding="utf-8")
    async with running_server(EPHEMERA_RATE_LIMITS="off") as server:  # nobody types so fast
        there = examples(written.replace(WRITTEN_FOR, server.url))
        done = await outputs([example.command for example in there])
    assert len(there) > 20
    assert len(done) == len(there)
    for example, output in zip(there, done, strict=True):
        assert example.fits(output), f"$ {example.command}\n{output}"


def test_every_block_of_the_document_is_an_example() -> None:
    written = DOCUMENT.read_text(encoding="utf-8")
    assert written.count("```") == 2 * len(_BLOCK.findall(written))
    assert "curl" in written


def all_kinds(of: type[Refusal]) -> set[type[Refusal]]:
    return {of}.union(*(all_kinds(kind) for kind in of.__subclasses__()))


ROOTS = {"refused", "not-possible"}  # of several refusals: nobody is told these
REASONS = {kind.reason for kind in all_kinds(Refusal)} - ROOTS
WORDS = {
    *(f"POST /rooms/{{id}}/{noun}" for noun in ACTS),
    *(EVENTS.keys() - {Superseded.name}),
    *REASONS,
    *(word for field_and_problem in refusals._PROBLEMS for word in field_and_problem),
}


@pytest.mark.parametrize("word", sorted(WORDS))
def test_the_document_has_every_power_event_reason_field_and_problem(word: str) -> None:
    assert f"`{word}`" in DOCUMENT.read_text(encoding="utf-8")


def test_an_example_that_shows_something_else_does_not_fit() -> None:
    (example,) = examples("```console\n$ echo\ncode …-…\nlast\n```\n")
    assert example.command == "echo"
    assert example.fits("code A-B\nlast\n")
    for other in ("", "code A-B\n", "code A-\nlast\n", "code A-B\nlast\nmore\n", "x"):
        assert not example.fits(other)


async def test_the_shell_keeps_its_variables_and_shows_each_output() -> None:
    assert await outputs(["A=1", "echo $A", "echo 2; echo 3"]) == ["", "1\n", "2\n3\n"]
