"""A real terminal: a tmux server of our own, with one window in it."""

import asyncio
import shlex
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from tests.support.patience import PATIENCE
from tests.support.processes import children, until
from tests.support.server import ROOT, environment

SHOWS_WITHIN = PATIENCE


@dataclass(frozen=True)
class Terminal:
    """One terminal with a program in it; what it shows can be seen, and keys can be pressed."""

    socket: Path

    async def press(self, *keys: str) -> None:
        """Press keys by their names: Enter, C-d …"""
        await _tmux(self.socket, "send-keys", *keys)

    async def type(self, text: str) -> None:
        await _tmux(self.socket, "send-keys", "-l", text)

    async def type_bytes(self, content: bytes) -> None:
        """Type what need be no text."""
        await _tmux(self.socket, "send-keys", "-H", *(f"{byte:02x}" for byte in content))

    async def enter(self, text: str) -> None:
        await self.type(text)
        await self.press("Enter")

    async def child(self) -> int:
        """Return the process that the shell in it has started."""
        shell = await _tmux(self.socket, "list-panes", "-F", "#{pane_pid}")
        return children(int(shell))[-1]

    async def screen(self, *, colours: bool = False) -> str:
        """Return what is on the screen, perhaps with the sequences that colour it."""
        return await _tmux(self.socket, "capture-pane", "-p", *(["-e"] if colours else []))

    async def shows(self, *texts: str) -> str:
        """Wait until the screen holds all the texts; return it."""
        return await self.comes_to(lambda screen: all(text in screen for text in texts))

    async def comes_to(self, holds: Callable[[str], bool]) -> str:
        screen = ""

        async def seen() -> bool:
            nonlocal screen
            screen = await self.screen()
            return holds(screen)

        try:
            await until(seen, SHOWS_WITHIN)
        except TimeoutError:
            raise AssertionError(f"The screen does not come to that:\n{screen}") from None
        return screen


@asynccontextmanager
async def ephemera_in_a_terminal(
    folder: Path, *arguments: str, **environ: str
) -> AsyncIterator[Terminal]:
    """Run `ephemera` in a terminal; when it has ended the terminal says `ended with CODE`."""
    program = shlex.join([sys.executable, "-m", "ephemera", *arguments])
    command = f"{program}; echo ended with $?; exec sleep 1000"
    async with in_a_terminal(folder, command, **environ) as terminal:
        yield terminal


@asynccontextmanager
async def shell_in_a_terminal(folder: Path, **environ: str) -> AsyncIterator[Terminal]:
    """Run a shell with job control in a terminal, its prompt is `ready`."""
    shell = "exec env PS1='ready ' bash --norc --noprofile -i"
    async with in_a_terminal(folder, shell, **environ) as terminal:
        await terminal.shows("ready")
        yield terminal


@asynccontextmanager
async def in_a_terminal(folder: Path, command: str, **environ: str) -> AsyncIterator[Terminal]:
    """Run a command in a terminal."""
    # A server of its own for each: one that has been told to end still takes a new session along.
    terminal = Terminal(Path(mkdtemp(prefix="tmux-", dir=folder)) / "socket")
    chosen = {"LANG": "C.UTF-8", **environ}
    await _tmux(
        terminal.socket, "-u", "new-session", "-d", "-x", "140", "-y", "30", command, **chosen
    )
    try:
        yield terminal
    finally:
        await _tmux(terminal.socket, "kill-server")


async def _tmux(socket: Path, *arguments: str, **environ: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "tmux", "-S", str(socket), "-f", "/dev/null", *arguments,
        cwd=ROOT, env=environment(environ), stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    stdout, stderr = await asyncio.wait_for(process.communicate(), SHOWS_WITHIN)
    assert process.returncode == 0, stderr.decode()
    return stdout.decode()
