"""Completion and manual: nothing that can be said to `ephemera` is missing in any of them."""

import argparse
import asyncio
import re
import subprocess
from pathlib import Path

import pytest

from ephemera.cli import _parser
from ephemera.completion import SHELLS, bash, fish, zsh
from ephemera.grammar import Command, grammar_of
from ephemera.manual import manual
from ephemera.settings import SETTINGS
from tests.support.server import outcome
from tests.support.tmux import in_a_terminal

BASH = """
source /dev/stdin
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_ephemera 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = "source $argv[1]; complete -C $argv[2]"
TOP = grammar_of(_parser())


def nested() -> Command:
    """Return what other commands will be like: below another, with what is hard to quote."""
    parser = argparse.ArgumentParser(prog="ephemera", description="A tree.")
    admin = parser.add_subparsers().add_parser("admin", help="what it's for: \\n $HOME `id` %%")
    acts = admin.add_subparsers(metavar="ACT")
    end = acts.add_parser("close", help="ends 'it' all")
    end.add_argument("--socket", metavar="FILE", help="where")
    end.add_argument("--how", choices=("now", "later"), default="now", help="when (%(default)s)")
    end.add_argument("--secret", help=argparse.SUPPRESS)
    acts.add_parser("status", help=".TH says it")
    return grammar_of(parser)


def in_bash(script: str, *words: str) -> set[str]:
    done = subprocess.run(
        ["bash", "-c", BASH, "bash", *words], input=script, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return set(done.stdout.split())


def in_fish(script: Path, line: str) -> set[str]:
    done = subprocess.run(
        ["fish", "--no-config", "-c", FISH, str(script), line], capture_output=True, text=True,
        check=True, env={"HOME": str(script.parent), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    return {told.partition("\t")[0] for told in done.stdout.splitlines()}


def offered(command: Command) -> set[str]:
    """Return all that may follow the command, but single letters."""
    options = {name for option in command.options() for name in option.names if name[1] == "-"}
    words = {choice for word in command.words() for choice in word.choices}
    return options | words | {each.path[-1] for each in command.commands}


@pytest.mark.parametrize("command", [*TOP.all()], ids=lambda command: " ".join(command.path))
def test_bash_and_fish_offer_all_that_may_follow(command: Command, tmp_path: Path) -> None:
    assert in_bash(bash(TOP), "ephemera", *command.path, "") - {"-h"} == offered(command)
    script = tmp_path / "ephemera.fish"
    script.write_text(fish(TOP), encoding="utf-8")
    line = " ".join(("ephemera", *command.path))
    assert in_fish(script, f"{line} ") | in_fish(script, f"{line} -") >= offered(command)
    assert all("--" + word in offered(command) for word in re.findall(r"--([\w-]+)", command.usage))


@pytest.mark.parametrize("shell", SHELLS)
async def test_a_script_is_printed_for_each_shell_and_is_one(shell: str, tmp_path: Path) -> None:
    code, script = await outcome("completion", shell)
    assert code == 0
    file = tmp_path / shell
    file.write_text(script + SHELLS[shell](nested()), encoding="utf-8")
    await asyncio.to_thread(subprocess.run, [shell, "-n", str(file)], check=True)


def test_a_command_below_another_has_options_of_its_own_and_a_choice_its_words(
    tmp_path: Path,
) -> None:
    script = bash(nested())
    assert in_bash(script, "ephemera", "admin", "") == {"close", "status", "-h", "--help"}
    assert "--socket" in in_bash(script, "ephemera", "admin", "close", "")
    assert in_bash(script, "ephemera", "admin", "close", "--how", "") == {"now", "later"}
    assert "--secret" not in script
    place = tmp_path / "some.sock"
    place.touch()
    path = f"{tmp_path}/so"
    assert in_bash(script, "ephemera", "admin", "close", "--socket", path) == {str(place)}
    file = tmp_path / "ephemera.fish"
    file.write_text(fish(nested()), encoding="utf-8")
    assert in_fish(file, "ephemera admin close --how ") == {"now", "later"}


async def test_zsh_completes_what_was_begun(tmp_path: Path) -> None:
    script = tmp_path / "_ephemera"
    script.write_text(zsh(TOP), encoding="utf-8")
    async with in_a_terminal(tmp_path, "exec zsh -f") as terminal:
        await terminal.enter(f"fpath=({tmp_path} $fpath); autoload -Uz compinit && compinit -u -D")
        await terminal.enter("print ready && clear")
        await terminal.type("ephemera comp\t")
        await terminal.shows("ephemera completion")
        await terminal.type("fi\t")
        await terminal.shows("ephemera completion fish")
        await terminal.press("C-u")
        await terminal.type("ephemera serve --ch\t")
        await terminal.shows("ephemera serve --check")


async def test_the_manual_is_a_manual_and_names_everything(tmp_path: Path) -> None:
    code, page = await outcome("manual")
    assert code == 0
    file = tmp_path / "ephemera.1"
    file.write_text(page, encoding="utf-8")
    read = ["man", "-l", "-P", "cat", str(file)]
    done = await asyncio.to_thread(
        subprocess.run, read, check=True, capture_output=True, text=True,
        env={"MANWIDTH": "500", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    for command in TOP.all():
        for option in command.options():
            assert ", ".join(option.names) in done.stdout
        assert " ".join(command.path) in done.stdout
    for name in SETTINGS:
        assert name in done.stdout


def test_a_manual_has_no_mistakes_whatever_is_told_in_it(tmp_path: Path) -> None:
    for number, top in enumerate((TOP, nested())):
        file = tmp_path / f"{number}.1"
        file.write_text(manual(top, "0.1.0"), encoding="utf-8")
        lint = ["mandoc", "-Tlint", "-Wwarning", str(file)]
        done = subprocess.run(lint, capture_output=True, text=True, check=False)
        assert [line for line in done.stdout.splitlines() if "missing date" not in line] == []
        text = subprocess.run(["mandoc", file], capture_output=True, text=True, check=True).stdout
        assert number == 0 or ".TH says it" in text
