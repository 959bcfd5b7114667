"""The terminal that is never asked where its cursor is."""

import os

from prompt_toolkit import PromptSession
from prompt_toolkit.input import create_pipe_input

from ephemera.terminal.paper import Paper

WHERE_IS_THE_CURSOR = b"\x1b[6n"


async def test_a_prompt_on_paper_does_not_ask_for_its_place_and_shows_its_foot() -> None:
    master, slave = os.openpty()
    with create_pipe_input() as typed, os.fdopen(slave, "w", encoding="utf-8") as terminal:
        output = Paper.from_pty(terminal, term="xterm")
        session: PromptSession[str] = PromptSession(
            "> ", input=typed, output=output, bottom_toolbar="the foot"
        )
        typed.send_text("Hello\r")
        assert await session.prompt_async() == "Hello"
        terminal.flush()
        written = os.read(master, 65_536)
    os.close(master)
    assert b"the foot" in written
    assert WHERE_IS_THE_CURSOR not in written
